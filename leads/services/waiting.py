"""What the queue page shows: who waits and why, what is in one's own hands, today's own tally. A few queries, however
long the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet

from config.accounts.actor import Actor
from config.accounts.models import User
from leads.models import CallQueue, Handoff, Person, QueueItem
from leads.services.claiming import pending

FRESH = timedelta(minutes=10)
JUST_IN = 12
COUNTED = 1000  # more are shown as 999+, so nothing further is counted

WITH_LEADS = ("handoff__lead__person", "handoff__lead__company", "handoff__lead__score")


def queues_of(actor: Actor) -> list[CallQueue]:
    """The queues of this person's teams; all of them for an admin."""
    rows = CallQueue.objects.filter(is_active=True).select_related("team")
    return list(rows if actor.is_admin else rows.filter(team__in=actor.team_ids))


def ready(queue_ids: Sequence[int], at: datetime) -> QuerySet[QueueItem]:
    """Free leads that may be called now. Ordered by `promise_at` they stand as they are given out."""
    rows = QueueItem.objects.filter(queue__in=queue_ids, ready=True, claimed_by=None, callable_until__gt=at)
    return rows.select_related(*WITH_LEADS, "reserved_for", "queue")


def later(queue_ids: Sequence[int]) -> QuerySet[QueueItem]:
    """Free leads whose time has not come: their hours are closed, or a later try was agreed."""
    rows = QueueItem.objects.filter(queue__in=queue_ids, ready=False, claimed_by=None)
    return rows.select_related(*WITH_LEADS, "reserved_for", "queue")


def next_opening(queue_ids: Sequence[int]) -> datetime | None:
    """When the next lead that waits for its hours may be called; None where none does."""
    rows = QueueItem.objects.filter(queue__in=queue_ids, ready=False, claimed_by=None).order_by("callable_from")
    return rows.values_list("callable_from", flat=True).first()


def in_hands(user: User, at: datetime) -> list[QueueItem]:
    """What this person holds, callbacks and leads kept for them that are due or come up today; held ones first."""
    soon = at + timedelta(hours=12)
    mine = Q(claimed_by=user) | Q(reserved_for=user, reserved_from__lte=soon, claimed_by=None)
    rows = QueueItem.objects.filter(mine).exclude(pk__in=pending()).select_related(*WITH_LEADS)
    return sorted(rows[:50], key=lambda item: (item.claimed_by_id is None, item.reserved_from or at))


def just_in(queue_ids: Sequence[int], at: datetime) -> list[Handoff]:
    """The latest arrivals, newest first."""
    rows = Handoff.objects.filter(queue__in=queue_ids, offered_at__gt=at - FRESH, offered_at__lte=at)
    return list(rows.select_related("lead__person", "lead__company").order_by("-offered_at", "-pk")[:JUST_IN])


def capped(rows: QuerySet[Any]) -> int:
    """How many, counting no further than `COUNTED`."""
    return len(rows.order_by().values_list("pk")[:COUNTED])


TALLY = """
    WITH mine AS (
        SELECT a.handoff_id, a.real_contact, a.talk_seconds, a.handling_seconds, a.counts, a.at
        FROM leads_attempt a
        WHERE a.by_id = %(user)s AND a.at >= %(week)s AND a.undone_at IS NULL AND a.channel = 'call'
    ), today AS (SELECT * FROM mine WHERE at >= %(day)s AND (counts OR real_contact OR talk_seconds > 0)),
    undo AS (
        SELECT a.public_id, a.disposition, a.settles_at, h.version_id, p.first_name, p.last_name, p.handle
        FROM leads_attempt a JOIN leads_handoff h ON h.id = a.handoff_id
        JOIN leads_lead l ON l.id = a.lead_id JOIN leads_person p ON p.id = l.person_id
        WHERE a.by_id = %(user)s AND a.settled_at IS NULL AND a.undone_at IS NULL AND a.settles_at > %(at)s
        ORDER BY a.id DESC LIMIT 1
    )
    SELECT (SELECT count(*) FROM today),
           (SELECT count(*) FROM today WHERE real_contact),
           (SELECT count(*) FROM leads_handoff
            WHERE from_user_id = %(user)s AND offered_at >= %(day)s AND from_function = %(function)s),
           (SELECT coalesce(sum(talk_seconds), 0) FROM today),
           (SELECT avg(handling_seconds) FROM today),
           (SELECT count(DISTINCT handoff_id) FROM mine WHERE counts),
           (SELECT coalesce(sum(weekly_capacity), 0) FROM accounts_membership
            WHERE user_id = %(user)s AND is_active AND team_id = ANY(%(teams)s)),
           (SELECT row_to_json(undo) FROM undo)
"""


@dataclass(frozen=True)
class Undoable:
    """The outcome that can still be taken back, for the bar that offers it."""

    attempt: UUID
    name: str
    disposition: str
    version_id: int
    until: datetime


@dataclass(frozen=True)
class Tally:
    """One's own day and week. Nobody else's is shown beside it."""

    calls: int
    reached: int
    handed_on: int
    talk_seconds: int
    handling_seconds: float | None
    leads_this_week: int
    capacity: int
    undoable: Undoable | None


def tally(actor: Actor, at: datetime) -> Tally:
    """One query. The day and the week begin at midnight of the person's own zone; the week on Monday."""
    here = at.astimezone(ZoneInfo(actor.user.time_zone))
    day = here.replace(hour=0, minute=0, second=0, microsecond=0)
    week = day - timedelta(days=day.weekday())
    values: dict[str, Any] = {
        "user": actor.user.pk,
        "day": day,
        "week": week,
        "at": at,
        "teams": actor.team_ids,
        "function": "telequalification",
    }
    with connection.cursor() as cursor:
        cursor.execute(TALLY, values)
        row: Any = cursor.fetchone()
    return Tally(
        row[0], row[1], row[2], int(row[3]), float(row[4]) if row[4] else None, row[5], row[6], _undoable(row[7])
    )


def _undoable(row: dict[str, Any] | None) -> Undoable | None:
    if row is None:
        return None
    name = Person(first_name=row["first_name"], last_name=row["last_name"], handle=row["handle"]).name
    until = datetime.fromisoformat(row["settles_at"])
    return Undoable(UUID(row["public_id"]), name, row["disposition"], row["version_id"], until)
