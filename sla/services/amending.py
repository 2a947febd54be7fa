"""Count a running promise by another version's terms: an explicit act, with a record of the old due moment and the new.

Finished and broken clocks are never rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config.accounts.models import User
from sla.metrics import METRICS
from sla.models import Clock, ClockEvent, ClockState
from sla.services import clocks
from sla.services.clocks import pauses_of, settle
from sla.terms import CommitmentTerms, Terms
from sla.timing import Schedule, hours_for, reschedule, schedule


@dataclass(frozen=True)
class Amendment:
    """What would change on one clock. `new_due_at` is None while it is paused: it is counted when it resumes."""

    clock: Clock
    commitment: CommitmentTerms
    old_due_at: datetime | None
    new_due_at: datetime | None

    @property
    def changes(self) -> bool:
        return self.old_due_at != self.new_due_at or self.clock.target["value"] != str(self.commitment.target)


def planned(clock: Clock, terms: Terms, at: datetime) -> Amendment | None:
    """The change these terms would make, or None where the clock has ended, is broken, or is not promised there."""
    if clock.state_at(at) not in (ClockState.RUNNING, ClockState.PAUSED):
        return None
    commitment = next((c for c in terms.commitments if c.key == clock.commitment), None)
    if commitment is None or METRICS[commitment.metric].clock != clock.kind:
        return None
    due = None if clock.state == ClockState.PAUSED else _counted(clock, terms, commitment, at).due_at
    return Amendment(clock, commitment, clock.due_at, due)


def _counted(clock: Clock, terms: Terms, commitment: CommitmentTerms, at: datetime) -> Schedule:
    timing = clock.timing | {"calendar": commitment.calendar}
    hours = hours_for(terms, timing)
    fresh = schedule(hours, clock.started_at, commitment, terms)
    spans = pauses_of(clock, at)
    if not spans:
        return fresh
    return reschedule(hours, clock.started_at, fresh.target_seconds, fresh.steps, spans)


def amend(clock: Clock, terms: Terms, *, at: datetime, by: User, why: str) -> bool:
    """Count a locked clock by these terms from now on; False where nothing changes. Must run in a transaction.

    Steps that have been taken stay taken: a warning given is not given again because the promise grew longer.
    """
    settle(clock, at)
    change = planned(clock, terms, at)
    if change is None or not change.changes:
        return False
    counted = _counted(clock, terms, change.commitment, at)
    before = clock.due_at.isoformat() if clock.due_at else None
    taken = set(clock.steps[: clock.steps_done])
    kept = [(step, when) for step, when in zip(counted.steps, counted.steps_at, strict=True) if step not in taken]
    clock.steps = [*clock.steps[: clock.steps_done], *(step for step, _ in kept)]
    clock.steps_at = [*clock.steps_at[: clock.steps_done], *(when for _, when in kept)]
    clock.version_id = terms.version_id
    clock.timing = clock.timing | {"calendar": change.commitment.calendar}
    clock.target = clock.target | {
        "unit": change.commitment.unit,
        "value": str(change.commitment.target),
        "seconds": counted.target_seconds,
        "pausable": change.commitment.pausable,
    }
    clock.count_needed = change.commitment.count or 1
    if clock.state == ClockState.RUNNING:
        clock.due_at, clock.breaches_at = counted.due_at, counted.breaches_at
        clock.next_at = kept[0][1] if kept else None
    clock.save(update_fields=[*clocks.SAVED, "version", "timing", "target", "count_needed", "steps"])
    after = clock.due_at.isoformat() if clock.due_at else None
    record = {"old_due": before, "new_due": after, "by": by.name, "why": why, "version": terms.number}
    ClockEvent.objects.create(clock=clock, kind=ClockEvent.Kind.AMENDED, at=at, data=record)
    return True
