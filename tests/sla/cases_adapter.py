"""The working-time functions as the collected cases call them: JSON calendars and minutes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sla import businesstime
from sla.businesstime import Calendar


def calendar_of(terms: Mapping[str, object]) -> Calendar:
    """Merging, because one of the collected calendars has overlapping ranges on a day."""
    return Calendar.from_terms(terms, merge=True)


def add(
    calendar: Mapping[str, object],
    start: datetime,
    minutes: float,
    pauses: Sequence[tuple[datetime, datetime]],
) -> datetime:
    return businesstime.add(calendar_of(calendar), start, minutes * 60, pauses)


def between(
    calendar: Mapping[str, object],
    start: datetime,
    end: datetime,
    pauses: Sequence[tuple[datetime, datetime]],
) -> float:
    return businesstime.between(calendar_of(calendar), start, end, pauses) / 60
