"""The rows behind a figure: the same rows it counts, newest first, page by page by the place of the last one."""

# ruff: noqa: S608 - the statements are made here, of the facts' own expressions; values are bound

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from leads.models import Lead, Opportunity
from reports.database import alias, fetch
from reports.facts import select
from reports.queries.tally import parameters
from reports.scope import Scope
from reports.sets import LeadSet

if TYPE_CHECKING:
    from config.accounts.actor import Actor

PAGE = 50


@dataclass(frozen=True)
class Found:
    """One row of a fact. `lead` is None for a deal without one."""

    item_id: int
    at: datetime
    key: str
    mark: str
    state: str
    lead: Lead | None
    name: str = ""


@dataclass(frozen=True)
class Listed:
    """`rows` and `leads` are the whole set's counts; `shown` one page of what this person may open."""

    rows: int
    leads: int
    visible: int
    shown: Sequence[Found]
    older: str = ""


def listed(found: LeadSet, scope: Scope, now: datetime, actor: Actor, cursor: str = "", size: int = PAGE) -> Listed:
    """One page. Three queries, four where some rows have no lead."""
    fact = found.fact
    columns = {
        "lead_id": fact.lead, "item_id": fact.item_id, "at": fact.at, "key": fact.key, "mark": fact.mark,
        "state": fact.state,
    }  # fmt: skip
    rows = select(fact, columns, scope, found.narrowed)
    values: dict[str, Any] = {**parameters(scope, found.narrowed, now)}
    seen, seen_values = _visible(actor)
    values |= seen_values
    counted = fetch(
        f"SELECT count(*), count(DISTINCT lead_id), count(*) FILTER (WHERE {seen}) FROM ({rows}) rows",
        values,
    )[0]
    place = _read(cursor)
    beyond = "TRUE" if place is None else "(rows.at, rows.item_id) < (%(place_at)s, %(place_id)s)"
    if place is not None:
        values |= {"place_at": place[0], "place_id": place[1]}
    page = fetch(
        f"SELECT lead_id, item_id, at, key, mark, state FROM ({rows}) rows WHERE {seen} AND {beyond} "
        f"ORDER BY at DESC, item_id DESC LIMIT {size + 1}",
        values,
    )
    more = page[:size]
    older = f"{more[-1][2].isoformat()}~{more[-1][1]}" if len(page) > size else ""
    return Listed(counted[0], counted[1], counted[2], _named(found, more), older)


def _visible(actor: Actor) -> tuple[str, dict[str, Any]]:
    """A condition on rows: those whose lead this person may open, by the leads' own rule."""
    if actor.reads_everything:
        return "TRUE", {}
    visible: QuerySet[Any] = Lead.objects.visible_to(actor).order_by().values("pk")
    text, given = visible.using(alias()).query.sql_with_params()
    values = {f"visible_{number}": value for number, value in enumerate(given)}
    return f"rows.lead_id IN ({text % tuple(f'%({name})s' for name in values)})", values


def _named(found: LeadSet, rows: Sequence[tuple[Any, ...]]) -> list[Found]:
    ids = {row[0] for row in rows if row[0] is not None}
    people = Lead.objects.select_related("person", "company", "owner", "campaign").defer("attributes")
    leads = {lead.pk: lead for lead in people.filter(pk__in=ids)}
    without = [row[1] for row in rows if row[0] is None]
    names = dict(Opportunity.objects.filter(pk__in=without).values_list("pk", "name")) if without else {}
    return [
        Found(item_id, at, key or "", mark or "", state or "", leads.get(lead_id), names.get(item_id, ""))
        for lead_id, item_id, at, key, mark, state in rows
    ]


def _read(cursor: str) -> tuple[datetime, int] | None:
    """The place a page ends at; one that cannot be read gives the first page."""
    moment, _, number = cursor.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(number)) if at.tzinfo is not None and abs(int(number)) < 2**62 else None
    except ValueError:
        return None
