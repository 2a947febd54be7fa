"""Who takes which lead from the queue: the next-best to exactly one rep, under a lease that their open page renews.

The claim is one statement that locks one row and passes over those that others are just taking. What is not atomic
by itself must run in a transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from config.accounts.actor import Actor
from config.accounts.choices import Role
from config.accounts.models import Membership, User
from config.notices.kinds import register_kind
from config.notices.services.notices import tell
from config.outbox.models import CHANNEL
from config.outbox.services.events import News, publish, tell_pages
from config.web.errors import Conflict
from leads.models import Attempt, CallQueue, ClaimRecord, Handoff, QueueItem
from leads.services import windows
from leads.services.queueing import end_record, release
from leads.services.windows import OPENED_AT_ONCE, open_due

LEASE = timedelta(minutes=15)  # until the console's page answers for the rep, or without a page
HELD = timedelta(minutes=2)  # while a page is open, it renews the lease every half minute
GRACE = timedelta(seconds=10)  # a page that goes away may be on its way back: a reload must not lose the lead
SKIP_REST = timedelta(hours=1)
LOOKED_AT = 50  # rows whose window proved stale that one claim puts aside before it gives up
KIND_SKIPPED = "lead_skipped"
register_kind(KIND_SKIPPED, "Everybody has skipped a lead", group="Calls")
LIVE_CLAIMED, LIVE_FREED = "queue.claimed", "queue.freed"

# What one rep may be given now, of the rows that are ready and free.
FOR_THEM = """
    ready AND claimed_by_id IS NULL AND callable_until > %(at)s
    AND (reserved_for_id IS NULL OR reserved_for_id = %(user)s OR reserved_until <= %(at)s)
    AND (skipped_until IS NULL OR skipped_until <= %(at)s OR NOT skipped_by @> ARRAY[%(user)s]::bigint[])
"""
MINE = """
    SELECT handoff_id, claimed_by_id IS NOT NULL AS held,
           EXISTS (SELECT 1 FROM leads_queueitem o WHERE o.queue_id = ANY(%(queues)s) AND NOT o.ready
                   AND o.callable_from <= %(at)s AND o.callable_until > %(at)s) AS others_open
    FROM (SELECT 1) AS one LEFT JOIN LATERAL (
        SELECT handoff_id, claimed_by_id, reserved_from FROM leads_queueitem q
        WHERE q.claimed_by_id = %(user)s
          AND NOT EXISTS (SELECT 1 FROM leads_attempt a WHERE a.handoff_id = q.handoff_id AND a.by_id = %(user)s
                          AND a.settled_at IS NULL AND a.undone_at IS NULL)
        UNION ALL
        SELECT handoff_id, claimed_by_id, reserved_from FROM leads_queueitem
        WHERE reserved_for_id = %(user)s AND reserved_from <= %(at)s AND claimed_by_id IS NULL
          AND callable_from <= %(at)s AND callable_until > %(at)s
    ) AS mine ON true
    ORDER BY claimed_by_id IS NULL, reserved_from, handoff_id LIMIT 1
"""
HEADS = f"""
    SELECT wanted.id FROM unnest(%(queues)s::bigint[]) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT promise_at, handoff_id FROM leads_queueitem WHERE queue_id = wanted.id AND {FOR_THEM}
        ORDER BY promise_at, handoff_id LIMIT 1
    ) AS head ORDER BY head.promise_at, head.handoff_id
"""  # noqa: S608 - constants of this module
TAKE = f"""
    WITH next AS (
        SELECT handoff_id FROM leads_queueitem WHERE {{which}}
        ORDER BY promise_at, handoff_id LIMIT 1 FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE leads_queueitem item SET claimed_by_id = %(user)s, claimed_at = %(at)s, lease_until = %(until)s
        FROM next WHERE item.handoff_id = next.handoff_id RETURNING item.handoff_id
    ), noted AS (
        INSERT INTO leads_claimrecord (handoff_id, user_id, claimed_at, how)
        SELECT handoff_id, %(user)s, %(at)s, '' FROM taken
    )
    SELECT handoff_id, pg_notify('{CHANNEL}', %(note)s) FROM taken
"""  # noqa: S608 - constants of this module
NEXT = TAKE.format(which=f"queue_id = %(queue)s AND {FOR_THEM}")
OWN = TAKE.format(which="handoff_id = %(handoff)s AND claimed_by_id IS NULL")


def queues_of(team_ids: Sequence[int]) -> list[int]:
    found = CallQueue.objects.filter(is_active=True, team__in=team_ids).order_by("pk")
    return list(found.values_list("pk", flat=True))


def claim_next(queue_ids: Sequence[int], *, by: User, at: datetime, teams: Sequence[int] = ()) -> int | None:
    """Give the next-best waiting handoff to exactly one rep; returns its id, or None when nothing may be called.

    First what the rep holds already, so that nobody gathers leads; then callbacks and leads kept for them that are
    due; then the soonest promise. `teams` are told on their open pages.
    """
    values = _values(queue_ids, by, at, teams)
    handoff_id, held, others_open = _row(MINE, values)
    if handoff_id is not None:
        if held:
            _renew(handoff_id, by, at + LEASE)
            return int(handoff_id)
        if _row(OWN, values | {"handoff": handoff_id}):
            return int(handoff_id)
    if others_open:
        open_due(queue_ids, at, OPENED_AT_ONCE)
    for queue_id in _in_order(queue_ids, values):
        found = _row(NEXT, values | {"queue": queue_id})
        if found:
            return int(found[0])
    return None


def _in_order(queue_ids: Sequence[int], values: dict[str, Any]) -> list[int]:
    """The queues, the one with the soonest promise first. Most people have one, and nothing to choose."""
    if len(queue_ids) <= 1:
        return list(queue_ids)
    with connection.cursor() as cursor:
        cursor.execute(HEADS, values)
        return [row[0] for row in cursor.fetchall()]


def _values(queue_ids: Sequence[int], by: User, at: datetime, teams: Sequence[int]) -> dict[str, Any]:
    note = {"topic": LIVE_CLAIMED, "subject": "", "teams": list(teams), "users": [by.pk]}
    return {"queues": list(queue_ids), "user": by.pk, "at": at, "until": at + LEASE, "note": json.dumps(note)}


def _row(statement: str, values: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def claim(handoff_id: int, *, by: User, at: datetime) -> QueueItem:
    """Take one particular waiting handoff. Of several who try at once one wins; the others learn who.

    A lead kept for somebody else, or not callable yet, is taken all the same: the gate before its number says why not
    to call. What this rep held without an outcome goes back to its order.
    """
    item = locked(handoff_id)
    if item is None:
        raise Conflict("not_waiting", "This lead is no longer waiting in the queue.")
    if item.claimed_by_id not in (None, by.pk) and item.lease_until and item.lease_until > at:
        raise _taken(item)
    freed = _let_go_of_others(item, by, at)
    if item.claimed_by_id != by.pk:
        end_record(item, at, "lapsed")
        item.claimed_by, item.claimed_at = by, at
        ClaimRecord.objects.create(handoff_id=item.pk, user=by, claimed_at=at)
        tell_pages(LIVE_CLAIMED, teams=[item.queue.team_id], users=[by.pk])
    elif freed:  # an outcome was taken back after the next lead had come
        tell_pages(LIVE_FREED, teams=[item.queue.team_id], users=[by.pk])
    item.lease_until = at + LEASE
    item.save(update_fields=["claimed_by", "claimed_at", "lease_until"])
    return item


def _taken(item: QueueItem) -> Conflict:
    # Read anew: a row that was waited for carries its new taker's id, but the name joined before the wait.
    taker = User.objects.filter(pk=item.claimed_by_id or 0).values_list("name", flat=True).first() or "A colleague"
    return Conflict("claimed", f"{taker} has taken this lead.", by=taker, at=item.claimed_at)


def _let_go_of_others(item: QueueItem, by: User, at: datetime) -> bool:
    """One lead at a time: what this rep holds besides goes back, unless its outcome is just being settled."""
    held = QueueItem.objects.select_for_update(of=("self",), no_key=True).filter(claimed_by=by).exclude(pk=item.pk)
    others = list(held.exclude(pk__in=pending()))
    for other in others:
        release(other, at, "left")
    return bool(others)


def pending() -> Any:
    """Handoffs with an outcome that is recorded and about to take effect: their leads are not free."""
    return Attempt.objects.filter(settled_at=None, undone_at=None, handoff__isnull=False).values("handoff_id")


def locked(handoff_id: int) -> QueueItem | None:
    return (
        QueueItem.objects.select_for_update(of=("self",), no_key=True)
        .select_related("claimed_by", "queue")
        .filter(pk=handoff_id)
        .first()
    )


@transaction.atomic
def next_lead(actor: Actor, at: datetime, *, only: int | None = None) -> Handoff | None:
    """The next lead for this rep, its hours checked again now that it is theirs; None when nothing may be called.

    `only` names the queue the rep works just now. Their own callbacks, and what is kept for them, come all the same.
    """
    queues = [pk for pk in queues_of(actor.team_ids) if only in (None, pk)]
    for _ in range(LOOKED_AT):
        handoff_id = claim_next(queues, by=actor.user, at=at, teams=actor.team_ids)
        if handoff_id is None:
            return None
        item = QueueItem.objects.get(pk=handoff_id)  # the claim has locked it
        if windows.recheck(item, at):
            return Handoff.objects.get(pk=handoff_id)
        release(item, at, "closed")
    return None


@transaction.atomic
def let_go_of_all(user: User, at: datetime) -> int:
    """Whoever goes on a break or home leaves no lead waiting in their hands."""
    held = (
        QueueItem.objects.select_for_update(of=("self",), no_key=True).filter(claimed_by=user).exclude(pk__in=pending())
    )
    ids = [item.pk for item in held]
    for item in held:
        release(item, at, "left")
    if ids:
        tell_teams_of(ids, at, LIVE_FREED, {"left": len(ids)})
    return len(ids)


# --- holding on and letting go ---------------------------------------------------------------------------------------


def hold(handoff_id: int, *, by: User, at: datetime) -> bool:
    """A program answers for the rep: the whole lease anew. False when the lead is no longer theirs."""
    return _renew(handoff_id, by, at + LEASE)


def must_hold(handoff_id: int, *, by: User) -> None:
    """Conflict unless this rep holds the lead; one that waits in no queue is nobody's to hold."""
    item = QueueItem.objects.select_related("claimed_by").filter(pk=handoff_id).first()
    if item is not None and item.claimed_by_id != by.pk:
        holder = item.claimed_by.name if item.claimed_by else ""
        raise Conflict("not_yours", f"{holder} holds this lead." if holder else "Take the lead first.", by=holder)


@transaction.atomic
def let_go(handoff_id: int, *, by: User, at: datetime) -> bool:
    """Put a lead back in its order without an outcome. False when it was not this rep's."""
    item = locked(handoff_id)
    if item is None or item.claimed_by_id != by.pk:
        return False
    release(item, at, "released")
    tell_teams_of([item.pk], at, LIVE_FREED, {"released": 1})
    return True


def holding(handoff_id: int, *, by: User, at: datetime) -> bool:
    """The open page answers for the rep: the lease runs on. False when the lead is no longer theirs."""
    return _renew(handoff_id, by, at + HELD)


def going(handoff_id: int, *, by: User, at: datetime) -> bool:
    """The page went away: unless it comes back at once, the lead is free again."""
    return _renew(handoff_id, by, at + GRACE)


def _renew(handoff_id: int, by: User, until: datetime) -> bool:
    return bool(QueueItem.objects.filter(pk=handoff_id, claimed_by=by).update(lease_until=until))


def skip(item: QueueItem, *, by: User, at: datetime, why: str, rest: timedelta = SKIP_REST) -> None:
    """Back in its order for the others; this rep is not given it again for a while. The row is locked."""
    item.skipped_by = [*{*_still_resting(item, at), by.pk}]
    item.skipped_until = max(at + rest, item.skipped_until or at)
    item.why = why[:160]
    if item.reserved_for_id == by.pk:
        item.reserved_for = item.reserved_from = item.reserved_until = None
    item.save(update_fields=["skipped_by", "skipped_until", "why", "reserved_for", "reserved_from", "reserved_until"])
    release(item, at, "skipped")


def tell_if_nobody_is_left(item: QueueItem, handoff: Handoff, at: datetime) -> None:
    """When every rep of the team has skipped a lead, its managers learn of it: nobody will be given it for a while."""
    reps = Membership.objects.active().filter(team=handoff.to_team, role=Role.REP).values_list("user_id", flat=True)
    if not set(reps) <= set(_still_resting(item, at)):
        return
    managers = Membership.objects.managers_of([handoff.to_team_id]).select_related("user")
    tell(
        [member.user for member in managers],
        kind=KIND_SKIPPED,
        title=f"Everybody has skipped {handoff.lead.person.name}",
        body=item.why,
        url=reverse("queue_board"),
        dedupe_key=f"skipped:{item.pk}:{at:%Y%m%d%H}",
        subject=str(handoff.lead.public_id),
        at=at,
    )


def _still_resting(item: QueueItem, at: datetime) -> list[int]:
    return list(item.skipped_by) if item.skipped_until and item.skipped_until > at else []


@transaction.atomic
def lapse(at: datetime) -> int:
    """Free the claims whose lease has run out, set-based; returns how many leads are back in order."""
    lapsed = QueueItem.objects.filter(claimed_by__isnull=False, lease_until__lte=at).exclude(pk__in=pending())
    ids = list(lapsed.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    if not ids:
        return 0
    ClaimRecord.objects.filter(handoff_id__in=ids, released_at=None).update(released_at=at, how="lapsed")
    QueueItem.objects.filter(pk__in=ids).update(claimed_by=None, claimed_at=None, lease_until=None)
    tell_teams_of(ids, at, LIVE_FREED, {"lapsed": len(ids)})
    return len(ids)


def tell_teams_of(handoff_ids: Sequence[int], at: datetime, topic: str, payload: dict[str, Any]) -> None:
    """Have the open pages of the teams whose queues hold these leads look again."""
    teams = CallQueue.objects.filter(items__in=handoff_ids).values_list("team_id", flat=True).distinct()
    publish(News(topic, "", at, payload, teams=list(teams)))
