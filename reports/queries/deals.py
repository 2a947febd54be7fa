"""Deals that ended: how many were won, for how much, how long they took; by period and by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reports.database import fetch
from reports.facts import ALL, FACTS, select
from reports.intervals import Rate
from reports.periods import Kind, Period
from reports.queries import reading
from reports.queries.tally import Tally, instants, parameters
from reports.scope import Scope


@dataclass(frozen=True)
class Ended:
    """`split` is the dimension's value, empty for all together."""

    split: str
    won: int
    lost: int
    value: Decimal

    @property
    def rate(self) -> Rate:
        return Rate(self.won, self.won + self.lost)

    @property
    def mean(self) -> Decimal | None:
        return self.value / self.won if self.won else None


@dataclass(frozen=True)
class Days:
    """From opening to the end, by the calendar."""

    split: str
    state: str  # won, lost, or both
    count: int
    quarter: float | None
    median: float | None
    three_quarters: float | None
    ninth: float | None
    mean: float | None


def cut(period: Period) -> list[Period]:
    """Quarters of a long period, months of a shorter one."""
    return period.cut(Kind.QUARTER if period.days > 190 else Kind.MONTH)


def by_period(scope: Scope, parts: Sequence[Period], now: datetime) -> list[Ended]:
    tally = reading.tally({"ended": ALL}, scope, parts, now)
    return [_ended(tally, "", bucket, None) for bucket in range(len(parts))]


def by_dimension(scope: Scope, period: Period, now: datetime, split: str) -> list[Ended]:
    tally = reading.tally({"ended": ALL}, scope, [period], now, split=split)
    return [_ended(tally, value, 0, value) for value in tally.splits("ended")]


def _ended(tally: Tally, name: str, bucket: int, split: str | None) -> Ended:
    won, lost = (tally.of("ended", marks=(mark,), bucket=bucket, split=split) for mark in ("won", "lost"))
    return Ended(name, won.n, lost.n, won.part)


DAYS = """
SELECT split, state, count(days), percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY days), avg(days)
FROM ({rows}) closed GROUP BY GROUPING SETS ((split, state), (state), ())
"""


def days(scope: Scope, period: Period, now: datetime, split: str = "") -> list[Days]:
    """Of deals with a day of opening: by value and state, by state, and all together, in one query."""
    fact = FACTS["ended"]
    first, until = instants([period])
    within = scope.between(first, until)
    columns = {
        "split": fact.split_by(split) if split else "''::text",
        "state": fact.mark,
        "days": "extract(epoch FROM o.closed_at - o.opened_at)::float8 / 86400",
    }
    rows = fetch(DAYS.format(rows=select(fact, columns, within)), parameters(within, ALL, now))
    found = []
    for value, state, count, ends, mean in rows:
        quarter, median, three, ninth = ends or (None, None, None, None)
        found.append(Days(value or "", state or "both", count, quarter, median, three, ninth, mean))
    return found
