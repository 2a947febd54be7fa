"""The queue at the edges of the day: leads become callable and cease to be, many at once and set-based.

Rows with the same `hours` open and close together, so each kind is worked out once. Whether this ran never decides what
a rep is given: a claim opens what is due by itself, and what it took is checked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from config.outbox.services.events import News, publish
from leads import calling
from leads.models import CallQueue, Handoff, QueueItem
from leads.services import cases, queueing
from leads.services.desk import desk_of
from sla.businesstime import NeverOpen
from sla.services.compiling import terms_by_id

OPENED_AT_ONCE = 200  # by one claim; the renewal does the rest
BATCH = 5000  # rows in one transaction
KINDS_AT_ONCE = 500
Window = tuple[datetime, datetime]

OPEN = """
    UPDATE leads_queueitem SET ready = true WHERE handoff_id IN (
        SELECT handoff_id FROM leads_queueitem
        WHERE queue_id = %(queue)s AND NOT ready AND callable_from <= %(at)s AND callable_until > %(at)s
        ORDER BY callable_from, handoff_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""
MOVE = """
    UPDATE leads_queueitem SET callable_from = %(opens)s, callable_until = %(closes)s, ready = %(ready)s
    WHERE handoff_id IN (
        SELECT handoff_id FROM leads_queueitem WHERE callable_until <= %(at)s AND hours = %(hours)s
        ORDER BY handoff_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""


def renew(at: datetime) -> int:
    """Open what is due, move what has closed to its next window. Returns how many rows changed."""
    changed = _open_all(at) + _move_all(at)
    if changed:
        with transaction.atomic():
            teams = CallQueue.objects.filter(is_active=True).values_list("team_id", flat=True).distinct()
            publish(News("queue.changed", "", at, {"renewed": changed}, teams=list(teams)))
    return changed


def open_due(queue_ids: Sequence[int], at: datetime, limit: int) -> int:
    """Make ready what has become callable in these queues, the longest due first, at most `limit` of each."""
    opened = 0
    with connection.cursor() as cursor:
        for queue_id in queue_ids:
            cursor.execute(OPEN, {"queue": queue_id, "at": at, "limit": limit})
            opened += cursor.rowcount
    return opened


def _open_all(at: datetime) -> int:
    opened = 0
    for queue_id in CallQueue.objects.values_list("pk", flat=True):
        found = BATCH
        while found == BATCH:
            with transaction.atomic():
                found = open_due([queue_id], at, BATCH)
            opened += found
    return opened


def _move_all(at: datetime) -> int:
    """Each kind of hours once: its next window, then all its rows."""
    closed = QueueItem.objects.filter(callable_until__lte=at)
    moved = 0
    for hours in list(closed.values_list("hours", flat=True).distinct()[:KINDS_AT_ONCE]):
        if not hours:
            moved += sum(_place_anew(pk, at) for pk in list(closed.filter(hours="").values_list("pk", flat=True)))
            continue
        opens, closes = window_of(hours, at)
        values: dict[str, Any] = {
            "opens": opens,
            "closes": closes,
            "ready": opens <= at,
            "at": at,
            "hours": hours,
            "limit": BATCH,
        }
        found = BATCH
        while found == BATCH:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(MOVE, values)
                found = cursor.rowcount
            moved += found
    return moved


def window_of(hours: str, at: datetime) -> Window:
    """The window, from `at` on, of the hours that a key names, as closings and calling rules stand now.

    The key is `queueing.hours_key`'s: team, version, calendar, country, zone.
    """
    team_id, version_id, calendar, country, zone = hours.split(":")
    desk = desk_of(int(team_id), country, at)
    window = calling.window_in(country, zone, desk.rule, at)
    try:
        open_hours = queueing.desk_hours(terms_by_id(int(version_id)), calendar, desk)
        return calling.next_window(calling.callable_hours(open_hours, window, at), at)
    except NeverOpen:  # the desk itself is closed for more than a year
        return at + calling.FAR, at + 2 * calling.FAR


@transaction.atomic
def _place_anew(handoff_id: int, at: datetime) -> int:
    """A row from before windows had keys."""
    handoff: Handoff
    handoff, case = cases.load_handoff(handoff_id, at)
    queueing.requeue(handoff, case, not_before=at, why=handoff.queue_item.why)
    return 1


def recheck(item: QueueItem, at: datetime) -> bool:
    """Whether a row may be called now by its hours as they stand; one that may not is moved to its next window.

    The row is locked. What the lead itself asked for, a callback, is called when it asked.
    """
    if item.is_callback or not item.hours:
        return True
    opens, closes = window_of(item.hours, at)
    if opens <= at:
        return True
    item.callable_from, item.callable_until, item.ready = opens, closes, False
    item.save(update_fields=["callable_from", "callable_until", "ready"])
    return False


def refresh(at: datetime, *, team_id: int | None = None, country: str | None = None) -> int:
    """A closing or a country's rule has changed: take the windows anew of the rows it concerns, where no later time was
    agreed for the row itself. Returns how many rows changed."""
    rows = QueueItem.objects.filter(reserved_for=None, tries=0)
    if team_id is not None:
        rows = rows.filter(queue__team_id=team_id)
    changed = 0
    for hours in list(rows.exclude(hours="").values_list("hours", flat=True).distinct()):
        if country and hours.split(":")[3] != country:
            continue
        opens, closes = window_of(hours, at)
        stale = rows.filter(hours=hours).exclude(callable_from__lte=max(opens, at), callable_until=closes)
        changed += stale.update(callable_from=opens, callable_until=closes, ready=opens <= at)
    return changed
