"""Scheduled work of the agreement: thin wrappers that give the services their `now`."""

from __future__ import annotations

from django.utils import timezone

from config.celery import app
from config.outbox.health import heartbeat
from sla.services import acknowledging, announcing, reviewing, sweeping


@app.task(name="sla.tasks.sweep_clocks")
def sweep_clocks() -> None:
    """Mark what is due, then act on it at once."""
    with heartbeat("sweep_clocks") as beat:
        sweeping.sweep(timezone.now(), beat)
    deliver_clock_events()


@app.task(name="sla.tasks.deliver_clock_events")
def deliver_clock_events() -> None:
    with heartbeat("deliver_clock_events") as beat:
        sweeping.deliver(timezone.now(), beat)


@app.task(name="sla.tasks.resume_paused_clocks")
def resume_paused_clocks() -> None:
    with heartbeat("resume_paused_clocks") as beat:
        sweeping.resume_due(timezone.now(), beat)


@app.task(name="sla.tasks.announce_versions")
def announce_versions() -> None:
    with heartbeat("announce_versions") as beat:
        beat.handled = announcing.announce(timezone.now())


@app.task(name="sla.tasks.remind_readers")
def remind_readers() -> None:
    """Who has not confirmed the version in force; a reminder is given once, however often this runs."""
    with heartbeat("remind_readers") as beat:
        beat.handled = acknowledging.remind(timezone.now())


@app.task(name="sla.tasks.remind_of_reviews")
def remind_of_reviews() -> None:
    """Agreements and definitions whose review is due; each is told of once."""
    with heartbeat("remind_of_reviews") as beat:
        beat.handled = reviewing.remind(timezone.now())
