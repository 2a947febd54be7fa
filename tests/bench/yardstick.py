"""The yardstick application and its load generator, as given beside the repository, and our own portal under the same load.

The folder is `../shared/bench`, or the one that HANDOFF_YARDSTICK names. Nothing of it is part of the project.
"""

from __future__ import annotations

import http.client
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.embedded.paths import ROOT
from config.embedded.plain import CannotStart
from config.embedded.processes import Process, spawn
from tests.bench.report import server_url

PROCESSES, THREADS = 2, 4  # alike for both
REFERENCE_DATABASE = "handoff_bench_yardstick"
SECONDS_TO_ANSWER = 60


def folder() -> Path:
    found = Path(os.environ.get("HANDOFF_YARDSTICK") or ROOT.parent / "shared" / "bench")
    if not (found / "ref_app.py").exists():
        raise CannotStart(f"The yardstick application is not in {found}; name its folder in HANDOFF_YARDSTICK.")
    return found


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("httpbench", folder() / "httpbench.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copied(into: Path) -> Path:
    """A copy to write beside: the set-up of the yardstick leaves files in its own folder."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(folder(), into, copy_function=shutil.copyfile)
    return into


@contextmanager
def reference(leads: int, work: Path) -> Iterator[str]:
    """The yardstick with so many leads behind gunicorn; gives its address."""
    place = copied(work / "yardstick")
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(f"drop database if exists {REFERENCE_DATABASE} with (force)")
        connection.execute(f"create database {REFERENCE_DATABASE}")
    parts = conninfo_to_dict(make_conninfo(server_url(), dbname=REFERENCE_DATABASE))
    named = {"host": "host", "port": "port", "user": "user", "password": "password", "dbname": "dbname"}
    dsn = " ".join(f"{key}={parts.get(name) or ('5432' if key == 'port' else '')}" for key, name in named.items())
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"} | {"DSN": dsn}
    rows = work / "leads.csv"
    with rows.open("w") as output:
        subprocess.run([sys.executable, "gen_leads.py", str(leads)], cwd=place, stdout=output, check=True)
    done = subprocess.run(
        [sys.executable, "ref_app.py", "setup", str(rows)],
        cwd=place, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [
            sys.executable, "-m", "gunicorn", "ref_app:application", "-w", str(PROCESSES), "--threads", str(THREADS),
            "--bind", f"fd://{listener.fileno()}", "--log-level", "warning",
        ]  # fmt: skip
        process = spawn(command, env=environment, cwd=place, descriptors=[listener.fileno()])
        with _answering([process], listener, "/leads/") as address:
            yield address


@contextmanager
def portal(**environment: str) -> Iterator[str]:
    """Our web processes on the benchmark's database; gives their address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        given = os.environ | {
            "WEB_THREADS": str(THREADS), "SITE_URL": address, "PYTHONPATH": str(ROOT), "CELERY_BROKER_URL": "memory://",
        }  # fmt: skip
        command = [sys.executable, "-m", "config.embedded.web", str(listener.fileno())]
        processes = [spawn(command, env=given | environment, descriptors=[listener.fileno()]) for _ in range(PROCESSES)]
        with _answering(processes, listener, "/livez") as found:
            yield found


@contextmanager
def _answering(processes: list[Process], listener: socket.socket, path: str) -> Iterator[str]:
    host, port = listener.getsockname()[:2]
    try:
        end_at = time.monotonic() + SECONDS_TO_ANSWER
        while not _answers(host, port, path):
            assert time.monotonic() < end_at, "the server did not start"
            assert all(process.poll() is None for process in processes), "the server stopped at once"
        yield f"http://{host}:{port}"
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


def _answers(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()


def load(generator: ModuleType, base: str, scenario: dict[str, Any], *, count: int, seed: int) -> float:
    """Requests a second with eight at a time; every answer must be the expected one."""
    target = {"name": base, "base": base, "scenarios": {"it": scenario}, "_dir": "."}
    found = generator.run(target, "it", count, 8, 30, seed, 60)
    assert found["ok"] == found["n"] == count, found
    return float(found["rps"])
