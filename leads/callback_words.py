"""When a callback is meant, from what a rep types while talking: "tomorrow 10", "in 2 h", "Mon 14:30 their time".

Pure: standard library only. Days come first or last, times as 10, 10:30, 10.30, 2pm, noon or morning; "their time" reads
the clock of the lead, otherwise the rep's own. "in 2 h" is real elapsed time, "in 2 days" the same time of day. A wall
time that the change of clocks skips moves forward by the gap; one that happens twice is its first occurrence. Both are
said in the answer's note, as is everything that was guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TypedDict
from zoneinfo import ZoneInfo

FURTHEST = timedelta(days=400)
LONGEST_TEXT = 80
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NUMBERS = {"a": 1.0, "an": 1.0, "one": 1.0, "half an": 0.5, "half a": 0.5, "two": 2.0, "three": 3.0}
PARTS_OF_DAY = {
    "first thing": time(9), "morning": time(9), "noon": time(12), "midday": time(12), "lunchtime": time(12),
    "afternoon": time(14), "evening": time(18),
}  # fmt: skip

THEIRS = re.compile(r"\b(?:(?:their|theirs|lead'?s?|his|her)(?: (?:time|clock|zone))|theirs)\b")
OWN = re.compile(r"\b(?:my|our|own) (?:time|clock|zone)\b")
FILLING = re.compile(r"\b(?:at|on|around|about|the|call(?: them)?(?: back)?|o'?clock|uhr)\b|[,;]")
UNIT = r"(minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w|months?|mo)"
AMOUNT = r"(half an?|an?|one|two|three|\d{1,4}(?:[.,]\d)?)"
SPAN = re.compile(rf"{AMOUNT} ?{UNIT}\b")
WEEKDAY = r"(mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day|r?s)?\.?"
MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))? ?(am|pm|a\.m\.|p\.m\.|h)?")


class Unclear(ValueError):
    """The words do not name one moment ahead; the message says what is missing, for the person who typed them."""


@dataclass(frozen=True)
class Meant:
    """The moment, in UTC; the zone whose clock was read; and what was adjusted or guessed, if anything was."""

    at: datetime
    zone: str
    note: str = ""


class Zones(TypedDict):
    """Whose clocks may be meant, by time zone name."""

    own_zone: str
    their_zone: str


def understand(words: str, *, now: datetime, own_zone: str, their_zone: str, usual: time | None = None) -> Meant:
    """The moment that `words` mean at `now` (aware). A day without a time is unclear, unless `usual` names one."""
    text, zone = _prepared(words, own_zone, their_zone)
    if not text:
        raise Unclear("Say when, for example: tomorrow 10, in 2 h, Mon 14:30 their time.")
    meant = _relative(text, now, zone, usual) or _named(text, now, zone, usual)
    if meant.at <= now:
        raise Unclear(f"{_shown(meant.at, zone)} has passed.")
    if meant.at > now + FURTHEST:
        raise Unclear("That is more than a year ahead.")
    return meant


def understand_day(words: str, *, now: datetime, zone: str) -> date:
    """The day that `words` mean: "in 3 months", "1 March", "next week Tue". Times are allowed and ignored."""
    meant = understand(words, now=now, own_zone=zone, their_zone=zone, usual=time(23, 59))
    return meant.at.astimezone(ZoneInfo(meant.zone)).date()


def _prepared(words: str, own_zone: str, their_zone: str) -> tuple[str, str]:
    """Lower-cased, without filling words; and the zone whose clock is meant."""
    text = words.strip().lower().replace("’", "'")
    if len(text) > LONGEST_TEXT:
        raise Unclear("Fewer words, please: tomorrow 10, in 2 h, Mon 14:30 their time.")
    zone = their_zone if THEIRS.search(text) else own_zone
    text = FILLING.sub(" ", OWN.sub(" ", THEIRS.sub(" ", text)))
    return " ".join(text.split()), zone


# --- from now on: in 2 h, in 3 days, in 2 weeks 9:30 --------------------------------------------------------------------


def _relative(text: str, now: datetime, zone: str, usual: time | None) -> Meant | None:
    rest = text.removeprefix("in ")
    if not SPAN.match(rest):
        return None
    days = months = 0
    elapsed = timedelta()
    while found := SPAN.match(rest):
        amount, unit = _amount(found[1]), found[2]
        if unit.startswith("mo"):
            months += int(amount)
        elif unit[0] in "dw":
            days += int(amount * (7 if unit[0] == "w" else 1))
        else:
            elapsed += timedelta(minutes=amount) if unit[0] == "m" else timedelta(hours=amount)
        rest = rest[found.end() :].strip().removeprefix("and").strip()
    if not days and not months:
        if rest:
            raise Unclear(f"“{rest}” was not understood.")
        return Meant(now + elapsed, zone)
    here = now.astimezone(ZoneInfo(zone))
    day = _months_later(here.date(), months) + timedelta(days=days)
    if rest:
        clock, note = _time_of(rest)
    else:
        clock, note = (usual or here.time().replace(second=0, microsecond=0)), ""
    meant = _at(day, clock, zone, note)
    return Meant(meant.at + elapsed, zone, meant.note)


def _amount(text: str) -> float:
    return NUMBERS[text] if text in NUMBERS else float(text.replace(",", "."))


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))


# --- a day and a time, in either order ----------------------------------------------------------------------------------


def _named(text: str, now: datetime, zone: str, usual: time | None) -> Meant:
    today = now.astimezone(ZoneInfo(zone)).date()
    for pattern, day_of in DAYS:
        for place in (re.compile(rf"^(?:{pattern})(?!\S)"), re.compile(rf"(?<!\S)(?:{pattern})$")):
            found = place.search(text)
            if found is None:
                continue
            rest = (text[: found.start()] + text[found.end() :]).strip()
            choose = day_of(found, today)
            if not rest and usual is None:
                raise Unclear(f"At what time on {_day_shown(choose(None))}?")
            clock, note = _time_of(rest) if rest else (usual or time(), "")
            return _first_ahead(choose, clock, zone, note, now)
    clock, note = _time_of(text)
    return _first_ahead(lambda after: today if after is None else today + timedelta(days=1), clock, zone, note, now)


# Given the day that proved too early (None at first), the next day that the words may mean.
Chooser = Callable[[date | None], date]


def _first_ahead(choose: Chooser, clock: time, zone: str, note: str, now: datetime) -> Meant:
    """The day's moment; where it has passed and the words may mean a later day, that one."""
    day = choose(None)
    meant = _at(day, clock, zone, note)
    if meant.at <= now and choose(day) != day:
        meant = _at(choose(day), clock, zone, note)
    return meant


def _fixed(days: int, found: re.Match[str], today: date) -> Chooser:
    return lambda after: today + timedelta(days=days)


def _weekday(found: re.Match[str], today: date) -> Chooser:
    """The next such day: today, if the time is still ahead."""
    ahead = (WEEKDAYS.index(found[1]) - today.weekday()) % 7
    return lambda after: today + timedelta(days=ahead if after is None or ahead else 7)


def _this_weekday(found: re.Match[str], today: date) -> Chooser:
    day = today + timedelta(days=WEEKDAYS.index(found[1]) - today.weekday())
    return lambda after: day


def _next_weekday(found: re.Match[str], today: date) -> Chooser:
    """Of the next calendar week, which begins on Monday; without a day named, that Monday."""
    name = next((group for group in found.groups() if group), "mon")
    day = today + timedelta(days=7 - today.weekday() + WEEKDAYS.index(name))
    return lambda after: day


def _iso(found: re.Match[str], today: date) -> Chooser:
    day = _real_date(int(found[1]), int(found[2]), int(found[3]))
    return lambda after: day


def _day_and_month(day: str, month: int, year: str | None, today: date) -> Chooser:
    """Without a year, the next such day."""
    if year is not None:
        given = _real_date(int(year) + (2000 if len(year) == 2 else 0), month, int(day))
        return lambda after: given

    def choose(after: date | None) -> date:
        first = after + timedelta(days=1) if after else today
        for ahead in range(9):
            try:
                found = date(first.year + ahead, month, int(day))
            except ValueError:
                continue  # 29 February
            if found >= first:
                return found
        raise Unclear(f"There is no day {day} in that month.")

    return choose


def _day_month(found: re.Match[str], today: date) -> Chooser:
    return _day_and_month(found[1], MONTHS.index(found[2]) + 1, found[3], today)


def _month_day(found: re.Match[str], today: date) -> Chooser:
    return _day_and_month(found[2], MONTHS.index(found[1]) + 1, found[3], today)


def _numeric(found: re.Match[str], today: date) -> Chooser:
    month = int(found[2])
    if not 1 <= month <= 12:
        raise Unclear(f"There is no month {month}: the day comes first, as in 24.12.")
    return _day_and_month(found[1], month, found[3], today)


def _day_of_month(found: re.Match[str], today: date) -> Chooser:
    def choose(after: date | None) -> date:
        first = after + timedelta(days=1) if after else today
        for ahead in range(60):
            if (first + timedelta(days=ahead)).day == int(found[1]):
                return first + timedelta(days=ahead)
        raise Unclear(f"No month has a day {found[1]}.")

    return choose


def _next_month(found: re.Match[str], today: date) -> Chooser:
    first = _months_later(today.replace(day=1), 1)
    return lambda after: first


def _real_date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Unclear(f"There is no {day}.{month}.{year} in the calendar.") from None


YEAR = r"(?: ?(\d{4}))?"
DAYS: tuple[tuple[str, Callable[[re.Match[str], date], Chooser]], ...] = (
    (r"day after tomorrow", partial(_fixed, 2)),
    (r"tomorrow|tmrw?|tmw", partial(_fixed, 1)),
    (r"today|tonight", partial(_fixed, 0)),
    (rf"next week(?: {WEEKDAY})?|{WEEKDAY} next week|next {WEEKDAY}", _next_weekday),
    (rf"(?:this|coming) {WEEKDAY}", _this_weekday),
    (r"next month", _next_month),
    (r"(\d{4})-(\d{2})-(\d{2})", _iso),
    (rf"(\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?{MONTH}{YEAR}", _day_month),
    (rf"{MONTH} (\d{{1,2}})(?:st|nd|rd|th)?(?!:|\d){YEAR}", _month_day),
    (r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?", _numeric),
    (r"(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?", _numeric),
    (r"(\d{1,2})(?:st|nd|rd|th)", _day_of_month),
    (WEEKDAY, _weekday),
)


def _time_of(text: str) -> tuple[time, str]:
    """The time of day, and what was guessed: a bare 1 to 6 is read as an afternoon hour."""
    if text in PARTS_OF_DAY:
        clock = PARTS_OF_DAY[text]
        return clock, f"{text.capitalize()} is read as {clock:%H:%M}."
    found = CLOCK.fullmatch(text)
    if found is None:
        raise Unclear(f"“{text}” was not understood. Try: tomorrow 10, in 2 h, Mon 14:30 their time.")
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").replace(".", "")
    note = ""
    if half in ("am", "pm"):
        if not 1 <= hour <= 12:
            raise Unclear(f"There is no {hour} {half}.")
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif found[2] is None and not half and 1 <= hour <= 6:
        hour += 12
        note = f"{found[1]} is read as {hour}:00; write {found[1]} am for the morning."
    if hour > 23 or minute > 59:
        raise Unclear(f"There is no time {text}.")
    return time(hour, minute), note


def _at(day: date, clock: time, zone: str, note: str) -> Meant:
    """The instant of a wall time."""
    wall = datetime.combine(day, clock)
    first = wall.replace(tzinfo=ZoneInfo(zone))
    at = first.astimezone(UTC)
    back = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if back != wall:
        note = f"{wall:%H:%M} is skipped that day by the change of clocks; {back:%H:%M} is meant."
    elif first.utcoffset() != first.replace(fold=1).utcoffset():
        note = f"{wall:%H:%M} happens twice that day, when the clocks change; the first is meant."
    return Meant(at, zone, note)


def _shown(at: datetime, zone: str) -> str:
    here = at.astimezone(ZoneInfo(zone))
    return f"{_day_shown(here.date())}, {here:%H:%M},"


def _day_shown(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
