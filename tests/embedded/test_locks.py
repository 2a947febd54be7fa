"""Locks between processes: held by at most one, and let go of when their holder dies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded.locks import Held, holder, in_turn, only_one, shared
from config.embedded.paths import ROOT

HOLD = """
import sys, time
from pathlib import Path
from config.embedded.locks import only_one
with only_one(Path(sys.argv[1]), address="http://127.0.0.1:8000"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_learns_who_holds_it(tmp_path: Path) -> None:
    lock = tmp_path / "portal.lock"
    with only_one(lock, address="http://127.0.0.1:8000"):
        with pytest.raises(Held) as held, only_one(lock):
            pass
        assert held.value.note["address"] == "http://127.0.0.1:8000"
        assert holder(lock) == held.value.note
    assert holder(lock) is None
    with only_one(lock):
        pass


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "portal.lock"
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process, process.stdout:
        process.stdout.readline()
        assert (holder(lock) or {}).get("pid") == process.pid
        process.kill()
        process.wait()
    assert holder(lock) is None
    with only_one(lock):
        pass


def test_waiting_is_said_once_and_only_when_needed(tmp_path: Path) -> None:
    said: list[str] = []
    with in_turn(tmp_path / "lock", waiting=lambda: said.append("waiting")):
        pass
    assert said == []


def test_only_the_last_one_out_switches_off_the_light(tmp_path: Path) -> None:
    lock, events = tmp_path / "users", list[str]()
    with shared(lock, last_one_out=lambda: events.append("off")):
        with shared(lock, last_one_out=lambda: events.append("early")):
            events.append("both")
        events.append("one")
    assert events == ["both", "one", "off"]


def test_a_garbled_note_is_no_reason_to_fail(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("\0\0not json")
    assert holder(lock) is None
    with only_one(lock):
        lock.write_text("[1")
        assert holder(lock) == {}
