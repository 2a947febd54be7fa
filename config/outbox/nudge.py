"""Ask a worker to look now at what waits in the outbox. Nothing depends on it: the schedule looks every few seconds anyway."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

MINIMUM_GAP = 1.0  # seconds between nudges of one process; the sweep takes everything that waits
PAUSE_AFTER_FAILURE = 30.0  # a broker that is down must not slow every request

DISPATCH, DELIVER = "config.outbox.tasks.dispatch_events", "config.outbox.tasks.deliver_webhooks"


@dataclass
class _Standing:
    not_before: float = 0.0
    pending: bool = False


_lock = threading.Lock()
_standing = {DISPATCH: _Standing(), DELIVER: _Standing()}


def nudge(task: str = DISPATCH) -> None:
    """Have the task sent, at most once a second and process; the last nudge of a burst is never dropped."""
    standing = _standing[task]
    with _lock:
        if standing.pending:
            return
        standing.pending = True
        wait = max(0.0, standing.not_before - time.monotonic())
    timer = threading.Timer(wait, _send, [task])
    timer.daemon = True
    timer.start()


def _send(task: str) -> None:
    from config.celery import app

    standing = _standing[task]
    with _lock:
        standing.pending = False
        standing.not_before = time.monotonic() + MINIMUM_GAP
    try:
        app.send_task(task, retry=False, expires=30)
    except (OperationalError, OSError) as error:
        standing.not_before = time.monotonic() + PAUSE_AFTER_FAILURE
        log.warning("The broker is unreachable; the schedule will catch up. %s", error)
    except Exception:  # whatever it is, it belongs into the log and not on the thread's standard error
        standing.not_before = time.monotonic() + PAUSE_AFTER_FAILURE
        log.exception("A worker could not be asked to look at the outbox; the schedule will catch up.")
