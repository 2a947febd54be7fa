"""The terms of one version as the running system reads them: frozen objects made from the compiled JSON.

Only compiled content is read here, cached by its hash, so that what runs is exactly what was signed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

from sla.openhours import Calendar
from sla.stages import FORWARD, LABELS, QUALIFYING, RANK

Term = TypeVar("Term", bound="KeyedTerm")


@dataclass(frozen=True)
class KeyedTerm:
    key: str


@dataclass(frozen=True)
class StageTerms(KeyedTerm):
    label: str
    is_enabled: bool
    words: str = ""
    examples: str = ""
    owner: str = ""
    review_on: str | None = None


@dataclass(frozen=True)
class DefinitionTerms(KeyedTerm):
    stage: str
    name: str
    words: str
    criteria: Mapping[str, Any]
    required_fields: tuple[str, ...]
    exclusions: Mapping[str, Any]
    minimum_score: int | None
    minimum_fit: int | None
    minimum_engagement: int | None


@dataclass(frozen=True)
class IdealCustomerTerms(KeyedTerm):
    name: str
    words: str
    industries: tuple[str, ...]
    countries: tuple[str, ...]
    employees_from: int | None
    employees_to: int | None
    revenue_from: Decimal | None
    revenue_to: Decimal | None
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonaTerms(KeyedTerm):
    name: str
    criteria: Mapping[str, Any]
    biography: str = ""
    behaviour: str = ""
    interests: str = ""
    needs: str = ""
    pain_points: str = ""


@dataclass(frozen=True)
class ScoreGroupTerms(KeyedTerm):
    name: str
    dimension: str
    maximum: int | None
    minimum: int | None


@dataclass(frozen=True)
class ScoreRuleTerms(KeyedTerm):
    name: str
    kind: str
    group: str
    points: int
    criteria: Mapping[str, Any]
    activity_type: str
    at_most: int | None
    half_life_days: int | None
    catapult_to: str


@dataclass(frozen=True)
class RouteTerms(KeyedTerm):
    leg: str
    name: str
    criteria: Mapping[str, Any]
    to: str
    team: Mapping[str, str]
    person: Mapping[str, str] | None
    goes_around: bool
    kind: str


@dataclass(frozen=True)
class CalendarTerms(KeyedTerm):
    name: str
    time_zone: str
    week: Mapping[str, Any]
    holiday_country: str
    holiday_region: str
    exceptions: Mapping[str, Any]
    holidays: Mapping[str, str]


@dataclass(frozen=True)
class CommitmentTerms(KeyedTerm):
    name: str
    side: str
    metric: str
    stage: str
    comparison: str
    target: Decimal
    unit: str
    count: int | None
    cutoff: str | None
    answer_by: str | None
    period: str
    calendar: str
    counts_in: str
    scope: Mapping[str, Any]
    to_function: str
    must_meet_percent: Decimal
    warn_percent: int
    pausable: bool
    skips_lead_holidays: bool = False
    text: str = ""


@dataclass(frozen=True)
class EscalationTerms(KeyedTerm):
    commitment: str
    at_percent: int
    action: str


@dataclass(frozen=True)
class PartyTerms(KeyedTerm):
    function: str
    team: Mapping[str, str] | None
    responsibilities: str
    signs: bool


@dataclass(frozen=True)
class ReasonTerms(KeyedTerm):
    kind: str
    label: str
    goes_to: str
    return_after_days: int | None
    counts_for: str
    needs_note: bool
    needs_attribute: bool
    needs_evidence: bool
    suppresses_contact: bool
    is_active: bool


@dataclass(frozen=True)
class DispositionTerms(KeyedTerm):
    label: str
    hotkey: str
    human_answered: bool
    real_contact: bool
    counts_as_attempt: bool
    effect: str
    retry_minutes: int | None
    other_time_band: bool
    reason: str
    is_active: bool


@dataclass(frozen=True)
class CadenceTerms(KeyedTerm):
    name: str
    function: str
    attempts: int
    within_days: int
    minimum_gap_minutes: int
    time_bands: tuple[tuple[str, str], ...]
    unreachable_reason: str


@dataclass(frozen=True)
class QuestionTerms(KeyedTerm):
    label: str
    help_text: str
    kind: str
    choices: tuple[str, ...]
    is_required: bool
    fills_field: str


@dataclass(frozen=True)
class MessageTerms(KeyedTerm):
    persona: str
    stage: str
    text: str


@dataclass(frozen=True)
class ScriptTerms(KeyedTerm):
    name: str
    function: str
    stage: str
    text: str


@dataclass(frozen=True)
class ProcedureTerms(KeyedTerm):
    who: str
    text: str


@dataclass(frozen=True)
class ClauseTerms(KeyedTerm):
    heading: str
    text: str


@dataclass(frozen=True)
class FaqTerms(KeyedTerm):
    question: str
    answer: str


SECTIONS: dict[str, type[KeyedTerm]] = {
    "parties": PartyTerms,
    "stages": StageTerms,
    "definitions": DefinitionTerms,
    "ideal_customers": IdealCustomerTerms,
    "personas": PersonaTerms,
    "score_groups": ScoreGroupTerms,
    "score_rules": ScoreRuleTerms,
    "routes": RouteTerms,
    "procedure": ProcedureTerms,
    "commitments": CommitmentTerms,
    "escalations": EscalationTerms,
    "calendars": CalendarTerms,
    "cadences": CadenceTerms,
    "dispositions": DispositionTerms,
    "reasons": ReasonTerms,
    "questions": QuestionTerms,
    "scripts": ScriptTerms,
    "messages": MessageTerms,
    "clauses": ClauseTerms,
    "faq": FaqTerms,
}
DECIMALS = {"target", "must_meet_percent", "revenue_from", "revenue_to"}


def build(kind: type[Term], row: Mapping[str, Any]) -> Term:
    """One term object from its compiled row. A row signed before a field existed has that field's default; a field
    without one must be there."""
    values: dict[str, Any] = {}
    for item in dataclasses.fields(kind):
        if item.name not in row and item.default is not dataclasses.MISSING:
            continue
        value = row[item.name]
        if item.name in DECIMALS and value is not None:
            value = Decimal(value)
        elif isinstance(value, list):
            value = tuple(tuple(part) if isinstance(part, list) else part for part in value)
        values[item.name] = value
    return kind(**values)


@dataclass(frozen=True)
class Terms:
    """All terms of one version. `version_id` is 0 for a draft that is only being looked at."""

    version_id: int
    content_hash: str
    content: Mapping[str, Any] = field(repr=False)

    def __hash__(self) -> int:
        return hash(self.content_hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Terms) and other.content_hash == self.content_hash

    def _section(self, name: str) -> tuple[Any, ...]:
        kind = SECTIONS[name]
        return tuple(build(kind, row) for row in self.content[name])

    # Each section once, in the document's order.
    @cached_property
    def parties(self) -> tuple[PartyTerms, ...]:
        return self._section("parties")

    @cached_property
    def stages(self) -> dict[str, StageTerms]:
        return {stage.key: stage for stage in self._section("stages")}

    @cached_property
    def definitions(self) -> tuple[DefinitionTerms, ...]:
        return self._section("definitions")

    @cached_property
    def ideal_customers(self) -> tuple[IdealCustomerTerms, ...]:
        return self._section("ideal_customers")

    @cached_property
    def personas(self) -> tuple[PersonaTerms, ...]:
        return self._section("personas")

    @cached_property
    def score_groups(self) -> tuple[ScoreGroupTerms, ...]:
        return self._section("score_groups")

    @cached_property
    def score_rules(self) -> tuple[ScoreRuleTerms, ...]:
        return self._section("score_rules")

    @cached_property
    def routes(self) -> tuple[RouteTerms, ...]:
        return self._section("routes")

    @cached_property
    def procedure(self) -> tuple[ProcedureTerms, ...]:
        return self._section("procedure")

    @cached_property
    def commitments(self) -> tuple[CommitmentTerms, ...]:
        return self._section("commitments")

    @cached_property
    def escalations(self) -> tuple[EscalationTerms, ...]:
        return self._section("escalations")

    @cached_property
    def calendars(self) -> dict[str, CalendarTerms]:
        return {calendar.key: calendar for calendar in self._section("calendars")}

    @cached_property
    def cadences(self) -> tuple[CadenceTerms, ...]:
        return self._section("cadences")

    @cached_property
    def dispositions(self) -> dict[str, DispositionTerms]:
        return {item.key: item for item in self._section("dispositions")}

    @cached_property
    def reasons(self) -> dict[str, ReasonTerms]:
        return {reason.key: reason for reason in self._section("reasons")}

    @cached_property
    def questions(self) -> tuple[QuestionTerms, ...]:
        return self._section("questions")

    @cached_property
    def scripts(self) -> tuple[ScriptTerms, ...]:
        return self._section("scripts")

    @cached_property
    def messages(self) -> tuple[MessageTerms, ...]:
        return self._section("messages")

    @cached_property
    def clauses(self) -> tuple[ClauseTerms, ...]:
        return self._section("clauses")

    @cached_property
    def faq(self) -> tuple[FaqTerms, ...]:
        return self._section("faq")

    # --- the header --------------------------------------------------------------------------------------------
    @property
    def segment(self) -> str:
        return str(self.content["segment"]["key"])

    @property
    def number(self) -> int:
        return int(self.content["number"])

    @property
    def name(self) -> str:
        return f"{self.content['agreement']} v{self.number}"

    @property
    def currency(self) -> str:
        return str(self.content["currency"])

    @property
    def admission_per_day(self) -> int | None:
        """How many leads a day new rules may lift over the threshold; None: all at once."""
        return self.content.get("admission_per_day")

    @property
    def settles_contests(self) -> str:
        return str(self.content["settles_contests"])

    # --- questions the running system asks -----------------------------------------------------------------------
    def stage_enabled(self, code: str) -> bool:
        """Whether leads may enter the stage. Codes the version does not list are on: they cannot be switched off."""
        term = self.stages.get(code)
        return term is None or term.is_enabled

    def label(self, code: str) -> str:
        """What this version calls a stage."""
        term = self.stages.get(code)
        return term.label if term and term.label else LABELS.get(code, code)

    @cached_property
    def path(self) -> tuple[str, ...]:
        """The enabled stages in order, from anonymous to won."""
        return tuple(code for code in FORWARD if self.stage_enabled(code))

    @cached_property
    def qualifying_stages(self) -> tuple[str, ...]:
        return tuple(code for code in QUALIFYING if self.stage_enabled(code))

    def points_asked(self, *stages: str) -> int | None:
        """The least score with which a lead enters the first of these stages that asks for one."""
        asked = (one.minimum_score for stage in stages for one in self.definitions_for(stage))
        return next((points for points in asked if points is not None), None)

    def definitions_for(self, stage: str) -> tuple[DefinitionTerms, ...]:
        return tuple(item for item in self.definitions if item.stage == stage)

    def commitment(self, key: str) -> CommitmentTerms:
        return next(item for item in self.commitments if item.key == key)

    def steps_of(self, commitment: str) -> tuple[EscalationTerms, ...]:
        return tuple(item for item in self.escalations if item.commitment == commitment)

    def reasons_of(self, kind: str) -> tuple[ReasonTerms, ...]:
        return tuple(item for item in self.reasons.values() if item.kind == kind and item.is_active)

    def cadence_for(self, function: str) -> CadenceTerms | None:
        return next((item for item in self.cadences if item.function == function), None)

    def routes_on(self, leg: str) -> tuple[RouteTerms, ...]:
        return tuple(item for item in self.routes if item.leg == leg)

    def party(self, function: str) -> PartyTerms | None:
        return next((item for item in self.parties if item.function == function), None)

    @cached_property
    def signing_sides(self) -> tuple[str, ...]:
        return tuple(party.function for party in self.parties if party.signs)

    def stage_rank(self, code: str) -> int:
        return RANK.get(code, -1)

    @cached_property
    def _working_calendars(self) -> dict[str, Calendar]:
        from sla.calendars import calendar_from_term

        return {key: calendar_from_term(vars(term)) for key, term in self.calendars.items()}

    def calendar(self, key: str, closed: Iterable[tuple[datetime, datetime]] = ()) -> Calendar:
        """The calendar of a key as working time is counted in it, less spans that are closed beside it."""
        calendar = self._working_calendars[key]
        spans = tuple(closed)
        return dataclasses.replace(calendar, closed_spans=spans) if spans else calendar

    def default_calendar(self) -> CalendarTerms | None:
        """The calendar in which time in a stage is counted: the first one the document lists."""
        return next(iter(self.calendars.values()), None)
