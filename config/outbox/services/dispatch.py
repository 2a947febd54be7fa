"""Hand events to their subscribers and to the webhook endpoints that want them."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from config.outbox.health import Beat
from config.outbox.models import Endpoint, Event, WebhookDelivery
from config.outbox.nudge import DELIVER, nudge
from config.outbox.services.subscribers import subscribers_of

log = logging.getLogger(__name__)

BATCH = 50  # one transaction: small enough that what subscribers lock is soon free again
RUN_SECONDS = 45.0  # then the next run goes on, so that one backlog does not keep a worker for itself


def dispatch_due(now: datetime, beat: Beat) -> None:
    """Handle every event that is due, oldest first. Any number of dispatchers may run at once."""
    end = time.monotonic() + RUN_SECONDS
    while dispatch_batch(now, beat) == BATCH and time.monotonic() < end:
        pass


def dispatch_batch(now: datetime, beat: Beat) -> int:
    """One transaction's worth; returns how many events it took. Events another dispatcher holds are passed over."""
    running: Event | None = None
    try:
        with transaction.atomic(durable=True):
            events = list(
                Event.objects.unhandled()
                .filter(next_at__lte=now)
                .order_by("id")
                .select_for_update(skip_locked=True)[:BATCH]
            )
            handled = []
            for running in events:
                if _run_subscribers(running, now, beat):
                    handled.append(running)
            running = None
            _fan_out(handled, now)
            Event.objects.filter(pk__in=[event.pk for event in handled]).update(handled_at=now)
    except Exception as error:
        # What no savepoint can undo, such as a connection lost while a subscriber ran: the batch is rolled back, and
        # the event that did it steps aside, or it would stop the same batch every time.
        if running is not None:
            _set_aside(running, now, error)
        raise
    beat.handled += len(handled)
    return len(events)


def _run_subscribers(event: Event, now: datetime, beat: Beat) -> bool:
    """All subscribers of one event, or none: a savepoint keeps a failing event away from the others of its batch."""
    subscribers = subscribers_of(event.topic)
    if not subscribers:
        return True
    try:
        with transaction.atomic():
            for subscriber in subscribers:
                subscriber(event)
            # Foreign keys are otherwise checked at commit, where a bad one would undo the whole batch.
            connection.check_constraints()
    except Exception as error:
        if not connection.is_usable():
            raise
        _report(event, now, error, beat)
        return False
    return True


def _report(event: Event, now: datetime, error: Exception, beat: Beat) -> None:
    message = f"{type(error).__name__}: {error}"
    event.mark_failed(now, message)
    state = "parked" if event.parked_at else f"tried again at {event.next_at:%F %T}"
    log.error("Event %s (%s) failed and is %s: %s", event.pk, event.topic, state, message, exc_info=error)
    beat.failed(f"event {event.pk} {event.topic}: {message}")


def _set_aside(event: Event, now: datetime, error: Exception) -> None:
    connection.close_if_unusable_or_obsolete()
    with transaction.atomic(durable=True):
        again = Event.objects.unhandled().select_for_update(skip_locked=True).filter(pk=event.pk).first()
        if again is not None:
            again.mark_failed(now, f"{type(error).__name__}: {error}")


def _fan_out(events: list[Event], now: datetime) -> None:
    """A delivery for each pair of event and endpoint that wants it, in one statement; once committed, a worker is asked to
    carry them out: a telephone system that is asked for a call must not wait for the next round."""
    if not events:
        return
    endpoints = list(Endpoint.objects.filter(is_active=True))
    deliveries = [
        WebhookDelivery(event=event, endpoint=endpoint, next_at=now)
        for event in events
        for endpoint in endpoints
        if endpoint.wants(event.topic)
    ]
    if deliveries:
        WebhookDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
        transaction.on_commit(partial(nudge, DELIVER))
