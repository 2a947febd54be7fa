"""`make test`: everything a change must pass. One line for each step; every step runs, whatever the others say."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import IO

from config.embedded import cluster, postgres, programs, testing
from config.embedded.environment import local_environment
from config.embedded.paths import ROOT, VENV
from config.embedded.plain import CannotStart, main, make_folder, say

CHECKED = ("config", "sla", "leads", "reports", "tests")
EXTERNAL = bool(os.environ.get("DATABASE_URL"))


@dataclass
class Step:
    name: str
    command: list[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    output: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    began: float = 0.0

    def start(self) -> None:
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    def finished(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def report(self) -> bool:
        """Its line, and what it wrote when it failed. True when it passed."""
        assert self.process is not None
        passed = self.process.returncode == 0
        say(line(self.name, passed, time.monotonic() - self.began))
        if not passed:
            self.output.seek(0)
            say(f"    {shlex.join(self.command)}")
            say(self.output.read().decode(errors="replace").rstrip())
        return passed


def line(name: str, passed: bool, seconds: float) -> str:
    return f"{'ok    ' if passed else 'FAILED'}  {name:<34} {seconds:6.1f} s"


def check() -> int:
    testing.stop_signal_stops()
    make_folder(testing.base() / "test", cluster.NEEDED_MB)
    shutil.rmtree(testing.base() / "test" / "failures", ignore_errors=True)
    began = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(nullcontext() if EXTERNAL else testing.server())
        failed = run_together(static_steps(database_url()))
        if not run_tests(sys.argv[1:]):
            failed.append("tests")
    seconds = time.monotonic() - began
    say(f"\n{'FAILED: ' + ', '.join(failed) if failed else 'Everything passed'} ({seconds:.0f} s).")
    return 1 if failed else 0


def database_url() -> str:
    """Where the steps that only look at models and settings may connect to."""
    if EXTERNAL:
        return os.environ["DATABASE_URL"]
    postgres.ensure_database("handoff", testing.server_folder())
    return postgres.url("handoff", testing.server_folder())


def static_steps(url: str) -> list[Step]:
    """The longest first. None of them needs a running portal."""
    local = local_environment(url)
    manage = [sys.executable, "manage.py"]
    tool = VENV / "bin"
    return [
        Step("types (mypy)", [str(tool / "mypy"), *CHECKED], local),
        Step("import contracts (lint-imports)", [str(tool / "lint-imports"), "--no-cache"], local),
        Step("deployment (check --deploy)", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production(url)),
        Step("migrations (makemigrations)", [*manage, "makemigrations", "--check", "--dry-run"], local),
        Step("form (ruff format)", [str(tool / "ruff"), "format", "--check", "."], local),
        Step("lint (ruff check)", [str(tool / "ruff"), "check", "."], local),
        Step("lock files", [sys.executable, "-m", "config.embedded.lockfiles", "check"], local),
    ]


def production(url: str) -> dict[str, str]:
    """What a company sets, with a secret made up for the occasion."""
    return os.environ | {
        "HANDOFF_MODE": "production",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DATABASE_URL": url,
        "SITE_URL": "https://handoff.example.com",
        "ALLOWED_HOSTS": "handoff.example.com",
        "LOG_LEVEL": "WARNING",
    }


def run_together(steps: list[Step]) -> list[str]:
    """As many at a time as there are cores; returns the names of those that failed."""
    waiting, running, failed = list(steps), list[Step](), list[str]()
    try:
        while waiting or running:
            while waiting and len(running) < cores():
                running.append(waiting.pop(0))
                running[-1].start()
            for step in [step for step in running if step.finished()]:
                running.remove(step)
                if not step.report():
                    failed.append(step.name)
            time.sleep(0.05)
    finally:
        for step in running:
            if step.process is not None:
                step.process.kill()
                step.process.wait()
    return failed


def run_tests(arguments: list[str]) -> bool:
    """All tests, or those that the arguments choose; the output is shown as it comes."""
    began = time.monotonic()
    try:
        programs.ensure()
    except CannotStart as error:
        say(line("tests (pytest)", False, 0.0))
        say(str(error))
        return False
    # In the order they were collected: those with a browser last (see `tests/conftest.py`).
    spread = ["-n", str(cores()), "--dist", "loadfile", "--no-loadscope-reorder"]
    process = subprocess.Popen([sys.executable, "-m", "pytest", *spread, *arguments], cwd=ROOT)
    try:
        passed = process.wait() == 0
    except KeyboardInterrupt:
        end_tests(process)
        raise
    say(line("tests (pytest)", passed, time.monotonic() - began))
    return passed


def end_tests(process: subprocess.Popen[bytes]) -> None:
    """A Ctrl-C reached them too; a termination did not."""
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        process.wait()


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    main(check)
