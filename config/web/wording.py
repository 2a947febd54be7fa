"""Figures, times and names as people read them. Pure functions; the template filters only call these."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from django.utils import timezone

MINUTE, HOUR, DAY = 60, 3600, 86400
Number = int | float | Decimal
DASH = "–"


def seconds_of(value: Number | timedelta) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def duration(value: Number | timedelta | None, *, days: bool = True, up: bool = False) -> str:
    """A length of time in its two largest units: `1 h 20 min`. Rounded down to the minute, or up.

    Working time is shown without days (`days=False`): a working day has no fixed number of hours.
    """
    if value is None:
        return DASH
    seconds = abs(seconds_of(value))
    if 0 < seconds < MINUTE and not up:
        return f"{int(seconds)} s"
    minutes = int(-(-seconds // MINUTE)) if up else int(seconds // MINUTE)
    hours, minutes = divmod(minutes, 60)
    if days and hours >= 24:
        return _two(hours // 24, "d", hours % 24, "h")
    return _two(hours, "h", minutes, "min")


def _two(big: int, big_unit: str, small: int, small_unit: str) -> str:
    parts = [f"{big} {big_unit}"] if big else []
    if small or not parts:
        parts.append(f"{small} {small_unit}")
    return " ".join(parts)


def in_zone(at: datetime) -> datetime:
    """The moment on the reader's clock (`ActorMiddleware` activates their zone)."""
    return timezone.localtime(at)


def local(at: datetime | date | None, form: Literal["full", "short", "date", "time"] = "full") -> str:
    """A moment as the reader's own clock shows it. `full` names weekday and zone; nothing is left to guess."""
    if at is None:
        return DASH
    if not isinstance(at, datetime):
        return f"{at:%a} {at.day} {at:%b %Y}"
    here = in_zone(at)
    if form == "time":
        return f"{here:%H:%M}"
    if form == "date":
        return f"{here:%a} {here.day} {here:%b %Y}"
    if form == "short":
        return f"{here.day} {here:%b}, {here:%H:%M}"
    return f"{here:%a} {here.day} {here:%b %Y}, {here:%H:%M} {here:%Z}"


def ago(at: datetime, now: datetime) -> str:
    """`5 min ago`, `in 2 h`; from a week on the date, because nobody counts further."""
    gap = seconds_of(now - at)
    size = abs(gap)
    if size < MINUTE:
        return "just now"
    if size >= 7 * DAY:
        here = in_zone(at)
        return f"{here.day} {here:%b}" + (f" {here:%Y}" if here.year != in_zone(now).year else "")
    amount, unit = next(
        (int(size // step), name) for step, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")) if size >= step
    )
    return f"{amount} {unit} ago" if gap > 0 else f"in {amount} {unit}"


def grouped(value: Number, digits: int = 0) -> str:
    return f"{value:,.{digits}f}"


def money(amount: Number | str | None, currency: str = "", digits: int | None = None) -> str:
    """`12,500 EUR`: cents only where there are some."""
    if amount is None or amount == "":
        return DASH
    try:
        exact = Decimal(str(amount))
    except InvalidOperation:
        return str(amount)
    if digits is None:
        digits = 0 if exact == exact.to_integral_value() else 2
    return f"{grouped(exact, digits)} {currency}".strip()


def money_short(amount: Number | None, currency: str = "") -> str:
    """`1.2 m EUR`, `12.5 k EUR`: for tiles and axes, where the exact sum stands in the title."""
    if amount is None:
        return DASH
    value = float(amount)
    for size, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}".removesuffix(".0") + f" {unit} {currency}".rstrip()
    return money(amount, currency)


def percent(part: Number | None, whole: Number | None, digits: int = 1) -> str:
    """`12.5 %`, or a dash where there is nothing to divide by."""
    if part is None or not whole:
        return DASH
    return f"{float(part) / float(whole) * 100:.{digits}f}".removesuffix(".0") + " %"


def percent_of(part: Number | None, whole: Number | None, digits: int = 1) -> str:
    """`12.5 % of 240`: a percentage never comes without its count."""
    return f"{percent(part, whole, digits)} of {grouped(whole or 0)}"


def initials(name: str) -> str:
    words = name.split("@")[0].replace(".", " ").split() or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


NOT_FOR_PEOPLE = ("url", "label", "revision")
FACT_LABELS = {"at": "When", "by": "By"}


def facts(given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What a refusal knows, for people: no ids, moments on their own clock, codes as words."""
    shown = []
    for name, value in given.items():
        if (
            name in NOT_FOR_PEOPLE
            or name == "id"
            or name.endswith("_id")
            or not isinstance(value, str | int | float | datetime)
        ):
            continue
        label = FACT_LABELS.get(name, name.removesuffix("_at").replace("_", " ").capitalize())
        words = _moment(value) if name == "at" or name.endswith("_at") else value
        if name == "state":
            words = str(value).replace("_", " ").capitalize()
        if words != "":
            shown.append((label, words))
    return shown


def _moment(value: Any) -> str:
    """A moment in words; facts that came through JSON bring theirs as ISO text."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return local(at) if timezone.is_aware(at) else str(value)


Span = tuple[bool, str]  # whether this piece differs, and its text


def word_difference(before: str, after: str) -> tuple[list[Span], list[Span]]:
    """Both texts in pieces, each marked as the same or different, word by word."""
    old, new = (re.findall(r"\s+|[^\s]+", text) for text in (before, after))
    left: list[Span] = []
    right: list[Span] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        _append(left, kind != "equal", old[a:b])
        _append(right, kind != "equal", new[c:d])
    return left, right


def _append(spans: list[Span], differs: bool, pieces: Sequence[str]) -> None:
    if pieces:
        spans.append((differs, "".join(pieces)))
