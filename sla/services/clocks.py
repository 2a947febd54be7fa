"""Start, pause, resume, count, stop and cancel clocks. Every operation settles first, so that a sweep's speed never matters.

Callers hold the transaction; clocks given here are locked rows (`lock()`), or new ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config.accounts.models import User
from config.web.errors import Conflict, Refusal
from config.web.prepared import fetch_all, rows_of
from sla import businesstime
from sla.metrics import METRICS
from sla.models import Clock, ClockEvent, ClockPause, ClockState
from sla.models.clock import BREACH, OPEN_STATES
from sla.services.compiling import terms_by_id
from sla.terms import CommitmentTerms, Terms
from sla.timing import Span, hours_for, reschedule, schedule

Kind = ClockEvent.Kind


@dataclass(frozen=True)
class Order:
    """A clock to start: of what, which commitment, from when, and what else its hours must leave out."""

    subject: int
    commitment: CommitmentTerms
    started_at: datetime
    closed: tuple[tuple[datetime, datetime, str], ...] = ()
    window: dict[str, Any] | None = None
    imported_late: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def planned(terms: Terms, order: Order) -> Clock:
    """The clock an order makes, not yet saved. Public so that a handoff can be previewed."""
    commitment = order.commitment
    timing: dict[str, Any] = {
        "calendar": commitment.calendar,
        "closed": [[start.isoformat(), end.isoformat(), why] for start, end, why in order.closed],
        "window": order.window,
    }
    found = schedule(hours_for(terms, timing), order.started_at, commitment, terms)
    return Clock(
        subject=order.subject,
        kind=METRICS[commitment.metric].clock,
        side=commitment.side,
        version_id=terms.version_id,
        commitment=commitment.key,
        target={
            "unit": commitment.unit,
            "value": str(commitment.target),
            "seconds": found.target_seconds,
            "pausable": commitment.pausable,
        },
        timing=timing | order.extra,
        started_at=order.started_at,
        due_at=found.due_at,
        breaches_at=found.breaches_at,
        steps_at=found.steps_at,
        steps=found.steps,
        next_at=found.steps_at[0],
        count_needed=commitment.count or 1,
        imported_late=order.imported_late,
    )


def start(terms: Terms, orders: Iterable[Order]) -> list[Clock]:
    """Start the clocks in one statement."""
    return Clock.objects.bulk_create([planned(terms, order) for order in orders])


def lock(clock_ids: Iterable[int]) -> list[Clock]:
    """The clocks, locked in one order everywhere, so that two verbs never wait for each other in a circle."""
    return list(Clock.objects.select_for_update(no_key=True).filter(pk__in=list(clock_ids)).order_by("pk"))


OPEN_OF = "WHERE row.subject = %(subject)s AND row.state = ANY(%(open)s) ORDER BY row.id"
OPEN_CODES = [str(state) for state in OPEN_STATES]


def lock_open(subject: int) -> list[Clock]:
    """The clocks of one handoff that have not ended, locked."""
    return rows_of(Clock, f"{OPEN_OF} FOR UPDATE", {"subject": subject, "open": OPEN_CODES})


def open_of(subject: int) -> list[Clock]:
    """The same, only looked at."""
    return rows_of(Clock, OPEN_OF, {"subject": subject, "open": OPEN_CODES})


# --- settling ------------------------------------------------------------------------------------------------------


def settle(clock: Clock, at: datetime) -> list[ClockEvent]:
    """Take every step that fell due before `at`, each stamped with its own instant. The sweep does the same in SQL."""
    if clock.state == ClockState.PAUSED:
        _wake(clock, at)
    if clock.state not in (ClockState.RUNNING, ClockState.BREACHED):
        return []
    done = sum(1 for instant in clock.steps_at if instant < at)
    if done <= clock.steps_done:
        return []
    taken = list(zip(clock.steps, clock.steps_at, strict=True))[clock.steps_done : done]
    if any(step == BREACH for step, _ in taken):
        clock._breach()
    clock.steps_done = done
    clock.next_at = clock.steps_at[done] if done < len(clock.steps_at) else None
    loudest = max((index for index, (step, _) in enumerate(taken) if ":tell_" in step), default=-1)
    events = [
        ClockEvent(
            clock=clock,
            kind=kind_of(step),
            at=instant,
            step=step,
            speaks=index == loudest or ":tell_" not in step,
            next_at=at,
        )
        for index, (step, instant) in enumerate(taken)
    ]
    return ClockEvent.objects.bulk_create(events)


def _wake(clock: Clock, at: datetime) -> None:
    """The date that a clock waited for has come: it goes on from there, whoever was slow to notice."""
    date_came = clock.pauses.filter(until_at=None, resumes_at__lte=at).values_list("resumes_at", flat=True).first()
    if date_came is not None:
        resume(clock, at=date_came, why="the date came")


def kind_of(step: str) -> str:
    """Which kind of event a step makes; the sweep's SQL says the same."""
    if step == BREACH:
        return Kind.BREACHED
    return Kind.WARNED if int(step.partition(":")[0]) < 100 else Kind.ESCALATED


PAUSES = "SELECT from_at, until_at FROM sla_clockpause WHERE clock_id = %(clock)s ORDER BY from_at"


def pauses_of(clock: Clock, until: datetime) -> list[Span]:
    if "pauses" in getattr(clock, "_prefetched_objects_cache", ()):  # asked for together with those of many others
        return [(pause.from_at, pause.until_at or until) for pause in clock.pauses.all()]
    return [(from_at, until_at or until) for from_at, until_at in fetch_all(PAUSES, {"clock": clock.pk})]


def used_seconds(clock: Clock, until: datetime) -> float:
    """Working seconds used from the start to `until`, without the pauses."""
    hours = hours_for(terms_by_id(clock.version_id), clock.timing)
    return businesstime.between(hours, clock.started_at, until, pauses_of(clock, until))


# --- stopping ------------------------------------------------------------------------------------------------------


def stop(clock: Clock, *, at: datetime, evidence: dict[str, Any]) -> Clock:
    """The promised act happened at `at`. Met if not later than `breaches_at`, else met late, whoever was slow to say so."""
    if clock.state not in OPEN_STATES:
        return clock
    settle(clock, at)
    if clock.state == ClockState.PAUSED:
        _end_pause(clock, at)
    in_time = clock.state != ClockState.BREACHED or (clock.breaches_at is not None and at <= clock.breaches_at)
    if clock.state == ClockState.BREACHED and in_time:
        clock._meet_after_all(at, evidence)
    elif clock.state == ClockState.BREACHED:
        clock._meet_late(at, evidence)
    else:
        clock._meet(at, evidence)
    clock.used_seconds = used_seconds(clock, at)
    _save(clock)
    ClockEvent.objects.create(
        clock=clock, kind=Kind.MET if clock.state == ClockState.MET else Kind.MET_LATE, at=at, data=evidence
    )
    return clock


def count(clock: Clock, *, at: datetime, evidence: dict[str, Any]) -> Clock:
    """One more of the promised number was done; the last one stops the clock."""
    if clock.state not in OPEN_STATES:
        return clock
    clock.count_done += 1
    if clock.count_done >= clock.count_needed:
        return stop(clock, at=at, evidence=evidence)
    settle(clock, at)
    _save(clock)
    ClockEvent.objects.create(clock=clock, kind=Kind.COUNTED, at=at, data=evidence | {"done": clock.count_done})
    return clock


def cancel(clock: Clock, *, at: datetime, reason: str) -> Clock:
    """The promise no longer applies. Never counted as met; a breach that already happened stays a breach."""
    if clock.state not in OPEN_STATES:
        return clock
    settle(clock, at)
    if clock.state == ClockState.PAUSED:
        _end_pause(clock, at)
    clock._cancel(at, {"reason": reason})
    clock.used_seconds = used_seconds(clock, at)
    _save(clock)
    ClockEvent.objects.create(clock=clock, kind=Kind.CANCELLED, at=at, data={"reason": reason})
    return clock


# --- pausing -------------------------------------------------------------------------------------------------------


def pause(
    clock: Clock,
    *,
    at: datetime,
    reason: str,
    note: str = "",
    by: User | None = None,
    resumes_at: datetime | None = None,
) -> Clock:
    """Stand still from `at`. Only a running clock whose commitment agrees to it; a breached clock stays breached."""
    if not clock.target.get("pausable"):
        raise Refusal("not_pausable", "The agreement does not let this clock be paused.")
    settle(clock, at)
    if clock.state != ClockState.RUNNING:
        _save(clock)
        raise Conflict("not_running", f"This clock is {clock.get_state_display().lower()}, so it cannot be paused.")
    clock._pause(at)
    _save(clock)
    ClockPause.objects.create(clock=clock, from_at=at, reason=reason, note=note, by=by, resumes_at=resumes_at)
    ClockEvent.objects.create(clock=clock, kind=Kind.PAUSED, at=at, data={"reason": reason, "note": note})
    return clock


def resume(clock: Clock, *, at: datetime, why: str = "") -> Clock:
    """Go on from `at`, with as much working time left as there was."""
    if clock.state != ClockState.PAUSED:
        raise Conflict("not_paused", f"This clock is {clock.get_state_display().lower()}, not paused.")
    _end_pause(clock, at)
    clock._resume()
    _save(clock)
    data = {"why": why, "due_at": clock.due_at.isoformat() if clock.due_at else None}
    ClockEvent.objects.create(clock=clock, kind=Kind.RESUMED, at=at, data=data)
    return clock


def _end_pause(clock: Clock, at: datetime) -> None:
    """Close the open pause and count the schedule anew over the calendar without the pauses."""
    ended = max(at, clock.paused_at or at)
    clock.pauses.filter(until_at=None).update(until_at=ended)
    terms = terms_by_id(clock.version_id)
    found = reschedule(
        hours_for(terms, clock.timing),
        clock.started_at,
        float(clock.target["seconds"]),
        clock.steps,
        pauses_of(clock, ended),
    )
    clock.due_at, clock.breaches_at = found.due_at, found.breaches_at
    clock.steps_at = found.steps_at
    clock.next_at = found.steps_at[clock.steps_done] if clock.steps_done < len(found.steps_at) else None


SAVED = [
    "state",
    "due_at",
    "breaches_at",
    "next_at",
    "steps_at",
    "steps_done",
    "count_done",
    "paused_at",
    "stopped_at",
    "breached_at",
    "used_seconds",
    "evidence",
]


def _save(clock: Clock) -> None:
    clock.save(update_fields=SAVED)
