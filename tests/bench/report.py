"""What the benchmarks share: a fresh database, honest timing, one line for each figure."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from django.db import connections
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from config.embedded import testing

DATABASE = "handoff_bench"


@dataclass(frozen=True)
class Figure:
    """One comparison. `better` says on which side of the demanded figure the ratio has to be."""

    name: str
    ours: float
    reference: float
    ratio: float
    demanded: float
    unit: str
    better: str
    note: str = ""

    def __post_init__(self) -> None:
        assert self.better in ("higher", "lower"), f"{self.name}: better is {self.better!r}"

    @property
    def holds(self) -> bool:
        return self.ratio >= self.demanded if self.better == "higher" else self.ratio <= self.demanded

    def line(self) -> str:
        relation = "≥" if self.better == "higher" else "≤"
        verdict = "holds" if self.holds else "falls short"
        note = f"  ({self.note})" if self.note else ""
        return (
            f"{self.name:<44} ours {short(self.ours):>9}  reference {short(self.reference):>9} {self.unit:<10}"
            f" ratio {short(self.ratio):>8}  demanded {relation} {short(self.demanded):<6} {verdict}{note}"
        )


def short(value: float) -> str:
    """Three digits that matter."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def measure(action: Callable[[], object], repeat: int = 5) -> float:
    """Median seconds of one call, after a first call that is not counted."""
    action()
    return statistics.median(_seconds(action) for _ in range(repeat))


def interleaved(ours: Callable[[], object], reference: Callable[[], object], rounds: int = 5) -> tuple[float, float]:
    """Median seconds of both, taken in turns, so that whatever else the machine does meets both alike."""
    ours()
    reference()
    pairs = [(_seconds(ours), _seconds(reference)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def server_url() -> str:
    """The server's own database, from which others are made."""
    return make_conninfo(os.environ["DATABASE_URL"], dbname="postgres")


def fresh_database() -> str:
    """An empty, migrated database under Django's default connection; what was in it before is gone. Its address."""
    connections.close_all()
    lock = Path(os.environ["HANDOFF_VAR"]) / "template.lock"
    template = testing.template_database(server_url(), lock)
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(SQL("drop database if exists {} with (force)").format(Identifier(DATABASE)))
        connection.execute(SQL("create database {} template {}").format(Identifier(DATABASE), Identifier(template)))
    return os.environ["DATABASE_URL"]


def machine() -> dict[str, Any]:
    with psycopg.connect(server_url()) as connection:
        version = connection.execute("show server_version").fetchone()
    return {
        "cores": os.cpu_count(),
        "memory_mb": psutil.virtual_memory().total // 2**20,
        "python": platform.python_version(),
        "postgres": version[0] if version else None,
        "system": platform.platform(),
    }
