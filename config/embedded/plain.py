"""What a person at the terminal reads. Standard library only."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

INTERRUPTED = 130


class CannotStart(Exception):
    """One clear sentence for the person at the terminal."""


REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "writing there is not allowed",
    errno.EPERM: "writing there is not allowed",
    errno.ENOTDIR: "a file stands where a folder is needed",
}


def reason(error: OSError) -> str | None:
    """Why a file could not be written, for the reasons a person can do something about."""
    return REASONS.get(error.errno or 0)


def say(sentence: str) -> None:
    print(sentence, flush=True)


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


def main(action: Callable[[], int]) -> NoReturn:
    """Run a command to its exit code. What a person can mend becomes one sentence; the rest stays a traceback."""
    try:
        code = action()
    except CannotStart as error:
        code = complain(str(error))
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        known = reason(error)
        if known is None:
            raise
        where = f"{error.filename}: " if error.filename else ""
        code = complain(f"{where}{known}.")
    sys.stdout.flush()
    sys.exit(code)


def complain(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return 1


def make_folder(folder: Path, needed_mb: int = 0) -> None:
    """The folder exists, can be written to, and its disk has room. Raises CannotStart."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"handoff")
        probe.unlink()
        disk = os.statvfs(folder)
    except OSError as error:
        raise CannotStart(f"{folder} cannot be used: {reason(error) or error.strerror}.") from error
    free_mb = disk.f_bavail * disk.f_frsize // 2**20
    if free_mb < needed_mb:
        raise CannotStart(
            f"The disk that holds {folder} is full: {free_mb} MB are free, {needed_mb} MB are needed. Make room and start again."
        )
