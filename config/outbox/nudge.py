"""Ask a worker to look at the outbox now. Nothing depends on it: the schedule looks every few seconds anyway."""

from __future__ import annotations

import logging
import threading
import time

from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

MINIMUM_GAP = 1.0  # seconds between nudges of one process; the sweep takes everything that waits
PAUSE_AFTER_FAILURE = 30.0  # a broker that is down must not slow every request

_lock = threading.Lock()
_state = {"not_before": 0.0, "pending": False}


def nudge() -> None:
    """Have the dispatch task sent, at most once a second and process; the last nudge of a burst is never dropped."""
    with _lock:
        if _state["pending"]:
            return
        _state["pending"] = True
        wait = max(0.0, _state["not_before"] - time.monotonic())
    timer = threading.Timer(wait, _send)
    timer.daemon = True
    timer.start()


def _send() -> None:
    from config.outbox.tasks import dispatch_events

    with _lock:
        _state["pending"] = False
        _state["not_before"] = time.monotonic() + MINIMUM_GAP
    try:
        dispatch_events.apply_async(retry=False, expires=30)
    except (OperationalError, OSError) as error:
        _state["not_before"] = time.monotonic() + PAUSE_AFTER_FAILURE
        log.warning("The broker is unreachable; the schedule will catch up. %s", error)
    except Exception:  # whatever it is, it belongs into the log and not on the thread's standard error
        _state["not_before"] = time.monotonic() + PAUSE_AFTER_FAILURE
        log.exception("A worker could not be asked to look at the outbox; the schedule will catch up.")
