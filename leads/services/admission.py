"""Leads that new rules lift over the threshold are let in by turns, at the rate the agreement names.

Until its turn a lead stays before qualification, in nobody's hands, and no clock runs for it. One that then does what
carries it straight to the stage is let in at once (services/advancing.py). A turn lasts while the lead meets the
definition: rules that ask for more, or time, take it away. Newer rules give everybody who waits a new one, at their rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min

from config.outbox.health import Beat
from config.web.errors import Refusal
from leads.models import Handoff, LeadScore, Rescoring
from leads.services import cases
from leads.services.cases import Case
from leads.services.scores import Held
from sla.services.compiling import in_force
from sla.stages import BEFORE_QUALIFICATION
from sla.terms import Terms

AT_ONCE = 500
DAY = timedelta(days=1)


WAITING = LeadScore.objects.filter(admit_at__isnull=False)


@dataclass(frozen=True)
class Turns:
    """When the next lead is let in, and how far apart they follow."""

    first: datetime
    apart: timedelta


def turns(run: Rescoring, terms: Terms, at: datetime) -> Turns:
    """The turns of leads that a run lifts now. The first takes that of whoever would be next by the rules before, if
    anybody waits, so that one set of rules after the other lets nobody in sooner than its rate."""
    apart = DAY / terms.admission_per_day if terms.admission_per_day else timedelta()
    if run.next_turn is None:
        first = WAITING.filter(lead__segment_id=run.segment_id).aggregate(first=Min("admit_at"))["first"]
        run.next_turn = at if first is None else min(first, at + apart)
    return Turns(max(at, run.next_turn), apart)


def outruns(terms: Terms, held: Held) -> bool:
    """Whether a lead is scored by new rules that ask for turns before they have been applied to all."""
    return bool(terms.admission_per_day) and held.version_id not in (None, terms.version_id)


def queue_up(case: Case) -> None:
    """The locked lead gets the next turn of the run that applies its terms."""
    values = {"segment_id": case.lead.segment_id, "started_at": case.at}
    Rescoring.objects.get_or_create(version_id=case.terms.version_id, defaults=values)
    run = Rescoring.objects.select_for_update(no_key=True).get(version_id=case.terms.version_id)
    found = turns(run, case.terms, case.at)
    LeadScore.objects.filter(pk=case.lead.pk).update(admit_at=found.first)
    run.next_turn, run.lifted = found.first + found.apart, run.lifted + 1
    run.save(update_fields=["next_turn", "lifted"])


def turn_of(lead_id: int) -> datetime | None:
    """When the lead is let in, where it waits for that."""
    return WAITING.filter(pk=lead_id).values_list("admit_at", flat=True).first()


def forget(lead_id: int, *, due_by: datetime | None = None) -> bool:
    """The locked lead waits no more. False where it did not wait, or its turn comes only after `due_by`."""
    turn = WAITING.filter(pk=lead_id)
    if due_by is not None:
        turn = turn.filter(admit_at__lte=due_by)
    return bool(turn.update(admit_at=None))


def admit_due(at: datetime, beat: Beat | None = None) -> int:
    """Let in every lead whose turn has come; each in its own transaction. Returns how many were handed over."""
    beat = beat or Beat()
    due = WAITING.filter(admit_at__lte=at).order_by("admit_at", "pk").values_list("pk", flat=True)
    handed_over = 0
    for lead_id in list(due[:AT_ONCE]):
        try:
            handed_over += admit(lead_id, at=at) is not None
        except Refusal as refusal:
            beat.failed(f"lead {lead_id}: {refusal.message}")
    return handed_over


@transaction.atomic
def admit(lead_id: int, *, at: datetime) -> Handoff | None:
    """The lead's turn: handed over if it still meets a definition. Its clocks start now."""
    from leads.services import advancing

    lead = cases.locked_lead(lead_id)
    if not forget(lead_id, due_by=at):
        return None
    terms = in_force(at).terms_for(lead.segment_id)
    if terms is None or lead.closed_at is not None or lead.stage not in BEFORE_QUALIFICATION:
        return None
    return advancing.advance(Case(lead, cases.addresses_of(lead.person_id), cases.deeds_of(lead.pk), terms, at))
