"""How soon a broken promise is noticed: a hundred fall due within a minute, two workers and one beat keep time."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from config import env
from config.embedded.paths import ROOT
from config.embedded.processes import Process, spawn
from tests.bench.report import fresh_database
from tests.faults import scene

BREACHES, SECONDS = 100, 60
FIRST_IN = 20  # seconds until the first falls due: time for the processes to start
PATIENCE = 120


def run() -> list[dict[str, Any]]:
    url = fresh_database()
    from sla.models import ClockEvent

    ready(url)
    scene.assemble(BREACHES, spread=SECONDS, first_in=FIRST_IN)
    processes = start(url)
    try:
        end_at = time.monotonic() + PATIENCE
        while ClockEvent.objects.filter(step="breach").count() < BREACHES:
            assert time.monotonic() < end_at, "not all breaches were noticed"
            time.sleep(0.5)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
    noticed = ClockEvent.objects.filter(step="breach").values_list("created_at", "at")
    late = [(seen - true).total_seconds() for seen, true in noticed]
    assert len(late) == BREACHES, "a breach was noticed twice"
    common = {"unit": "s", "better": "lower"}
    worst, middle = max(late), statistics.median(late)
    return [
        {"name": "breach noticed: the latest of 100 in a minute", "ours": worst, "reference": 15.0, "ratio": worst / 15, "demanded": 1.0, **common},
        {"name": "breach noticed: the median", "ours": middle, "reference": 8.0, "ratio": middle / 8, "demanded": 1.0, **common},
    ]  # fmt: skip


def ready(url: str) -> None:
    """The schema of the queue, as the start of the portal makes it."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create schema if not exists broker")


def start(url: str) -> list[Process]:
    given = os.environ | {"CELERY_BROKER_URL": env.broker_on_database(url), "PYTHONPATH": str(ROOT)}
    celery = [sys.executable, "-m", "celery", "-A", "config.celery"]
    folder = Path(os.environ["HANDOFF_VAR"])
    schedule = str(folder / "breaches.schedule")
    quiet = ["-l", "ERROR"]
    worker = ["worker", "-c", "1", "--without-mingle", "--without-gossip", "--without-heartbeat", *quiet]
    return [
        *(spawn([*celery, *worker, "-n", f"{name}@bench"], env=given) for name in ("a", "b")),
        spawn([*celery, "beat", "-s", schedule, "--pidfile=", *quiet], env=given),
    ]
