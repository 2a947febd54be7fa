"""Where a lead would go and why, without its going there: one that is here, or one that is only imagined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from config.accounts.models import User
from config.web.errors import Refusal
from leads import normalise
from leads.fields import HOLDERS
from leads.models import Activity, Campaign, Company, CompanyUsage, ContactKind, Lead, Person
from leads.services import admission, cases, judging, routing, segments
from leads.services.cases import Case
from sla import criteria
from sla.criteria import Criteria
from sla.services.compiling import in_force
from sla.services.readiness import conditions_of
from sla.stages import IN_HANDS
from sla.terms import Terms

LEGS = ((routing.LEG_QUALIFIED, "Once qualified"), (routing.LEG_TELEQUALIFIED, "Once telequalified"))


@dataclass(frozen=True)
class Leg:
    """One passing: where the lead would go now, step by step; `decision` is None where the fallback takes it."""

    label: str
    decision: routing.Decision | None
    person: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class DryRun:
    """`enters` is the stage the lead would enter now; `why_not` what keeps it from qualifying; `turn_at` until when it waits
    where it met a definition by new rules (services/admission.py)."""

    segment: str
    terms: Terms
    total: int
    persona: str
    fit_grade: str
    enters: str
    why_not: tuple[str, ...]
    legs: tuple[Leg, ...]
    turn_at: datetime | None = None


def of_lead(lead: Lead, at: datetime) -> DryRun:
    """Where a lead that is here would go now, under the terms in force."""
    terms = cases.terms_for(lead, at)
    case = Case(lead, cases.addresses_of(lead.person_id), cases.deeds_of(lead.pk), terms, at)
    return replace(_run(case, lead.segment.name), turn_at=admission.turn_of(lead.pk))


def own_fields(at: datetime) -> list[str]:
    """The attributes of connected systems that the agreements in force look at anywhere, such as `attributes.Tags`."""
    current = in_force(at)
    conditions: list[Criteria] = []
    for _, segment_is, terms in current.rows:
        conditions.append(segment_is)
        conditions += [condition for _, _, condition in conditions_of(terms)]
    named = {name for condition in conditions if condition for name in criteria.fields_of(condition)}
    return sorted(name for name in named if name.partition(".")[0] in HOLDERS)


def of_imagined(given: Mapping[str, Any], deeds: list[str], at: datetime) -> DryRun:
    """Where somebody with these details would go who came in now and did these deeds. Nothing is stored."""
    company = Company(
        name=given.get("company") or "A company",
        industry=given.get("industry", ""),
        employees=given.get("employees"),
        revenue=given.get("revenue"),
        country=given.get("company_country") or given.get("country", ""),
        region=given.get("region", ""),
        owner=given.get("owner"),
    )
    company.usage = CompanyUsage(company=company, counted_on=at.date())
    address = given.get("email", "")
    person = Person(
        first_name="Somebody",
        job_title=given.get("job_title", ""),
        seniority=given.get("seniority", ""),
        department=given.get("department", ""),
        country=given.get("country", ""),
        mail_kind=normalise.mail_kind(address),
        company=company,
    )
    campaign = given.get("campaign")
    lead = Lead(
        person=person,
        company=company,
        source=given.get("source", ""),
        intent=given.get("intent", ""),
        territory=given.get("territory", ""),
        campaign=Campaign(key=campaign, name=campaign) if campaign else None,
        received_at=at,
    )
    for holder, owner in (("lead", lead), ("person", person), ("company", company)):
        owner.attributes = {
            key: value
            for name, value in given.items()
            for prefix, _, key in [name.partition(".")]
            if value and HOLDERS.get(prefix) == holder
        }
    addresses: dict[str, str] = {ContactKind.EMAIL: address, ContactKind.PHONE: given.get("phone", "")}
    done = [Activity(type=kind, occurred_at=at) for kind in deeds]
    current = in_force(at)
    lead.segment_id, terms = segments.choose(lead, addresses, done, current, at)
    if terms is None:
        raise Refusal("no_agreement", "No agreement is in force for such a lead.")
    return _run(Case(lead, addresses, done, terms, at), str(terms.content["segment"]["name"]))


def _run(case: Case, segment: str) -> DryRun:
    lead, terms = case.lead, case.terms
    persona = judging.persona_of(case.facts, terms)
    grade = judging.fit_grade(case.score, terms)
    found = judging.next_stage(lead.stage, case.facts, case.score, terms)
    legs = tuple(_leg(case, leg, label) for leg, label in LEGS if terms.routes_on(leg))
    return DryRun(
        segment=segment,
        terms=terms,
        total=case.score.total,
        persona=persona.name if persona else "",
        fit_grade=grade,
        enters=terms.label(found.stage) if found else "",
        why_not=() if lead.stage in IN_HANDS or _qualifies(found, terms) else tuple(why_not(case)),
        legs=legs,
    )


def _qualifies(found: judging.Judgement | None, terms: Terms) -> bool:
    return found is not None and found.stage in terms.qualifying_stages


def why_not(case: Case) -> list[str]:
    """What keeps the lead from qualifying, for the definition it is nearest to."""
    judged = [
        judging.judge(definition, case.facts, case.score)
        for stage in case.terms.qualifying_stages
        for definition in case.terms.definitions_for(stage)
    ]
    failed = [list(one.why_not) for one in judged if not one.holds]
    return min(failed, key=len, default=[]) if len(failed) == len(judged) else []


def _leg(case: Case, leg: str, label: str) -> Leg:
    trace = routing.Trace()
    decision = routing.decide(case.lead, case.facts, case.terms, leg, case.at, trace=trace)
    person = User.objects.get(pk=decision.user_id).name if decision and decision.user_id else ""
    if decision is None:
        trace.say("No route finds anybody: any team that the routes name takes it, for all there to see.")
    return Leg(label, decision, person, tuple(trace.steps))
