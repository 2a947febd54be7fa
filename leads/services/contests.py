"""The giver's right of reply to a rejection: contested or let stand, taken back by the receiver, or settled by a manager.

Nothing is ever deleted: the rejection stays, the contest stays beside it, and a lead that gets another chance gets a
new handoff that follows the old one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from config.accounts.actor import Actor
from config.accounts.models import Membership, User
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Forbidden, Refusal
from leads.models import Contest, Handoff, HandoffState
from leads.services import cases, clockwork, handoffs, late, second_chances
from leads.services.cases import Case
from sla.document.process import settler
from sla.models import Clock, ClockState
from sla.models.clock import OPEN_STATES
from sla.services import clocks
from sla.services.compiling import terms_by_id

LET_STAND = "let_stand"


# --- the giver -----------------------------------------------------------------------------------------------------


@transaction.atomic
def contest(handoff_id: int, *, by: User, at: datetime, comment: str) -> Contest:
    """Say why the rejection is wrong. Only within the agreed time, and once."""
    handoff, _case = cases.load_handoff(handoff_id, at)
    clock = _replying(handoff, at)
    if not comment.strip():
        raise Refusal("comment_needed", "Say why the rejection is wrong.", fields={"comment": "A few words."})
    if clock is not None:
        clocks.stop(clock, at=at, evidence={"act": "contested", "by": by.pk})
    made = Contest.objects.create(handoff=handoff, comment=comment.strip(), contested_by=by, contested_at=at)
    clockwork.refresh_due(handoff)
    _tell("handoff.contested", made, handoff, at, **cases.signed(by))
    return made


@transaction.atomic
def let_stand(handoff_id: int, *, by: User, at: datetime) -> Handoff:
    """The giver agrees with the rejection; nothing is left to reply to."""
    handoff, case = cases.load_handoff(handoff_id, at)
    clock = _replying(handoff, at)
    if clock is None:
        raise Refusal("nothing_runs", "The agreement sets no time to contest, so there is nothing to end.")
    clocks.stop(clock, at=at, evidence={"act": LET_STAND, "by": by.pk, "name": by.name})
    clockwork.refresh_due(handoff)
    publish(_news("handoff.let_stand", handoff, at, lead=str(case.lead.public_id), **cases.signed(by)))
    return handoff


@transaction.atomic
def lapse(handoff_id: int) -> bool:
    """The time to contest has passed in silence: the rejection stands. Silence is an answer, so the promise to answer was
    kept, with its deadline as the time. False when somebody has replied."""
    handoff, _case = cases.load_handoff(handoff_id, _deadline_of(handoff_id))
    clock = _clock_of(handoff)
    if clock is None or clock.state not in OPEN_STATES or clock.breaches_at is None:
        return False
    clocks.stop(clock, at=clock.breaches_at, evidence={"act": LET_STAND, "how": "silence"})
    clockwork.refresh_due(handoff)
    return True


def _deadline_of(handoff_id: int) -> datetime:
    found = Clock.objects.filter(subject=handoff_id, kind="contest").values_list("breaches_at", "started_at").get()
    return found[0] or found[1]


def _clock_of(handoff: Handoff) -> Clock | None:
    return Clock.objects.select_for_update(no_key=True).filter(subject=handoff.pk, kind="contest").first()


def _replying(handoff: Handoff, at: datetime) -> Clock | None:
    """The clock of the giver's reply, still to be given at `at`; None where the agreement sets no time for it."""
    if handoff.state != HandoffState.REJECTED:
        raise late.over(handoff)
    earlier = Contest.objects.select_related("contested_by").filter(handoff=handoff).first()
    if earlier is not None:
        who, when = earlier.contested_by.name, earlier.contested_at
        raise Conflict("contested", f"{who} has contested this rejection.", by=who, at=when)
    clock = _clock_of(handoff)
    if clock is None:
        return None
    if clock.state not in OPEN_STATES:
        who = clock.evidence.get("name", "The agreement")
        raise Conflict("let_stand", f"{who} has let this rejection stand.", by=who, at=clock.stopped_at)
    if clock.state_at(at) == ClockState.BREACHED:
        raise Refusal("too_late", "The time to contest this rejection is over; it stands.", ended_at=clock.due_at)
    return clock


def may_reply(handoff: Handoff, clock: Clock | None, at: datetime) -> bool:
    """Whether the giver may still contest: rejected, not contested or let stand, in time."""
    if handoff.state != HandoffState.REJECTED or hasattr(handoff, "contest") or handoff.version_id is None:
        return False
    return clock is None or (clock.is_open and clock.state_at(at) != ClockState.BREACHED)


# --- the receiver --------------------------------------------------------------------------------------------------


@transaction.atomic
def take_back(contest_id: int, *, by: User, at: datetime, note: str = "") -> Contest:
    """The receiver takes its rejection back, and with it the lead: a new handoff to the same people, accepted at once."""
    found, handoff, case = _open(contest_id, at)
    fresh = second_chances.offer_again(
        handoff,
        case,
        by=by,
        cause="taken_back",
        why=f"{by.name} took the rejection back after {found.contested_by.name} contested it.",
    )
    if fresh is not None:
        handoffs.accept_again(fresh, case, by=by)
    return _settled(found, handoff, Contest.State.TAKEN_BACK, by, at, note, fresh)


# --- who settles ---------------------------------------------------------------------------------------------------


@transaction.atomic
def settle(contest_id: int, *, upheld: bool, by: User, at: datetime, note: str) -> Contest:
    """A manager of the function the agreement names decides: the rejection is upheld, or overturned.

    Overturned, the lead is offered to the same receiver again; what was offered meanwhile is withdrawn only if nobody
    has worked it. Neither who rejected nor who contested can settle.
    """
    found, handoff, case = _open(contest_id, at)
    if not may_settle(Actor.of(by), found, handoff):
        raise Forbidden("not_yours_to_settle", f"This is settled by {settled_by_words(handoff)}, and by neither party.")
    if not note.strip():
        raise Refusal("note_needed", "Say why, for both sides.", fields={"note": "A few words."})
    if upheld:
        return _settled(found, handoff, Contest.State.UPHELD, by, at, note, None)
    fresh = second_chances.offer_again(
        handoff,
        case,
        by=by,
        cause="overturned",
        why=f"{by.name} overturned the rejection that {found.contested_by.name} contested.",
    )
    return _settled(found, handoff, Contest.State.OVERTURNED, by, at, note, fresh)


def may_settle(actor: Actor, contest: Contest, handoff: Handoff) -> bool:
    """Manager of the function the agreement names, and neither who rejected, who held it, nor who contested or gave it."""
    parties = (contest.contested_by_id, handoff.decided_by_id, handoff.to_user_id, handoff.from_user_id)
    if contest.state != Contest.State.OPEN or actor.user.pk in parties or handoff.version_id is None:
        return False
    return actor.manages(terms_by_id(handoff.version_id).settles_contests)


def settled_by_words(handoff: Handoff) -> str:
    assert handoff.version_id is not None
    return settler(terms_by_id(handoff.version_id))


def settlers(handoff: Handoff) -> list[User]:
    """Whom to tell that a contest waits to be settled: managers of the function named, else those who run the portal."""
    assert handoff.version_id is not None
    parties = [user for user in (handoff.decided_by_id, handoff.to_user_id, handoff.from_user_id) if user]
    seats = Membership.objects.active().exclude(user_id__in=parties).select_related("user")
    function = terms_by_id(handoff.version_id).settles_contests
    named = seats.filter(team__function=function, role__in=("manager", "admin")) or seats.filter(role="admin")
    return list({seat.user_id: seat.user for seat in named}.values())


# --- together ------------------------------------------------------------------------------------------------------


def _open(contest_id: int, at: datetime) -> tuple[Contest, Handoff, Case]:
    """The contest with its handoff and lead, all locked, lead first. Conflict when it has been settled."""
    handoff_id = Contest.objects.values_list("handoff_id", flat=True).get(pk=contest_id)
    handoff, case = cases.load_handoff(handoff_id, at)
    found = (
        Contest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("contested_by", "settled_by")
        .get(pk=contest_id)
    )
    if found.state != Contest.State.OPEN:
        who = cases.who(found.settled_by)
        words = {
            Contest.State.TAKEN_BACK: f"{who} has taken the rejection back.",
            Contest.State.UPHELD: f"{who} has upheld the rejection.",
            Contest.State.OVERTURNED: f"{who} has overturned the rejection.",
        }[Contest.State(found.state)]
        raise Conflict("settled", words, by=who, at=found.settled_at, note=found.settled_note)
    return found, handoff, case


def _settled(
    found: Contest, handoff: Handoff, state: str, by: User, at: datetime, note: str, fresh: Handoff | None
) -> Contest:
    found.state, found.settled_by, found.settled_at, found.settled_note = state, by, at, note.strip()
    found.save(update_fields=["state", "settled_by", "settled_at", "settled_note"])
    offered = str(fresh.public_id) if fresh else None
    _tell("handoff.contest_settled", found, handoff, at, **cases.signed(by), state=state, offered=offered)
    return found


def _tell(topic: str, found: Contest, handoff: Handoff, at: datetime, **payload: Any) -> None:
    lead = str(handoff.lead.public_id)
    publish(_news(topic, handoff, at, lead=lead, contest=str(found.public_id), **payload))


def _news(topic: str, handoff: Handoff, at: datetime, **payload: Any) -> News:
    return News(
        topic,
        str(handoff.public_id),
        at,
        payload,
        teams=[team for team in (handoff.to_team_id, handoff.from_team_id) if team],
        users=[user for user in (handoff.decided_by_id, handoff.from_user_id) if user],
    )
