"""What an operator sees of the outbox."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.outbox import queries
from config.outbox.health import heartbeat
from config.outbox.models import DeliveryState, Endpoint, WebhookDelivery
from tests.outbox.conftest import NOW, make_event


@pytest.fixture
def endpoint(db) -> Endpoint:
    return Endpoint.objects.create(name="CRM", url="https://example.com")


def by_name() -> dict[str, queries.Depth]:
    return {depth.name: depth for depth in queries.depths()}


def test_depths_count_what_waits_and_what_is_parked(endpoint):
    make_event()
    make_event(next_at=NOW - timedelta(minutes=5))
    make_event(parked_at=NOW)
    handled = make_event(handled_at=NOW)
    for state in DeliveryState:
        other = Endpoint.objects.create(name=state, url="https://example.com")
        WebhookDelivery.objects.create(event=handled, endpoint=other, state=state, next_at=NOW)
    found = by_name()
    assert found["Events"] == queries.Depth("Events", 2, 1, NOW - timedelta(minutes=5))
    assert found["Webhook deliveries"] == queries.Depth("Webhook deliveries", 1, 1, NOW)
    assert found["Notice deliveries"] == queries.Depth("Notice deliveries", 0, 0, None)


def test_recent_failures_come_latest_first_and_name_what_failed(endpoint):
    event = make_event("lead.created", subject="lead:7")
    delivery = WebhookDelivery.objects.create(event=event, endpoint=endpoint, next_at=NOW)
    event.mark_failed(NOW, "RuntimeError: broken")
    delivery.mark_failed(NOW + timedelta(seconds=1), "HTTP 500")
    sent = WebhookDelivery.objects.create(event=make_event(), endpoint=endpoint, next_at=NOW)
    sent.mark_failed(NOW, "HTTP 502")
    sent.mark_sent(NOW)
    found = queries.recent_failures()
    assert [(failure.queue, failure.what, failure.error) for failure in found] == [
        ("Webhook deliveries", "lead.created lead:7 to CRM", "HTTP 500"),
        ("Events", "lead.created lead:7", "RuntimeError: broken"),
    ]
    assert not found[0].parked
    assert len(queries.recent_failures(limit=1)) == 1


def test_the_number_of_queries_is_constant(endpoint, django_assert_num_queries):
    for count in (0, 12):
        for _ in range(count):
            event = make_event()
            event.mark_failed(NOW, "broken")
            WebhookDelivery.objects.create(event=event, endpoint=endpoint, next_at=NOW).mark_failed(NOW, "HTTP 500")
        with django_assert_num_queries(3):
            queries.depths()
        with django_assert_num_queries(3):
            queries.recent_failures()


@pytest.mark.django_db
def test_heartbeats_are_listed_by_name():
    for name in ("tidy_outbox", "dispatch_events"):
        with heartbeat(name) as beat:
            beat.handled = 3
    assert [(beat.name, beat.handled) for beat in queries.heartbeats()] == [("dispatch_events", 3), ("tidy_outbox", 3)]
