"""Cells into values: figures, dates, yes and no, as exports write them. Each function raises `Unreadable` in words.

Pure: standard library only.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
EARLIEST, LATEST = 1900, 2200
SPACES = re.compile(r"[\s\u00a0\u202f]+")
EXCEL_DAY_ZERO = date(1899, 12, 30)
TIME = (
    r"(?:[T ,]+(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?(?: ?(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{1,2}:?\d{2}|[+-]\d{2}))?$"
)
YEAR_FIRST = re.compile(r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + TIME)
YEAR_MONTH = re.compile(r"^(?P<year>(?:19|20|21)\d{2})[-/.]?(?P<month>0[1-9]|1[0-2]|(?<=[-/.])[1-9])$")
MONTH_YEAR = re.compile(r"^(?P<month>0?[1-9]|1[0-2])[-/.](?P<year>\d{4})$")
MONTH_WORD = re.compile(r"^(?P<word>[^\W\d_]{3,10})\.?,?[ -](?P<year>\d{4}|\d{2})$")
COMPACT = re.compile(r"^(?P<year>(?:19|20|21)\d{2})(?P<month>\d{2})(?P<day>\d{2})$")
NUMBERED = re.compile(
    r"^(?P<first>\d{1,2})(?P<sign>[/.\-])(?P<second_part>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})" + TIME
)
DAY_WORD = re.compile(
    r"^(?:[^\W\d_]{2,10}\.?,? +)?(?P<day>\d{1,2})\.?[ -](?P<word>[^\W\d_]{3,10})\.?,?[ -](?P<year>\d{4}|\d{2})" + TIME
)
WORD_DAY = re.compile(
    r"^(?:[^\W\d_]{2,10}\.?,? +)?(?P<word>[^\W\d_]{3,10})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4}|\d{2})"
    + TIME
)
MONTHS: dict[str, int] = {
    word: number
    for number, words in enumerate(
        (
            "jan january januar janvier enero janeiro gennaio ene",
            "feb february februar février fevrier febrero fevereiro febbraio fév",
            "mar march märz maerz mär mars marzo março mrz",
            "apr april avril abril aprile avr abr",
            "may mai mayo maio maggio",
            "jun june juni juin junio junho giugno giu",
            "jul july juli juillet julio julho luglio lug juil",
            "aug august août aout agosto ago aoû",
            "sep sept september septembre septiembre setembro settembre set",
            "oct october oktober octobre octubre outubro ottobre okt out ott",
            "nov november novembre noviembre novembro",
            "dec december dezember décembre decembre diciembre dezembro dicembre dez déc dic",
        ),
        start=1,
    )
    for word in words.split()
}
YES = frozenset({"true", "yes", "y", "1", "x", "on", "ja", "j", "wahr", "oui", "si", "sí", "sim", "checked", "t"})
NO = frozenset({"false", "no", "n", "0", "off", "nein", "falsch", "non", "não", "nao", "unchecked", "f"})


class Unreadable(ValueError):
    """The cell is not what its column holds; the message says what was expected."""


class Moment(NamedTuple):
    """`moved` says that the local hour did not exist, so that the moment lies the gap later."""

    at: datetime
    is_day: bool
    moved: bool = False


# --- figures -----------------------------------------------------------------------------------------------------------


def figure(cell: str, decimal: str = ".") -> Decimal:
    """`1.234.567,89` (decimal ",") or `1,234,567.89` (decimal "."); currency signs, brackets and blanks are no harm."""
    text = SPACES.sub("", cell).strip("€$£¥")
    negative = text.startswith("(") and text.endswith(")")
    text = re.sub(r"^([+-]?)[€$£¥]|[€$£¥]$|^[A-Z]{3}(?=[\d+-])|(?<=\d)[A-Z]{3}$", r"\1", text.strip("()"))
    text = text.replace("'", "").replace("\u2019", "")
    whole, sign, rest = text.partition(decimal)
    group = "," if decimal == "." else "."
    if group in whole:
        if not re.fullmatch(rf"[+-]?\d{{1,3}}(?:{re.escape(group)}\d{{2,3}})*{re.escape(group)}\d{{3}}", whole):
            raise Unreadable(f"{cell!r} is not a figure with {decimal!r} as its decimal sign.")
        whole = whole.replace(group, "")
    try:
        value = Decimal(f"{whole}{'.' if sign else ''}{rest}")
    except InvalidOperation:
        raise Unreadable(f"{cell!r} is not a figure.") from None
    if not value.is_finite():
        raise Unreadable(f"{cell!r} is not a figure.")
    return -value if negative else value


def whole_number(cell: str, decimal: str = ".") -> int:
    value = figure(cell, decimal)
    if value != value.to_integral_value():
        raise Unreadable(f"{cell!r} is not a whole number.")
    return int(value)


def yes_no(cell: str) -> bool:
    word = cell.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise Unreadable(f"{cell!r} is neither yes nor no.")


# --- dates and times ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16384)
def moment(cell: str, order: str, zone: str) -> Moment:
    """A date, or a date with a time, as an aware moment. Without a zone of its own it is local time in `zone`.

    `order` is "dmy" or "mdy" for dates such as 5/4/2024. A day stands for its local midnight. A local hour that does
    not exist, because clocks were put forward over it, is moved forward by the gap; one that exists twice is the first.
    """
    text = SPACES.sub(" ", cell).strip()
    if text.isdigit() or re.fullmatch(r"\d{5}\.\d+", text):
        return _counted(text, cell, zone)
    for pattern in (YEAR_FIRST, NUMBERED, DAY_WORD, WORD_DAY):
        found = pattern.match(text)
        if found is not None:
            return _moment(found.groupdict(), cell, order, zone)
    raise Unreadable(f"{cell!r} is not a date.")


def day(cell: str, order: str, zone: str) -> date:
    """The calendar day of a cell, in `zone` where it names a moment of another zone."""
    return moment(cell, order, zone).at.astimezone(ZoneInfo(zone)).date()


def month(cell: str, order: str, zone: str) -> date:
    """The first day of the month a cell names (2026-03, 3/2026, 202603, Mar 2026, Mar-26), or of that its day lies in."""
    text = SPACES.sub(" ", cell).strip()
    for pattern in (YEAR_MONTH, MONTH_YEAR, MONTH_WORD):
        found = pattern.match(text)
        if found is not None:
            return _moment(found.groupdict() | {"day": "1"}, cell, order, zone).at.astimezone(ZoneInfo(zone)).date()
    return day(cell, order, zone).replace(day=1)


def _counted(text: str, cell: str, zone: str) -> Moment:
    """Dates that are one number: 20240318, days since 1900 as spreadsheets count, seconds or milliseconds since 1970."""
    compact = COMPACT.match(text)
    if compact is not None:
        return _moment(compact.groupdict(), cell, DAY_FIRST, zone)
    if len(text.partition(".")[0]) == 5:
        days, _, part = text.partition(".")
        clock = timedelta(seconds=round(float(f"0.{part or 0}") * 86400))
        local = datetime.combine(EXCEL_DAY_ZERO, time()) + timedelta(days=int(days)) + clock
        return _placed(local, zone, is_day=not part)
    if len(text) in (10, 13):
        return Moment(datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC), is_day=False)
    raise Unreadable(f"{cell!r} is not a date.")


def _moment(parts: dict[str, str | None], cell: str, order: str, zone: str) -> Moment:
    try:
        local = datetime(_year(parts, cell), *_month_and_day(parts, cell, order), *_clock(parts))  # noqa: DTZ001
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"{cell!r} is not a day or hour that exists.") from None
    own_zone = parts.get("zone")
    if own_zone:
        return Moment((local - _offset(own_zone)).replace(tzinfo=UTC), is_day=False)
    return _placed(local, zone, is_day=parts.get("hour") is None)


def _placed(local: datetime, zone: str, *, is_day: bool) -> Moment:
    at = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    back = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return Moment(at, is_day, moved=back != local)


def _year(parts: dict[str, str | None], cell: str) -> int:
    text = parts["year"] or ""
    year = int(text)
    if len(text) == 2:
        year += 1900 if year >= 70 else 2000
    if not EARLIEST <= year <= LATEST:
        raise Unreadable(f"{cell!r}: the year {year} cannot be meant.")
    return year


def _month_and_day(parts: dict[str, str | None], cell: str, order: str) -> tuple[int, int]:
    if parts.get("word"):
        word = (parts["word"] or "").lower()
        if word not in MONTHS:
            raise Unreadable(f"{cell!r}: {parts['word']!r} is not a month.")
        return MONTHS[word], int(parts["day"] or 0)
    if parts.get("first"):
        first, second = int(parts["first"] or 0), int(parts["second_part"] or 0)
        month, found_day = (second, first) if order == DAY_FIRST or parts["sign"] == "." else (first, second)
        if month > 12 >= found_day:
            raise Unreadable(f"{cell!r}: the {'day' if order == DAY_FIRST else 'month'} comes first in this column.")
        return month, found_day
    return int(parts["month"] or 0), int(parts["day"] or 0)


def _clock(parts: dict[str, str | None]) -> tuple[int, int, int, int]:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (parts.get("half") or "").lower()
    if half and not 1 <= hour <= 12:
        raise ValueError
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, minute, second, int((parts.get("fraction") or "0").ljust(6, "0")[:6])


def _offset(zone: str) -> timedelta:
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", zone)
    if found is None:
        return timedelta()
    length = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return length if found[1] == "+" else -length
