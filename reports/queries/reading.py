"""Counts of several facts at once: from the roll-ups where they can answer, else over the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from reports.facts import ALL, Narrowed
from reports.periods import Period
from reports.queries import rolled
from reports.queries import tally as rows
from reports.queries.tally import Tally
from reports.scope import Scope

__all__ = ["ALL", "Needs", "tally"]

Needs = Mapping[str, Narrowed]  # fact by name, and which of its rows


def tally(needs: Needs, scope: Scope, periods: Sequence[Period], now: datetime, split: str = "") -> Tally:
    """The facts counted in each of the adjoining periods, oldest first."""
    found = Tally()
    ready = rolled.ready(now) if any(rolled.answers(name, scope, split) for name in needs) else None
    for name, narrowed in needs.items():
        if ready is not None and rolled.answers(name, scope, split):
            found.absorb(rolled.count(name, scope, periods, now, narrowed, split, ready))
        else:
            found.absorb(rows.count(name, scope, periods, now, narrowed, split))
    return found


def slowly(needs: Needs, scope: Scope, periods: Sequence[Period], now: datetime, split: str = "") -> Tally:
    """The same over the rows, whatever the roll-ups say: what they are held against."""
    found = Tally()
    for name, narrowed in needs.items():
        found.absorb(rows.count(name, scope, periods, now, narrowed, split))
    return found
