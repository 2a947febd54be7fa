"""A condition as it is being written: how many leads meet it now, who just misses it and why, and what each part costs."""

# ruff: noqa: S608 - the statements are made here, of our own expressions; values are bound

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from config.accounts.actor import Actor
from leads.criteria_sql import FROM, Compiler
from leads.fields import label_of
from leads.models import Activity, ContactPoint, Lead
from leads.scoring_sql import points_asked
from leads.services import judging
from sla import criteria
from sla.criteria import Criteria
from sla.terms import DefinitionTerms

SHOWN = 6
OPEN = "lead.closed_at IS NULL"


@dataclass(frozen=True)
class Part:
    """One thing that must hold: how many leads meet it, and how many it alone keeps out."""

    words: str
    meet: int
    alone: int


@dataclass(frozen=True)
class Example:
    lead: Lead
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """`of` are all open leads (of the segment asked about)."""

    count: int
    of: int
    parts: tuple[Part, ...]
    near: int
    examples: tuple[Example, ...]
    misses: tuple[Example, ...]


def count(condition: Criteria, at: datetime, *, segment_id: int | None = None) -> tuple[int, int]:
    """How many open leads meet a checked condition now, and of how many: what is counted while one writes."""
    query = Compiler(at, every_lead=True)
    scope = _scope(query, segment_id)
    meet = f"SELECT count(*) FROM {FROM} WHERE {scope} AND {query.condition(condition)}"
    row = _one(f"SELECT ({meet}), (SELECT count(*) FROM leads_lead lead WHERE {scope})", query.params)
    return int(row[0]), int(row[1])


def count_definition(definition: DefinitionTerms, segment_id: int, at: datetime) -> tuple[int, int]:
    """How many open leads of the segment meet a whole definition now, by the points they have, and of how many."""
    query = Compiler(at, every_lead=True)
    scope = _scope(query, segment_id)
    parts = [f"NOT {query.missing(name)}" for name in definition.required_fields]
    parts += [query.condition(definition.criteria)] if definition.criteria else []
    parts += [f"NOT {query.condition(definition.exclusions)}"] if definition.exclusions else []
    points = {name: f"coalesce(s.{name}, 0)" for name in ("total", "fit", "engagement")}
    parts += points_asked(definition, **points)
    meets = " AND ".join(["TRUE", *parts])
    statement = (
        f"SELECT count(*) FILTER (WHERE {meets}), count(*) FROM {FROM} LEFT JOIN leads_leadscore s ON s.lead_id = lead.id"
        f" WHERE {scope}"
    )
    row = _one(statement, query.params)
    return int(row[0]), int(row[1])


def try_out(
    condition: Criteria, at: datetime, *, actor: Actor, segment_id: int | None = None, shown: int = SHOWN
) -> Tried:
    """The figures of a checked condition, and examples among the leads this person may see."""
    needed = list(needed_parts(condition))
    query = Compiler(at, every_lead=True)
    scope = _scope(query, segment_id)
    held = [query.condition(part) for part in needed]
    columns = ", ".join(f"{part} AS h{number}" for number, part in enumerate(held))
    failing = " + ".join(["0", *(f"(NOT h{number})::int" for number in range(len(needed)))])
    counted = ", ".join(
        f"count(*) FILTER (WHERE h{n}), count(*) FILTER (WHERE failing = 1 AND NOT h{n})" for n in range(len(needed))
    )
    judged = f"SELECT lead.id{', ' + columns if columns else ''} FROM {FROM} WHERE {scope} OFFSET 0"
    # The best of either kind, by score: enough ids that some are left of those that this person may see.
    best = (
        "(SELECT coalesce(array_agg(id), '{{}}') FROM (SELECT judged.id FROM judged LEFT JOIN leads_leadscore s ON s.lead_id = judged.id"
        " WHERE failing = {failing} ORDER BY s.total DESC NULLS LAST, judged.id LIMIT 200) AS best)"
    )
    row = _one(
        f"WITH judged AS MATERIALIZED (SELECT *, {failing} AS failing FROM ({judged}) AS held)"
        f" SELECT count(*), count(*) FILTER (WHERE failing = 0), count(*) FILTER (WHERE failing = 1),"
        f" {best.format(failing=0)}, {best.format(failing=1)}{', ' + counted if counted else ''} FROM judged",
        query.params,
    )
    parts = tuple(
        Part(criteria.in_words(part, label_of), row[5 + 2 * number], row[6 + 2 * number])
        for number, part in enumerate(needed)
    )
    meeting, missing = (_visible(ids, actor, shown) for ids in row[3:5])
    return Tried(
        count=row[1],
        of=row[0],
        parts=parts,
        near=row[2] if len(needed) > 1 else 0,  # of a single condition everybody else fails by one
        examples=tuple(Example(lead) for lead in meeting),
        misses=tuple(_explained(missing, condition, at)) if len(needed) > 1 else (),
    )


def needed_parts(condition: Criteria) -> Iterator[Criteria]:
    """What must each hold for the whole to hold."""
    if not condition:
        return
    group = criteria.group_of(condition)
    parts = criteria.parts_of(condition)
    if group == "all" or (group and len(parts) == 1 and group != "none"):
        for part in parts:
            yield from needed_parts(part)
    elif group == "none":
        for part in parts:
            yield {"none": [part]}
    else:
        yield condition


def _scope(query: Compiler, segment_id: int | None) -> str:
    return OPEN if segment_id is None else f"{OPEN} AND lead.segment_id = {query.bind(segment_id)}"


def _one(statement: str, params: Mapping[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchone()


def _visible(ids: Sequence[int], actor: Actor, shown: int) -> list[Lead]:
    found = (
        Lead.objects.filter(pk__in=ids)
        .visible_to(actor)
        .select_related("person", "company__usage", "campaign", "score")
    )
    by_id = {lead.pk: lead for lead in found}
    return [by_id[pk] for pk in ids if pk in by_id][:shown]


def _explained(leads: list[Lead], condition: Criteria, at: datetime) -> Iterator[Example]:
    """Each lead with what stands in the way and what was found instead."""
    deeds: dict[int, list[Activity]] = {}
    for deed in Activity.objects.filter(lead__in=leads).order_by("occurred_at"):
        deeds.setdefault(deed.lead_id or 0, []).append(deed)
    addresses: dict[int, dict[str, str]] = {}
    people = [lead.person_id for lead in leads]
    for point in ContactPoint.objects.filter(person__in=people, is_workable=True).order_by("-is_primary", "id"):
        addresses.setdefault(point.person_id, {}).setdefault(point.kind, point.normalised)
    for lead in leads:
        facts = judging.facts_of(lead, addresses.get(lead.person_id, {}), deeds.get(lead.pk, []), at)
        yield Example(lead, tuple(why_not(criteria.judge(condition, facts))))


def why_not(verdict: criteria.Verdict) -> Iterator[str]:
    """What stands in the way, each with what was found instead."""
    for failed in verdict.failures():
        words = criteria.in_words(failed.criteria, label_of)
        if "activity" in failed.criteria:
            yield f"{words}: done {failed.found or 0} times"
        elif "field" in failed.criteria:
            found = criteria.text_of(failed.found).strip()
            yield f"{words}: {f'it is {found}' if found else 'not known'}"
        else:
            yield words
