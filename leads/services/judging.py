"""What is known of a lead, what it scores, and whether it may enter a stage: pure decisions over loaded rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads import scoring
from leads.fields import LazyValues, Reading, spec_of
from leads.models import Activity, Lead
from sla import criteria
from sla.criteria import ActivityFact, Facts
from sla.services.readiness import highest_score
from sla.stages import BEFORE_QUALIFICATION, Stage
from sla.terms import DefinitionTerms, IdealCustomerTerms, PersonaTerms, Terms


def facts_of(lead: Lead, addresses: Mapping[str, str], activities: Sequence[Activity], at: datetime) -> Facts:
    """Facts for judging; `lead` has its person and company loaded, `addresses` its primary e-mail and phone."""
    deeds = tuple(ActivityFact(a.type, a.occurred_at, a.properties) for a in activities)
    return Facts(LazyValues(Reading(lead, dict(addresses))), deeds, at)


def score_of(facts: Facts, terms: Terms) -> scoring.Score:
    """The score under these terms at `facts.at`."""
    return scoring.score(
        terms.score_rules,
        terms.score_groups,
        facts.activities,
        facts.at,
        holds=lambda rule: criteria.holds(rule.criteria, facts),
        counts=deed_counts,
        lapses=lambda rule: criteria.lapses_at(rule.criteria, facts),
    )


def deed_counts(rule: scoring.Rule, deed: ActivityFact) -> bool:
    """Whether a deed is of the rule's type and meets the conditions on its properties (`activity.<property>`)."""
    if deed.type != rule.activity_type:
        return False
    if not rule.criteria:
        return True
    values = {f"activity.{name}": value for name, value in deed.properties.items()}
    return criteria.holds(rule.criteria, Facts(values, (), deed.occurred_at))


def highest_fit(terms: Terms) -> int:
    """The most fit points these rules can give."""
    return highest_score(terms, scoring.FIT)


def fit_grade(score: scoring.Score, terms: Terms) -> str:
    return scoring.grade(score.fit, highest_fit(terms))


def persona_of(facts: Facts, terms: Terms) -> PersonaTerms | None:
    """The first persona whose signs are met; one without signs is nobody's."""
    return next((p for p in terms.personas if p.criteria and criteria.holds(p.criteria, facts)), None)


@dataclass(frozen=True)
class IdealFit:
    """How a company stands to an ideal customer profile: labels of what lies outside, and of what is not known."""

    profile: IdealCustomerTerms
    outside: tuple[str, ...]
    unknown: tuple[str, ...]


def ideal_fit(facts: Facts, profile: IdealCustomerTerms) -> IdealFit:
    """Compare industry, country (of the person where the company's is not known), region, number of people, revenue."""
    industries = {criteria.fold(name) for name in profile.industries}
    regions = {criteria.fold(name) for name in profile.regions}
    country = facts.values.get("company.country") or facts.values.get("person.country")
    checks: list[tuple[str, Any, bool, Callable[[Any], bool]]] = [
        ("industry", facts.values.get("company.industry"), bool(industries), lambda v: criteria.fold(v) in industries),
        ("country", country, bool(profile.countries), lambda v: str(v).upper() in profile.countries),
        ("region", facts.values.get("company.region"), bool(regions), lambda v: criteria.fold(v) in regions),
        _range("employees", facts, profile.employees_from, profile.employees_to),
        _range("revenue", facts, profile.revenue_from, profile.revenue_to),
    ]
    asked = [(label_of(f"company.{name}").lower(), value, fits) for name, value, wanted, fits in checks if wanted]
    return IdealFit(
        profile,
        outside=tuple(label for label, value, fits in asked if not criteria.is_blank(value) and not fits(value)),
        unknown=tuple(label for label, value, _ in asked if criteria.is_blank(value)),
    )


def _range(name: str, facts: Facts, low: Any, high: Any) -> tuple[str, Any, bool, Callable[[Any], bool]]:
    def fits(number: float) -> bool:
        return (low is None or number >= float(low)) and (high is None or number <= float(high))

    number = criteria.as_number(facts.values.get(f"company.{name}") or "")
    return name, number, low is not None or high is not None, fits


@dataclass(frozen=True)
class Judgement:
    """Whether a lead may enter `stage` by a definition, and what stands in the way in words."""

    stage: str
    definition: str
    holds: bool
    cause: str
    why_not: tuple[str, ...] = ()
    missing_fields: tuple[str, ...] = ()
    parts: tuple[criteria.Verdict, ...] = field(default=(), repr=False)


def judge(definition: DefinitionTerms, facts: Facts, score: scoring.Score) -> Judgement:
    """Judge one definition. A catapult deed stands for conditions and thresholds, never for required fields or exclusions."""
    missing = tuple(name for name in definition.required_fields if criteria.is_blank(facts.values.get(name)))
    why_not = [f"{label_of(name)} is not known" for name in missing]
    excluded = criteria.judge(definition.exclusions, facts) if definition.exclusions else None
    if excluded is not None and excluded.holds:
        why_not.append(f"excluded: {_reason(excluded)}")
    catapulted = definition.stage in score.catapults
    verdict = criteria.judge(definition.criteria, facts)
    if not catapulted:
        why_not += [criteria.in_words(part.criteria, label_of) for part in verdict.failures()]
        why_not += list(_below(definition, score))
    cause = "catapult" if catapulted else f"definition:{definition.key}"
    return Judgement(definition.stage, definition.key, not why_not, cause, tuple(why_not), missing, (verdict,))


def _below(definition: DefinitionTerms, score: scoring.Score) -> list[str]:
    wanted = (
        ("score", definition.minimum_score, score.total),
        ("fit", definition.minimum_fit, score.fit),
        ("engagement", definition.minimum_engagement, score.engagement),
    )
    return [f"{name} {has} of {needs}" for name, needs, has in wanted if needs is not None and has < needs]


def _reason(verdict: criteria.Verdict) -> str:
    holding = [part for part in verdict.parts if part.holds]
    return _reason(holding[0]) if holding else verdict.words


def label_of(name: str) -> str:
    spec = spec_of(name)
    return spec.label if spec else criteria.humanise(name)


def next_stage(stage: str, facts: Facts, score: scoring.Score, terms: Terms) -> Judgement | None:
    """The furthest stage before or at qualification that the lead may enter now, if it is ahead of where it stands."""
    reachable = [Stage.KNOWN, Stage.ENGAGED, *terms.qualifying_stages]
    best: Judgement | None = None
    for target in reachable:
        if stage not in BEFORE_QUALIFICATION and stage != Stage.NURTURE:
            return None
        if terms.stage_rank(target) <= terms.stage_rank(stage) and stage != Stage.NURTURE:
            continue
        found = _may_enter(target, facts, score, terms)
        if found is not None:
            best = found
    return best


def _may_enter(target: str, facts: Facts, score: scoring.Score, terms: Terms) -> Judgement | None:
    if target == Stage.KNOWN:
        known = any(not criteria.is_blank(facts.values.get(name)) for name in ("person.email", "person.phone"))
        return Judgement(target, "", True, "identified") if known else None
    for definition in terms.definitions_for(target):
        judgement = judge(definition, facts, score)
        if judgement.holds:
            return judgement
    return None
