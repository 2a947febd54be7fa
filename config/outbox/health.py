"""Is the portal keeping time? The scheduled jobs leave a heartbeat; this reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from config.outbox.models import Heartbeat

SWEEP = "sweep_clocks"
SILENCE = timedelta(seconds=60)


@dataclass
class Beat:
    """Collects what a run handled; `failed` names rows that were set aside."""

    handled: int = 0
    failures: int = 0
    last_error: str = ""

    def failed(self, error: str) -> None:
        self.failures += 1
        self.last_error = error[:2000]


@contextmanager
def heartbeat(name: str) -> Iterator[Beat]:
    """Record that a scheduled job ran, what it handled and what failed. An exception is recorded and goes on."""
    started, beat = timezone.now(), Beat()
    try:
        yield beat
    except Exception as error:
        beat.failed(f"{type(error).__name__}: {error}")
        raise
    finally:
        _record(name, started, beat)


def _record(name: str, started: datetime, beat: Beat) -> None:
    now = timezone.now()
    values: dict[str, Any] = {
        "started_at": started,
        "finished_at": now,
        "handled": beat.handled,
    }
    if beat.failures:
        values |= {"last_error": beat.last_error, "last_error_at": now}
    updated = Heartbeat.objects.filter(name=name).update(**values, failures=F("failures") + beat.failures)
    if not updated:
        Heartbeat.objects.update_or_create(name=name, defaults=values | {"failures": beat.failures})


@dataclass
class Health:
    healthy: bool
    problems: list[str] = field(default_factory=list)
    last_sweep_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "healthy": self.healthy,
            "problems": self.problems,
            "last_sweep_at": self.last_sweep_at.isoformat() if self.last_sweep_at else None,
        }


def report(now: datetime) -> Health:
    """Healthy while the clock sweep finished within the last minute before `now`."""
    beat = Heartbeat.objects.filter(name=SWEEP).first()
    if beat is None or beat.finished_at is None:
        return Health(False, ["The clock sweep has never run; is a Celery worker with beat running?"])
    if now - beat.finished_at > SILENCE:
        silent = int((now - beat.finished_at).total_seconds())
        return Health(False, [f"The clock sweep has been silent for {silent} seconds."], beat.finished_at)
    return Health(True, [], beat.finished_at)
