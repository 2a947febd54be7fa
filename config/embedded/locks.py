"""Locks between processes of one checkout. The kernel lets go of them when their holder dies, however it dies.

Standard library only.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Held(Exception):
    """Somebody else holds the lock; `note` is what they wrote into it."""

    def __init__(self, note: dict[str, Any]) -> None:
        super().__init__("the lock is held")
        self.note = note


@contextmanager
def only_one(path: Path, **note: Any) -> Iterator[None]:
    """Hold the lock and leave a note for whoever finds it held. Raises Held at once."""
    with _opened(path) as handle:
        if not _try(handle, fcntl.LOCK_EX):
            raise Held(read_note(path))
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(note | {"pid": os.getpid()}).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(handle, 0)


@contextmanager
def in_turn(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock, after waiting for it; `waiting` is called once when that is needed."""
    with _opened(path) as handle:
        if not _try(handle, fcntl.LOCK_EX):
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def shared(path: Path, last_one_out: Callable[[], object]) -> Iterator[None]:
    """Use a thing together with others; `last_one_out` runs while nobody else can begin to use it."""
    with _opened(path) as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        try:
            yield
        finally:
            if _try(handle, fcntl.LOCK_EX):
                last_one_out()


def read_note(path: Path) -> dict[str, Any]:
    try:
        note = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def holder(path: Path) -> dict[str, Any] | None:
    """The note of whoever holds the lock now, None when nobody does."""
    if not path.exists():
        return None
    with _opened(path) as handle:
        return None if _try(handle, fcntl.LOCK_EX) else read_note(path)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield handle
    finally:
        os.close(handle)


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
