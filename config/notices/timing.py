"""When a person wants to be told. Pure: no database, no settings, no clock of its own.

Wishes are in local wall time ("not between 20:00 and 7:00", "each morning at 8:00"). Where the clock change makes a
wall time happen twice or not at all, quiet lasts for the longer reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DIGEST_AT = time(8)
DAY = timedelta(days=1)
SATURDAY = 5
LONGEST_SEARCH = 14  # quiet times can follow each other for a few days at most


@dataclass(frozen=True)
class Wishes:
    zone: ZoneInfo
    quiet_from: time | None = None
    quiet_until: time | None = None
    quiet_weekends: bool = False
    digest: str = "off"  # or "hourly", or "daily"


def deliver_at(at: datetime, wishes: Wishes, *, may_wait: bool) -> datetime:
    """The moment to tell what happened `at`. `may_wait` lets it wait for the person's digest."""
    if not may_wait or wishes.digest == "off":
        return after_quiet(at, wishes)
    slot = next_slot(at, wishes)
    loud = after_quiet(slot, wishes)
    if loud == slot:
        return slot
    # The digest would come in quiet time. It comes when that ends, or at the usual time of that day if this is later.
    usual = next_slot(loud - timedelta(microseconds=1), wishes)
    same_day = usual.astimezone(wishes.zone).date() == loud.astimezone(wishes.zone).date()
    return usual if same_day and after_quiet(usual, wishes) == usual else loud


def next_slot(at: datetime, wishes: Wishes) -> datetime:
    """The first digest after `at`: the next full hour, or the next morning's."""
    local = at.astimezone(wishes.zone)
    if wishes.digest == "hourly":
        # Through UTC, for an hour may be skipped or come twice; zones shifted by half an hour keep their own hour.
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return (at - past + timedelta(hours=1)).astimezone(UTC)
    today = _instant(local.date(), DIGEST_AT, wishes.zone)
    return today if today > at else _instant(local.date() + DAY, DIGEST_AT, wishes.zone)


def after_quiet(at: datetime, wishes: Wishes) -> datetime:
    """`at` itself, or the end of the quiet time it falls into."""
    for _ in range(LONGEST_SEARCH):
        end = max((end for start, end in _quiet_around(at, wishes) if start <= at < end), default=None)
        if end is None:
            return at
        at = end
    return at


def is_quiet(at: datetime, wishes: Wishes) -> bool:
    return after_quiet(at, wishes) > at


def _quiet_around(at: datetime, wishes: Wishes) -> list[tuple[datetime, datetime]]:
    """The quiet times that could hold `at`, as instants."""
    today = at.astimezone(wishes.zone).date()
    spans = []
    if wishes.quiet_from is not None and wishes.quiet_until is not None and wishes.quiet_from != wishes.quiet_until:
        for day in (today - DAY, today):
            last_day = day if wishes.quiet_from < wishes.quiet_until else day + DAY
            spans.append(_span(day, wishes.quiet_from, last_day, wishes.quiet_until, wishes.zone))
    if wishes.quiet_weekends and today.weekday() >= SATURDAY:
        saturday = today - DAY * (today.weekday() - SATURDAY)
        spans.append(_span(saturday, time(), saturday + DAY * 2, time(), wishes.zone))
    return spans


def _span(from_day: date, start: time, until_day: date, end: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return min(_readings(from_day, start, zone)), max(_readings(until_day, end, zone))


def _readings(day: date, wall: time, zone: ZoneInfo) -> list[datetime]:
    """The instants a wall time can mean: one, or two around a clock change."""
    return [datetime.combine(day, wall.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1)]


def _instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return _readings(day, wall, zone)[0]
