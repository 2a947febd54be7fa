"""Leads supplied against what reps can work each week, and what became of leads and opportunities at which fill rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from config.accounts.models import Absence, Membership
from reports.company import company_zone
from reports.facts import Narrowed
from reports.facts.money import MARKETING, SELF
from reports.intervals import Rate
from reports.periods import DAY, Kind, Period
from reports.queries import reading
from reports.queries.funnel import from_on
from reports.queries.reading import ALL
from reports.scope import Scope
from sla.stages import Stage

WORKDAYS = 5
FILL_BANDS: tuple[tuple[str, float, float], ...] = (
    ("under-50", 0, 50), ("50-80", 50, 80), ("80-100", 80, 100), ("over-100", 100, float("inf")),
)  # fmt: skip


@dataclass(frozen=True)
class Week:
    """`opened` of the `qualified` of that week have become opportunities by now; `ours` and `own` are the opportunities
    opened in the week from leads and by sales themselves, with their amounts."""

    period: Period
    supplied: int
    capacity: Decimal
    opened: Rate
    ours: int
    own: int
    other: int
    our_amount: Decimal
    all_amount: Decimal

    @property
    def fill(self) -> float | None:
        """Percent."""
        return float(self.supplied / self.capacity * 100) if self.capacity else None

    @property
    def band(self) -> str | None:
        fill = self.fill
        if fill is None:
            return None
        return next(code for code, low, high in FILL_BANDS if low <= fill < high)


def whole_weeks(period: Period) -> list[Period]:
    """The full weeks of a period: a part of one cannot be held against a week's capacity."""
    return [week for week in period.cut(Kind.WEEK) if week.days == 7]


def weeks(function: str, start: str, scope: Scope, period: Period, now: datetime) -> list[Week]:
    """The full weeks of the period that have begun, for those who are handed leads as `function`."""
    parts = [week for week in whole_weeks(period) if week.bounds(company_zone())[0] <= now]
    if not parts:
        return []
    needs = {
        "supply": Narrowed(keys=[function]),
        "progress": Narrowed(keys=[start]),
        "opened": ALL,
    }
    tally = reading.tally(needs, scope, parts, now)
    able = capacities(function, scope, parts)
    found = []
    for bucket, part in enumerate(parts):
        cohort = tally.of("progress", bucket=bucket).n
        reached = tally.of("progress", marks=from_on(Stage.OPPORTUNITY), bucket=bucket).n
        ours, own = (tally.of("opened", keys=(key,), bucket=bucket) for key in (MARKETING, SELF))
        everything = tally.of("opened", bucket=bucket)
        found.append(
            Week(
                part, tally.of("supply", bucket=bucket).n, able[bucket], Rate(reached, cohort), ours.n, own.n,
                everything.n - ours.n - own.n, ours.whole, everything.whole,
            )
        )  # fmt: skip
    return found


def capacities(function: str, scope: Scope, parts: Sequence[Period]) -> list[Decimal]:
    """New leads the function's people could follow up in each week: their weekly numbers, less the days they are away.

    Membership is as it stands today; nobody keeps what it was.
    """
    seats = Membership.objects.active().filter(team__function=function)
    if scope.team is not None:
        seats = seats.filter(team_id=scope.team)
    able: dict[int, int] = {}
    for user, capacity in seats.values_list("user_id", "weekly_capacity"):
        able[user] = able.get(user, 0) + capacity
    zone = company_zone()
    first, until = parts[0].bounds(zone)[0], parts[-1].bounds(zone)[1]
    absences = Absence.objects.filter(user__in=able, from_at__lt=until, until_at__gt=first)
    away = [(one.user_id, one.from_at, one.until_at) for one in absences]
    return [_capacity(able, away, part) for part in parts]


def _capacity(able: dict[int, int], away: Sequence[tuple[int, datetime, datetime]], part: Period) -> Decimal:
    total = Decimal(0)
    for user, capacity in able.items():
        days = sum(not _is_away(user, away, part.first_on + number * DAY) for number in _working_days(part))
        total += Decimal(capacity) * days / WORKDAYS
    return total


def _working_days(part: Period) -> list[int]:
    return [number for number in range(part.days) if (part.first_on + number * DAY).weekday() < WORKDAYS]


def _is_away(user: int, away: Sequence[tuple[int, datetime, datetime]], day: date) -> bool:
    """Away at noon is away that day."""
    noon = datetime.combine(day, time(12), company_zone())
    return any(who == user and from_at <= noon < until_at for who, from_at, until_at in away)


@dataclass(frozen=True)
class FillBand:
    code: str
    weeks: int
    supplied: int
    opened: Rate
    contribution: Rate
    our_amount: Decimal
    all_amount: Decimal


def by_fill(found: Sequence[Week]) -> list[FillBand]:
    """The weeks together by how full the reps were; weeks without any capacity are left out."""
    bands = []
    for code, _, _ in FILL_BANDS:
        inside = [week for week in found if week.band == code]
        if inside:
            bands.append(together(code, inside))
    return bands


def together(code: str, inside: Sequence[Week]) -> FillBand:
    ours = sum(week.ours for week in inside)
    return FillBand(
        code, len(inside), sum(week.supplied for week in inside),
        Rate(sum(week.opened.part for week in inside), sum(week.opened.whole for week in inside)),
        Rate(ours, ours + sum(week.own + week.other for week in inside)),
        sum((week.our_amount for week in inside), Decimal(0)), sum((week.all_amount for week in inside), Decimal(0)),
    )  # fmt: skip


def span_of(found: Sequence[Week]) -> Period | None:
    """The adjoining weeks as one period."""
    return Period(found[0].period.first_on, found[-1].period.until_on) if found else None
