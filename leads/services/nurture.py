"""Nurture: leads wait in marketing's care with a reason and a return date, and come back with their history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from config.accounts.models import User
from config.outbox.health import Beat
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Refusal
from leads.models import Handoff, Lead, NurtureSpell
from leads.services import cases, judging, stages
from leads.services.cases import Case
from sla.stages import Stage

if TYPE_CHECKING:
    from datetime import date

AT_ONCE = 2000  # leads brought back in one run; the next run goes on
DEFAULT_DAYS = 30  # where neither the reason nor the person names a date: nobody is parked without one


def local_date(at: datetime) -> date:
    """The company's calendar day at an instant."""
    return at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()


def park(
    case: Case,
    *,
    kind: str,
    reason: str,
    by: User | None,
    note: str = "",
    handoff: Handoff | None = None,
    return_on: date | None = None,
    days: int | None = None,
) -> NurtureSpell:
    """Put the locked lead into nurture until a date. Must run in a transaction."""
    day = return_on or local_date(case.at) + timedelta(days=days or DEFAULT_DAYS)
    move = stages.Move(case.at, f"{kind}:{reason}" if reason else kind, case.terms, by, case.score.total)
    stages.enter(case.lead, Stage.NURTURE, move)
    stages.reopen(case.lead)
    case.lead.owner = None
    case.lead.save(update_fields=["owner", "stage"])
    return NurtureSpell.objects.create(
        lead=case.lead,
        handoff=handoff,
        kind=kind,
        reason=reason,
        note=note,
        entered_at=case.at,
        entered_by=by,
        return_on=max(day, local_date(case.at)),
    )


def leave(lead: Lead, at: datetime, cause: str) -> None:
    """End the open spell, if there is one."""
    NurtureSpell.objects.filter(lead=lead, left_at=None).update(left_at=at, left_cause=cause)


@transaction.atomic
def return_lead(lead_id: int, *, at: datetime, by: User | None = None, cause: str = "date") -> Handoff | None:
    """Bring a lead back from nurture: offered again where it still meets a definition, else engaged and warmed anew.

    Returns the new handoff, if one was offered.
    """
    from leads.services import handoffs

    case = cases.load(lead_id, at)
    if case.lead.stage != Stage.NURTURE:
        raise Conflict("not_in_nurture", "This lead is not in nurture any more.", stage=case.lead.stage)
    judgement = qualifies_again(case)
    leave(case.lead, at, cause)
    move = stages.Move(at, f"returned:{cause}", case.terms, by, case.score.total)
    if judgement is None:
        stages.enter(case.lead, Stage.ENGAGED, move)
        publish(News("lead.returned", str(case.lead.public_id), at, {"cause": cause}))
        return None
    stages.enter(case.lead, judgement.stage, move)
    return handoffs.offered(case, handoffs.Offer())


def qualifies_again(case: Case) -> judging.Judgement | None:
    """The definition of a qualifying stage that a lead in nurture meets now."""
    found = judging.next_stage(Stage.NURTURE, case.facts, case.score, case.terms)
    return found if found and found.stage in case.terms.qualifying_stages else None


@transaction.atomic
def change_return(lead_id: int, *, return_on: date, by: User, at: datetime) -> NurtureSpell:
    """Marketing moves the return date."""
    spell = NurtureSpell.objects.select_for_update(no_key=True).filter(lead_id=lead_id, left_at=None).first()
    if spell is None:
        raise Conflict("not_in_nurture", "This lead is not in nurture any more.")
    if return_on < local_date(at):
        raise Refusal("past_date", "The return date has passed.", fields={"return_on": "Choose today or later."})
    spell.return_on = return_on
    spell.save(update_fields=["return_on"])
    publish(
        News("nurture.moved", str(spell.lead.public_id), at, {"return_on": return_on.isoformat()} | cases.signed(by))
    )
    return spell


@transaction.atomic
def revive(lead_id: int, *, return_on: date, by: User, at: datetime, note: str = "") -> NurtureSpell:
    """Take a lead whose deal was lost back into nurture, until a date."""
    case = cases.load(lead_id, at)
    lead = case.lead
    if lead.stage != Stage.LOST:
        raise Conflict("not_lost", "Only a lost lead is taken back into nurture.", stage=case.terms.label(lead.stage))
    if return_on <= local_date(at):
        raise Refusal("past_date", "The return date must lie ahead.", fields={"return_on": "Choose a later date."})
    reason = lead.closed_reason
    spell = park(case, kind="lost", reason=reason, by=by, note=note, return_on=return_on)
    publish(News("nurture.revived", str(lead.public_id), at, {"return_on": return_on.isoformat()} | cases.signed(by)))
    return spell


def return_due(at: datetime, beat: Beat | None = None) -> int:
    """Bring back every lead whose date has come; each in its own transaction. Returns how many came back.

    A lead that cannot come back now (its segment has no agreement, no team is left) keeps its place and is named in
    `beat`; the others come back all the same.
    """
    beat = beat or Beat()
    due = NurtureSpell.objects.filter(left_at=None, return_on__lte=local_date(at)).order_by("return_on", "id")
    returned = 0
    for lead_id in list(due.values_list("lead_id", flat=True)[:AT_ONCE]):
        try:
            return_lead(lead_id, at=at)
            returned += 1
        except Conflict:
            continue  # a person was faster
        except Refusal as refusal:
            beat.failed(f"lead {lead_id}: {refusal.message}")
    return returned
