"""How the scheduled work is doing, for those who run the portal: what waits, what ran, what failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from celery.schedules import crontab
from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet

from config.celery import app
from config.outbox.models import Event, Heartbeat
from config.outbox.queries import Depth, Failure, depths, heartbeats, recent_failures
from leads.models import Attempt, QueueItem
from sla.models import Clock, ClockEvent
from sla.models.clock import SWEPT_STATES

LATE_FACTOR = 6  # a job is called late when it has missed this many of its intervals


@dataclass(frozen=True)
class Job:
    """A scheduled job: when it should run, and when it last did."""

    name: str
    when: str
    beat: Heartbeat | None
    late: bool

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Operations:
    jobs: list[Job]
    depths: list[Depth]
    failures: list[Failure]
    broken_clocks: list[Clock]
    broken_steps: list[ClockEvent]

    @property
    def parked(self) -> int:
        return sum(depth.parked for depth in self.depths)


def overview(at: datetime) -> Operations:
    """Everything the page shows; the number of queries never depends on the number of rows."""
    return Operations(
        jobs=jobs(at),
        depths=[*depths(), *own_depths(at)],
        failures=recent_failures(),
        broken_clocks=list(_set_aside().order_by("-id")[:20]),
        broken_steps=list(ClockEvent.objects.filter(handled_at=None, attempts__gt=0).order_by("-id")[:20]),
    )


def _set_aside() -> QuerySet[Clock]:
    return Clock.objects.filter(sweep_failures__gt=0, state__in=SWEPT_STATES)


def jobs(at: datetime) -> list[Job]:
    """Each entry of the schedule with its last run; a job that should have run since, or since the schedule first ran at
    all, and has not is late."""
    beats = {beat.name: beat for beat in heartbeats()}
    began = min((beat.first_at for beat in beats.values()), default=at)
    found = []
    for entry in app.conf.beat_schedule.values():
        name = entry["task"].rpartition(".")[2]
        seconds = entry["schedule"] if isinstance(entry["schedule"], int | float) else None
        beat = beats.get(name)
        due = timedelta(seconds=seconds * LATE_FACTOR) if seconds else timedelta(days=2)
        last = beat.finished_at if beat is not None and beat.finished_at is not None else began
        found.append(Job(name, _words(entry["schedule"]), beat, late=at - last > due))
    return sorted(found, key=lambda job: (not job.late, job.name))


def _words(schedule: float | crontab) -> str:
    """When a job runs: "every 10 s", "daily at 3:10", "hourly, at 17 past"."""
    if not isinstance(schedule, crontab):
        return f"every {schedule / 60:g} min" if schedule >= 60 else f"every {schedule:g} s"
    minute, hours = min(schedule.minute), sorted(schedule.hour)
    if len(hours) == 24:
        return f"hourly, at {minute} past"
    return f"daily at {', '.join(f'{hour}:{minute:02d}' for hour in hours)}"


def own_depths(at: datetime) -> list[Depth]:
    clocks = Clock.objects.filter(next_at__lt=at, state__in=SWEPT_STATES).aggregate(n=Count("pk"), since=Min("next_at"))
    steps = ClockEvent.objects.filter(handled_at=None).aggregate(
        n=Count("pk", filter=Q(next_at__isnull=False)),
        parked=Count("pk", filter=Q(next_at=None, attempts__gt=0)),
        since=Min("next_at"),
    )
    tries = Attempt.objects.filter(settled_at=None, undone_at=None, settles_at__lte=at).aggregate(
        n=Count("pk"), since=Min("settles_at")
    )
    leases = QueueItem.objects.filter(claimed_by__isnull=False, lease_until__lte=at).aggregate(
        n=Count("pk"), since=Min("lease_until")
    )
    return [
        Depth("Clocks due for the sweep", clocks["n"], 0, clocks["since"]),
        Depth("Steps of clocks to act upon", steps["n"], steps["parked"], steps["since"]),
        Depth("Outcomes of calls to settle", tries["n"], 0, tries["since"]),
        Depth("Leases that have run out", leases["n"], 0, leases["since"]),
    ]


@transaction.atomic
def retry_all(at: datetime) -> int:
    """Try everything again that was given up (steps of clocks, events and deliveries) or set aside (clocks); returns how
    many."""
    from config.outbox.models import RetriedDelivery

    steps = ClockEvent.objects.filter(handled_at=None, next_at=None, attempts__gt=0).update(attempts=0, next_at=at)
    events = Event.objects.exclude(parked_at=None).retry(at)
    sent = sum(model._default_manager.parked().retry(at) for model in RetriedDelivery.__subclasses__())
    clocks = _set_aside().update(next_at=at)
    return int(steps + events + sent + clocks)
