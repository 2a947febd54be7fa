"""The scheduled job of the notices."""

from __future__ import annotations

from django.utils import timezone

from config.celery import app
from config.notices.services import delivering
from config.outbox.health import heartbeat


@app.task(name="config.notices.tasks.deliver_notices")
def deliver_notices() -> None:
    with heartbeat("deliver_notices") as beat:
        delivering.deliver_due(timezone.now(), beat)
