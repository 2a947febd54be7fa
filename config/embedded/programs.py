"""Programs of the machine's own that the tests need: a browser, and a Redis server that may be killed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from config.embedded.plain import CannotStart, last_line, say


@dataclass(frozen=True)
class Program:
    """`names` are the commands by which it may be found, `package` is Debian's package with the first of them."""

    title: str
    names: Sequence[str]
    package: str
    needed_by: str

    @property
    def missing(self) -> str:
        return (
            f"{self.title} is not on this machine, and {self.needed_by} need it: install it, on Debian as root with "
            f"`apt-get install {self.package}`."
        )

    def path(self) -> str | None:
        return next((found for name in self.names if (found := shutil.which(name))), None)


CHROMIUM = Program(
    "Chromium",
    ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
    "chromium",
    "the browser tests",
)
REDIS = Program("Redis", ("redis-server", "valkey-server"), "redis-server", "the fault tests")
OF_THE_TESTS = (CHROMIUM, REDIS)


def ensure(programs: Sequence[Program] = OF_THE_TESTS) -> None:
    """They are there afterwards; as root on Debian they are installed. Raises CannotStart: no test is skipped in silence."""
    wanted = [program for program in programs if program.path() is None]
    if not wanted:
        return
    missing = " ".join(program.missing for program in wanted)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise CannotStart(missing)
    say(f"Installing {' and '.join(program.title for program in wanted)} for the tests …")
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *(p.package for p in wanted)]):
        _apt(command, missing)
    if found_none := [program.missing for program in wanted if program.path() is None]:
        raise CannotStart(" ".join(found_none))


def _apt(command: list[str], missing: str) -> None:
    done = subprocess.run(
        ["apt-get", "--quiet", *command],
        capture_output=True, text=True, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, check=False,
    )  # fmt: skip
    if done.returncode:
        raise CannotStart(f"{missing} Installing it just now failed: {last_line(done.stderr or done.stdout)}")
