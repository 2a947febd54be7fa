"""The parts are kept running, and stopped in order: the database last."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from config.embedded.parts import Part
from config.embedded.supervisor import LONGEST_PAUSE, STEADY_AFTER, Running, Supervisor, pause

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
)


class FakeDatabase:
    def __init__(self) -> None:
        self.stopped_at = 0.0

    def look(self) -> None:
        pass

    def stop(self) -> None:
        self.stopped_at = time.monotonic()


def supervisor(*parts: Part) -> Supervisor:
    return Supervisor(list(parts), dict(os.environ), FakeDatabase())


def run_until(supervisor: Supervisor, enough: object) -> None:
    """Let it work until `enough()` is true, at most ten seconds."""
    end_at = time.monotonic() + 10
    assert callable(enough)

    def tick() -> None:
        if enough() or time.monotonic() > end_at:
            supervisor.request_stop()

    supervisor.tick = tick
    supervisor.run()
    assert time.monotonic() < end_at, "it took too long"


def test_what_dies_is_started_again_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    watched = supervisor(Part("web 1", SLEEP))
    [web] = watched.running
    seen: list[int] = []

    def killed_once_and_back() -> bool:
        if web.process is not None and web.process.pid not in seen:
            seen.append(web.process.pid)
            if len(seen) == 1:
                os.kill(web.process.pid, signal.SIGKILL)
        return len(seen) == 2

    run_until(watched, killed_once_and_back)
    assert "web 1 was ended by SIGKILL; it is started again in 0.5 s." in capsys.readouterr().out


def test_everything_is_stopped_and_the_database_last() -> None:
    watched = supervisor(Part("web 1", SLEEP), Part("worker", SLEEP))
    run_until(watched, lambda: all(each.process for each in watched.running))
    assert all(each.process is not None and each.process.returncode == -signal.SIGTERM for each in watched.running)
    assert isinstance(watched.database, FakeDatabase)
    assert watched.database.stopped_at


def test_a_part_that_does_not_stop_is_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ready = tmp_path / "ready"
    deaf = "import pathlib, signal, sys, time; signal.signal(15, signal.SIG_IGN); pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    watched = supervisor(Part("worker", (sys.executable, "-c", deaf, str(ready)), seconds_to_stop=0.2))
    run_until(watched, ready.exists)
    [worker] = watched.running
    assert worker.process is not None
    assert worker.process.returncode == -signal.SIGKILL
    assert "worker did not stop within 0.2 s and is ended." in capsys.readouterr().out


def test_the_pause_grows_and_has_a_limit() -> None:
    assert [pause(deaths) for deaths in (1, 2, 3, 4)] == [0.5, 1, 2, 4]
    assert pause(50) == LONGEST_PAUSE


def test_a_part_that_ran_for_long_starts_afresh() -> None:
    part = Running(Part("beat", SLEEP))
    assert [part.died(now) for now in (1.0, 2.0, 3.0)] == [0.5, 1, 2]
    part.started_at = 10.0
    assert part.died(10.0 + STEADY_AFTER + 1) == 0.5
