"""A cohort's steps against those of the cohorts before it, each looked at when it was as old as this one is now.

A young cohort is never held against grown ones, nor a weekend against working days: the windows before lie whole
weeks earlier. What is unusual is said by the beta-binomial tail, after the counts have been thinned by how much the
past windows themselves differed from each other more than chance would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from reports.company import company_zone
from reports.database import fetch
from reports.facts import FACTS, Narrowed, select
from reports.facts.ledger import rank_sql
from reports.intervals import Rate, chance_of_so_few
from reports.periods import Period
from reports.queries.funnel import steps_of
from reports.queries.tally import parameters
from reports.scope import Scope
from sla.stages import FORWARD, RANK

PAST = 6
ALARM, NOTICE = 0.001, 0.01  # as likely as that by chance alone, and we speak up
FEWEST_PAST_PERIODS = 2
LEAST_DROP = 0.1  # of what the past would let expect: less is no news, however unlikely


@dataclass(frozen=True)
class Drop:
    """One step: how many got on now and in the past at the same age, and how likely so few are by chance; None where
    there is too little past to say."""

    before: str
    stage: str
    now: Rate
    past: Rate
    chance: float | None

    @property
    def is_large(self) -> bool:
        return (self.now.value or 0) < (1 - LEAST_DROP) * (self.past.value or 0)

    @property
    def is_alarm(self) -> bool:
        return self.is_large and self.chance is not None and self.chance < ALARM

    @property
    def is_notice(self) -> bool:
        return self.is_large and self.chance is not None and ALARM <= self.chance < NOTICE


@dataclass(frozen=True)
class Window:
    """A cohort's entries from `from_at` until `until_at`, looked at as of `seen_at`."""

    from_at: datetime
    until_at: datetime
    seen_at: datetime

    def earlier(self, days: int) -> Window:
        """The same hours of the same weekdays, by the company's clocks."""
        zone, step = company_zone(), timedelta(days=days)
        return Window(*(at.astimezone(zone) - step for at in (self.from_at, self.until_at, self.seen_at)))


def windows(period: Period, now: datetime) -> list[Window]:
    """The period as far as it has gone, then as many windows before it, newest first."""
    begin, end = period.bounds(company_zone())
    current = Window(begin, min(end, max(now, begin + timedelta(hours=1))), now)
    weeks = -(-(current.until_at - begin) // timedelta(days=7))
    return [current.earlier(7 * weeks * number) for number in range(PAST + 1)]


AGED = """
WITH cohort AS ({cohort})
SELECT number, furthest, count(*) FROM (
    SELECT cohort.lead_id, cohort.number, max({rank}) AS furthest
    FROM cohort JOIN leads_stageentry e ON e.lead_id = cohort.lead_id AND e.is_first AND e.entered_at < cohort.seen_at
    GROUP BY 1, 2
) aged GROUP BY 1, 2
"""
IN_WINDOWS = (
    "JOIN unnest(%(from_at)s::timestamptz[], %(until_at)s::timestamptz[], %(seen_at)s::timestamptz[]) WITH ORDINALITY "
    "AS seen (from_at, until_at, seen_at, number) ON s.entered_at >= seen.from_at AND s.entered_at < seen.until_at"
)


def drops(path: Sequence[str], start: str, scope: Scope, period: Period, now: datetime) -> list[Drop]:
    """Every step from the start on, then from the start to the last stage; empty where there is no past to speak of."""
    stages = steps_of(path, start)
    counts = _aged(stages, start, scope, windows(period, now), now)
    steps = [*pairwise(stages)]
    if len(stages) > 2:
        steps.append((stages[0], stages[-1]))
    found = [_compared(before, stage, [Rate(row[stage], row[before]) for row in counts]) for before, stage in steps]
    return found if any(drop.chance is not None for drop in found) else []


def _aged(
    stages: Sequence[str], start: str, scope: Scope, seen: Sequence[Window], now: datetime
) -> list[dict[str, int]]:
    """For each window's cohort: how many had reached each stage by the age that the newest has now."""
    narrowed = Narrowed(keys=[start])
    fact = replace(FACTS["entry"], source=f"{FACTS['entry'].source} {IN_WINDOWS}")
    columns = {"lead_id": fact.lead, "number": "seen.number", "seen_at": "seen.seen_at"}
    cohort = select(fact, columns, scope.between(None, None), narrowed)
    values = {**parameters(scope, narrowed, now)}
    for name in ("from_at", "until_at", "seen_at"):
        values[name] = [getattr(window, name) for window in seen]
    reached: list[dict[str, int]] = [dict.fromkeys(stages, 0) for _ in seen]
    for number, furthest, count in fetch(AGED.format(cohort=cohort, rank=rank_sql("e.stage")), values):
        for stage in stages:
            if RANK[FORWARD[furthest - 1]] >= RANK[stage]:
                reached[number - 1][stage] += count
    return reached


def _compared(before: str, stage: str, rates: Sequence[Rate]) -> Drop:
    now, *earlier = rates
    earlier = [rate for rate in earlier if rate.whole]
    past = Rate(sum(rate.part for rate in earlier), sum(rate.whole for rate in earlier))
    if len(earlier) < FEWEST_PAST_PERIODS or not now.whole:
        return Drop(before, stage, now, past, None)
    spread = dispersion(earlier, past)
    chance = chance_of_so_few(thinned(now, spread), thinned(past, spread))
    return Drop(before, stage, now, past, chance)


def dispersion(rates: Sequence[Rate], pooled: Rate) -> float:
    """How much more the periods differ than chance would make them: Pearson's chi-square by its freedom, at least 1."""
    share = pooled.value or 0.0
    if not 0 < share < 1:
        return 1.0
    squares = sum((rate.part - rate.whole * share) ** 2 / (rate.whole * share * (1 - share)) for rate in rates)
    return max(1.0, squares / (len(rates) - 1))


def thinned(rate: Rate, spread: float) -> Rate:
    """As many cases as say something when neighbours resemble each other."""
    return Rate(round(rate.part / spread), max(1, round(rate.whole / spread)))
