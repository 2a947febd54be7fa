"""Let everything be told that a worker would tell: steps of clocks, then events to their subscribers."""

from __future__ import annotations

from datetime import datetime

from config.outbox.health import Beat
from config.outbox.services import dispatch
from sla.services import sweeping


def deliver_all(at: datetime) -> None:
    """Nothing may fail on the way: a subscriber that raises is a failed test."""
    beat = Beat()
    sweeping.deliver(at, beat)
    dispatch.dispatch_due(at, beat)
    assert not beat.failures, beat.last_error
