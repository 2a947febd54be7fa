"""Webhooks are signed, retried, parked, and never sent twice by two workers."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from standardwebhooks import Webhook, WebhookVerificationError

from config.outbox.health import Beat
from config.outbox.models import BACK_OFF, LEASE, DeliveryState, Endpoint, Event, WebhookDelivery
from config.outbox.services import dispatch, webhooks
from config.outbox.tasks import deliver_webhooks
from config.outbox.wire import Answer, body_of, headers_of
from tests.outbox.conftest import NOW, make_event
from tests.outbox.threads import at_once

UNREACHABLE = "http://127.0.0.1:9/hook"  # the discard port: nobody listens


def run(now: datetime = NOW) -> Beat:
    beat = Beat()
    webhooks.deliver_due(now, beat)
    return beat


def make_delivery(endpoint: Endpoint, **fields) -> WebhookDelivery:
    return WebhookDelivery.objects.create(event=make_event(), endpoint=endpoint, next_at=NOW, **fields)


def again(delivery: WebhookDelivery) -> WebhookDelivery:
    return WebhookDelivery.objects.get(pk=delivery.pk)


@pytest.mark.django_db(transaction=True)
def test_an_event_arrives_signed_and_once(receiver):
    endpoint = receiver.endpoint()
    event = make_event("lead.created", subject="lead:42", payload={"score": 81, "name": "Zoë"})
    dispatch.dispatch_due(NOW, Beat())
    assert run().handled == 1
    assert run(NOW + timedelta(days=1)).handled == 0

    [(headers, body)] = receiver.got
    assert Webhook(endpoint.secret).verify(body, headers) == {
        "type": "lead.created",
        "timestamp": "2026-03-03T09:00:00Z",
        "data": {"score": 81, "name": "Zoë", "subject": "lead:42"},
    }
    assert headers["webhook-id"] == str(event.public_id)
    delivery = endpoint.deliveries.get()
    assert (delivery.state, delivery.sent_at, delivery.status_code) == (DeliveryState.SENT, NOW, 200)


@pytest.mark.django_db
def test_another_secret_or_a_changed_body_does_not_verify(receiver):
    endpoint = receiver.endpoint()
    make_delivery(endpoint)
    run()
    [(headers, body)] = receiver.got
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"x" * 32).decode()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(body.replace(b"7", b"8"), headers)


def test_the_signature_is_that_of_the_specification():
    """The specification's own scheme, computed here by hand: HMAC-SHA256 over id.timestamp.body."""
    import hashlib
    import hmac

    secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
    event = Event(topic="lead.created", subject="lead:1", payload={}, occurred_at=NOW)
    body = body_of(event)
    headers = headers_of(event, body, secret, datetime(2026, 3, 3, 9, 0, 5, 999, tzinfo=UTC))
    signed = f"{event.public_id}.{headers['webhook-timestamp']}.{body}".encode()
    expected = base64.b64encode(hmac.new(b"k" * 24, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(datetime(2026, 3, 3, 9, 0, 5, tzinfo=UTC).timestamp()))


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "error"), [(500, "HTTP 500"), (429, "HTTP 429"), (404, "HTTP 404")])
def test_a_refused_call_is_tried_again_later(receiver, status, error):
    delivery = make_delivery(receiver.endpoint())
    receiver.answers = [status]
    beat = run()

    delivery = again(delivery)
    assert (delivery.state, delivery.attempts, delivery.status_code) == (DeliveryState.WAITING, 1, status)
    assert delivery.next_at == NOW + timedelta(seconds=BACK_OFF[0])
    assert error in delivery.last_error
    assert beat.failures == 1
    assert run(NOW + timedelta(seconds=BACK_OFF[0] - 1)).handled == 0
    assert run(NOW + timedelta(seconds=BACK_OFF[0])).handled == 1
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {str(delivery.event.public_id)}


@pytest.mark.django_db
def test_redirects_are_not_followed(receiver):
    delivery = make_delivery(receiver.endpoint())
    receiver.answers = [302]
    run()
    assert "redirects are not followed" in again(delivery).last_error
    assert len(receiver.got) == 1


@pytest.mark.django_db
def test_after_the_last_try_it_is_parked_and_can_be_retried(receiver):
    endpoint = receiver.endpoint()
    delivery, now = make_delivery(endpoint), NOW
    receiver.answers = [503] * 8
    for wait in (*BACK_OFF, 0):
        run(now)
        now += timedelta(seconds=wait)
    delivery = again(delivery)
    assert (delivery.state, delivery.attempts, len(receiver.got)) == (DeliveryState.PARKED, 8, 8)
    run(now + timedelta(days=365))
    assert len(receiver.got) == 8

    assert webhooks.retry_parked([endpoint], now) == 1
    assert run(now).handled == 1
    assert again(delivery).state == DeliveryState.SENT


@pytest.mark.django_db
def test_gone_switches_the_endpoint_off_and_parks_what_waits(receiver):
    endpoint = receiver.endpoint()
    first, second = make_delivery(endpoint), make_delivery(endpoint)
    later = WebhookDelivery.objects.create(event=make_event(), endpoint=endpoint, next_at=NOW + timedelta(hours=1))
    receiver.answers = [410]
    run()

    endpoint = Endpoint.objects.get()
    assert not endpoint.is_active
    assert "410" in endpoint.switched_off_why
    assert [again(delivery).state for delivery in (first, second, later)] == [DeliveryState.PARKED] * 3
    assert len(receiver.got) == 1


@pytest.mark.django_db
def test_what_waits_for_an_endpoint_switched_off_by_hand_is_parked(receiver):
    delivery = make_delivery(receiver.endpoint(is_active=False))
    run()
    assert again(delivery).state == DeliveryState.PARKED
    assert again(delivery).last_error == "The endpoint is switched off."
    assert receiver.got == []


@pytest.mark.django_db
def test_an_unreachable_endpoint_fails_as_a_group_and_delays_nobody(receiver, monkeypatch):
    tries: list[str] = []
    dead = Endpoint.objects.create(name="dead", url=UNREACHABLE)
    waiting = [make_delivery(dead) for _ in range(3)]
    good = make_delivery(receiver.endpoint())
    real = webhooks.post

    def counted(session, url, *args):
        tries.append(url)
        return real(session, url, *args)

    monkeypatch.setattr(webhooks, "post", counted)
    run()

    assert tries.count(UNREACHABLE) == 1
    assert [again(delivery).attempts for delivery in waiting] == [1, 1, 1]
    assert "Connection refused" in again(waiting[2]).last_error
    assert again(good).state == DeliveryState.SENT


@pytest.mark.django_db
def test_deliveries_of_one_endpoint_go_out_oldest_first(receiver):
    endpoint = receiver.endpoint()
    deliveries = [make_delivery(endpoint) for _ in range(45)]
    assert run().handled == 45
    assert [headers["webhook-id"] for headers, _ in receiver.got] == [str(d.event.public_id) for d in deliveries]


@pytest.mark.django_db
def test_when_time_is_up_the_rest_is_given_back_without_losing_a_try(receiver, monkeypatch):
    monkeypatch.setattr(webhooks, "GROUP_SECONDS", -1.0)
    delivery = make_delivery(receiver.endpoint(), attempts=3)
    [group] = webhooks.claim(NOW)
    for outcome in webhooks.send_all([group]):
        webhooks.settle(*outcome, NOW, Beat())
    assert receiver.got == []
    assert (again(delivery).attempts, again(delivery).next_at) == (3, NOW)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_and_no_row_locked_while_the_other_side_answers(receiver):
    delivery = make_delivery(receiver.endpoint())
    seen = []

    def look() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "select id from outbox_webhookdelivery where id = %s for update skip locked", [delivery.pk]
                )
                seen.append(cursor.fetchall())
                cursor.execute(
                    "select count(*) from pg_stat_activity where state = 'idle in transaction'"
                    " and datname = current_database()"
                )
                seen.append(cursor.fetchone())
        finally:
            connection.close()

    receiver.on_call = look
    run()
    assert seen == [[(delivery.pk,)], (0,)]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_the_same_delivery(receivers):
    targets = [receivers() for _ in range(3)]
    for number, target in enumerate(targets):
        endpoint = target.endpoint(name=str(number))
        for _ in range(30):
            make_delivery(endpoint)
    beats = at_once(run, run, run)

    assert sum(beat.handled for beat in beats) == 90
    for target in targets:
        ids = [headers["webhook-id"] for headers, _ in target.got]
        assert len(ids) == len(set(ids)) == 30


@pytest.mark.django_db
def test_a_worker_that_dies_loses_nothing(receiver):
    """What it had taken is due again when its lease lapses."""
    delivery = make_delivery(receiver.endpoint())
    assert webhooks.claim(NOW)
    assert webhooks.claim(NOW) == []
    assert run(NOW + LEASE - timedelta(seconds=1)).handled == 0
    assert run(NOW + LEASE).handled == 1
    assert again(delivery).state == DeliveryState.SENT


@pytest.mark.django_db
def test_an_answer_that_comes_after_the_lease_changes_nothing(receiver):
    delivery = make_delivery(receiver.endpoint())
    [[late]] = webhooks.claim(NOW)
    assert run(NOW + LEASE).handled == 1
    webhooks.settle(late, Answer(500, "HTTP 500"), NOW + LEASE, Beat())
    assert (again(delivery).state, again(delivery).attempts) == (DeliveryState.SENT, 0)


@pytest.mark.django_db
def test_a_test_event_goes_to_one_endpoint_whatever_it_wants(receiver):
    endpoint = receiver.endpoint(topics=["clock.breached"])
    Endpoint.objects.create(name="other", url=UNREACHABLE)
    webhooks.send_test(endpoint, NOW)
    dispatch.dispatch_due(NOW, Beat())
    run()
    [(_, body)] = receiver.got
    assert json.loads(body)["type"] == "webhook.test"
    assert WebhookDelivery.objects.count() == 1


@pytest.mark.django_db
def test_a_renewed_secret_signs_from_the_next_call_on(receiver):
    endpoint = receiver.endpoint()
    old = endpoint.secret
    new = webhooks.renew_secret(endpoint)
    make_delivery(endpoint)
    run()
    [(headers, body)] = receiver.got
    Webhook(new).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, headers)


@pytest.mark.django_db
def test_an_unusable_secret_fails_that_delivery_only(receiver):
    broken = make_delivery(receiver.endpoint(secret="whsec_"))
    good = make_delivery(receiver.endpoint(name="good"))
    run()
    assert "secret" in again(broken).last_error
    assert again(good).state == DeliveryState.SENT


@pytest.mark.django_db
def test_the_task_leaves_a_heartbeat(receiver):
    from config.outbox.models import Heartbeat

    make_delivery(receiver.endpoint())
    deliver_webhooks()
    assert Heartbeat.objects.get(name="deliver_webhooks").handled == 1
