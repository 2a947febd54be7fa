"""Parts end when their starter dies; what slips through is recognised by its mark, never by its name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from config.embedded.paths import ROOT
from config.embedded.processes import end, how_it_ended, leftovers, mark, spawn, working_in

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
PARENT = """
import os, sys, time
from config.embedded.processes import spawn
print(spawn([sys.executable, "-c", "import time; time.sleep(60)"], env=os.environ).pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_part_ends_when_its_starter_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        part = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    part.wait(timeout=10)
    assert not part.is_running()


def test_what_outlived_its_starter_is_found_by_its_mark(tmp_path: Path) -> None:
    marked = spawn(SLEEP, env=os.environ | mark(tmp_path), when_we_die=None)
    other = spawn(SLEEP, env=os.environ | mark(tmp_path / "elsewhere"), when_we_die=None)
    try:
        while not all(psutil.Process(one.pid).environ() for one in (marked, other)):
            time.sleep(0.02)  # a program that has just been started shows no environment for a moment
        assert [process.pid for process in leftovers(tmp_path)] == [marked.pid]
        end(leftovers(tmp_path))
        assert leftovers(tmp_path) == []
        assert not psutil.pid_exists(marked.pid)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_one_that_does_not_listen_is_killed() -> None:
    deaf = spawn(
        [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"],
        env=os.environ,
        when_we_die=None,
    )
    while signal.SIGTERM not in ignored(deaf.pid):
        time.sleep(0.02)
    end([psutil.Process(deaf.pid)], within=0.2)
    assert not psutil.pid_exists(deaf.pid)


def ignored(pid: int) -> list[int]:
    mask = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn"))
    bits = int(mask.split()[1], 16)
    return [number for number in range(1, 32) if bits >> (number - 1) & 1]


def test_processes_are_found_by_their_working_directory(tmp_path: Path) -> None:
    process = spawn(SLEEP, env=os.environ, cwd=tmp_path, when_we_die=None)
    try:
        assert [found.pid for found in working_in(tmp_path)] == [process.pid]
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("code", "words"), [(0, "stopped with exit code 0"), (3, "stopped with exit code 3"), (-9, "was ended by SIGKILL")]
)
def test_an_end_is_told_in_words(code: int, words: str) -> None:
    assert how_it_ended(code) == words
