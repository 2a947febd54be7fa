"""The roll-ups read: whole days summed up, less what they hold for leads changed since, plus these leads counted live.

So a figure is true at any instant, however far behind the roll-ups are; only its cost grows with what has changed.
"""

# ruff: noqa: S608 - the statements are made here, of names known here; values are bound

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reports.company import company_zone
from reports.database import fetch
from reports.facts import FACTS, ROLLED, Narrowed
from reports.periods import Period, edges
from reports.queries import tally as rows
from reports.queries.tally import Cell, Count
from reports.scope import Scope

MOST_CHANGED = 5000  # with more leads changed since, counting everything is as quick
SPLITS = ("", "segment", "version", "team")
COLUMNS = ("fact", "day", "segment", "team", "version", "key", "mark", "state")
# How a holding writes a cell: the columns above in this order, then how many, part and whole.
TYPES = ("text", "date", "bigint", "bigint", "bigint", "text", "text", "text", "bigint", "numeric", "numeric")
HELD = ", ".join(
    f"(cell ->> {place})::{kind} AS {name}"
    for place, (name, kind) in enumerate(zip((*COLUMNS, "n", "part", "whole"), TYPES, strict=True))
)
# An entry is the head of its cohort: the roll-ups keep one of the two.
KEPT_AS = {"entry": "progress"}

READY = """
SELECT kept.zone, kept.facts, kept.built_at, ARRAY(
    SELECT holder FROM (
        SELECT holder FROM reports_stale
        UNION
        SELECT h.lead_id FROM sla_clock c JOIN leads_handoff h ON h.id = c.subject
        WHERE c.state = 'running' AND c.breaches_at < %(now)s
    ) changed LIMIT %(most)s
) FROM reports_rollupstate kept
"""


def facts_hash() -> str:
    """Changes whenever the way something is counted does: the roll-ups are then made anew."""
    return hashlib.sha256(repr([*ROLLED, TYPES, COLUMNS]).encode()).hexdigest()


@dataclass(frozen=True)
class Ready:
    """The roll-ups fit; these leads have changed since."""

    changed: Sequence[int]


def ready(now: datetime) -> Ready | None:
    """Whether figures as of `now` can be read from the roll-ups; None where rows must be counted."""
    found = fetch(READY, {"now": now, "most": MOST_CHANGED + 1})
    if not found:
        return None
    zone, facts, built_at, changed = found[0]
    if zone != company_zone().key or facts != facts_hash() or built_at > now or len(changed) > MOST_CHANGED:
        return None
    return Ready(changed)


def answers(fact: str, scope: Scope, split: str) -> bool:
    """Whether the roll-ups know this fact, these filters and this dimension."""
    return FACTS[KEPT_AS.get(fact, fact)].rolled and scope.is_rolled and split in SPLITS


def count(
    fact: str, scope: Scope, periods: Sequence[Period], now: datetime, narrowed: Narrowed, split: str, found: Ready
) -> Iterator[tuple[Cell, Count]]:
    """The same as `tally.count`, in one query; in three while something has changed."""
    values = {
        **scope.parameters(), **narrowed.parameters(), "fact": KEPT_AS.get(fact, fact), "days": edges(periods),
        "first": periods[0].first_on, "until": periods[-1].until_on, **rows.named(found.changed),
    }  # fmt: skip
    yield from _sums(fact, "reports_cell", "", scope, narrowed, split, values)
    if found.changed:
        held = (
            f"(SELECT {HELD} FROM reports_holding held CROSS JOIN LATERAL jsonb_array_elements(held.cells) cell "
            "WHERE held.holder = ANY(%(holders)s)) held"
        )
        yield from _sums(fact, held, "-", scope, narrowed, split, values)
        yield from rows.count(fact, scope, periods, now, narrowed, split, found.changed)


def _sums(
    fact: str, table: str, sign: str, scope: Scope, narrowed: Narrowed, split: str, values: dict[str, Any]
) -> Iterator[tuple[Cell, Count]]:
    mark, state = ("''", "''") if fact in KEPT_AS else ("mark", "state")
    bucket = "width_bucket(day, %(days)s::date[]) - 1" if len(values["days"]) > 2 else "0"
    sql = (
        f"SELECT key, {mark}, {state}, {bucket}, {f'{split}::text' if split else repr('')}, "
        f"{sign}sum(n)::bigint, {sign}sum(part), {sign}sum(whole) FROM {table} "
        f"WHERE {' AND '.join(_conditions(fact, scope, narrowed, split))} GROUP BY 1, 2, 3, 4, 5"
    )
    for key, mark_of, state_of, place, value, n, part, whole in fetch(sql, values):
        yield Cell(fact, key, mark_of, state_of, place, value), Count(n, part, whole)


def _conditions(fact: str, scope: Scope, narrowed: Narrowed, split: str) -> list[str]:
    found = ["fact = %(fact)s", "day >= %(first)s", "day < %(until)s"]
    for name, values in (("key", narrowed.keys), ("mark", narrowed.marks), ("state", narrowed.states)):
        if values:
            found.append(f"{name} = ANY(%({name}s)s)")
    for name in ("segment", "version"):
        if getattr(scope, name) is not None:
            found.append(f"{name} = %(scope_{name})s")
    if scope.team is not None:
        found.append("team = %(scope_team)s")
    elif FACTS[fact].team_join:
        # Such a row stands once for the lead, under no team, and once for each team that was handed it.
        found.append("team <> 0" if split == "team" else "team = 0")
    return found
