"""The embedded database, really started, in a folder with a space: killed, started again, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import cluster, postgres
from config.embedded.plain import CannotStart


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("with a space") / "postgres data"
    made = postgres.start(folder, durable=False)  # making it is the slow part, and need not be flushed
    assert made is not None
    postgres.stop(made)
    yield folder
    postgres.stop_folder(folder)
    cluster.socket_folder(folder).rmdir()


def count(data: Path) -> int:
    with psycopg.connect(postgres.url("handoff", data)) as connection:
        found = connection.execute("select count(*) from kept").fetchone()
    assert found is not None
    return int(found[0])


def test_it_survives_kill_9_and_keeps_what_was_committed(data: Path) -> None:
    process = postgres.start(data)
    assert process is not None
    assert postgres.running_pid(data) == process.pid
    assert postgres.start(data) is None, "one that already serves the folder is used"
    postgres.ensure_database(data=data)
    postgres.ensure_database(data=data)
    with psycopg.connect(postgres.url("handoff", data)) as connection:
        connection.execute("create table kept as select 1 as n")
        connection.commit()
        process.kill()
        process.wait()
    assert postgres.running_pid(data) is None
    again = postgres.start(data)
    assert again is not None
    assert count(data) == 1
    postgres.stop(again)
    assert again.returncode == 0
    assert not list(cluster.socket_folder(data).iterdir())


def test_a_pid_file_that_names_somebody_else_is_not_believed(data: Path) -> None:
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n")
    assert postgres.running_pid(data) is None
    process = postgres.start(data)
    assert process is not None
    assert postgres.stop_folder(data)
    assert not postgres.stop_folder(data)


@pytest.mark.parametrize("content", ["", "nonsense\n", "0\n", "-1\n", "999999999\n"])
def test_a_garbled_pid_file_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "postmaster.pid").write_text(content)
    assert postgres.running_pid(tmp_path) is None


def test_the_users_own_postgres_variables_do_not_lead_elsewhere(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGHOST", "db.example.com")
    monkeypatch.setenv("PGDATABASE", "elsewhere")
    process = postgres.start(data)
    assert process is not None
    postgres.ensure_database(data=data)
    with psycopg.connect(postgres.url("handoff", data)) as connection:
        assert connection.info.dbname == "handoff"
    postgres.stop(process)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_it_stops_by_itself_when_its_starter_is_killed(data: Path) -> None:
    starter = """
import signal, sys, time
from pathlib import Path
from config.embedded import postgres
print(postgres.start(Path(sys.argv[1]), when_we_die=signal.SIGINT).pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", starter, str(data)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == postgres.running_pid(data)
        process.send_signal(signal.SIGKILL)
    again = postgres.start(data)
    assert again is not None, "the former one is waited for, never shared while it goes"
    postgres.stop(again)


def test_data_of_another_version_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "old"
    data.mkdir()
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match="made by PostgreSQL 16, not 18"):
        cluster.initialise(data, None, durable=False)


def test_the_line_that_says_why() -> None:
    output = "2026 LOG: starting\n2026 PANIC: could not write: No space left on device\n2026 LOG: shut down\n"
    assert cluster.what_failed(output) == "2026 PANIC: could not write: No space left on device"
    assert cluster.what_failed("only this\n") == "only this"
