"""A connected system sends a lead again with other words: what is new is added, what people have corrected stays."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from config.web.errors import Refusal
from leads.models import IntakeKey, Lead, Person
from leads.services import intake
from leads.services.intake import Cleaned, Received


@transaction.atomic
def renew(key: IntakeKey, cleaned: Cleaned, *, at: datetime) -> Received:
    """Bring a lead up to date with what its source says of it now, under the same external id.

    Fields that change in a career take the latest word, others are only filled; an open lead is scored anew and handed
    over where it now qualifies. Raises Refusal where the address belongs to somebody else by now.
    """
    stored = IntakeKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    assert stored.lead_id is not None, "the key of a lead names one"
    lead = Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=stored.lead_id)
    person = (
        Person.objects.select_for_update(of=("self",), no_key=True).select_related("company").get(pk=lead.person_id)
    )
    found = intake.lookup(stored.source, cleaned, at)
    if found.person_id not in (None, person.pk):
        raise Refusal(
            "address_taken", "This address belongs to another person here.", fields={"email": "It is another person's."}
        )
    intake.fill(person, cleaned, found)
    handoff = None
    if lead.closed_at is None:
        intake.update_lead(lead.pk, cleaned)
        handoff = intake.add_deeds(lead.pk, intake.deeds_of(cleaned.given, stored.source, at), at=at, cause="intake")
    stored.raw = dict(cleaned.raw)
    stored.save(update_fields=["raw"])
    return Received(Lead.objects.get(pk=lead.pk), created=False, handoff=handoff)
