"""The agreed words of a segment beside the leads they are about: how many stand in each stage, by grade and by persona."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from leads import scoring
from leads.fields import label_of
from leads.models import Lead
from leads.services.nurture import local_date
from sla import criteria
from sla.services.compiling import InForce
from sla.services.readiness import highest_score, thresholds
from sla.stages import FORWARD, QUALIFYING
from sla.terms import DefinitionTerms, Terms

GRADES = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Said:
    """A definition in words and as the machine reads it."""

    definition: DefinitionTerms
    needs: tuple[str, ...]


@dataclass(frozen=True)
class StageRow:
    code: str
    label: str
    words: str
    examples: str
    owner: str
    review_on: date | None
    is_due: bool
    leads: int
    is_off: bool
    definitions: tuple[Said, ...]


@dataclass(frozen=True)
class Cell:
    grade: str
    level: int
    leads: int


@dataclass(frozen=True)
class Overview:
    stages: tuple[StageRow, ...]
    grid: tuple[tuple[str, tuple[Cell, ...]], ...]
    wanted: int
    personas: tuple[tuple[Any, int], ...]
    nobody: int
    waiting: int


def of_segment(segment_id: int, terms: Terms, at: datetime) -> Overview:
    """Three queries, whatever the number of leads."""
    mine = Lead.objects.filter(segment_id=segment_id, closed_at=None)
    by_stage = dict(mine.values_list("stage").annotate(n=Count("pk")).order_by())
    wanted = wanted_engagement(terms)
    graded = mine.filter(score__isnull=False).values_list("fit_grade", "persona", "score__engagement")
    rows = graded.annotate(n=Count("pk")).order_by()
    cells: dict[tuple[str, int], int] = {}
    personas: dict[str, int] = {}
    for grade, persona, engagement, number in rows:
        place = (grade, scoring.level(engagement, wanted))
        cells[place] = cells.get(place, 0) + number
        personas[persona] = personas.get(persona, 0) + number
    today = local_date(at)
    return Overview(
        stages=tuple(_row(code, terms, by_stage.get(code, 0), today) for code in _listed(terms, by_stage)),
        grid=tuple(
            (grade, tuple(Cell(grade, level, cells.get((grade, level), 0)) for level in scoring.LEVELS))
            for grade in GRADES
        ),
        wanted=wanted,
        personas=tuple((persona, personas.get(persona.key, 0)) for persona in terms.personas),
        nobody=sum(number for key, number in personas.items() if key not in {p.key for p in terms.personas}),
        waiting=mine.filter(score__admit_at__isnull=False).count(),
    )


def wanted_engagement(terms: Terms) -> int:
    """The engagement that the definitions of qualification ask for: their own figure, else what is left of the points that
    are wanted in all when the fit earns half of what it can (the least of grade B)."""
    for stage in QUALIFYING:
        for definition in terms.definitions_for(stage):
            if definition.minimum_engagement is not None:
                return definition.minimum_engagement
            if definition.minimum_score is not None:
                return max(definition.minimum_score - highest_score(terms, scoring.FIT) // 2, 0)
    return 0


def at_levels(current: InForce, levels: Collection[int]) -> Q:
    """Leads at these levels of engagement (`scoring.level`), each by what its segment's terms ask for."""
    found = Q(pk__in=[])
    for segment_id, _, terms in current.rows:
        wanted = wanted_engagement(terms)
        bounds = {
            1: Q(score__engagement__gte=wanted) if wanted > 0 else Q(score__isnull=False),
            2: Q(score__engagement__lt=wanted, score__engagement__gte=(wanted + 1) // 2)
            if wanted > 0
            else Q(pk__in=[]),
            3: Q(score__engagement__lt=(wanted + 1) // 2) if wanted > 0 else Q(pk__in=[]),
        }
        for level in levels:
            found |= Q(segment_id=segment_id) & bounds[level]
    return found


def _listed(terms: Terms, leads: Mapping[str, int]) -> list[str]:
    """The stages there are, and those switched off in which leads from before still stand."""
    listed = [code for code in terms.stages if terms.stage_enabled(code) or leads.get(code)]
    order = {code: place for place, code in enumerate(FORWARD)}
    return sorted(listed, key=lambda code: order.get(code, len(order)))


def _row(code: str, terms: Terms, leads: int, today: date) -> StageRow:
    term = terms.stages[code]
    review_on = date.fromisoformat(term.review_on) if term.review_on else None
    return StageRow(
        code=code,
        label=terms.label(code),
        words=term.words,
        examples=term.examples,
        owner=term.owner,
        review_on=review_on,
        is_due=review_on is not None and review_on <= today,
        leads=leads,
        is_off=not terms.stage_enabled(code),
        definitions=tuple(Said(one, (*needs_of(one), *at_once(one, terms))) for one in terms.definitions_for(code)),
    )


def at_once(definition: DefinitionTerms, terms: Terms) -> list[str]:
    """The deeds that carry a lead straight to the stage; required fields and exclusions hold for it all the same."""
    names = [rule.name for rule in terms.score_rules if rule.catapult_to == definition.stage]
    return [f"or, whatever its points: {', '.join(names)}"] if names else []


def needs_of(definition: DefinitionTerms) -> list[str]:
    """What a definition asks for, a line each."""
    lines = [f"{label_of(name)} is known" for name in definition.required_fields]
    if definition.criteria:
        lines.append(criteria.in_words(definition.criteria, label_of))
    lines += [f"at least {wanted} {name}" for name, wanted in thresholds(definition) if wanted is not None]
    if definition.exclusions:
        lines.append(f"not: {criteria.in_words(definition.exclusions, label_of)}")
    return lines
