"""The ways leads of a cohort really took, with their ways back, as links between places.

A place is a stage in a round: going back to an earlier stage begins the next round, so that the picture never turns in
a circle and a way back can be seen as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.database import fetch
from reports.facts import FACTS, Narrowed, select
from reports.periods import Period
from reports.queries.tally import instants, parameters
from reports.scope import Scope
from sla.stages import FORWARD, Stage

MOST_ROUNDS = 3
ORDER: tuple[str, ...] = (*FORWARD, Stage.LOST, Stage.NURTURE, Stage.DISQUALIFIED)


@dataclass(frozen=True, order=True)
class Place:
    """A stage, the first, second or third time round."""

    round: int
    stage: str

    @property
    def code(self) -> str:
        return f"{self.stage}.{self.round}"


@dataclass(frozen=True)
class Link:
    source: Place
    target: Place
    leads: int

    @property
    def is_back(self) -> bool:
        return self.target.round > self.source.round


@dataclass(frozen=True)
class Paths:
    links: Sequence[Link]
    later: int  # moves in rounds beyond those drawn

    @property
    def places(self) -> list[Place]:
        return sorted(
            {place for link in self.links for place in (link.source, link.target)},
            key=lambda place: (place.round, ORDER.index(place.stage)),
        )


def _order_sql(column: str) -> str:
    places = " ".join(f"WHEN '{Stage(code).value}' THEN {place}" for place, code in enumerate(ORDER))
    return f"CASE {column} {places} END"


PATHS = """
WITH cohort AS ({cohort}),
spell AS (
    SELECT e.lead_id, e.stage, e.entered_at, e.id,
        {order} AS place,
        lag({order}) OVER way AS before
    FROM cohort JOIN leads_stageentry e ON e.lead_id = cohort.lead_id
        AND (e.entered_at, e.id) >= (cohort.at, cohort.entry)
    WINDOW way AS (PARTITION BY e.lead_id ORDER BY e.entered_at, e.id)
),
turned AS (
    SELECT lead_id, stage, entered_at, id,
        1 + count(*) FILTER (WHERE place <= before) OVER (PARTITION BY lead_id ORDER BY entered_at, id) AS round
    FROM spell
),
step AS (
    SELECT stage, round, lead(stage) OVER way AS next_stage, lead(round) OVER way AS next_round
    FROM turned WINDOW way AS (PARTITION BY lead_id ORDER BY entered_at, id)
)
SELECT stage, round, next_stage, next_round, count(*) FROM step WHERE next_stage IS NOT NULL GROUP BY 1, 2, 3, 4
"""


def paths(start: str, scope: Scope, period: Period, now: datetime) -> Paths:
    """Every move of the cohort's leads after its first entry, counted by where from and where to."""
    bounds = instants([period])
    scope = scope.between(bounds[0], bounds[1])
    narrowed, fact = Narrowed(keys=[start]), FACTS["entry"]
    cohort = select(fact, {"lead_id": fact.lead, "at": fact.at, "entry": "s.id"}, scope, narrowed)
    sql = PATHS.format(cohort=cohort, order=_order_sql("e.stage"))
    links, later = [], 0
    for stage, turn, next_stage, next_turn, count in fetch(sql, parameters(scope, narrowed, now)):
        if next_turn > MOST_ROUNDS:
            later += count
        else:
            links.append(Link(Place(turn, stage), Place(next_turn, next_stage), count))
    return Paths(sorted(links, key=lambda link: (link.source, link.target)), later)
