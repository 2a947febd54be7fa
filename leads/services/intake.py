"""Leads and activities come in: identified, scored, and handed over when they qualify, in one transaction.

Idempotent by the source's external id: sending the same again changes nothing and gets the same answer. The rows of a
new lead, from the company to the running clocks, are written in one statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from psycopg.errors import UniqueViolation

from config.outbox.services.events import News, events_of
from config.web.errors import Refusal
from config.web.onewrite import Writes
from leads import normalise
from leads.models import (
    Activity,
    Campaign,
    Company,
    ContactKind,
    Handoff,
    IntakeKey,
    IntakeSource,
    Lead,
    MergeProposal,
    Person,
)
from leads.services import campaigns, cases, handoffs, judging, scores, segments, stages, visits
from leads.services.advancing import add_deeds
from leads.services.cases import Case
from leads.services.declaring import declare
from leads.services.identify import (
    FRESH,
    Found,
    company_of,
    contact_points_of,
    fill,
    known_or_new_company,
    lookup,
    person_of,
)
from leads.services.inputs import Cleaned, Deed, LeadInput, clean
from sla.services.compiling import InForce
from sla.stages import Stage

__all__ = [
    "Cleaned",
    "Deed",
    "LeadInput",
    "Received",
    "activity_of",
    "add_deeds",
    "clean",
    "company_of",
    "contact_points_of",
    "deeds_of",
    "fill",
    "lookup",
    "person_of",
    "receive",
    "receive_activity",
    "update_lead",
]

RETRIES = 3


@dataclass(frozen=True)
class Received:
    """What became of it: `created` is False when the lead was known, `repeated` when this was sent before."""

    lead: Lead
    created: bool
    repeated: bool = False
    handoff: Handoff | None = None


def receive(source: IntakeSource, given: LeadInput, *, at: datetime) -> Received:
    """Take a lead in. Raises Refusal naming the fields that are wrong; never half-writes.

    Two requests for the same person or external id at once: one writes, the other finds what it wrote.
    """
    cleaned = clean(given, source)
    for _ in range(RETRIES):
        try:
            with transaction.atomic():
                declare(given)
                return _receive(source, cleaned, at)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
    raise Refusal("busy", "The same lead is being sent several times at once; send it again.")


def _receive(source: IntakeSource, cleaned: Cleaned, at: datetime) -> Received:
    found = lookup(source, cleaned, at)
    if found.sent_lead is not None:
        return Received(Lead.objects.get(pk=found.sent_lead), created=False, repeated=True)
    person_id = found.person_id
    if person_id is None and not cleaned.email and len(found.phone_people) == 1:
        person_id = found.phone_people[0]
    if person_id is not None:
        return _known_person(source, cleaned, found, person_id, found.in_force, at)
    return _new_person(source, cleaned, found, found.in_force, at)


# --- a person we did not know --------------------------------------------------------------------------------------


def _new_person(source: IntakeSource, cleaned: Cleaned, found: Found, current: InForce, at: datetime) -> Received:
    writes = Writes()
    writes.take(FRESH, found.ids)
    company = known_or_new_company(cleaned, found, writes)
    person = person_of(cleaned, company)
    writes.add(person, *contact_points_of(cleaned, person))
    lead, handoff = _new_lead(source, cleaned, found, person, company, current, at, writes)
    for other in found.phone_people:
        why = "The same phone number with another e-mail address."
        writes.add(MergeProposal(keep_id=other, drop=person, why=why, proposed_at=at))
    writes.flush()
    visits.join(cleaned.given.visitor, lead, at)
    return Received(lead, created=True, handoff=handoff)


def _new_lead(
    source: IntakeSource,
    cleaned: Cleaned,
    found: Found,
    person: Person,
    company: Company | None,
    current: InForce,
    at: datetime,
    writes: Writes,
    cycle: int = 1,
) -> tuple[Lead, Handoff | None]:
    """Make the lead with its deeds, score and ledger, and hand it over where it qualifies; rows go to `writes`."""
    given = cleaned.given
    lead = Lead(
        person=person,
        company=company,
        cycle=cycle,
        source=normalise.text(given.source, 60) or source.default_lead_source,
        campaign=_campaign(given, found),
        intent=normalise.text(given.intent, 40),
        territory=normalise.text(given.territory, 40),
        attributes=dict(given.attributes),
        received_at=given.received_at or at,
        created_at=at,
    )
    deeds = deeds_of(given, source, at)
    known = [*visits.past_of(given.visitor), *deeds]  # what the visitor did before it gave its address counts too
    addresses: dict[str, str] = {ContactKind.EMAIL: cleaned.email, ContactKind.PHONE: cleaned.phone}
    lead.segment_id, terms = segments.choose(lead, addresses, known, current, at)
    writes.add(lead)
    for deed in deeds:
        deed.lead = lead
    key = _intake_key(source, cleaned, lead, at)
    if terms is None:
        entry = stages.untimed_entry(lead, at)
        writes.add(*deeds, entry, key)
        return lead, None
    case = Case(lead, addresses, known, terms, at)
    handoff = _begin(case, writes)
    first = scores.change(lead, 0, case.score, at, "intake")
    writes.add(*deeds, key, scores.row(lead, case.score, terms, at), *([first] if first else []))
    return lead, handoff


def _begin(case: Case, writes: Writes) -> Handoff | None:
    """A new lead's first stages and, where it qualifies, its handoff."""
    lead = case.lead
    scores.recognise(lead, case)
    judgement = judging.next_stage(Stage.KNOWN, case.facts, case.score, case.terms)
    target = judgement.stage if judgement else Stage.KNOWN
    cause = judgement.cause if judgement else "intake"
    path = stages.path_between(Stage.KNOWN, target, case.terms)
    move = stages.Move(case.at, cause, case.terms, None, case.score.total)
    entries = stages.first_entries(lead, path, move)
    lead.version_id = case.terms.version_id
    writes.add(*entries)
    news = News("lead.created", str(lead.public_id), case.at, {"stage": lead.stage, "source": lead.source})
    writes.add(*events_of(news))
    if target in case.terms.qualifying_stages:
        return handoffs.offer(case, handoffs.Offer(), writes)
    return None


def _campaign(given: LeadInput, found: Found) -> Campaign | None:
    key = normalise.text(given.campaign, 80)
    if not key:
        return None
    if found.campaign_id is not None:
        return Campaign(pk=found.campaign_id, key=key)
    return campaigns.named([key])[key]


def deeds_of(given: LeadInput, source: IntakeSource, at: datetime) -> list[Activity]:
    return [activity_of(deed, source, at) for deed in given.activities]


def activity_of(deed: Deed, source: IntakeSource, at: datetime) -> Activity:
    """The row of a deed. A sender's clock may run ahead: what it dates later than its arrival happened on arrival."""
    return Activity(
        type=deed.type,
        occurred_at=min(deed.occurred_at, at),
        received_at=at,
        source=source.key,
        properties=dict(deed.properties),
    )


def _intake_key(source: IntakeSource, cleaned: Cleaned, lead: Lead, at: datetime) -> IntakeKey | None:
    given = cleaned.given
    if not given.external_id:
        return None
    return IntakeKey(
        source=source,
        kind=IntakeKey.Kind.LEAD,
        external_id=given.external_id,
        lead=lead,
        raw=dict(given.raw),
        received_at=at,
    )


# --- a person we know ----------------------------------------------------------------------------------------------


def _known_person(
    source: IntakeSource, cleaned: Cleaned, found: Found, person_id: int, current: InForce, at: datetime
) -> Received:
    """Fill what was unknown, add deeds to the open lead, or begin a new cycle where the last one is closed."""
    person = Person.objects.select_for_update(of=("self",), no_key=True).select_related("company").get(pk=person_id)
    if person.merged_into_id:
        person = (
            Person.objects.select_for_update(of=("self",), no_key=True)
            .select_related("company")
            .get(pk=person.merged_into_id)
        )
    fill(person, cleaned, found)
    open_lead = Lead.objects.filter(person=person, closed_at=None).order_by("-id").first()
    if open_lead is None:
        writes = Writes()
        writes.take({Lead: 1, Handoff: 1}, found.ids[2:])
        cycles = Lead.objects.filter(person=person).aggregate(n=models.Max("cycle"))["n"] or 0
        lead, handoff = _new_lead(source, cleaned, found, person, person.company, current, at, writes, cycle=cycles + 1)
        writes.flush()
        visits.join(cleaned.given.visitor, lead, at)
        return Received(lead, created=True, handoff=handoff)
    update_lead(open_lead.pk, cleaned)
    visits.join(cleaned.given.visitor, open_lead, at)
    handoff = add_deeds(open_lead.pk, deeds_of(cleaned.given, source, at), at=at, current=current, cause="intake")
    key = _intake_key(source, cleaned, open_lead, at)
    if key is not None:
        key.save()
    return Received(Lead.objects.get(pk=open_lead.pk), created=False, handoff=handoff)


def update_lead(lead_id: int, cleaned: Cleaned) -> None:
    given = cleaned.given
    lead = cases.locked_lead(lead_id)
    changed = ["stage"]
    if given.attributes:
        lead.attributes = lead.attributes | dict(given.attributes)
        changed.append("attributes")
    if lead.company_id is None and lead.person.company_id is not None:
        lead.company_id = lead.person.company_id
        changed.append("company")
    for name in ("intent", "territory"):
        if value := normalise.text(getattr(given, name), 40):
            setattr(lead, name, value)
            changed.append(name)
    if len(changed) > 1:
        lead.save(update_fields=changed)


# --- activities by themselves --------------------------------------------------------------------------------------


def receive_activity(
    source: IntakeSource, lead: Lead, deed: Deed, *, external_id: str, raw: Mapping[str, Any], at: datetime
) -> tuple[bool, Handoff | None]:
    """One activity of a known lead, once by its external id. Returns whether it was new, and the handoff it led to."""
    with transaction.atomic():
        if external_id:
            _, made = IntakeKey.objects.get_or_create(
                source=source,
                kind=IntakeKey.Kind.ACTIVITY,
                external_id=external_id,
                defaults={"lead": lead, "raw": dict(raw), "received_at": at},
            )
            if not made:
                return False, None
        return True, add_deeds(lead.pk, [activity_of(deed, source, at)], at=at)
