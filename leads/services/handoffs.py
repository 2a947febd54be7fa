"""Handoffs: offer, accept, reject, withdraw, expire, reassign. One verb, one transaction, called alike by page, API, mail and Celery.

Every verb locks the lead, then the handoff, then its clocks. A verb that comes too late is a `Conflict` that says who
did what, when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django_fsm import TransitionNotAllowed

from config.accounts.choices import Function
from config.accounts.models import Membership, Team, User
from config.outbox.services.events import News, events_of
from config.web.errors import Refusal
from config.web.onewrite import Writes
from leads.models import Handoff, HandoffKind, OwnerSpell, QueueItem
from leads.services import cases, clockwork, late, packets, queueing, routing, stages
from leads.services.cases import Case
from leads.services.desk import Desk
from sla.models import Clock
from sla.stages import Stage
from sla.terms import ReasonTerms, Terms

ACCEPTED_STAGE: dict[str, tuple[str, ...]] = {
    Function.TELEQUALIFICATION: (Stage.TAL,),
    Function.SALES: (Stage.SAL,),
    Function.BUSINESS_DEVELOPMENT: (Stage.SAL,),
}


@dataclass(frozen=True)
class Giver:
    """Who hands over. Marketing's qualification hands over by itself: function only."""

    function: str = Function.MARKETING
    team_id: int | None = None
    user: User | None = None


@dataclass(frozen=True)
class Offer:
    """What an offer carries beside the lead."""

    giver: Giver = field(default_factory=Giver)
    leg: str = routing.LEG_QUALIFIED
    answers: dict[str, Any] = field(default_factory=dict)
    next_step: str = ""
    note: str = ""
    kind: str = ""
    meeting_at: datetime | None = None
    follows: Handoff | None = None
    to: routing.Decision | None = None  # where it must go, instead of where the routes say


# --- offering ------------------------------------------------------------------------------------------------------


def offer(case: Case, what: Offer, writes: Writes) -> Handoff:
    """Offer the lead to the team and person the agreement's routes name, with its packet and running clocks.

    The rows are added to `writes`, which the calling verb flushes. Raises Refusal where no route finds a team.
    """
    decision = what.to or routing.decide(case.lead, case.facts, case.terms, what.leg, case.at)
    decision = decision or _fallback(case.terms, what.leg)
    handoff = _handoff(case, what, decision)
    writes.add(handoff)
    desk = case.desk(decision.team_id)
    started = _clocks_on_offer(handoff, case, desk)
    handoff.due_at = clockwork.soonest(started)
    item = queueing.item_for(handoff, case, desk, started) if decision.to_queue else None
    handoff.queue_id = item.queue_id if item else None
    owner = None if decision.user_id is None else OwnerSpell(handoff=handoff, user_id=decision.user_id, from_at=case.at)
    news = News(
        topic="handoff.offered",
        subject=str(handoff.public_id),
        at=case.at,
        payload={"lead": str(case.lead.public_id), "to": decision.team_name, "queue": item.queue_id if item else None},
        teams=[decision.team_id],
        users=[decision.user_id] if decision.user_id else [],
    )
    writes.add(*started, item, owner, *events_of(news))
    return handoff


def offered(case: Case, what: Offer) -> Handoff:
    """Offer the lead by itself, outside a larger write. Must run in a transaction, the lead locked."""
    writes = Writes()
    writes.reserve({Handoff: 1})
    made = offer(case, what, writes)
    writes.flush()
    return made


def _handoff(case: Case, what: Offer, decision: routing.Decision) -> Handoff:
    made = packets.packet(
        case.lead, case.facts, case.score, case.terms, answers=what.answers, next_step=what.next_step, note=what.note
    )
    return Handoff(
        lead=case.lead,
        version_id=case.terms.version_id,
        kind=what.kind or ("booked" if what.meeting_at else decision.kind),
        from_function=what.giver.function,
        to_function=decision.function,
        from_team_id=what.giver.team_id,
        to_team_id=decision.team_id,
        from_user=what.giver.user,
        to_user_id=decision.user_id,
        stage=case.lead.stage,
        offered_at=case.at,
        route=decision.route,
        route_why=list(decision.why),
        packet=made,
        meeting_at=what.meeting_at,
        follows=what.follows,
    )


def _clocks_on_offer(handoff: Handoff, case: Case, desk: Desk) -> list[Clock]:
    beside = clockwork.around(case, desk)
    wanted = clockwork.orders(handoff, clockwork.ON_OFFER, case.facts, case.terms, case.at, beside)
    return clockwork.planned(case.terms, wanted)


def _fallback(terms: Terms, leg: str) -> routing.Decision:
    """When every route came to nothing (people left, teams closed): any active team of a function the routes name."""
    functions = [route.team["function"] for route in terms.routes_on(leg)]
    for team in Team.objects.filter(is_active=True, function__in=functions).order_by("id"):
        why = (f"No route found anybody; {team.name} takes it for all to see.",)
        queue = team.function == Function.TELEQUALIFICATION
        return routing.Decision("", team.pk, team.name, team.function, None, queue, "standard", why)
    raise Refusal("no_route", "No team is left that could take this lead.")


# --- accepting -----------------------------------------------------------------------------------------------------


@transaction.atomic
def accept(handoff_id: int, *, by: User, at: datetime, meeting_at: datetime | None = None) -> Handoff:
    """Take the lead on. Stops the decision clock, starts those that run from acceptance, moves the stage."""
    handoff, case = cases.load_handoff(handoff_id, at)
    late.must_hold(handoff, by)
    accept_locked(handoff, case, by=by, meeting_at=meeting_at)
    return handoff


def accept_locked(handoff: Handoff, case: Case, *, by: User, meeting_at: datetime | None = None) -> None:
    at = case.at
    if meeting_at is not None and meeting_at <= at:
        raise Refusal("past_meeting", "The meeting must lie ahead.", fields={"meeting_at": "Choose a later time."})
    in_queue = QueueItem.objects.filter(pk=handoff.pk).exists()
    _move(handoff, lambda: handoff._accept(by, at, owned=not in_queue))
    handoff.meeting_at = meeting_at or handoff.meeting_at
    if meeting_at and handoff.kind == HandoffKind.STANDARD:
        handoff.kind = HandoffKind.BOOKED
    if not in_queue and handoff.to_user_id == by.pk and not handoff.owner_spells.filter(until_at=None).exists():
        OwnerSpell.objects.create(handoff=handoff, user=by, from_at=at, cause="accepted", by=by)
    clockwork.stop(handoff, ["decision"], at, {"act": "accepted", "by": by.pk})
    clockwork.start(handoff, case, clockwork.ON_ACCEPT)
    if handoff.kind == HandoffKind.WARM:  # who takes the lead on the call has just spoken with it
        clockwork.stop(handoff, ["first_contact"], at, {"act": "warm transfer", "by": by.pk})
    move = stages.Move(at, "accepted", case.terms, by, case.score.total)
    stages.enter_through(case.lead, ACCEPTED_STAGE.get(handoff.to_function, ()), move)
    handoff.save(update_fields=["state", "decided_by", "decided_at", "to_user", "meeting_at", "kind"])
    clockwork.refresh_due(handoff)
    _tell("handoff.accepted", handoff, at, **cases.signed(by))


def accept_again(offered: Handoff, case: Case, *, by: User) -> Handoff:
    """Accept an offer in the transaction that has just made it: on a warm transfer, or by who takes a rejection back."""
    handoff = Handoff.objects.select_related("to_team", "from_team", "to_user").get(pk=offered.pk)
    handoff.lead = case.lead
    accept_locked(handoff, case, by=by)
    return handoff


# --- rejecting -----------------------------------------------------------------------------------------------------


@transaction.atomic
def reject(handoff_id: int, *, by: User, at: datetime, reason: str, attribute: str = "", note: str = "") -> Handoff:
    """Refuse before working it, for a listed reason; the lead goes where the reason says, the giver may contest."""
    from leads.services import afterwards

    handoff, case = cases.load_handoff(handoff_id, at)
    late.must_hold(handoff, by)
    term = checked_reason(case.terms, "reject", reason, attribute=attribute, note=note)
    _move(handoff, lambda: handoff._reject(by, at, term.key, attribute, note))
    clockwork.stop(handoff, ["decision"], at, {"act": "rejected", "by": by.pk})
    clockwork.cancel_rest(handoff, at, "rejected")
    queueing.leave(handoff, at)
    end_spell(handoff, at)
    handoff.save(update_fields=["state", "decided_by", "decided_at", "reason", "reason_attribute", "note"])
    clockwork.start(handoff, case, ["contest"])
    clockwork.refresh_due(handoff)
    afterwards.send(case, handoff, term, kind="rejected", by=by, note=note)
    _tell("handoff.rejected", handoff, at, **cases.signed(by), reason=term.label, note=note)
    return handoff


def checked_reason(
    terms: Terms, kind: str, key: str, *, attribute: str = "", note: str = "", evidence: str = ""
) -> ReasonTerms:
    """The reason of the pinned version, with everything it asks for. Raises Refusal naming the field that lacks."""
    term = terms.reasons.get(key)
    if term is None or term.kind != kind or not term.is_active:
        raise Refusal(
            "unknown_reason", "Choose one of the agreed reasons.", fields={"reason": "Choose one of the list."}
        )
    if term.needs_attribute and not attribute.strip():
        raise Refusal(
            "attribute_needed", f"“{term.label}” must name the attribute.", fields={"attribute": "Which attribute?"}
        )
    if term.needs_note and not note.strip():
        raise Refusal("note_needed", f"“{term.label}” needs a note.", fields={"note": "Say why in a few words."})
    if term.needs_evidence and not (evidence or note).strip():
        raise Refusal(
            "evidence_needed", f"“{term.label}” needs evidence.", fields={"note": "What did the lead say or show?"}
        )
    return term


# --- withdrawing, expiring, reassigning ----------------------------------------------------------------------------


@transaction.atomic
def withdraw(handoff_id: int, *, by: User | None, at: datetime, note: str) -> Handoff:
    """The giver takes an undecided offer back; the lead returns to nurture with a date."""
    handoff, case = cases.load_handoff(handoff_id, at)
    withdraw_locked(handoff, case, by=by, note=note)
    return handoff


def withdraw_locked(handoff: Handoff, case: Case, *, by: User | None, note: str, park: bool = True) -> None:
    from leads.services import nurture

    _move(handoff, lambda: handoff._withdraw(by, case.at, note))
    _end(handoff, case.at, "withdrawn")
    handoff.save(update_fields=["state", "decided_by", "decided_at", "note", "due_at"])
    if park:
        nurture.park(case, kind="withdrawn", reason="", by=by, note=note, handoff=handoff)
    _tell("handoff.withdrawn", handoff, case.at, **cases.signed(by))


@transaction.atomic
def expire(handoff_id: int, *, at: datetime, note: str = "Nobody decided in time") -> Handoff:
    """Pull an undecided offer back to the giver: offered to the giver's team anew, or to nurture where that is marketing."""
    from leads.services import afterwards

    handoff, case = cases.load_handoff(handoff_id, at)
    _move(handoff, lambda: handoff._expire(at, note))
    _end(handoff, at, "expired")
    handoff.save(update_fields=["state", "decided_at", "note", "due_at"])
    afterwards.back_to_giver(case, handoff, kind="expired", reason="", by=None, note=note)
    _tell("handoff.expired", handoff, at)
    return handoff


@transaction.atomic
def reassign(
    handoff_id: int,
    *,
    to_user: User,
    by: User | None,
    at: datetime,
    cause: str = "reassigned",
    held_by: UUID | str | None = None,
) -> Handoff:
    """Give an open handoff to another member of the same team. The lead waits, not the owner: its clocks go on.

    `held_by`: the public id of who held it when this was decided (empty: nobody); another holder by now is a Conflict.
    None asks nothing.
    """
    handoff, _case = cases.load_handoff(handoff_id, at)
    if not handoff.is_open:
        raise late.over(handoff)
    if held_by is not None and str(held_by) != (str(handoff.to_user.public_id) if handoff.to_user else ""):
        raise late.given_away(handoff)
    if QueueItem.objects.filter(pk=handoff.pk).exists():
        raise Refusal("in_queue", "This lead waits in a queue, for whoever calls next; move it there.")
    if not Membership.objects.active().filter(user=to_user, team_id=handoff.to_team_id).exists():
        raise Refusal("not_in_team", f"{to_user.name} does not work in {handoff.to_team.name}.")
    if handoff.to_user_id == to_user.pk:
        return handoff
    end_spell(handoff, at)
    OwnerSpell.objects.create(handoff=handoff, user=to_user, from_at=at, cause=cause, by=by)
    handoff.to_user = to_user
    handoff.save(update_fields=["to_user", "state"])
    _tell("handoff.reassigned", handoff, at, **cases.signed(by), to=to_user.name)
    return handoff


def end_spell(handoff: Handoff, at: datetime) -> None:
    handoff.owner_spells.filter(until_at=None).update(until_at=at)


def _end(handoff: Handoff, at: datetime, why: str) -> None:
    clockwork.cancel_rest(handoff, at, why)
    queueing.leave(handoff, at)
    end_spell(handoff, at)
    handoff.due_at = None


def close(handoff: Handoff, case: Case, *, outcome: str, reason: str = "", note: str = "") -> None:
    """End an accepted handoff with an outcome; the verb that calls decides where the lead goes."""
    _move(handoff, lambda: handoff._close(case.at, outcome, reason, note))
    clockwork.stop(handoff, ["disposition"], case.at, {"act": outcome})
    _end(handoff, case.at, outcome)
    handoff.save(update_fields=["state", "closed_at", "outcome", "reason", "note", "due_at"])


# --- news --------------------------------------------------------------------------------------------


def _move(handoff: Handoff, transition: Callable[[], None]) -> None:
    try:
        transition()
    except TransitionNotAllowed as error:
        raise late.over(handoff) from error


def _tell(topic: str, handoff: Handoff, at: datetime, **payload: Any) -> None:
    from config.outbox.services.events import publish

    publish(
        News(
            topic=topic,
            subject=str(handoff.public_id),
            at=at,
            payload={"lead": str(handoff.lead.public_id)} | payload,
            teams=[team for team in (handoff.to_team_id, handoff.from_team_id) if team],
            users=[user for user in (handoff.to_user_id, handoff.from_user_id) if user],
        )
    )
