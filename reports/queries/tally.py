"""Counts and sums of facts: how many rows, and the sums of their parts and wholes, by key, mark, state and period."""

# ruff: noqa: S608 - the statements are made here, of the facts' own expressions; values are bound

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from reports.company import company_zone
from reports.database import fetch
from reports.facts import ALL, FACTS, Narrowed, select
from reports.periods import Period, edges, midnight
from reports.scope import Scope

ZERO = Decimal(0)


@dataclass(frozen=True)
class Count:
    n: int = 0
    part: Decimal = ZERO
    whole: Decimal = ZERO

    def __add__(self, other: Count) -> Count:
        return Count(self.n + other.n, self.part + other.part, self.whole + other.whole)

    def __bool__(self) -> bool:
        return bool(self.n or self.part or self.whole)


@dataclass(frozen=True)
class Cell:
    """What a count is of. `bucket` is the place of the period among those asked for; `split` the dimension's value."""

    fact: str
    key: str = ""
    mark: str = ""
    state: str = ""
    bucket: int = 0
    split: str = ""


@dataclass
class Tally:
    """Sums by cell; `of` adds up those that are asked for."""

    cells: dict[Cell, Count] = field(default_factory=dict)

    def add(self, cell: Cell, count: Count) -> None:
        total = self.cells.get(cell, Count()) + count
        if total:
            self.cells[cell] = total
        else:
            self.cells.pop(cell, None)

    def absorb(self, rows: Iterable[tuple[Cell, Count]]) -> None:
        for cell, count in rows:
            self.add(cell, count)

    def where(
        self,
        fact: str,
        *,
        keys: Sequence[str] = (),
        marks: Sequence[str] = (),
        states: Sequence[str] = (),
        bucket: int | None = None,
        split: str | None = None,
    ) -> Iterator[tuple[Cell, Count]]:
        for cell, count in self.cells.items():
            if (
                cell.fact == fact
                and (not keys or cell.key in keys)
                and (not marks or cell.mark in marks)
                and (not states or cell.state in states)
                and (bucket is None or cell.bucket == bucket)
                and (split is None or cell.split == split)
            ):
                yield cell, count

    def of(self, fact: str, **which: Any) -> Count:
        """The sum over all cells of a fact that fit."""
        total = Count()
        for _, count in self.where(fact, **which):
            total += count
        return total

    def splits(self, fact: str) -> list[str]:
        return sorted({cell.split for cell in self.cells if cell.fact == fact})


def instants(periods: Sequence[Period]) -> list[datetime]:
    """The edges of adjoining periods as instants in the company's zone."""
    return [midnight(day, company_zone()) for day in edges(periods)]


def count(
    fact_name: str,
    scope: Scope,
    periods: Sequence[Period],
    now: datetime,
    narrowed: Narrowed = ALL,
    split: str = "",
    holders: Sequence[int] | None = None,
) -> Iterator[tuple[Cell, Count]]:
    """Count a fact over the rows themselves, in one query; periods must adjoin, oldest first. `holders` narrow it to
    some leads (negative: deals without one), as the roll-ups know them."""
    fact = FACTS[fact_name]
    bounds = instants(periods)
    scope = scope.between(bounds[0], bounds[-1])
    columns = {
        "key": fact.key,
        "mark": fact.mark,
        "state": fact.state,
        "bucket": bucket_sql(fact.at, len(periods)),
        "split": fact.split_by(split) if split else "''",
        "part": fact.part,
        "whole": fact.whole,
    }
    of_holders = [] if holders is None else [fact.of_holders()]
    sql = (
        "SELECT key, mark, state, bucket, split, count(*), sum(part), sum(whole) "
        f"FROM ({select(fact, columns, scope, narrowed, *of_holders)}) rows GROUP BY 1, 2, 3, 4, 5"
    )
    found = fetch(sql, {**parameters(scope, narrowed, now), "edges": bounds, **named(holders or ())})
    for key, mark, state, bucket, value, n, part, whole in found:
        yield Cell(fact_name, key, mark, state, bucket, value or ""), Count(n, Decimal(part), Decimal(whole))


def named(holders: Sequence[int]) -> dict[str, list[int]]:
    """Holders as the facts' conditions bind them."""
    return {"holders": list(holders), "deals": [-holder for holder in holders if holder < 0]}


def bucket_sql(at: str, count: int) -> str:
    """The place of a row's period among adjoining ones, from 0."""
    return "0" if count == 1 else f"width_bucket({at}, %(edges)s::timestamptz[]) - 1"


def parameters(scope: Scope, narrowed: Narrowed, now: datetime) -> Mapping[str, Any]:
    """Everything the conditions of facts bind."""
    return {**scope.parameters(), **narrowed.parameters(), "now": now, "zone": company_zone().key}
