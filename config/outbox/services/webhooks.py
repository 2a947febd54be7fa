"""Carry waiting webhook deliveries out, and what an operator may ask for."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from queue import SimpleQueue

from django.db import transaction
from django.db.models import OuterRef, Subquery

from config.outbox.health import Beat
from config.outbox.models import DeliveryState, Endpoint, Event, WebhookDelivery, new_secret
from config.outbox.wire import Answer, open_session, post

log = logging.getLogger(__name__)

ENDPOINTS = 8  # served at the same time, each by its own thread, so that a slow one delays only itself
PER_ENDPOINT = 20  # deliveries taken at once; one after the other, over one connection, oldest first
GROUP_SECONDS = 60.0  # then a thread gives back what it has not tried; well below the lease
RUN_SECONDS = 45.0

TEST_TOPIC = "webhook.test"

Group = list[WebhookDelivery]
Outcome = tuple[WebhookDelivery, Answer | None]  # None: not tried


def deliver_due(now: datetime, beat: Beat) -> None:
    """Send what is due. Rows are leased, not locked, while the network is waited for; any number of workers may run."""
    park_for_switched_off(now)
    end = time.monotonic() + RUN_SECONDS
    while groups := claim(now):
        for delivery, answer in send_all(groups):
            settle(delivery, answer, now, beat)
        if time.monotonic() > end:
            break


def park_for_switched_off(now: datetime) -> int:
    """Deliveries to an endpoint that was switched off meanwhile wait for somebody's decision, visibly."""
    off = WebhookDelivery.objects.waiting().filter(endpoint__is_active=False)
    return off.update(state=DeliveryState.PARKED, failed_at=now, last_error="The endpoint is switched off.")


def claim(now: datetime) -> list[Group]:
    """Lease a few due deliveries of each endpoint that has any; the endpoint that waits longest comes first."""
    oldest = WebhookDelivery.objects.due(now).filter(endpoint=OuterRef("pk")).order_by("next_at").values("next_at")
    endpoints = (
        Endpoint.objects.filter(is_active=True)
        .annotate(waiting_since=Subquery(oldest[:1]))
        .exclude(waiting_since=None)
        .order_by("waiting_since")[:ENDPOINTS]
    )
    groups = []
    for endpoint in endpoints:
        group = WebhookDelivery.objects.filter(endpoint=endpoint).select_related("event").lease(now, PER_ENDPOINT)
        for delivery in group:
            delivery.endpoint = endpoint
        if group:
            groups.append(group)
    return groups


def send_all(groups: list[Group]) -> Iterator[Outcome]:
    """Each group on its own thread; outcomes come here as they happen. The threads never touch the database."""
    outcomes: SimpleQueue[Outcome] = SimpleQueue()
    with ThreadPoolExecutor(max_workers=len(groups)) as pool:
        for group in groups:
            pool.submit(send_group, group, outcomes.put)
        for _ in range(sum(len(group) for group in groups)):
            yield outcomes.get()


def send_group(group: Group, report: Callable[[Outcome], None]) -> None:
    """One endpoint's deliveries in order; reports each exactly once.

    When the endpoint cannot be reached the rest of the group shares that failure untried: waiting for the same timeout
    twenty times would tell us nothing new. When time is up, or the endpoint is gone, the rest is given back.
    """
    end, answer = time.monotonic() + GROUP_SECONDS, None
    with open_session() as session:
        for delivery in group:
            if answer is not None and answer.gone:
                report((delivery, None))
            elif answer is not None and not answer.reached:
                report((delivery, answer))
            elif time.monotonic() > end:
                report((delivery, None))
            else:
                answer = post(session, delivery.endpoint.url, delivery.endpoint.secret, delivery.event)
                report((delivery, answer))


def settle(delivery: WebhookDelivery, answer: Answer | None, now: datetime, beat: Beat) -> None:
    """Write what became of one delivery."""
    if answer is None:
        delivery.give_back(now)
    elif answer.accepted:
        beat.handled += delivery.mark_sent(now, status_code=answer.status)
    else:
        delivery.mark_failed(now, answer.error, status_code=answer.status)
        beat.failed(f"{delivery.endpoint.name}: {answer.error}")
        log.warning("Webhook %s to %s failed: %s", delivery.pk, delivery.endpoint.name, answer.error)
        if answer.gone:
            switch_off(delivery.endpoint, now, "The endpoint answered 410 Gone: it wants no more.")


def switch_off(endpoint: Endpoint, now: datetime, why: str) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(is_active=False, switched_off_why=why)
    park_for_switched_off(now)


def retry_parked(endpoints: Iterable[Endpoint], now: datetime) -> int:
    """Give the parked deliveries of these endpoints all their tries back; returns how many."""
    return WebhookDelivery.objects.filter(endpoint__in=list(endpoints)).retry(now)


def send_test(endpoint: Endpoint, now: datetime) -> WebhookDelivery:
    """An event for this endpoint alone, whatever topics it wants. The next sweep sends it."""
    with transaction.atomic():
        event = Event.objects.create(
            topic=TEST_TOPIC,
            subject=str(endpoint.public_id),
            payload={"message": "A test from Handoff."},
            occurred_at=now,
            handled_at=now,
            next_at=now,
        )
        return WebhookDelivery.objects.create(event=event, endpoint=endpoint, next_at=now)


def renew_secret(endpoint: Endpoint) -> str:
    """A new signing secret, from the next call on; returns it, for the one time it is shown."""
    endpoint.secret = new_secret()
    endpoint.save(update_fields=["secret"])
    return endpoint.secret
