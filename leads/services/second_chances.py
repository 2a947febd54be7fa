"""A rejected lead goes to the same receiver again: its rejection was taken back or overturned."""

from __future__ import annotations

from datetime import datetime

from config.accounts.choices import Function
from config.accounts.models import Membership, User
from leads.models import Attempt, DoNotCall, Handoff, HandoffState, Lead, QueueItem
from leads.services import cases, handoffs, nurture, routing, stages
from leads.services.cases import Case
from sla.stages import BEFORE_QUALIFICATION, IN_HANDS, Stage


def offer_again(handoff: Handoff, case: Case, *, by: User, cause: str, why: str) -> Handoff | None:
    """Offer the locked lead of a rejected handoff to the same team and person anew, with the same answers.

    None when the lead has moved on: somebody else works it by now, it became an opportunity, or the person came back
    as a new lead. What was offered meanwhile and nobody has worked is withdrawn.
    """
    now = cases.renewed(case)
    if not _free(handoff, case, by=by, why=why):
        return None
    _bring_back(handoff, now, by=by, cause=cause)
    _lift_marks(handoff, case)
    packet = handoff.packet
    meeting = handoff.meeting_at if handoff.meeting_at and handoff.meeting_at > case.at else None
    return handoffs.offered(
        now,
        handoffs.Offer(
            giver=handoffs.Giver(handoff.from_function, handoff.from_team_id, handoff.from_user),
            answers=dict(packet.get("answers", {})),
            next_step=packet.get("next_step", ""),
            note=packet.get("note", ""),
            kind=handoff.kind,
            meeting_at=meeting,
            follows=handoff,
            to=_same_receiver(handoff, why),
        ),
    )


def _free(handoff: Handoff, case: Case, *, by: User, why: str) -> bool:
    """Whether the lead can be offered again; an untouched offer in the way is withdrawn."""
    lead = case.lead
    if lead.closed_at is not None and _came_back(lead):
        return False
    if lead.stage not in (*BEFORE_QUALIFICATION, *IN_HANDS, Stage.NURTURE, Stage.DISQUALIFIED):
        return False
    between = Handoff.objects.select_for_update(of=("self",), no_key=True).filter(lead=lead).open().first()
    if between is None:
        return True
    if is_worked(between, case.at):
        return False
    between.lead = lead
    handoffs.withdraw_locked(between, case, by=by, note=why, park=False)
    return True


def is_worked(handoff: Handoff, at: datetime) -> bool:
    """Whether anybody has begun with it: accepted, tried to reach, or just now held by a rep of the queue."""
    if handoff.state != HandoffState.OFFERED or Attempt.objects.filter(handoff=handoff, undone_at=None).exists():
        return True
    return QueueItem.objects.filter(pk=handoff.pk, claimed_by__isnull=False, lease_until__gt=at).exists()


def _came_back(lead: Lead) -> bool:
    return Lead.objects.filter(person_id=lead.person_id, segment_id=lead.segment_id, closed_at=None).exists()


def _bring_back(handoff: Handoff, case: Case, *, by: User, cause: str) -> None:
    """The lead stands again where it stood when it was first offered, by ordinary steps in the ledger."""
    lead = case.lead
    nurture.leave(lead, case.at, cause)
    stages.reopen(lead)
    stages.bring_back(lead, handoff.stage, stages.Move(case.at, cause, case.terms, by, case.score.total))


def _lift_marks(handoff: Handoff, case: Case) -> None:
    """A rejection that closed the number to everybody was wrong, so exactly the marks it made are lifted."""
    assert handoff.decided_at is not None, "only a decided handoff gets a second chance"
    DoNotCall.objects.filter(added_at=handoff.decided_at, added_by=handoff.decided_by, lifted_at=None).filter(
        value__in=[str(case.lead.person.public_id), *case.addresses.values()]
    ).update(lifted_at=case.at)


def _same_receiver(handoff: Handoff, why: str) -> routing.Decision:
    team = handoff.to_team
    user_id = handoff.to_user_id or handoff.decided_by_id
    in_queue = team.function == Function.TELEQUALIFICATION and handoff.to_user_id is None
    here = Membership.objects.active().filter(user_id=user_id or 0, team=team).exists()
    return routing.Decision(
        route=handoff.route,
        team_id=team.pk,
        team_name=team.name,
        function=team.function,
        user_id=user_id if here and not in_queue else None,
        to_queue=in_queue,
        kind=handoff.kind,
        why=(why,),
    )
