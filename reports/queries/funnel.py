"""The funnel of a cohort: the leads whose first entry into a stage lies in a period, and how far they have got since.

A lead that passed a stage by (routed around it) counts as having reached it, so that no step exceeds the one before.
Each lead stands once, whatever number of times it came back; returns are counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reports.database import fetch
from reports.facts import FACTS, Narrowed, select
from reports.facts.ledger import UNKNOWN
from reports.intervals import Rate
from reports.measures import Behind
from reports.periods import Period
from reports.queries import reading
from reports.queries.tally import Tally, instants, parameters
from reports.scope import Scope
from sla.stages import FORWARD, RANK, Stage

CLOSED = (Stage.WON, Stage.LOST, Stage.DISQUALIFIED)


def from_on(stage: str) -> tuple[str, ...]:
    """The stages at and beyond one: whoever's furthest is among them has reached it."""
    return tuple(code for code in FORWARD if RANK[code] >= RANK[stage])


@dataclass(frozen=True)
class Step:
    """`reached` of the cohort; of those who went no further: by where they are now (stage code)."""

    stage: str
    reached: int
    stopped: Mapping[str, int] = field(default_factory=dict)

    @property
    def stayed(self) -> int:
        """Went no further, wherever they are now."""
        return sum(self.stopped.values())

    def at(self, *stages: str) -> int:
        return sum(count for stage, count in self.stopped.items() if stage in stages)

    @property
    def open(self) -> int:
        """Still underway: neither ended nor in nurture nor of unknown end."""
        return self.stayed - self.at(*CLOSED, Stage.NURTURE, UNKNOWN)


@dataclass(frozen=True)
class Funnel:
    start: str
    steps: Sequence[Step]
    returns: Mapping[str, int]  # returns to each stage in the period, by any lead

    @property
    def cohort(self) -> int:
        return self.steps[0].reached if self.steps else 0

    def step(self, stage: str) -> Step | None:
        return next((step for step in self.steps if step.stage == stage), None)

    def rate(self, index: int) -> Rate:
        """Of those at the step before, who reached this one."""
        before = self.steps[index - 1].reached if index else self.cohort
        return Rate(self.steps[index].reached, before)

    def overall(self, index: int) -> Rate:
        return Rate(self.steps[index].reached, self.cohort)


def reached(start: str, stage: str) -> Behind:
    """The leads of the cohort that reached a stage."""
    return Behind("progress", (start,), () if stage == start else from_on(stage))


def stopped(funnel: Funnel, index: int, *states: str) -> Behind:
    """The leads of the cohort that went no further than a step, by where they are now."""
    return Behind("progress", (funnel.start,), _up_to(funnel.steps, index), states)


def _up_to(steps: Sequence[Step], index: int) -> tuple[str, ...]:
    beyond = from_on(steps[index + 1].stage) if index + 1 < len(steps) else ()
    return tuple(code for code in from_on(steps[index].stage) if code not in beyond)


def steps_of(path: Sequence[str], start: str) -> list[str]:
    """The stages of the agreed way from the start on."""
    return [code for code in path if RANK[code] >= RANK[start]]


def funnel(path: Sequence[str], start: str, scope: Scope, period: Period, now: datetime) -> Funnel:
    stages = steps_of(path, start)
    needs = {"progress": Narrowed(keys=[start]), "reentry": Narrowed(keys=stages)}
    tally = reading.tally(needs, scope, [period], now)
    return _funnel(tally, stages, start)


def _funnel(tally: Tally, stages: Sequence[str], start: str, split: str | None = None) -> Funnel:
    furthest: dict[str, dict[str, int]] = {}
    for cell, count in tally.where("progress", keys=[start], split=split):
        places = furthest.setdefault(cell.mark, {})
        places[cell.state] = places.get(cell.state, 0) + count.n
    steps = []
    for index, stage in enumerate(stages):
        beyond = stages[index + 1] if index + 1 < len(stages) else ""
        # A stage that is switched off today may still be as far as an older lead got: it counts to the step before.
        until = RANK[beyond] if beyond else len(FORWARD)
        here: dict[str, int] = {}
        for code, places in furthest.items():
            if RANK[stage] <= RANK[code] < until:
                for state, number in places.items():
                    here[state] = here.get(state, 0) + number
        total = sum(sum(places.values()) for code, places in furthest.items() if RANK[code] >= RANK[stage])
        steps.append(Step(stage, total, here))
    returns = {cell.key: count.n for cell, count in tally.where("reentry", split=split)}
    return Funnel(start, steps, returns)


def by_dimension(
    path: Sequence[str], start: str, scope: Scope, period: Period, now: datetime, split: str
) -> dict[str, Funnel]:
    """A funnel for each value of a dimension, in one query."""
    stages = steps_of(path, start)
    tally = reading.tally({"progress": Narrowed(keys=[start])}, scope, [period], now, split=split)
    return {value: _funnel(tally, stages, start, value) for value in tally.splits("progress")}


# --- time -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Times:
    """Working seconds in a stage over first spells that have ended, and days from the cohort's entry to the stage."""

    stage: str
    ended: int
    median: float | None
    ninth: float | None
    arrived: int
    days_median: float | None
    days_ninth: float | None


TIMES = """
WITH cohort AS ({cohort})
SELECT e.stage,
    count(e.working_seconds),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY e.working_seconds),
    count(*),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM e.entered_at - cohort.at)::float8 / 86400)
FROM cohort JOIN leads_stageentry e ON e.lead_id = cohort.lead_id AND e.is_first
GROUP BY e.stage
"""


def times(path: Sequence[str], start: str, scope: Scope, period: Period, now: datetime) -> list[Times]:
    """How long the cohort's leads took: the middle one, and the one that nine of ten were faster than."""
    bounds = instants([period])
    scope = scope.between(bounds[0], bounds[1])
    narrowed = Narrowed(keys=[start])
    fact = FACTS["entry"]
    cohort = select(fact, {"lead_id": fact.lead, "at": fact.at}, scope, narrowed)
    found = {stage: row for stage, *row in fetch(TIMES.format(cohort=cohort), parameters(scope, narrowed, now))}
    result = []
    for stage in steps_of(path, start):
        ended, working, arrived, days = found.get(stage, (0, None, 0, None))
        median, ninth = working or (None, None)
        days_median, days_ninth = days or (None, None)
        result.append(Times(stage, ended, median, ninth, arrived, days_median, days_ninth))
    return result
