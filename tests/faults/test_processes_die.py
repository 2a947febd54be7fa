"""Workers, beats, the database and the broker die in the middle of the work; no breach is lost and none is doubled.

Real processes on a database server of the test's own, with the queue in that database and on a Redis of the test's own.
Two workers and two beats run; a worker, a beat and the database server are killed, then Redis with all it held, then the
other worker; what died is started again.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from config import env
from config.embedded import postgres, programs, testing
from config.embedded.paths import ROOT
from config.embedded.processes import Process, spawn

CLOCKS = 240
DATA = "a server to kill"
REDIS, OF_THE_DATABASE = "redis", "queue in the database"
PATIENCE = 120  # seconds until everything must have been noticed, kills and recovery included
TOLD_OF_EACH = 3  # no rep is free, so the managers of both sides and the admin in marketing


REPORT = {
    "breached": "SELECT count(*) FROM sla_clock WHERE state = 'breached' AND breached_at = breaches_at",
    "breach_events": "SELECT count(*) FROM sla_clockevent WHERE step = 'breach'",
    "clocks_with_two": "SELECT count(*) FROM (SELECT clock_id FROM sla_clockevent WHERE step = 'breach'"
    " GROUP BY clock_id HAVING count(*) > 1) AS twice",
    "unhandled": "SELECT count(*) FROM sla_clockevent WHERE handled_at IS NULL AND speaks",
    "told": "SELECT count(*) FROM notices_notice WHERE kind = 'clock_breached'",
    "told_twice": "SELECT count(*) FROM (SELECT 1 FROM notices_notice WHERE kind = 'clock_breached'"
    " GROUP BY recipient_id, url HAVING count(*) > 1) AS twice",
}


class Stage:
    """The throwaway server and the processes that work on it."""

    def __init__(self, folder: Path, broker: str):
        self.folder, self.broker = folder, broker
        self.redis_port = free_port() if broker == REDIS else 0
        self.data = folder / DATA
        self.parts: dict[str, Process] = {}
        self.logs: list[Any] = []

    @property
    def url(self) -> str:
        return str(make_conninfo(postgres.url("handoff", self.data)))

    @property
    def broker_url(self) -> str:
        if self.broker == REDIS:
            return f"redis://127.0.0.1:{self.redis_port}/0"
        return env.broker_on_database(self.url) if self.broker == OF_THE_DATABASE else self.broker

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.url,
            "CELERY_BROKER_URL": self.broker_url,
            "PYTHONPATH": str(ROOT),
            "LOG_LEVEL": "WARNING",
        }

    def start_database(self) -> None:
        process = postgres.start(self.data, durable=True, when_we_die=signal.SIGINT)
        assert process is not None
        self.parts["database"] = process

    def start_redis(self) -> None:
        """Keeps nothing on disk: what it held when it is killed is gone."""
        server = programs.REDIS.path()
        assert server is not None, programs.REDIS.missing
        where = ("--port", str(self.redis_port), "--bind", "127.0.0.1")
        self.spawn(REDIS, server, *where, "--save", "", "--appendonly", "no")

    def spawn(self, name: str, *command: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.logs.append(log)
        self.parts[name] = spawn(list(command), env=self.environment(), output=log)

    def python(self, name: str, *command: str) -> None:
        self.spawn(name, sys.executable, "-m", *command)

    def start_worker(self, name: str) -> None:
        self.python(
            name, "celery", "-A", "config.celery", "worker", "-c", "1", "-n", f"{name}@test", "--without-mingle",
            "--without-gossip", "--without-heartbeat", "-l", "WARNING",
        )  # fmt: skip

    def start_beat(self, name: str) -> None:
        schedule = str(self.folder / f"{name}.schedule")
        self.python(name, "celery", "-A", "config.celery", "beat", "-s", schedule, "--pidfile=", "-l", "WARNING")

    def kill(self, name: str) -> None:
        """As the kernel kills: no clean-up, no goodbye. A worker's children go with it, a server's may linger."""
        process = self.parts.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    def assemble(self, clocks: int) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.scene", str(clocks)],
            env=self.environment(), cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]

    def report(self) -> dict[str, int]:
        with psycopg.connect(self.url) as connection:
            names = list(REPORT)
            row = connection.execute(f"SELECT {', '.join(f'({REPORT[name]})' for name in names)}").fetchone()
        assert row is not None
        return dict(zip(names, row, strict=True))

    def until(self, reached: Callable[[dict[str, int]], bool], within: float) -> dict[str, int]:
        """Look until it is so; a look costs the server little, so the looking is not spaced out much."""
        end_at = time.monotonic() + within
        while True:
            found = self.report()
            if reached(found):
                return found
            threading.Event().wait(0.2)
            assert time.monotonic() < end_at, f"After {within:.0f} s: {found}\n{self.last_words()}"

    def last_words(self) -> str:
        return "\n".join(f"{p.name}: {p.read_text(errors='replace')[-1500:]}" for p in self.folder.glob("*.log"))

    def strike(self) -> None:
        for name in [n for n in self.parts if n != "database"]:
            self.kill(name)
        if "database" in self.parts:
            postgres.stop(self.parts.pop("database"))
        for log in self.logs:
            log.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def brokers() -> list[Any]:
    """The queue in the database, a Redis of the test's own, and a company's broker where one is given."""
    given = os.environ.get("CELERY_BROKER_URL", "")
    own = [pytest.param(OF_THE_DATABASE, id=OF_THE_DATABASE), pytest.param(REDIS, id="a redis of its own")]
    if given and not given.startswith((env.DATABASE_BROKER, "memory")):
        own.append(pytest.param(given, id=given.partition(":")[0]))
    return own


@pytest.fixture(scope="module")
def migrated_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a server that was stopped once its database had been made: to be copied and then killed."""
    folder = tmp_path_factory.mktemp("before")
    data = folder / DATA
    process = postgres.start(data, durable=False)
    try:
        postgres.ensure_database("handoff", data)
        testing.manage("migrate", "--verbosity", "0", DATABASE_URL=postgres.url("handoff", data))
    finally:
        if process is not None:
            postgres.stop(process)
    return data


@pytest.fixture(params=brokers())
def stage(request: pytest.FixtureRequest, migrated_server: Path, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path, request.param)
    try:
        subprocess.run(["cp", "-a", migrated_server, made.data], check=True)  # with their owner, as root too
        made.start_database()
        if made.broker == REDIS:
            made.start_redis()
        yield made
    finally:
        made.strike()


def test_no_breach_is_lost_and_none_is_doubled_whatever_dies(stage: Stage) -> None:
    stage.assemble(CLOCKS)
    for name in ("worker-a", "worker-b"):
        stage.start_worker(name)
    for name in ("beat-a", "beat-b"):
        stage.start_beat(name)
    stage.until(lambda found: found["breached"] > 0, within=PATIENCE)
    stage.kill("worker-a")
    stage.kill("beat-a")
    stage.kill("database")
    stage.start_database()
    stage.start_worker("worker-a")
    stage.start_beat("beat-a")
    if REDIS in stage.parts:
        stage.kill(REDIS)
        stage.start_redis()
    stage.kill("worker-b")
    stage.start_worker("worker-b")
    complete = CLOCKS * TOLD_OF_EACH
    found = stage.until(
        lambda f: f["breached"] == CLOCKS and f["unhandled"] == 0 and f["told"] >= complete, within=PATIENCE
    )
    assert found["breach_events"] == CLOCKS
    assert found["clocks_with_two"] == 0
    assert found["told"] == complete
    assert found["told_twice"] == 0
