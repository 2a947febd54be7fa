"""The live board for those who lead the desk: what waits and how urgently, who works on what, and moving leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from config.accounts.models import Membership, Presence, User
from config.accounts.services import presence
from config.notices.kinds import register_kind
from config.notices.services.notices import tell
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Refusal
from leads.models import CallQueue, Handoff, QueueItem
from leads.services import claiming, queueing
from leads.services.waiting import WITH_LEADS
from sla.models import Clock
from sla.models.clock import OPEN_STATES

COUNTED = 1000
KEPT_FOR = timedelta(hours=1)
KIND_GIVEN, KIND_TAKEN = "lead_given", "lead_taken_away"
register_kind(KIND_GIVEN, "My manager gives me a lead of the queue", group="Calls")
register_kind(KIND_TAKEN, "A lead I had in hand goes to a colleague", group="Calls")
SOON = (5, 15, 60)

COUNTS = """
    WITH free AS (
        SELECT promise_at FROM leads_queueitem
        WHERE queue_id = ANY(%(queues)s) AND ready AND claimed_by_id IS NULL AND callable_until > %(at)s
    )
    SELECT (SELECT count(*) FROM (SELECT 1 FROM free LIMIT %(most)s) AS n),
           (SELECT count(*) FROM (SELECT 1 FROM leads_queueitem WHERE queue_id = ANY(%(queues)s) AND NOT ready
                                  AND claimed_by_id IS NULL LIMIT %(most)s) AS n),
           (SELECT count(*) FROM leads_queueitem WHERE queue_id = ANY(%(queues)s) AND claimed_by_id IS NOT NULL),
           (SELECT count(*) FROM (SELECT 1 FROM free WHERE promise_at <= %(in_5)s LIMIT %(most)s) AS n),
           (SELECT count(*) FROM (SELECT 1 FROM free WHERE promise_at <= %(in_15)s LIMIT %(most)s) AS n),
           (SELECT count(*) FROM (SELECT 1 FROM free WHERE promise_at <= %(in_60)s LIMIT %(most)s) AS n),
           (SELECT count(*) FROM (SELECT 1 FROM leads_queueitem i WHERE i.queue_id = ANY(%(queues)s)
                AND EXISTS (SELECT 1 FROM sla_clock c WHERE c.subject = i.handoff_id
                            AND (c.state = 'breached' OR (c.state = 'running' AND c.breaches_at < %(at)s)))
                LIMIT %(most)s) AS n)
"""


@dataclass(frozen=True)
class Counts:
    """Counted no further than `COUNTED`. What is due in 60 minutes includes what is due in 5."""

    now: int
    later: int
    in_hand: int
    due_5: int
    due_15: int
    due_60: int
    breached: int


def counts(queue_ids: Sequence[int], at: datetime) -> Counts:
    values: dict[str, Any] = {"queues": list(queue_ids), "at": at, "most": COUNTED}
    values |= {f"in_{minutes}": at + timedelta(minutes=minutes) for minutes in SOON}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, values)
        return Counts(*cursor.fetchone())


# --- lists ---------------------------------------------------------------------------------------------------------------


def rows(queue_id: int, state: str, at: datetime) -> QuerySet[QueueItem]:
    """The leads of one queue in one state: now (free and callable), later, in_hand."""
    found = QueueItem.objects.filter(queue=queue_id).select_related(*WITH_LEADS, "reserved_for", "claimed_by")
    if state == "in_hand":
        return found.filter(claimed_by__isnull=False)
    if state == "later":
        return found.filter(ready=False, claimed_by=None)
    return found.filter(ready=True, claimed_by=None, callable_until__gt=at)


def breached(found: QuerySet[QueueItem], at: datetime) -> QuerySet[QueueItem]:
    """Those with a promise that is broken, whether or not a sweep has noted it."""
    late = Clock.objects.filter(subject=OuterRef("pk"), state__in=OPEN_STATES).breached_at(at)
    return found.filter(Exists(late))


@dataclass(frozen=True)
class Person:
    """One rep as the board shows them: what they do, on which lead, and their own day. In the order of names."""

    user: User
    team: str
    state: str
    reason: str
    since_at: datetime | None
    item: QueueItem | None
    calls: int
    reached: int


DAY = """
    SELECT by_id, count(*) FILTER (WHERE counts OR real_contact), count(*) FILTER (WHERE real_contact)
    FROM leads_attempt WHERE by_id = ANY(%(users)s) AND at >= %(day)s AND undone_at IS NULL AND channel = 'call'
    GROUP BY by_id
"""


def people(team_ids: Sequence[int], at: datetime, zone: str) -> list[Person]:
    """Everybody of these teams. Three queries."""
    members = list(
        Membership.objects.active()
        .filter(team__in=team_ids)
        .select_related("user__presence", "team")
        .order_by("user__name", "pk")
    )
    ids = [member.user_id for member in members]
    held = {
        item.claimed_by_id: item
        for item in QueueItem.objects.filter(claimed_by__in=ids)
        .exclude(pk__in=claiming.pending())
        .select_related("handoff__lead__person", "handoff__lead__company")
    }
    midnight = at.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(DAY, {"users": ids, "day": midnight})
        tallies = {row[0]: row[1:] for row in cursor.fetchall()}
    return [_person(member, held.get(member.user_id), tallies.get(member.user_id, (0, 0)), at) for member in members]


def _person(member: Membership, item: QueueItem | None, tally: tuple[int, int], at: datetime) -> Person:
    try:
        found: Presence | None = member.user.presence
    except Presence.DoesNotExist:
        found = None
    return Person(
        user=member.user,
        team=member.team.name,
        state=presence.state_at(found, at),
        reason=found.reason if found else "",
        since_at=found.since_at if found else None,
        item=item,
        calls=tally[0],
        reached=tally[1],
    )


# --- moving --------------------------------------------------------------------------------------------------------------


def _locked(handoff_id: int) -> QueueItem:
    item = claiming.locked(handoff_id)
    if item is None:
        raise Conflict("not_waiting", "This lead is no longer waiting in the queue.")
    return item


@transaction.atomic
def give(handoff_id: int, *, to_user: User, by: User, at: datetime) -> QueueItem:
    """Keep the lead for one rep for an hour; whoever had it in hand loses it."""
    item = _locked(handoff_id)
    team = item.queue.team
    if not Membership.objects.active().filter(user=to_user, team=team).exists():
        raise Refusal("not_in_team", f"{to_user.name} does not work in {team.name}.")
    _take_away(item, by, at, unless=to_user)
    queueing.reserve(item, to_user, at=at, until=at + KEPT_FOR, why=f"Given to {to_user.name} by {by.name}")
    handoff = _handoff(item)
    tell(
        [to_user],
        kind=KIND_GIVEN,
        title=f"{by.name} gives you {handoff.lead.person.name}",
        body="It is kept for you for an hour; “Next lead” brings it first.",
        url=reverse("console", args=[handoff.public_id]),
        dedupe_key=f"given:{item.pk}:{to_user.pk}:{at:%Y%m%d%H%M%S}",
        subject=str(handoff.lead.public_id),
        at=at,
    )
    _moved(item, handoff, at, {"to": to_user.name, "by": by.name}, [to_user.pk])
    return item


@transaction.atomic
def move(handoff_id: int, *, to_queue: CallQueue, by: User, at: datetime) -> QueueItem:
    """To another queue of the same team, in its order; nobody's hand any more."""
    item = _locked(handoff_id)
    if to_queue.team_id != item.queue.team_id:
        raise Refusal("other_team", f"{to_queue.name} belongs to another team; hand the lead over instead.")
    if not to_queue.is_active:
        raise Refusal("closed_queue", f"{to_queue.name} is not in use.")
    if to_queue.pk == item.queue_id:
        return item
    _take_away(item, by, at)
    item.queue, item.why = to_queue, f"Moved from {item.queue.name} by {by.name}"[:160]
    item.save(update_fields=["queue", "why"])
    _moved(item, _handoff(item), at, {"queue": to_queue.name, "by": by.name}, [])
    return item


@transaction.atomic
def free(handoff_id: int, *, by: User, at: datetime) -> QueueItem:
    """Take a lead out of a rep's hand, or out of somebody's keeping: open to the whole team, in its order."""
    item = _locked(handoff_id)
    if item.claimed_by_id is None and item.reserved_for_id is None:
        return item
    _take_away(item, by, at)
    if not item.is_callback or (item.reserved_from and item.reserved_from <= at):
        item.reserved_for = item.reserved_from = item.reserved_until = None
        item.save(update_fields=["reserved_for", "reserved_from", "reserved_until"])
    _moved(item, _handoff(item), at, {"freed": True, "by": by.name}, [])
    return item


def _take_away(item: QueueItem, by: User, at: datetime, unless: User | None = None) -> None:
    """The holder loses the lead and learns by whom. An outcome that is about to take effect is not interrupted."""
    holder = item.claimed_by
    if holder is None or (unless is not None and holder.pk == unless.pk):
        return
    if QueueItem.objects.filter(pk=item.pk, pk__in=claiming.pending()).exists():
        raise Conflict("recorded", f"{holder.name} has just recorded an outcome; try again in some seconds.")
    queueing.release(item, at, "moved")
    handoff = _handoff(item)
    if holder.pk == by.pk:
        return
    tell(
        [holder],
        kind=KIND_TAKEN,
        title=f"{by.name} took {handoff.lead.person.name} out of your hand",
        body="What you had typed is kept with the lead.",
        url=reverse("queue"),
        dedupe_key=f"taken:{item.pk}:{holder.pk}:{at:%Y%m%d%H%M%S}",
        subject=str(handoff.lead.public_id),
        at=at,
    )


def _handoff(item: QueueItem) -> Handoff:
    return Handoff.objects.select_related("lead__person").get(pk=item.pk)


def _moved(item: QueueItem, handoff: Handoff, at: datetime, payload: dict[str, Any], users: list[int]) -> None:
    facts = {"lead": str(handoff.lead.public_id)} | payload
    publish(News("queue.moved", str(handoff.public_id), at, facts, teams=[item.queue.team_id], users=users))
