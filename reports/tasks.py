"""Scheduled work of the reports: thin wrappers that give the services their `now`."""

from __future__ import annotations

from django.utils import timezone

from config.celery import app
from config.outbox.health import heartbeat
from reports.services import alarms, digest, rollups


@app.task(name="reports.tasks.renew_rollups")
def renew_rollups() -> None:
    """Bring the roll-ups up to date; until then figures count what has changed live."""
    with heartbeat("renew_rollups") as beat:
        beat.handled = rollups.renew(timezone.now())


@app.task(name="reports.tasks.send_digests")
def send_digests() -> None:
    """The figures of the week or month that has ended, to those who want them."""
    with heartbeat("send_digests") as beat:
        beat.handled = digest.send_due(timezone.now())


@app.task(name="reports.tasks.tell_of_drops")
def tell_of_drops() -> None:
    """Once a day: steps of the funnel far below their past."""
    with heartbeat("tell_of_drops") as beat:
        beat.handled = alarms.tell_of_drops(timezone.now())
