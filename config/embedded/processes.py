"""Start processes that do not outlive us, and find those that did.

On Linux the kernel ends a part when its parent dies, however it dies. Everywhere else, and for whatever slips through,
each part carries a mark in its environment: the next start ends what still carries it. Nothing is ever ended by name.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from config.embedded.paths import ROOT

MARK = "HANDOFF_PART_OF"
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

Process = subprocess.Popen[bytes]


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path = ROOT,
    output: IO[bytes] | None = None,
    descriptors: Sequence[int] = (),
    user: int | None = None,
    group: int | None = None,
    when_we_die: int | None = signal.SIGTERM,
) -> Process:
    """A process in a session of its own: a Ctrl-C at the terminal is for us, and we stop the parts in order."""
    return subprocess.Popen(
        command,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=descriptors,
        user=user,
        group=group,
        extra_groups=[] if user is not None else None,
        start_new_session=True,
        preexec_fn=follow_parent(when_we_die) if when_we_die else None,
    )


def follow_parent(number: int) -> Callable[[], None]:
    """For the child, before it becomes the program: receive this signal when the parent dies."""
    parent = os.getpid()

    def prepare() -> None:
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def mark(folder: Path) -> dict[str, str]:
    """What the parts of a set-up carry in their environment: the folder that holds its data."""
    return {MARK: str(folder.resolve())}


def leftovers(folder: Path) -> list[psutil.Process]:
    """Parts of an earlier run on this folder that outlived it."""
    wanted, found = mark(folder)[MARK], []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == wanted:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # somebody else's, or gone
    return found


def working_in(folder: Path) -> list[psutil.Process]:
    """Processes whose working directory is this folder: a database's own processes, after it was killed."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder.resolve()):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end(processes: Iterable[psutil.Process], *, within: float = 5.0, politely: int = signal.SIGTERM) -> None:
    """Ask, wait, then insist."""
    asked = list(processes)
    for process in asked:
        _send(process, politely)
    _, alive = psutil.wait_procs(asked, timeout=within)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=within)


def _send(process: psutil.Process, number: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def end_group(process: Process) -> None:
    """Whatever a part that ended left behind in its own process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def wait_all(processes: Iterable[Process], seconds: float) -> list[Process]:
    """Wait for them together; returns those that are still there."""
    end_at = time.monotonic() + seconds
    waiting = [process for process in processes if process.poll() is None]
    while waiting and time.monotonic() < end_at:
        time.sleep(0.05)
        waiting = [process for process in waiting if process.poll() is None]
    return waiting


def how_it_ended(returncode: int) -> str:
    if returncode >= 0:
        return f"stopped with exit code {returncode}"
    try:
        return f"was ended by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"was ended by signal {-returncode}"
