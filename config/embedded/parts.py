"""The parts of a running portal: what each is called, how it is started, how long it may take to stop."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.embedded.environment import whole_number

WORKER_PROCESSES = 2
AS_ROOT = "ignore:You're running the worker with superuser privileges"  # a developer's container, often


@dataclass(frozen=True)
class Part:
    name: str
    command: tuple[str, ...]
    seconds_to_stop: float = 5.0
    after: float = 0.0  # seconds: the pages come first, for somebody waits for them
    descriptors: tuple[int, ...] = ()


def plan(given: Mapping[str, str], *, listener: int, run_folder: Path) -> list[Part]:
    """Web processes that share one listening socket, a worker, and the clock that gives it work."""
    webs = whole_number(given, "WEB_CONCURRENCY", 2, 1, 64)
    celery = (sys.executable, "-W", AS_ROOT, "-m", "celery", "--quiet", "-A", "config.celery")
    level = ("--loglevel", given.get("LOG_LEVEL", "WARNING"))
    return [
        *(web(number, listener) for number in range(1, webs + 1)),
        Part(
            "worker",
            (*celery, "worker", *level, "--pool", "prefork", "--concurrency", str(WORKER_PROCESSES),
             "--without-mingle", "--without-gossip", "--without-heartbeat"),
            seconds_to_stop=10.0,
            after=1.5,
        ),
        Part(
            "beat",
            (*celery, "beat", *level, "--pidfile", "", "--schedule", str(run_folder / "beat-schedule")),
            after=2.5,
        ),
    ]  # fmt: skip


def web(number: int, listener: int) -> Part:
    command = (sys.executable, "-m", "config.embedded.web", str(listener))
    return Part(f"web {number}", command, descriptors=(listener,))
