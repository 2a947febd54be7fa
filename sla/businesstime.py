"""Working time: counting forwards, backwards and between instants in the open hours of a calendar.

Pure: only the standard library, no clock, no database; a caller passes the instant it means. Instants in and
out are aware datetimes, results are UTC, durations are seconds of real time to the microsecond (an hour of
work across a change of the clocks is an hour of waiting). Ranges are half open. `hours` is a `Calendar` or
an `Overlap`. A pause is a pair of instants; pauses may overlap, and only working time in them is left out.

A naive instant is a ValueError everywhere. Whatever has to find an opening raises `NeverOpen` where none
comes within a year; whatever only measures a span answers that nothing in it was open.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sla.openhours import (
    WEEKDAYS,
    BadCalendar,
    Calendar,
    Hours,
    Instants,
    Overlap,
    Ranges,
    Why,
    intersect,
    leading,
    local_instant,
    spans_of,
    zone_info,
)
from sla.timeline import (
    FARTHEST,
    FARTHEST_YEARS,
    SECOND,
    NeverOpen,
    Span,
    Timeline,
    common,
    instant,
    merged,
    micros,
    without,
)

__all__ = [
    "WEEKDAYS",
    "BadCalendar",
    "Calendar",
    "Hours",
    "NeverOpen",
    "Overlap",
    "WalkRow",
    "Why",
    "add",
    "between",
    "breaches_at",
    "closing_after",
    "intersect",
    "is_open",
    "local_instant",
    "next_opening",
    "openings",
    "rolled",
    "same_day_by",
    "subtract",
    "walk",
    "working_days",
]

MOST_DAYS = 10_000

Pauses = Iterable[Instants]


def add(hours: Hours, start: datetime, seconds: float, pauses: Pauses = ()) -> datetime:
    """The earliest instant with `seconds` of working time since `start`: it may be a closing instant.

    Zero gives `start` where it is open and not paused, else the next such instant. A negative number counts
    back, to the latest instant with so much working time until `start`: it may be an opening instant.
    """
    here, work, line = micros(start), _duration(seconds), hours.timeline
    paused = _spans(pauses) if pauses else ()
    if work > 0:
        return instant(_forward(line, here, work, paused))
    if work < 0:
        return instant(_backward(line, here, -work, paused))
    here = line.opening(here)
    for since, until in paused:
        if since <= here < until:
            here = line.opening(until)
    return instant(here)


def subtract(hours: Hours, start: datetime, seconds: float, pauses: Pauses = ()) -> datetime:
    """The latest instant with `seconds` of working time until `start`; the same as adding the negative."""
    return add(hours, start, -seconds, pauses)


def between(hours: Hours, start: datetime, end: datetime, pauses: Pauses = ()) -> float:
    """Working seconds from `start` to `end`, without those in pauses; 0 where `end` is before `start`."""
    here, there = micros(start), micros(end)
    if there <= here:
        return 0.0
    view = hours.timeline.covering(here, there)
    work = view.worked(there) - view.worked(here)
    if pauses:
        for since, until in common(_spans(pauses), [(here, there)]):
            work -= view.worked(until) - view.worked(since)
    return work / SECOND


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether work is done at an instant: yes when opening, no more when closing."""
    here = micros(at)
    return hours.timeline.covering(here, here).is_open(here)


def next_opening(hours: Hours, at: datetime) -> datetime:
    """`at` itself where it is open, else the next opening."""
    return instant(hours.timeline.opening(micros(at)))


def closing_after(hours: Hours, at: datetime) -> datetime | None:
    """The first closing after `at`; None where, once open, nothing closes for a year (24 × 7)."""
    line = hours.timeline
    closes = line.closing(line.opening(micros(at)))
    return None if closes is None else instant(closes)


def breaches_at(hours: Hours, due: datetime) -> datetime:
    """When a promise due at `due` is broken if nothing happens: `due` itself, or the next opening where
    `due` is a closing instant or otherwise not open, because an answer until then is not a minute late."""
    return next_opening(hours, due)


def openings(hours: Hours, start: datetime, end: datetime) -> Iterator[Instants]:
    """The open spans in [start, end) as pairs of UTC instants, adjoining ranges merged, clipped."""
    here, there = micros(start), micros(end)
    spans = hours.timeline.covering(here, there).spans(here, there) if here < there else []
    return ((instant(opens), instant(closes)) for opens, closes in spans)


def rolled(hours: Hours, start: datetime, minutes: float) -> datetime:
    """Wall-clock minutes, rolled: from the next opening where `start` is closed, so many minutes of any kind
    later, and on to the next opening where that is closed (a closing instant is). ValueError below 0."""
    if minutes < 0:
        raise ValueError(f"{minutes} minutes cannot be rolled forward; give 0 or more.")
    line = hours.timeline
    here = line.opening(micros(start))
    return instant(line.opening(here + _duration(minutes * 60)))


def working_days(hours: Hours, start: datetime, days: int, at_close: bool) -> datetime:
    """So many working days later, at the same local time or at that day's last closing.

    A working day is a local day on which a range starts and is not wholly closed; a night shift belongs to
    the day it began on. What arrives outside hours counts from the next opening, and its day is day 0. A
    local time outside that day's hours moves to its first opening, the end of its break or its last closing.
    ValueError below 0 and above 10,000.
    """
    if not 0 <= days <= MOST_DAYS:
        raise ValueError(f"{days} working days cannot be counted; give 0 to {MOST_DAYS}.")
    here = hours.timeline.opening(micros(start))
    first = day = _day_of(hours, here)
    for _ in range(days):
        day = _next_working_day(hours, day, _open_on(hours, day)[-1][1])
    if at_close:
        return instant(_open_on(hours, day)[-1][1])
    wall_time = instant(here).astimezone(zone_info(hours.zone)).replace(tzinfo=None)
    return instant(_clamped(hours, day, wall_time + (day - first)))


def same_day_by(hours: Hours, start: datetime, cutoff: time, by: time) -> datetime:
    """By local time `by` of the same day if it is a working day and `start` is before `cutoff`, else by that
    time of the next working day; moved into the day's hours like `working_days` does. Where that moment is
    not after `start` (hours end before the cutoff), the next working day counts too."""
    here = micros(start)
    local = start.astimezone(zone_info(hours.zone))
    day = local.date()
    if local.time() < cutoff and _open_on(hours, day):
        due = _clamped(hours, day, datetime.combine(day, by))
        if due > here:
            return instant(due)
    day = _next_working_day(hours, day, here)
    return instant(_clamped(hours, day, datetime.combine(day, by)))


@dataclass(frozen=True, slots=True)
class WalkRow:
    """What one local day added to a count, and why. Seconds are working seconds, instants UTC."""

    day: date
    weekday: str
    why: Why
    """What decided: the week, a holiday, an override; a closed span or the other calendar of an overlap
    where that left nothing of the day's ranges."""
    ranges: Ranges
    """The ranges in force, in wall minutes after local midnight; of an overlap those of its first part."""
    open: tuple[Instants, ...]
    """What was open in the walked span, pauses included."""
    closed: tuple[Instants, ...]
    """What a closed span or the other calendar took from the ranges."""
    paused: tuple[Instants, ...]
    """What pauses took from `open`."""
    seconds: float
    total: float
    """Counted up to the end of this row; the last row's total is exactly what `between` gives."""


def walk(hours: Hours, start: datetime, end: datetime, pauses: Pauses = ()) -> list[WalkRow]:
    """Explain `between` day by day: every local day that the span touches, in order, closed ones too, and
    the day before where its night shift runs into the span. Overlapping tails count in the earlier row."""
    here, there, paused = micros(start), micros(end), _spans(pauses)
    rows: list[WalkRow] = []
    if there <= here:
        return rows
    zone, calendar = zone_info(hours.zone), leading(hours)
    first, last = start.astimezone(zone).date(), instant(there - 1).astimezone(zone).date()
    total, eve, yesterday = 0, list[Span](), list[Span]()
    for number in range(-2, (last - first).days + 1):
        day = first + timedelta(days=number)
        planned = without(common(spans_of(calendar, day), [(here, there)]), merged([*eve, *yesterday]))
        eve, yesterday = yesterday, planned
        if number < 0 and not planned:
            continue
        opened = _open_parts(hours, planned)
        worked = without(opened, paused)
        work = sum(closes - opens for opens, closes in worked)
        total += work
        rows.append(
            WalkRow(
                day=day,
                weekday=WEEKDAYS[day.weekday()],
                why=_why(calendar, day, planned, opened),
                ranges=calendar.ranges_on(day)[1],
                open=_instants(opened),
                closed=_instants(without(planned, opened)),
                paused=_instants(without(opened, worked)),
                seconds=work / SECOND,
                total=total / SECOND,
            )
        )
    return rows


def _why(calendar: Calendar, day: date, planned: Sequence[Span], opened: Sequence[Span]) -> Why:
    why, _ = calendar.ranges_on(day)
    if not planned or opened:
        return why
    return Why.OVERLAP if without(planned, calendar.closures) else Why.CLOSED_SPAN


def _forward(line: Timeline, here: int, work: int, paused: Sequence[Span]) -> int:
    """Earliest instant with so much work since `here`: count up to each pause in turn and go on behind it."""
    due = line.forward(here, work)
    for since, until in paused:
        if until <= here:
            continue
        if due <= since:
            break
        view = line.covering(here, max(here, since))
        work -= view.worked(max(here, since)) - view.worked(here)
        here = until
        due = line.forward(here, work)
    return due


def _backward(line: Timeline, here: int, work: int, paused: Sequence[Span]) -> int:
    """Latest instant with so much work until `here`, the mirror image of `_forward`."""
    began = line.backward(here, work)
    for since, until in reversed(paused):
        if since >= here:
            continue
        if began >= until:
            break
        view = line.covering(min(here, until), here)
        work -= view.worked(here) - view.worked(min(here, until))
        here = since
        began = line.backward(here, work)
    return began


def _duration(seconds: float) -> int:
    """Microseconds; ValueError for what no calendar can hold, infinity and not-a-number among it."""
    if not abs(seconds) * SECOND <= FARTHEST:
        raise ValueError(f"{seconds} seconds are not within {FARTHEST_YEARS} years.")
    return round(seconds * SECOND)


def _open_parts(hours: Hours, planned: Sequence[Span]) -> list[Span]:
    """What closed spans and the other calendars leave of a day's ranges."""
    if not planned:
        return []
    start, end = planned[0][0], planned[-1][1]
    return common(planned, hours.timeline.covering(start, end).spans(start, end))


def _open_on(hours: Hours, day: date) -> list[Span]:
    """What is open of the ranges that start on a local day."""
    return _open_parts(hours, spans_of(leading(hours), day))


def _day_of(hours: Hours, here: int) -> date:
    """The working day an open instant belongs to: today if one of its own ranges is open, else the
    latest before it (yesterday, unless the zone skipped that day)."""
    day = instant(here).astimezone(zone_info(hours.zone)).date()
    while not any(opens <= here < closes for opens, closes in _open_on(hours, day)):
        day -= timedelta(days=1)
    return day


def _next_working_day(hours: Hours, day: date, after: int) -> date:
    """The next local day with hours that last beyond an instant: a day whose own hours lie within the night
    shift of the day before adds nothing."""
    for later in range(1, 367):
        following = day + timedelta(days=later)
        spans = _open_on(hours, following)
        if spans and spans[-1][1] > after:
            return following
    raise NeverOpen(f"No working day comes within a year after {day.isoformat()}.")


def _clamped(hours: Hours, day: date, wall_time: datetime) -> int:
    """The instant of a wall time, moved into what is open on a working day."""
    at = micros(local_instant(hours.zone, wall_time))
    spans = _open_on(hours, day)
    for opens, closes in spans:
        if at <= closes:
            return max(at, opens)
    return spans[-1][1]


def _spans(pauses: Pauses) -> list[Span]:
    return merged([(micros(since), micros(until)) for since, until in pauses])


def _instants(spans: Sequence[Span]) -> tuple[Instants, ...]:
    return tuple((instant(start), instant(end)) for start, end in spans)
