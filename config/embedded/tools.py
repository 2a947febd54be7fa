"""Run another program as a step of the set-up: one line while it runs, the reason when it fails.

Standard library only.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from config.embedded.paths import LOGS, ROOT
from config.embedded.plain import CannotStart, last_line, say

Explain = Callable[[str], str]


def step(
    title: str,
    command: Sequence[str | Path],
    *,
    log: str,
    environment: Mapping[str, str] | None = None,
    explain: Explain = last_line,
) -> None:
    """Run it quietly; its output goes to a log, whose telling line is shown when it fails."""
    say(f"{title} …")
    began, path = time.monotonic(), LOGS / f"{log}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w+") as output:
        try:
            done = subprocess.run(
                [str(word) for word in command],
                cwd=ROOT,
                env=environment if environment is not None else clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                umask=0o022,  # as root, the database's user must be able to read what we install
            )
        except FileNotFoundError as error:
            raise CannotStart(f"{title} failed: {error.filename} is not there.") from error
        output.seek(0)
        said = output.read()
    if done.returncode:
        raise CannotStart(f"{title} failed: {explain(said)}\nAll of its output is in {path}.")
    say(f"  done in {time.monotonic() - began:.1f} s")


def clean_environment() -> dict[str, str]:
    """Ours, without what would send packages or modules elsewhere."""
    unwanted = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PYTHONPATH", "PYTHONHOME")
    return {name: value for name, value in os.environ.items() if name not in unwanted}
