"""When work is done: calendars, overlaps of calendars, and the spans of time they leave open.

Pure: only the standard library, no clock, no database. `sla.businesstime` counts in what is described here,
`sla.timeline` holds it. Local wall time appears only where ranges are turned into spans of real time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache, partial
from zoneinfo import ZoneInfo

from sla.timeline import Span, Timeline, common, instant, merged, micros, without

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_MINUTES = 24 * 60

Range = tuple[int, int]
Ranges = tuple[Range, ...]
Instants = tuple[datetime, datetime]


class BadCalendar(ValueError):
    """A calendar that cannot be used: `field` names the place in the terms, the message says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class Why(StrEnum):
    """What decided whether a local day was open."""

    WEEK = "week"
    HOLIDAY = "holiday"
    OVERRIDE = "override"
    CLOSED_SPAN = "closed_span"
    OVERLAP = "overlap"


@cache
def zone_info(zone: str) -> ZoneInfo:
    """The zone, kept: the standard library forgets all but the last eight and reads the file again."""
    return ZoneInfo(zone)


def local_instant(zone: str, naive: datetime) -> datetime:
    """The instant of a wall time, in UTC: one that a gap skipped moves forward by the gap, one that happens
    twice is its first occurrence. ValueError if `naive` already has a zone."""
    if naive.tzinfo is not None:
        raise ValueError(f"{naive.isoformat()} already has a time zone; give a wall time.")
    return naive.replace(tzinfo=zone_info(zone), fold=0).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours in one time zone.

    A range is (start, end) in wall minutes after local midnight, 0 <= start < 1440 and
    start < end < start + 1440 (a full day: (0, 1440)): an end above 1440 lies on the following day, so
    22:00 to 06:00 is (1320, 1800). A range belongs to the day it starts on. Ranges of one day are in order
    and do not overlap; adjoining ones, and tails that run into the next day's ranges, count once.
    A local day that the zone skipped as a whole never starts, so neither do its ranges.
    """

    zone: str
    week: tuple[Ranges, ...]
    closed_on: frozenset[date] = frozenset()
    """Public holidays: nothing starts on these local dates; a tail of the evening before still counts."""
    hours_on: tuple[tuple[date, Ranges], ...] = ()
    """Dates with hours of their own: they replace the weekday's ranges and win over a holiday."""
    closed_spans: tuple[Instants, ...] = ()
    """Absences and exceptional closings: nothing is open in them whatever the week says."""
    overrides: Mapping[date, Ranges] = field(init=False, repr=False, compare=False)
    closures: tuple[Span, ...] = field(init=False, repr=False, compare=False)
    timeline: Timeline = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check what every function relies on and work out what they ask for; BadCalendar if it is wrong."""
        _known_zone(self.zone)
        if len(self.week) != len(WEEKDAYS):
            raise BadCalendar("week", "A week needs seven days, Monday first.")
        for key, ranges in zip(WEEKDAYS, self.week, strict=True):
            _check_ranges(f"week.{key}", ranges)
        for day, ranges in self.hours_on:
            _check_ranges(f"overrides.{day.isoformat()}", ranges)
        for start, end in self.closed_spans:
            if micros(start) >= micros(end):
                raise BadCalendar("closed_spans", f"The closing from {start} ends before it begins.")
        closures = merged((micros(start), micros(end)) for start, end in self.closed_spans)
        object.__setattr__(self, "overrides", dict(self.hours_on))
        object.__setattr__(self, "closures", tuple(closures))
        object.__setattr__(self, "timeline", shared_timeline(self))

    def __reduce__(self) -> tuple[type["Calendar"], tuple[object, ...]]:
        """Copied and pickled by its terms, without what was worked out from them."""
        return Calendar, (self.zone, self.week, self.closed_on, self.hours_on, self.closed_spans)

    def ranges_on(self, day: date) -> tuple[Why, Ranges]:
        """The ranges that start on a local day, and what put them there."""
        if day in self.overrides:
            return Why.OVERRIDE, self.overrides[day]
        if day in self.closed_on:
            return Why.HOLIDAY, ()
        return Why.WEEK, self.week[day.weekday()]

    @classmethod
    def from_terms(cls, terms: Mapping[str, object], *, merge: bool = False) -> "Calendar":
        """Read {"timezone", "week", "holidays", "overrides", "closed_spans"}; the last three may be missing.

        `week` maps weekdays ("mon") to lists of ["09:00", "17:00"], `overrides` dates to such lists, and
        `closed_spans` lists [from, to] with offsets. An end at or before its start lies on the next day.
        Raises BadCalendar with the place and the reason. Overlapping ranges of a day are refused as a likely
        slip; `merge` counts them once instead, for hours that come from a system which allows them.
        """
        for key in terms:
            if key not in ("timezone", "week", "holidays", "overrides", "closed_spans"):
                raise BadCalendar(str(key), f"A calendar has no “{key}”.")
        zone, week = terms.get("timezone"), _mapping("week", terms.get("week"))
        if not isinstance(zone, str):
            raise BadCalendar("timezone", "Name the time zone, for example Europe/Berlin.")
        for key in week:
            if key not in WEEKDAYS:
                raise BadCalendar("week", f"“{key}” is not a weekday; use {', '.join(WEEKDAYS)}.")
        days = tuple(_read_ranges(f"week.{key}", week.get(key), merge) for key in WEEKDAYS)
        if not any(days):
            raise BadCalendar("week", "The week has no opening hours; open at least one day.")
        overrides = _mapping("overrides", terms.get("overrides"))
        hours_on = ((_read_date(f"overrides.{day}", day), day) for day in overrides)
        return cls(
            zone=zone,
            week=days,
            closed_on=frozenset(_read_date("holidays", day) for day in _list("holidays", terms.get("holidays"))),
            hours_on=tuple(
                (day, _read_ranges(f"overrides.{key}", overrides[key], merge)) for day, key in sorted(hours_on)
            ),
            closed_spans=tuple(sorted(_read_span(pair) for pair in _list("closed_spans", terms.get("closed_spans")))),
        )

    def to_terms(self) -> dict[str, object]:
        """The inverse of `from_terms`, always written the same way, so that it can be hashed. Days without
        hours are left out, and so is `closed_spans` where there are none."""
        terms: dict[str, object] = {
            "timezone": self.zone,
            "week": {key: _write_ranges(ranges) for key, ranges in zip(WEEKDAYS, self.week, strict=True) if ranges},
            "holidays": sorted(day.isoformat() for day in self.closed_on),
            "overrides": {day.isoformat(): _write_ranges(ranges) for day, ranges in sorted(self.hours_on)},
        }
        if self.closed_spans:
            spans = sorted((micros(start), micros(end)) for start, end in self.closed_spans)
            terms["closed_spans"] = [[instant(edge).isoformat() for edge in span] for span in spans]
        return terms


@dataclass(frozen=True, slots=True)
class Overlap:
    """Open where every part is open. Its local days are those of the first part."""

    parts: tuple[Calendar, ...]
    timeline: Timeline = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "timeline", shared_timeline(self))

    def __reduce__(self) -> tuple[type["Overlap"], tuple[object, ...]]:
        return Overlap, (self.parts,)

    @property
    def zone(self) -> str:
        return self.parts[0].zone


Hours = Calendar | Overlap


def intersect(first: Hours, second: Hours) -> Overlap:
    """Callable time: a team's hours and a lead's own window, for instance, each in its zone."""
    return Overlap(
        tuple(part for hours in (first, second) for part in (hours.parts if isinstance(hours, Overlap) else (hours,)))
    )


def leading(hours: Hours) -> Calendar:
    """The calendar whose local days and ranges `hours` is explained by."""
    return hours.parts[0] if isinstance(hours, Overlap) else hours


def midnight(zone: str, day: date) -> datetime:
    """The local midnight of a day, to which wall minutes may be added: the sum stays wall time."""
    return datetime.combine(day, time(), zone_info(zone))


def spans_of(calendar: Calendar, day: date) -> list[Span]:
    """The ranges that start on a local day as spans of real time, before closed spans are taken out."""
    start_of_day = midnight(calendar.zone, day)
    _, ranges = calendar.ranges_on(day)
    spans = merged(
        (micros(start_of_day + timedelta(minutes=start)), micros(start_of_day + timedelta(minutes=end)))
        for start, end in ranges
    )
    return spans if spans and not _skipped(start_of_day) else []


def _skipped(start_of_day: datetime) -> bool:
    """Whether the zone jumped over the whole day, as Samoa did when it crossed the date line."""
    there_and_back = start_of_day.astimezone(UTC).astimezone(start_of_day.tzinfo)
    return there_and_back.date() > start_of_day.date()


@lru_cache(maxsize=256)
def spans_in_year(hours: Hours, year: int) -> tuple[Span, ...]:
    """What is open in a UTC year, in order and apart, clipped to the year."""
    whole = [(micros(datetime(year, 1, 1, tzinfo=UTC)), micros(datetime(year + 1, 1, 1, tzinfo=UTC)))]
    if isinstance(hours, Overlap):
        spans: Sequence[Span] = whole
        for part in hours.parts:
            spans = common(spans, spans_in_year(part, year))
        return tuple(spans)
    # Local days differ from UTC days by up to a day, and a range may run on for a day after it started.
    first, last = date(year - 1, 12, 29), date(year + 1, 1, 2)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    started = merged(span for day in days for span in spans_of(hours, day))
    return tuple(common(without(started, hours.closures), whole))


@lru_cache(maxsize=256)
def shared_timeline(hours: Hours) -> Timeline:
    """One timeline for equal hours, so that what one request compiled serves the next."""
    return Timeline(partial(spans_in_year, hours))


def _known_zone(zone: str) -> None:
    try:
        zone_info(zone)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or the name of a directory
        raise BadCalendar("timezone", f"“{zone}” is not a time zone we know.") from None


def _check_ranges(place: str, ranges: Ranges) -> None:
    """Refuse ranges outside the canonical form, in the order a person would notice it."""
    previous = 0
    for start, end in ranges:
        if not (0 <= start < DAY_MINUTES and (start < end < start + DAY_MINUTES or (start, end) == (0, 1440))):
            raise BadCalendar(place, f"{_named(place)}: {start} to {end} is not a range of minutes of a day.")
        if start < previous:
            raise BadCalendar(place, f"{_named(place)}: the range from {_clock(start)} overlaps another one.")
        previous = end


def _named(place: str) -> str:
    """How a person calls the day that a place stands for."""
    key = place.rpartition(".")[2]
    return DAY_NAMES[WEEKDAYS.index(key)] if key in WEEKDAYS else key


def _mapping(place: str, value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise BadCalendar(place, f"“{place}” must map days to lists of opening hours.")
    return value


def _list(place: str, value: object) -> Sequence[object]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise BadCalendar(place, f"{_named(place)}: a list is needed, not “{value}”.")
    return value


def _read_date(place: str, value: object) -> date:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise BadCalendar(place, f"“{value}” is not a date; write it like 2026-12-24.")
    return day


def _read_minute(place: str, value: object) -> int:
    found = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", value) if isinstance(value, str) else None
    if found is None:
        raise BadCalendar(place, f"{_named(place)}: “{value}” is not a time of day; write it like 09:00.")
    return int(found[1]) * 60 + int(found[2]) if found[1] else DAY_MINUTES


def _read_ranges(place: str, value: object, merge: bool) -> Ranges:
    ranges = []
    for pair in _list(place, value):
        edges = _list(place, pair)
        if len(edges) != 2:
            raise BadCalendar(place, f"{_named(place)}: opening hours are pairs of a start and an end.")
        start, end = (_read_minute(place, edge) for edge in edges)
        if start == DAY_MINUTES:
            raise BadCalendar(place, f"{_named(place)}: nothing can open at 24:00; use 00:00 of the next day.")
        if start == end:
            reason = f"opens and closes at {_clock(start)}; a whole day is 00:00 to 24:00."
            raise BadCalendar(place, f"{_named(place)} {reason}")
        ranges.append((start, end if end > start else end + DAY_MINUTES))
    return tuple(merged(ranges) if merge else sorted(ranges))


def _read_span(pair: object) -> Instants:
    edges = _list("closed_spans", pair)
    try:
        start, end = (datetime.fromisoformat(str(edge)) for edge in edges)
        micros(start), micros(end)
    except ValueError:
        raise BadCalendar(
            "closed_spans", "A closing is a pair of instants with offsets, like 2026-12-24T12:00:00+01:00."
        ) from None
    return start.astimezone(UTC), end.astimezone(UTC)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _write_ranges(ranges: Ranges) -> list[list[str]]:
    return [[_clock(start), _clock(end if end <= DAY_MINUTES else end - DAY_MINUTES)] for start, end in ranges]
