"""Periods that figures are shown for: weeks, months, quarters, years, the last so many days, or any span.

Pure: standard library only. A period is half-open: its first day belongs to it, its last (`until_on`) no longer.
Quarters and years begin with the fiscal year's first month; a week is known by its first day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_DAYS = 365.2425 / 12
LONGEST_IN_WEEKS = 100  # days; longer periods are drawn month by month


class Kind(StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    LAST_30 = "last-30"
    LAST_90 = "last-90"
    LAST_365 = "last-365"
    SPAN = "span"


LABELS: dict[str, str] = {
    Kind.WEEK: "Week",
    Kind.MONTH: "Month",
    Kind.QUARTER: "Quarter",
    Kind.YEAR: "Year",
    Kind.LAST_30: "Last 30 days",
    Kind.LAST_90: "Last 90 days",
    Kind.LAST_365: "Last 365 days",
    Kind.SPAN: "From … to",
}
ROLLING: dict[str, int] = {Kind.LAST_30: 30, Kind.LAST_90: 90, Kind.LAST_365: 365}
CALENDAR = (Kind.WEEK, Kind.MONTH, Kind.QUARTER, Kind.YEAR)


@dataclass(frozen=True, order=True)
class Period:
    """`kind` says how it was asked for; `fiscal_month` is the month (1 to 12) in which the fiscal year begins, and
    `week_start` the weekday (0 is Monday) on which weeks do."""

    first_on: date
    until_on: date
    kind: str = Kind.SPAN
    fiscal_month: int = 1
    week_start: int = 0

    def __post_init__(self) -> None:
        if self.until_on <= self.first_on:
            raise ValueError("a period has at least one day")

    @property
    def days(self) -> int:
        return (self.until_on - self.first_on).days

    @property
    def last_on(self) -> date:
        """The last day that still belongs to it: what people write."""
        return self.until_on - DAY

    def __contains__(self, day: date) -> bool:
        return self.first_on <= day < self.until_on

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The instants at which it begins and ends by the clocks of `zone`."""
        return midnight(self.first_on, zone), midnight(self.until_on, zone)

    def shifted(self, count: int) -> Period:
        """The period `count` later (earlier when negative), of the same kind; spans move by their own length."""
        if self.kind in (Kind.MONTH, Kind.QUARTER, Kind.YEAR):
            months = _months_in(self.kind)
            first = _add_months(self.first_on, months * count)
            return Period(first, _add_months(first, months), self.kind, self.fiscal_month, self.week_start)
        step = timedelta(days=self.days * count)
        return Period(self.first_on + step, self.until_on + step, self.kind, self.fiscal_month, self.week_start)

    @property
    def previous(self) -> Period:
        return self.shifted(-1)

    def with_earlier(self, count: int) -> list[Period]:
        """`count` periods before it and itself, oldest first, without gaps."""
        return [self.shifted(number) for number in range(-count, 1)]

    @property
    def label(self) -> str:
        match self.kind:
            case Kind.WEEK:
                return f"Week of {short_day(self.first_on)} {self.first_on.year}"
            case Kind.MONTH:
                return f"{MONTHS[self.first_on.month - 1]} {self.first_on.year}"
            case Kind.QUARTER:
                quarter = (self.first_on.month - self.fiscal_month) % 12 // 3 + 1
                return f"Q{quarter} {self._fiscal_year}"
            case Kind.YEAR:
                return self._fiscal_year
        return f"{short_day(self.first_on)} {self.first_on.year} to {short_day(self.last_on)} {self.last_on.year}"

    @property
    def short_label(self) -> str:
        """For axes, where the year is known."""
        match self.kind:
            case Kind.WEEK:
                return short_day(self.first_on)
            case Kind.MONTH:
                return f"{MONTHS[self.first_on.month - 1]} {self.first_on:%y}"
            case Kind.QUARTER | Kind.YEAR:
                return self.label
        return short_day(self.first_on)

    @property
    def _fiscal_year(self) -> str:
        start = self.first_on.year - (self.first_on.month < self.fiscal_month)
        return str(start) if self.fiscal_month == 1 else f"{start}/{(start + 1) % 100:02d}"

    def parts(self) -> list[Period]:
        """Weeks, or months when it is long, cut off at its ends: for figures drawn over time."""
        return self.cut(Kind.WEEK if self.days <= LONGEST_IN_WEEKS else Kind.MONTH)

    def cut(self, kind: str) -> list[Period]:
        """Its weeks, months or quarters, the first and last cut off at its ends."""
        part, found = containing(kind, self.first_on, self.fiscal_month, self.week_start), []
        while part.first_on < self.until_on:
            first, until = max(part.first_on, self.first_on), min(part.until_on, self.until_on)
            found.append(Period(first, until, kind, self.fiscal_month, self.week_start))
            part = part.shifted(1)
        return found


def short_day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def containing(kind: str, day: date, fiscal_month: int = 1, week_start: int = 0) -> Period:
    """The week, month, quarter or year a day lies in; or the last so many days, of which `day` is the last."""
    if kind in ROLLING:
        return Period(day - timedelta(days=ROLLING[kind] - 1), day + DAY, kind, fiscal_month, week_start)
    if kind == Kind.WEEK:
        first = day - timedelta(days=(day.weekday() - week_start) % 7)
        return Period(first, first + timedelta(days=7), kind, fiscal_month, week_start)
    months = _months_in(kind)
    past = (day.month - fiscal_month) % months if kind != Kind.MONTH else 0
    first = _add_months(day.replace(day=1), -past)
    return Period(first, _add_months(first, months), kind, fiscal_month, week_start)


def span(first_on: date, last_on: date, fiscal_month: int = 1, week_start: int = 0) -> Period:
    """Any days, both ends included as people say them."""
    return Period(first_on, last_on + DAY, Kind.SPAN, fiscal_month, week_start)


def edges(periods: Iterable[Period]) -> list[date]:
    """The days at which adjoining periods begin, and the one at which the last ends."""
    found = sorted(periods)
    for before, after in pairwise(found):
        if before.until_on != after.first_on:
            raise ValueError(f"{before.label} and {after.label} do not adjoin")
    return [period.first_on for period in found] + [found[-1].until_on]


def months_of(period: Period) -> Iterator[tuple[date, int, int]]:
    """The months a period touches, by their first day: how many of its days lie in the period, and how many it has."""
    month = containing(Kind.MONTH, period.first_on)
    while month.first_on < period.until_on:
        inside = (min(month.until_on, period.until_on) - max(month.first_on, period.first_on)).days
        yield month.first_on, inside, month.days
        month = month.shifted(1)


def in_months(kind: str, days: int = 0) -> float:
    """How many months a period lasts: exact for calendar kinds, by the mean month for others."""
    exact = {Kind.MONTH: 1.0, Kind.QUARTER: 3.0, Kind.YEAR: 12.0, Kind.WEEK: 7 / MONTH_DAYS}
    return exact[Kind(kind)] if kind in exact else days / MONTH_DAYS


def _months_in(kind: str) -> int:
    return {Kind.MONTH: 1, Kind.QUARTER: 3, Kind.YEAR: 12}[Kind(kind)]


def _add_months(first: date, count: int) -> date:
    """`first` is a first of a month."""
    years, month = divmod(first.month - 1 + count, 12)
    return first.replace(year=first.year + years, month=month + 1)
