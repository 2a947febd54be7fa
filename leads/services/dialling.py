"""Calls by a telephone system: asked for from the console by a signed webhook, and told of by the system's own events.

Everything works without: the number is a link, and the rep says how it went. With a system, its events show on the
console as they come, set the rep's presence, and fill in how long they talked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from config.accounts.actor import Actor
from config.accounts.choices import PresenceState
from config.accounts.models import User
from config.accounts.services import presence
from config.outbox.services.events import News, publish, tell_pages
from config.web.errors import Conflict, Forbidden, Refusal
from leads.models import (
    OPEN_HANDOFF,
    Attempt,
    ContactKind,
    ContactPoint,
    Handoff,
    IntakeSource,
    Lead,
    PhoneCall,
    QueueItem,
)
from leads.normalise import phone as normalised_phone
from leads.services import cases, clearing, gates
from leads.services.facts import hidden

TOPIC_REQUESTED, TOPIC_UPDATED = "call.requested", "call.updated"
LONGEST_CALL = timedelta(hours=12)
SHOWN = timedelta(hours=1)  # a call whose end no system has told of is not shown for ever
State = PhoneCall.State
ORDER = (State.REQUESTED, State.RINGING, State.ANSWERED, State.ENDED)


@transaction.atomic
def request(handoff_id: int, *, by: User, at: datetime) -> PhoneCall:
    """Ask the telephone system to connect the rep with the lead. The gate is asked again; a stop is a Refusal."""
    handoff, case = cases.load_handoff(handoff_id, at)
    item = QueueItem.objects.filter(pk=handoff.pk).first()
    if item is not None and item.claimed_by_id != by.pk:
        raise Forbidden("not_yours", "Take the lead first.")
    found = clearing.ask_for_number(handoff, case, by=by)
    if found.number is None:
        raise Refusal("gate", gates.ending(found.stops), rules=[stop.code for stop in found.stops])
    call = PhoneCall.objects.create(handoff=handoff, user=by, contact_point_id=found.number.id, at=at)
    presence.set_state(by, PresenceState.IN_CALL, at=at)
    payload = {
        "call": str(call.public_id),
        "number": found.number.normalised,
        "rep": {"id": str(by.public_id), "email": by.email, "phone": by.phone},
        "handoff": str(handoff.public_id),
        "lead": str(case.lead.public_id),
    }
    publish(News(TOPIC_REQUESTED, str(handoff.public_id), at, payload, users=[by.pk]))
    return call


@dataclass(frozen=True)
class CallEvent:
    """What a telephone system says of one call. Either our id of the call (`call`), or its own (`external_id`)."""

    event: str  # ringing, answered, ended
    at: datetime
    call: UUID | None = None
    external_id: str = ""
    direction: str = PhoneCall.Direction.OUT
    number: str = ""
    email: str = ""
    talk_seconds: int | None = None


@transaction.atomic
def take_event(source: IntakeSource, given: CallEvent) -> PhoneCall:
    """Note where a call stands. Events may repeat or come out of order: a call never goes back."""
    call = _found(source, given) or _begun(source, given)
    if given.external_id and not call.external_id:
        call.source, call.external_id = source, given.external_id
    state = State(given.event)
    _stamp(call, state, given.at)
    if ORDER.index(state) > ORDER.index(State(call.state)):
        call.state = state
    if state == State.ENDED:
        call.talk_seconds, call.number = _talk(call, given), ""  # who it was is kept with people, and nowhere else
    call.save()
    if call.state == State.ENDED and call.attempt_id and call.talk_seconds is not None:
        Attempt.objects.filter(pk=call.attempt_id, talk_seconds=None).update(talk_seconds=call.talk_seconds)
    _show(call, given.at)
    return call


def _found(source: IntakeSource, given: CallEvent) -> PhoneCall | None:
    known = Q(public_id=given.call) if given.call else Q(source=source, external_id=given.external_id)
    if not given.call and not given.external_id:
        raise Refusal("which_call", "Name the call.", fields={"external_id": "Or `call`, as the webhook gave it."})
    found = (
        PhoneCall.objects.select_for_update(of=("self",), no_key=True)
        .select_related("user", "handoff")
        .filter(known)
        .first()
    )
    if found is None and given.call:
        raise Refusal("unknown_call", "No such call was asked for.", fields={"call": "Unknown."})
    if found is not None and found.source_id not in (None, source.pk):
        raise Conflict("other_system", "Another system tells of this call.")
    return found


def _begun(source: IntakeSource, given: CallEvent) -> PhoneCall:
    """A call we did not ask for: dialled by hand, or coming in. Joined to the lead and the rep where they are known."""
    point = _point(given.number)
    user = User.objects.filter(email=given.email.strip().lower(), is_active=True).first() if given.email else None
    return PhoneCall.objects.create(
        source=source,
        external_id=given.external_id,
        direction=given.direction,
        contact_point=point,
        number="" if point else given.number[:40],
        user=user,
        handoff=_handoff(point, user),
        at=given.at,
    )


def _point(number: str) -> ContactPoint | None:
    from django.core.exceptions import ValidationError

    try:
        found = normalised_phone(number) if number else ""
    except ValidationError:
        return None
    return ContactPoint.objects.filter(kind=ContactKind.PHONE, normalised=found).order_by("-is_primary", "id").first()


def _handoff(point: ContactPoint | None, user: User | None) -> Handoff | None:
    """The open handoff of the person called; of several, the one this rep has in hand."""
    if point is None:
        return None
    open_ones = Handoff.objects.filter(lead__person_id=point.person_id, state__in=OPEN_HANDOFF)
    in_hand = open_ones.filter(Q(queue_item__claimed_by=user) | Q(to_user=user)) if user else open_ones.none()
    return in_hand.first() or open_ones.order_by("-id").first()


def _stamp(call: PhoneCall, state: str, at: datetime) -> None:
    name = {State.RINGING: "ringing_at", State.ANSWERED: "answered_at", State.ENDED: "ended_at"}[State(state)]
    if getattr(call, name) is None:
        setattr(call, name, at)


def _talk(call: PhoneCall, given: CallEvent) -> int | None:
    """As the system says, else from answer to end; a call nobody answered was no talk."""
    if given.talk_seconds is not None:
        return min(given.talk_seconds, int(LONGEST_CALL.total_seconds()))
    if call.answered_at is None or call.ended_at is None:
        return 0
    return max(0, int((min(call.ended_at - call.answered_at, LONGEST_CALL)).total_seconds()))


def _show(call: PhoneCall, at: datetime) -> None:
    """On the rep's console at once, and in their presence."""
    if call.user is None:
        return
    state = {State.ANSWERED: PresenceState.IN_CALL, State.ENDED: PresenceState.WRAP_UP}.get(State(call.state))
    if state is not None:
        presence.set_state(call.user, state, at=at)
    subject = str(call.handoff.public_id) if call.handoff else ""
    tell_pages(TOPIC_UPDATED, subject=subject, users=[call.user.pk])


# --- with an attempt ---------------------------------------------------------------------------------------------------


def called(handoff: Handoff, by: User, since: datetime) -> bool:
    """Whether the telephone system knows of a call between them since then."""
    return bool(_untold(handoff, by, since).exists())


def talked(handoff: Handoff, by: User, since: datetime | None) -> int | None:
    """Seconds of talk of the calls on this handoff that no attempt has told yet; None where no system told any."""
    told = _untold(handoff, by, since).exclude(talk_seconds=None).values_list("talk_seconds", flat=True)
    found: list[Any] = list(told)
    return sum(found) if found else None


def belongs_to(attempt: Attempt) -> None:
    """The calls since the lead was taken are those of this try, also one whose end is told later."""
    if attempt.handoff is not None and attempt.by is not None:
        _untold(attempt.handoff, attempt.by, None).update(attempt=attempt)


def no_longer_belongs_to(attempt: Attempt) -> None:
    """The outcome was taken back: its calls wait for another one."""
    PhoneCall.objects.filter(attempt=attempt).update(attempt=None)


def _untold(handoff: Handoff, by: User, since: datetime | None) -> Any:
    calls = PhoneCall.objects.filter(handoff=handoff, user=by, attempt=None)
    return calls.filter(at__gte=since) if since else calls


@dataclass(frozen=True)
class Incoming:
    """A call that is coming in for somebody: from whom, as far as they may know that, and where it is taken."""

    call: PhoneCall
    lead: Lead | None
    handoff: Handoff | None

    @property
    def is_known(self) -> bool:
        return self.call.contact_point_id is not None

    @property
    def number(self) -> str:
        point = self.call.contact_point
        return self.call.number or (hidden(point.normalised) if point else "")


def incoming_of(actor: Actor, at: datetime) -> Incoming | None:
    """The call that rings at this person's telephone, or that they are in, if it came from outside."""
    call = (
        PhoneCall.objects.filter(
            user=actor.user,
            direction=PhoneCall.Direction.IN,
            state__in=(State.RINGING, State.ANSWERED),
            at__gt=at - SHOWN,
        )
        .select_related("contact_point")
        .order_by("-at", "-id")
        .first()
    )
    if call is None:
        return None
    handoff = Handoff.objects.visible_to(actor).select_related("queue_item").filter(pk=call.handoff_id or 0).first()
    leads = Lead.objects.visible_to(actor).select_related("person", "company")
    point = call.contact_point
    lead = (
        leads.filter(person=point.person_id).order_by(F("closed_at").desc(nulls_first=True), "-id").first()
        if point
        else None
    )
    return Incoming(call, lead, handoff)


def latest_of(handoff: Handoff, by: User) -> PhoneCall | None:
    """The call on this handoff that the console shows: the latest that no attempt has closed."""
    return PhoneCall.objects.filter(handoff=handoff, user=by, attempt=None).order_by("-id").first()
