"""Progressive profiling: which missing field holds back how many leads from the next stage, and what to ask next."""

# ruff: noqa: S608 - the statements are made here, of our own expressions; values are bound

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from leads.criteria_sql import FROM, Compiler
from leads.fields import label_of
from leads.models import Lead
from leads.services import cases
from leads.services.cases import Case
from sla import criteria
from sla.criteria import Facts
from sla.stages import BEFORE_QUALIFICATION
from sla.terms import DefinitionTerms, Terms

QUESTIONS = {
    "person.job_title": "What is your role?",
    "person.seniority": "Do you decide on this, or prepare the decision?",
    "person.department": "Which department do you work in?",
    "person.phone": "At what number may we call you?",
    "person.email": "To which address may we write?",
    "person.country": "Which country do you work in?",
    "company.name": "Which company do you work for?",
    "company.industry": "What business is your company in?",
    "company.employees": "How many people work at your company?",
    "company.revenue": "What is your company's yearly revenue?",
    "company.country": "Where is your company based?",
    "lead.intent": "What brought you here?",
    "lead.territory": "Which region are you responsible for?",
}


@dataclass(frozen=True)
class Gap:
    """A field that some leads have not filled. `missing`: how many; `alone`: how many that otherwise meet the definition;
    `points`: how many points at most filling it could bring a lead."""

    field: str
    label: str
    question: str
    missing: int
    alone: int
    points: int
    is_required: bool


@dataclass
class Wanted:
    """Fields that a definition asks for, with the points they may bring."""

    required: list[str] = field(default_factory=list)
    points: dict[str, int] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [*self.required, *(name for name in self.points if name not in self.required)]


def question_for(name: str, terms: Terms) -> str:
    """What to ask: the agreement's own question where one fills the field."""
    own = next((q.label for q in terms.questions if q.fills_field == name), "")
    return own or QUESTIONS.get(name) or f"{label_of(name)}?"


def wanted_by(definition: DefinitionTerms, terms: Terms) -> Wanted:
    """Fields that must be filled, those the criteria look at, and those that score points."""
    wanted = Wanted(required=list(definition.required_fields))
    for name in sorted(criteria.fields_of(definition.criteria)):
        wanted.points.setdefault(name, 0)
    for rule in terms.score_rules:
        if rule.kind == "attribute" and rule.points > 0:
            for name in criteria.fields_of(rule.criteria):
                wanted.points[name] = wanted.points.get(name, 0) + rule.points
    for made in (
        "lead.persona",
        "lead.fit_grade",
        "lead.qualified_by",
        "company.owner",
        "person.mail_kind",
        "lead.cycle",
    ):
        wanted.points.pop(made, None)
    wanted.points = {name: points for name, points in wanted.points.items() if not name.startswith("company_usage.")}
    return wanted


def overall(segment_id: int, terms: Terms, stage: str, at: datetime) -> list[Gap]:
    """For each field that entering `stage` asks for: how many leads before qualification lack it, and how many lack it
    alone; those that hold back most first. One statement a definition."""
    found: list[Gap] = []
    for definition in terms.definitions_for(stage):
        found += _of_definition(segment_id, terms, definition, at)
    return sorted(found, key=lambda gap: (-gap.alone, -gap.missing, gap.label))


def _of_definition(segment_id: int, terms: Terms, definition: DefinitionTerms, at: datetime) -> list[Gap]:
    wanted = wanted_by(definition, terms)
    if not wanted.names:
        return []
    query = Compiler(at, every_lead=True)
    columns = [f"{query.missing(name)} AS m{n}" for n, name in enumerate(wanted.names)]
    excluded = query.condition(definition.exclusions) if definition.exclusions else "FALSE"
    meets = query.condition(definition.criteria) if definition.criteria else "TRUE"
    stages = query.bind(sorted(str(stage) for stage in BEFORE_QUALIFICATION), "text[]")
    required = range(len(wanted.required))
    lacking = " + ".join(["0", *(f"m{n}::int" for n in required)])
    alone = []
    for n, name in enumerate(wanted.names):
        others = f"({lacking}) = {1 if n in required else 0}"
        # With this answer alone the lead would enter: nothing else required is missing, and its points could then suffice.
        gain = wanted.points.get(name, 0)
        enough = f"total + {gain} >= {definition.minimum_score}" if definition.minimum_score is not None else "TRUE"
        short = (
            "TRUE"
            if n in required
            else f"total < {definition.minimum_score}"
            if definition.minimum_score is not None
            else "NOT meets"
        )
        able = "meets" if n in required or name not in criteria.fields_of(definition.criteria) else "TRUE"
        alone.append(f"count(*) FILTER (WHERE m{n} AND {others} AND {enough} AND {short} AND {able})")
    counts = ", ".join(f"count(*) FILTER (WHERE m{n})" for n in range(len(wanted.names)))
    statement = (
        f"SELECT {counts}, {', '.join(alone)} FROM (SELECT {', '.join(columns)}, {meets} AS meets, coalesce(s.total, 0) AS total"
        f" FROM {FROM} LEFT JOIN leads_leadscore s ON s.lead_id = lead.id"
        f" WHERE lead.segment_id = {query.bind(segment_id)} AND lead.closed_at IS NULL AND lead.stage = ANY({stages})"
        f" AND NOT {excluded} OFFSET 0) AS looked_at"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, query.params)
        row = cursor.fetchone()
    size = len(wanted.names)
    return [
        Gap(
            name,
            label_of(name),
            question_for(name, terms),
            row[n],
            row[size + n],
            wanted.points.get(name, 0),
            n in required,
        )
        for n, name in enumerate(wanted.names)
        if row[n]
    ]


@dataclass(frozen=True)
class Ask:
    """One question for one lead, and what the answer may do."""

    field: str
    label: str
    question: str
    why: str


def next_questions(lead: Lead, at: datetime) -> list[Ask]:
    """What to ask this lead next, the most useful first: what is required, then what may bring most points."""
    terms = cases.terms_for(lead, at)
    case = Case(lead, cases.addresses_of(lead.person_id), cases.deeds_of(lead.pk), terms, at)
    ahead = [stage for stage in terms.qualifying_stages if terms.stage_rank(stage) > terms.stage_rank(lead.stage)]
    definitions = [definition for stage in ahead for definition in terms.definitions_for(stage)]
    return list(
        _asks(definitions or terms.definitions_for(terms.qualifying_stages[0]), case.facts, case.score.total, terms)
    )


def _asks(definitions: Iterable[DefinitionTerms], facts: Facts, total: int, terms: Terms) -> Iterable[Ask]:
    seen: set[str] = set()
    optional: list[tuple[int, Ask]] = []
    for definition in definitions:
        wanted = wanted_by(definition, terms)
        for name in wanted.names:
            if name in seen or not criteria.is_blank(facts.values.get(name)):
                continue
            seen.add(name)
            label, question = label_of(name), question_for(name, terms)
            if name in wanted.required:
                yield Ask(name, label, question, f"Required before it becomes {terms.label(definition.stage)}.")
                continue
            points = wanted.points.get(name, 0)
            optional.append((points, Ask(name, label, question, _worth(points, total, definition, terms))))
    yield from (ask for _, ask in sorted(optional, key=lambda pair: -pair[0]))


def _worth(points: int, total: int, definition: DefinitionTerms, terms: Terms) -> str:
    if not points:
        return f"{terms.label(definition.stage)} depends on it."
    least = definition.minimum_score
    reaches = least is not None and total < least <= total + points
    return f"Up to {points} points" + (f", enough for {terms.label(definition.stage)}." if reaches else ".")
