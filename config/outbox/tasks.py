"""The scheduled jobs of the outbox: each looks at rows that are due and leaves a heartbeat."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from config.celery import app
from config.outbox.health import heartbeat
from config.outbox.services import dispatch, tidy, webhooks


@app.task(name="config.outbox.tasks.dispatch_events")
def dispatch_events() -> None:
    with heartbeat("dispatch_events") as beat:
        dispatch.dispatch_due(timezone.now(), beat)


@app.task(name="config.outbox.tasks.deliver_webhooks")
def deliver_webhooks() -> None:
    with heartbeat("deliver_webhooks") as beat:
        webhooks.deliver_due(timezone.now(), beat)


@app.task(name="config.outbox.tasks.tidy_broker")
def tidy_broker() -> None:
    """Only where the broker is the portal's own database; Redis and RabbitMQ tidy up after themselves."""
    if settings.BROKER_IS_DATABASE:
        with heartbeat("tidy_broker") as beat:
            beat.handled = tidy.purge_broker(timezone.now())


@app.task(name="config.outbox.tasks.tidy_outbox")
def tidy_outbox() -> None:
    with heartbeat("tidy_outbox") as beat:
        beat.handled = tidy.tidy_events(timezone.now())
