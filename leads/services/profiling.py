"""Progressive profiling: which missing field holds back how many leads from the next stage, and what to ask next."""

# ruff: noqa: S608 - the statements are made here, of our own expressions; values are bound

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from leads.criteria_sql import FROM, Compiler
from leads.fields import label_of
from leads.models import Lead
from leads.scoring import ENGAGEMENT, FIT, Score
from leads.scoring_sql import capped, points_asked
from leads.services import cases
from leads.services.answers_worth import gains_of, if_known, points_at_most
from leads.services.cases import Case
from sla import criteria
from sla.criteria import Criteria
from sla.services.readiness import thresholds
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


# Worked out by the portal itself, or told by the source: nobody is asked for these.
NOT_ASKED = ("lead.persona", "lead.fit_grade", "lead.qualified_by", "company.owner", "person.mail_kind", "lead.cycle")
BY_DEED = "company_usage."


def wanted_by(definition: DefinitionTerms, terms: Terms) -> tuple[list[str], list[str]]:
    """The fields that must be filled, and the others that the criteria look at or that score points."""
    required = list(definition.required_fields)
    looked_at = [*sorted(criteria.fields_of(definition.criteria)), *gains_of(terms)]
    helpful = [
        name
        for name in dict.fromkeys(looked_at)
        if name not in required and name not in NOT_ASKED and not name.startswith(BY_DEED)
    ]
    return required, helpful


def question_for(name: str, terms: Terms) -> str:
    """What to ask: the agreement's own question where one fills the field."""
    own = next((q.label for q in terms.questions if q.fills_field == name), "")
    return own or QUESTIONS.get(name) or f"{label_of(name)}?"


# --- overall -------------------------------------------------------------------------------------------------------


def overall(segment_id: int, terms: Terms, stage: str, at: datetime) -> list[Gap]:
    """For each field that entering `stage` asks for: how many leads before qualification lack it, and how many lack it
    alone; those that hold back most first. One statement a definition."""
    found: list[Gap] = []
    for definition in terms.definitions_for(stage):
        if any(wanted_by(definition, terms)):
            found += _Overall(segment_id, terms, definition, at).gaps()
    return sorted(found, key=lambda gap: (-gap.alone, -gap.missing, gap.label))


class _Overall:
    """The statement for one definition. `m` says whether a field is missing, `u` what a group of the score holds."""

    def __init__(self, segment_id: int, terms: Terms, definition: DefinitionTerms, at: datetime):
        self.segment_id, self.terms, self.definition = segment_id, terms, definition
        self.required, helpful = wanted_by(definition, terms)
        self.names = [*self.required, *helpful]
        self.query = Compiler(at, every_lead=True)

    def gaps(self) -> list[Gap]:
        counts = [f"count(*) FILTER (WHERE m{n})" for n in range(len(self.names))]
        counts += [f"count(*) FILTER (WHERE m{n} AND {self._alone(n, name)})" for n, name in enumerate(self.names)]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(counts)} FROM ({self._leads()}) AS looked_at", self.query.params)
            row = cursor.fetchone()
        size = len(self.names)
        return [
            Gap(
                name,
                label_of(name),
                question_for(name, self.terms),
                row[n],
                row[size + n],
                sum(points_at_most(name, self.terms).values()),
                name in self.required,
            )
            for n, name in enumerate(self.names)
            if row[n]
        ]

    def _leads(self) -> str:
        query, definition = self.query, self.definition
        columns = [f"{query.missing(name)} AS m{n}" for n, name in enumerate(self.names)]
        columns += [f"{self._holds(definition.criteria)} AS meets"]
        columns += [
            f"{self._holds(if_known(definition.criteria, name))} AS meets{n}" for n, name in self._in_criteria()
        ]
        columns += [f"{self._held(number)} AS u{number}" for number, _ in enumerate(self.terms.score_groups)]
        columns += [
            "coalesce(s.fit, 0) AS fit",
            "coalesce(s.engagement, 0) AS engagement",
            f"{self._thrown()} AS thrown",
        ]
        excluded = query.condition(definition.exclusions) if definition.exclusions else "FALSE"
        stages = query.bind(sorted(str(stage) for stage in BEFORE_QUALIFICATION), "text[]")
        version = query.bind(self.terms.version_id)
        return (
            f"SELECT {', '.join(columns)} FROM {FROM}"
            f" LEFT JOIN leads_leadscore s ON s.lead_id = lead.id AND s.version_id = {version}"
            f" WHERE lead.segment_id = {query.bind(self.segment_id)} AND lead.closed_at IS NULL AND lead.stage = ANY({stages})"
            f" AND NOT {excluded} OFFSET 0"
        )

    def _in_criteria(self) -> list[tuple[int, str]]:
        looked_at = criteria.fields_of(self.definition.criteria)
        return [(n, name) for n, name in enumerate(self.names) if name in looked_at]

    def _holds(self, condition: Criteria | bool) -> str:
        if isinstance(condition, bool):
            return str(condition).upper()
        return self.query.condition(condition) if condition else "TRUE"

    def _held(self, number: int) -> str:
        """What the rules of a group give a lead before its cap, off the packed log (`leads.scoring.packed`)."""
        group = self.terms.score_groups[number].key
        places = [n + 1 for n, rule in enumerate(self.terms.score_rules) if rule.group == group]
        return f"coalesce({' + '.join(f's.points[{place}]' for place in places) or '0'}, 0)"

    def _thrown(self) -> str:
        """Whether the lead did what carries it straight to the stage, whatever its points and conditions."""
        stage = self.definition.stage
        places = [n + 1 for n, rule in enumerate(self.terms.score_rules) if rule.catapult_to == stage]
        return f"coalesce({' OR '.join(f's.times[{place}] > 0' for place in places) or 'FALSE'}, FALSE)"

    def _alone(self, n: int, name: str) -> str:
        """With this answer alone the lead would enter: nothing else that is required is missing, its conditions could
        then hold and its points could suffice; and without it, it does not."""
        lacking = " + ".join(["0", *(f"m{place}::int" for place in range(len(self.required)))])
        in_criteria = any(place == n for place, _ in self._in_criteria())
        meets = f"meets{n}" if in_criteria else "meets"
        now, then = self._enough({}), self._enough(gains_of(self.terms).get(name, {}))
        others = f"({lacking}) = {int(name in self.required)}"
        entered = f"(({lacking}) = 0 AND (thrown OR (meets AND {now})))"
        return f"{others} AND (thrown OR ({meets} AND {then})) AND NOT {entered}"

    def _enough(self, gain: Mapping[str, int]) -> str:
        """Whether the points suffice once a gain is added to the groups, each within its cap."""
        added = {FIT: ["0"], ENGAGEMENT: ["0"]}
        for number, group in enumerate(self.terms.score_groups):
            if points := gain.get(group.key, 0):
                more = f"({capped(f'u{number} + {points}', group)} - {capped(f'u{number}', group)})"
                added[group.dimension].append(more)
        fit, engagement = (f"{name} + {' + '.join(more)}" for name, more in added.items())
        return f"({' AND '.join(points_asked(self.definition, fit=fit, engagement=engagement) or ['TRUE'])})"


# --- one lead ------------------------------------------------------------------------------------------------------


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
    stages = ahead or list(terms.qualifying_stages[:1])
    return list(_asks([one for stage in stages for one in terms.definitions_for(stage)], case, terms))


def _asks(definitions: Iterable[DefinitionTerms], case: Case, terms: Terms) -> Iterable[Ask]:
    seen: set[str] = set()
    optional: list[tuple[int, Ask]] = []
    held: dict[str, int] = {}
    for line in case.score.lines:
        if line.rule:
            held[line.group] = held.get(line.group, 0) + line.points
    for definition in definitions:
        required, helpful = wanted_by(definition, terms)
        for name in [*required, *helpful]:
            if name in seen or not criteria.is_blank(case.facts.values.get(name)):
                continue
            seen.add(name)
            label, question = label_of(name), question_for(name, terms)
            if name in required:
                yield Ask(name, label, question, f"Required before it becomes {terms.label(definition.stage)}.")
                continue
            more = points_at_most(name, terms, held)
            if sum(more.values()) or name in criteria.fields_of(definition.criteria):
                why = _worth(more, case.score, definition, terms)
                optional.append((sum(more.values()), Ask(name, label, question, why)))
    yield from (ask for _, ask in sorted(optional, key=lambda pair: -pair[0]))


def _worth(more: Mapping[str, int], score: Score, definition: DefinitionTerms, terms: Terms) -> str:
    points = sum(more.values())
    if not points:
        return f"{terms.label(definition.stage)} depends on it."
    enough_now = _suffices(score.fit, score.engagement, definition)
    enough_then = _suffices(score.fit + more[FIT], score.engagement + more[ENGAGEMENT], definition)
    return f"Up to {points} points" + (
        f", enough for {terms.label(definition.stage)}." if enough_then and not enough_now else "."
    )


def _suffices(fit: int, engagement: int, definition: DefinitionTerms) -> bool:
    held = {"points": fit + engagement, "fit": fit, "engagement": engagement}
    return all(wanted is None or held[name] >= wanted for name, wanted in thresholds(definition))
