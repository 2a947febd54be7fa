"""Old rows go, and nothing that is still owed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone
from kombu.transport.sqlalchemy import Channel
from psycopg.conninfo import make_conninfo

from config import env
from config.outbox.models import DeliveryState, Endpoint, Event, Heartbeat, WebhookDelivery
from config.outbox.services import tidy
from config.outbox.tasks import tidy_broker, tidy_outbox
from tests.outbox.conftest import NOW, make_event

LONG_AGO = NOW - timedelta(days=91)


def delivered(state: DeliveryState, handled_at: datetime = LONG_AGO) -> Event:
    event = make_event(handled_at=handled_at)
    endpoint = Endpoint.objects.get_or_create(name="CRM", url="https://example.com")[0]
    WebhookDelivery.objects.create(event=event, endpoint=endpoint, state=state)
    return event


@pytest.mark.django_db
def test_old_events_go_with_what_was_settled(monkeypatch):
    monkeypatch.setattr(tidy, "BATCH", 2)
    for _ in range(3):
        delivered(DeliveryState.SENT)
    delivered(DeliveryState.PARKED)
    make_event(handled_at=LONG_AGO)
    kept = [
        delivered(DeliveryState.WAITING),
        delivered(DeliveryState.SENT, handled_at=NOW - timedelta(days=89)),
        make_event(handled_at=None, occurred_at=LONG_AGO),
    ]
    assert tidy.tidy_events(NOW) == 5
    assert list(Event.objects.all()) == kept
    assert WebhookDelivery.objects.count() == 2


@pytest.mark.django_db
def test_the_task_leaves_a_heartbeat():
    make_event(handled_at=timezone.now() - timedelta(days=100))
    tidy_outbox()
    assert Heartbeat.objects.get(name="tidy_outbox").handled == 1


@pytest.fixture
def celery_app(transactional_db, monkeypatch) -> Iterator[Celery]:
    """Sends into the test's own database through the transport that a machine without Redis uses."""
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)  # Celery would heed it before anything it is told
    with connection.cursor() as cursor:
        cursor.execute("create schema if not exists broker")
    name = connection.settings_dict["NAME"]
    url = env.broker_on_database(make_conninfo(env.text("DATABASE_URL"), dbname=name))
    app = Celery("trial", broker=url, set_as_current=False)
    app.conf.task_publish_retry = False
    yield app
    app.close()
    for engine, _ in Channel._engines.values():
        engine.dispose()
    Channel._engines.clear()
    with connection.cursor() as cursor:
        cursor.execute("drop schema broker cascade")


def messages() -> list[bool]:
    with connection.cursor() as cursor:
        cursor.execute("select visible from broker.kombu_message order by id")
        return [visible for (visible,) in cursor.fetchall()]


@pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning")  # kombu's own models, not ours
def test_consumed_and_expired_messages_are_purged(celery_app, monkeypatch):
    monkeypatch.setattr(tidy, "BATCH", 2)
    now = timezone.now()
    for _ in range(3):
        celery_app.send_task("consumed")
    with celery_app.connection_for_read() as broker, broker.SimpleQueue("celery") as queue:
        for _ in range(3):
            queue.get(timeout=5).ack()
    for _ in range(2):
        celery_app.send_task("expired", expires=now - timedelta(seconds=1))
    celery_app.send_task("waits")
    celery_app.send_task("waits a little", expires=now + timedelta(seconds=60))
    assert messages() == [False] * 3 + [True] * 4

    assert tidy.purge_broker(now) == 5
    assert messages() == [True, True]
    assert tidy.purge_broker(now) == 0


@pytest.mark.django_db
def test_a_broker_elsewhere_is_left_alone(settings):
    assert tidy.purge_broker(NOW) == 0  # a broker's schema that was never used
    settings.BROKER_IS_DATABASE = False
    tidy_broker()
    assert not Heartbeat.objects.exists()
