"""Events reach their subscribers once, and one that fails stands in nobody's way."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction

from config.outbox.health import Beat
from config.outbox.models import BACK_OFF, Endpoint, Event, Heartbeat, WebhookDelivery
from config.outbox.services import dispatch
from config.outbox.services.subscribers import subscribe
from config.outbox.tasks import dispatch_events
from config.outbox.topics import keep_inside
from tests.outbox.conftest import NOW, make_event
from tests.outbox.threads import at_once


def run(now=NOW) -> Beat:
    beat = Beat()
    dispatch.dispatch_due(now, beat)
    return beat


@pytest.mark.django_db
def test_subscribers_hear_their_topics_in_order():
    heard = []

    @subscribe("lead.created")
    @subscribe("lead.*")
    def listen(event):
        heard.append((event.topic, event.subject))

    make_event("lead.created", subject="1")
    make_event("lead.stage.changed", subject="2")
    make_event("handoff.offered", subject="3")
    beat = run()

    assert heard == [("lead.created", "1"), ("lead.stage.changed", "2")]
    assert beat.handled == 3
    assert not Event.objects.unhandled().exists()
    assert run().handled == 0


@pytest.mark.django_db
def test_an_event_is_not_handled_before_it_is_due():
    make_event(next_at=NOW + timedelta(seconds=1))
    assert run().handled == 0
    assert run(NOW + timedelta(seconds=1)).handled == 1


@pytest.mark.parametrize("bad", ["Lead", "lead.", "*.created", "lead.*.x", ""])
def test_a_pattern_that_fits_nothing_is_refused(bad):
    with pytest.raises(ValueError, match="neither a topic"):
        subscribe(bad)


@pytest.mark.django_db
def test_a_poison_event_is_set_aside_and_the_others_go_on():
    heard = []

    @subscribe("lead.*")
    def listen(event):
        if event.subject == "poison":
            Endpoint.objects.create(name="half-written", url="https://example.com")
            raise RuntimeError("no such lead")
        heard.append(event.subject)

    make_event(subject="before")
    poison = make_event(subject="poison")
    make_event(subject="after")
    beat = run()

    assert heard == ["before", "after"]
    assert (beat.handled, beat.failures) == (2, 1)
    assert "RuntimeError: no such lead" in beat.last_error
    poison.refresh_from_db()
    assert (poison.handled_at, poison.attempts, poison.failed_at) == (None, 1, NOW)
    assert poison.next_at == NOW + timedelta(seconds=BACK_OFF[0])
    assert poison.last_error == "RuntimeError: no such lead"
    assert not Endpoint.objects.exists()  # what the failing subscriber wrote is undone


@pytest.mark.django_db
def test_a_poison_event_is_parked_after_its_last_try_and_can_be_retried():
    calls = []

    @subscribe("lead.created")
    def listen(event):
        calls.append(event.pk)
        raise RuntimeError("still broken")

    event, now = make_event(), NOW
    for wait in (*BACK_OFF, 0):
        run(now)
        now += timedelta(seconds=wait)

    event.refresh_from_db()
    assert len(calls) == len(BACK_OFF) + 1
    assert event.parked_at is not None
    assert run(now + timedelta(days=30)).failures == 0

    assert Event.objects.filter(pk=event.pk).retry(now) == 1
    assert run(now).failures == 1


@pytest.mark.django_db(transaction=True)
def test_a_violation_that_shows_only_at_commit_is_isolated_too():
    """PostgreSQL checks Django's foreign keys at commit: that must not undo the whole batch."""

    @subscribe("lead.created")
    def listen(event):
        if event.subject == "poison":
            WebhookDelivery.objects.create(event_id=event.pk, endpoint_id=987654321)

    poison, good = make_event(subject="poison"), make_event(subject="good")
    run()
    poison.refresh_from_db()
    good.refresh_from_db()
    assert good.handled_at == NOW
    assert "IntegrityError" in poison.last_error


@pytest.mark.django_db(transaction=True)
def test_a_subscriber_that_loses_the_connection_does_not_stop_the_queue():
    @subscribe("lead.created")
    def listen(event):
        if event.subject == "poison":
            with connection.cursor() as cursor:
                cursor.execute("select pg_terminate_backend(pg_backend_pid())")

    poison, good = make_event(subject="poison"), make_event(subject="good")
    with pytest.raises(Exception, match="terminat"):
        run()
    assert run().handled == 1

    poison.refresh_from_db()
    good.refresh_from_db()
    assert good.handled_at == NOW
    assert (poison.handled_at, poison.attempts) == (None, 1)


@pytest.mark.django_db(transaction=True)
def test_dispatchers_at_the_same_time_handle_each_event_once():
    heard: Counter[int] = Counter()

    @subscribe("lead.created")
    def listen(event):
        heard[event.pk] += 1
        Endpoint.objects.create(name=event.subject, url="https://example.com", is_active=False)

    events = [make_event(subject=str(number)) for number in range(160)]
    beats = at_once(run, run, run)

    assert heard == {event.pk: 1 for event in events}
    assert sum(beat.handled for beat in beats) == len(events)
    assert Endpoint.objects.count() == len(events)


@pytest.mark.django_db(transaction=True)
def test_events_held_by_another_dispatcher_are_passed_over():
    held, free = make_event(), make_event()

    def hold_the_first() -> int:
        with transaction.atomic():
            Event.objects.select_for_update().get(pk=held.pk)
            return at_once(lambda: run().handled)[0]

    assert hold_the_first() == 1
    free.refresh_from_db()
    assert free.handled_at == NOW
    assert Event.objects.unhandled().get() == held


@pytest.mark.django_db
def test_endpoints_get_the_topics_they_want(nudges, django_capture_on_commit_callbacks):
    everything = Endpoint.objects.create(name="everything", url="https://example.com")
    leads = Endpoint.objects.create(name="leads", url="https://example.com", topics=["lead.*"])
    Endpoint.objects.create(name="clocks", url="https://example.com", topics=["clock.breached"])
    Endpoint.objects.create(name="off", url="https://example.com", is_active=False)
    keep_inside("bell.*")
    created, offered = make_event("lead.created"), make_event("handoff.offered")
    make_event("bell.rang")
    with django_capture_on_commit_callbacks(execute=True):
        run()
    assert len(nudges) == 1, "a worker is asked to carry the deliveries out at once"

    assert set(WebhookDelivery.objects.values_list("event", "endpoint")) == {
        (created.pk, everything.pk),
        (created.pk, leads.pk),
        (offered.pk, everything.pk),
    }


@pytest.mark.django_db
def test_handling_many_events_takes_as_many_queries_as_handling_one(django_assert_num_queries):
    Endpoint.objects.create(name="everything", url="https://example.com")
    for count in (1, 40):
        for _ in range(count):
            make_event()
        with django_assert_num_queries(6):  # savepoint, claim, endpoints, deliveries, mark, release
            dispatch.dispatch_batch(NOW, Beat())


@pytest.mark.django_db
def test_the_task_leaves_a_heartbeat():
    @subscribe("lead.created")
    def listen(event):
        raise RuntimeError("broken")

    make_event()
    make_event("handoff.offered")
    dispatch_events()
    beat = Heartbeat.objects.get(name="dispatch_events")
    assert (beat.handled, beat.failures) == (1, 1)
    assert "lead.created: RuntimeError: broken" in beat.last_error
