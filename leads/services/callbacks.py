"""Promises to call at a time: made, moved, called off, reminded of, and open to the team once they are missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from config.accounts.choices import PresenceState
from config.accounts.models import Membership, User
from config.notices.kinds import register_kind
from config.notices.models import Urgency
from config.notices.services.notices import tell
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Refusal
from config.web.wording import local
from leads.models import Attempt, Callback, ClaimRecord, Handoff, QueueItem
from leads.services import cases, claiming, clockwork, queueing
from leads.services.cases import Case
from leads.services.queueing import Reservation
from sla.metrics import PAUSED_UNTIL_A_DATE

OPENS_AFTER = timedelta(minutes=15)
REMINDED_BEFORE = timedelta(minutes=5)
SEEN = timedelta(minutes=5)  # a rep whose pages were silent for longer is not here
AT_ONCE = 500
OPEN = (Callback.State.WAITING, Callback.State.OPENED)
ASKED_FOR = "the lead asked for a date"
READY_STATES = (PresenceState.AVAILABLE, PresenceState.WRAP_UP)
KIND_DUE, KIND_MISSED = "callback_due", "callback_missed"
register_kind(KIND_DUE, "A callback of mine is due", group="Calls")
register_kind(KIND_MISSED, "A callback was missed", group="Calls")


def make(
    handoff: Handoff, case: Case, *, owner: User, due_at: datetime, note: str = "", attempt: Attempt | None = None
) -> Callback:
    """Promise a call. The lead asked for the date, so what the agreement lets be paused stands still until then.

    Must run in a transaction, the handoff locked.
    """
    end(handoff, case.at)
    zone = queued_zone(handoff) or case.lead.person.time_zone or owner.time_zone
    made = Callback.objects.create(
        handoff=handoff,
        attempt=attempt,
        owner=owner,
        due_at=due_at,
        opens_at=due_at + OPENS_AFTER,
        time_zone=zone,
        note=note[:200],
        created_at=case.at,
    )
    clockwork.pause(handoff, PAUSED_UNTIL_A_DATE, case.at, reason=ASKED_FOR, by=owner, resumes_at=due_at)
    if queueing.in_queue(handoff):
        queueing.requeue(handoff, case, not_before=due_at, why="Callback promised", reservation=_reservation(made))
    return made


def _reservation(callback: Callback) -> Reservation:
    return Reservation(callback.owner_id, callback.due_at, callback.opens_at, is_callback=True)


def queued_zone(handoff: Handoff) -> str:
    return QueueItem.objects.filter(pk=handoff.pk).values_list("zone", flat=True).first() or ""


def end(handoff: Handoff, at: datetime) -> None:
    """Whatever was promised is over, for the lead has been called; what stood still until then goes on. Locked."""
    if Callback.objects.filter(handoff=handoff, state__in=OPEN).update(state=Callback.State.DONE):
        _resume(handoff, at, "the lead was called")
        clockwork.refresh_due(handoff)


@transaction.atomic
def move(callback_id: int, *, by: User, at: datetime, due_at: datetime, owner: User | None = None) -> Callback:
    """Another time, or another person of the team."""
    callback, handoff, case = _locked(callback_id, at)
    if due_at <= at:
        raise Refusal("callback_past", "That time has passed.", fields={"when": "Choose a later time."})
    if owner is not None and owner.pk != callback.owner_id:
        if not Membership.objects.active().filter(user=owner, team_id=handoff.to_team_id).exists():
            raise Refusal("not_in_team", f"{owner.name} does not work in {handoff.to_team.name}.")
        callback.owner = owner
    callback.due_at, callback.opens_at = due_at, due_at + OPENS_AFTER
    callback.state, callback.reminded_at = Callback.State.WAITING, None
    callback.save(update_fields=["owner", "due_at", "opens_at", "state", "reminded_at"])
    _resume(handoff, at, "the callback was moved")
    clockwork.pause(handoff, PAUSED_UNTIL_A_DATE, at, reason=ASKED_FOR, by=by, resumes_at=due_at)
    clockwork.refresh_due(handoff)
    if queueing.in_queue(handoff):
        queueing.requeue(handoff, case, not_before=due_at, why="Callback promised", reservation=_reservation(callback))
    _tell_pages("callback.moved", callback, handoff, at)
    return callback


@transaction.atomic
def cancel(callback_id: int, *, by: User, at: datetime, why: str) -> Callback:
    """No call at that time after all: the lead is back in its order now, and its clocks run on."""
    if not why.strip():
        raise Refusal("reason_needed", "Say why the callback is called off.", fields={"why": "A few words."})
    callback, handoff, case = _locked(callback_id, at)
    callback.state, callback.note = Callback.State.CANCELLED, f"{callback.note} Called off: {why.strip()}".strip()[:200]
    callback.save(update_fields=["state", "note"])
    _resume(handoff, at, "the callback was called off")
    clockwork.refresh_due(handoff)
    if queueing.in_queue(handoff):
        queueing.requeue(handoff, case, not_before=at, why=f"Callback called off by {by.name}")
    _tell_pages("callback.cancelled", callback, handoff, at)
    return callback


def _locked(callback_id: int, at: datetime) -> tuple[Callback, Handoff, Case]:
    handoff_id = Callback.objects.values_list("handoff_id", flat=True).get(pk=callback_id)
    handoff, case = cases.load_handoff(handoff_id, at)
    callback = Callback.objects.select_for_update(of=("self",), no_key=True).select_related("owner").get(pk=callback_id)
    if callback.state not in OPEN:
        raise Conflict("callback_over", f"This callback is {callback.get_state_display().lower()} already.")
    return callback, handoff, case


def _resume(handoff: Handoff, at: datetime, why: str) -> None:
    """What stood still for the callback goes on; what is paused for another reason stays so."""
    clockwork.resume(handoff, at, why, reason=ASKED_FOR)


def _tell_pages(topic: str, callback: Callback, handoff: Handoff, at: datetime) -> None:
    payload = {"lead": str(handoff.lead.public_id), "due_at": callback.due_at.isoformat()}
    publish(
        News(topic, str(handoff.public_id), at, payload, teams=[handoff.to_team_id], users=[callback.owner_id])
    )  # fmt: skip


# --- as time goes on ---------------------------------------------------------------------------------------------------


def attend(at: datetime) -> int:
    """Remind, hand due callbacks to their owners, open the missed ones. Returns how many were touched."""
    return remind(at) + give_to_owners(at) + open_missed(at)


@transaction.atomic
def remind(at: datetime) -> int:
    """Tell each owner once, a few minutes before."""
    due = list(
        Callback.objects.filter(state=Callback.State.WAITING, due_at__lte=at + REMINDED_BEFORE, reminded_at=None)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("owner", "handoff__lead__person", "handoff__lead__company")[:AT_ONCE]
    )
    for callback in due:
        lead = callback.handoff.lead
        company = f", {lead.company}" if lead.company else ""
        tell(
            [callback.owner],
            kind=KIND_DUE,
            title=f"Call back {lead.person.name}{company} at {_time_for(callback.owner, callback.due_at)}",
            body=callback.note,
            url=reverse("console", args=[callback.handoff.public_id]),
            urgency=Urgency.NOW,
            dedupe_key=f"callback:{callback.pk}:{callback.due_at:%Y%m%d%H%M}",
            subject=str(lead.public_id),
            at=at,
        )
    Callback.objects.filter(pk__in=[callback.pk for callback in due]).update(reminded_at=at)
    return len(due)


def _time_for(user: User, at: datetime) -> str:
    from django.utils import timezone

    with timezone.override(user.time_zone):
        return local(at, "time")


@transaction.atomic
def give_to_owners(at: datetime) -> int:
    """A callback that is due claims itself for its owner, who is here and has no other lead in hand."""
    others = QueueItem.objects.filter(claimed_by=OuterRef("reserved_for"))
    here = Q(reserved_for__presence__seen_at__gt=at - SEEN, reserved_for__presence__state__in=READY_STATES)
    due = QueueItem.objects.filter(
        here, is_callback=True, claimed_by=None, reserved_from__lte=at, reserved_until__gt=at
    ).exclude(Exists(others))
    # One each: of two that are due at once the second waits until the first is done.
    chosen = {item.reserved_for_id: item for item in due.order_by("-reserved_from", "-pk")[:AT_ONCE]}
    items = list(
        QueueItem.objects.filter(pk__in=[item.pk for item in chosen.values()], claimed_by=None)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("reserved_for")
    )
    for item in items:
        item.claimed_by, item.claimed_at, item.lease_until = item.reserved_for, at, item.reserved_until
    QueueItem.objects.bulk_update(items, ["claimed_by", "claimed_at", "lease_until"])
    ClaimRecord.objects.bulk_create(
        ClaimRecord(handoff_id=item.pk, user=item.claimed_by, claimed_at=at) for item in items
    )
    if items:
        claiming.tell_teams_of([item.pk for item in items], at, "queue.callback", {"due": len(items)})
    return len(items)


@transaction.atomic
def open_missed(at: datetime) -> int:
    """What its owner did not take in time is open to the whole team; they and the team learn it."""
    missed = list(
        QueueItem.objects.filter(is_callback=True, reserved_for__isnull=False, reserved_until__lte=at, claimed_by=None)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("handoff__lead__person", "reserved_for")[:AT_ONCE]
    )
    ids = [item.pk for item in missed]
    Callback.objects.filter(handoff__in=ids, state=Callback.State.WAITING).update(state=Callback.State.OPENED)
    for item in missed:
        _tell_missed(item, at)
    QueueItem.objects.filter(pk__in=ids).update(
        reserved_for=None, reserved_from=None, reserved_until=None, why="Callback missed, open to everybody"
    )
    if ids:
        claiming.tell_teams_of(ids, at, "queue.callback", {"missed": len(ids)})
    return len(ids)


def _tell_missed(item: QueueItem, at: datetime) -> None:
    assert item.reserved_for is not None
    assert item.reserved_until is not None
    tell(
        [item.reserved_for],
        kind=KIND_MISSED,
        title=f"Your callback to {item.handoff.lead.person.name} was missed",
        body="Any colleague may call now.",
        url=reverse("console", args=[item.handoff.public_id]),
        dedupe_key=f"callback-missed:{item.pk}:{item.reserved_until:%Y%m%d%H%M}",
        subject=str(item.handoff.lead.public_id),
        at=at,
    )


def open_of(users: Iterable[int]) -> list[Callback]:
    """The open callbacks of these people, soonest first, with their leads."""
    return list(
        Callback.objects.filter(owner__in=users, state__in=OPEN)
        .select_related("owner", "handoff__lead__person", "handoff__lead__company")
        .order_by("due_at", "pk")[:AT_ONCE]
    )
