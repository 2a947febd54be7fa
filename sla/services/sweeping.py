"""The sweep: mark every clock whose next step has come. Costs by what is due, not by what is open.

One statement a batch does what `clocks.settle` does for one clock (a property test holds them equal): it takes rows
that nobody else is working on, stamps each step with its own instant, and moves `next_at` on. What the steps ask for
(telling people, reassigning) is delivered afterwards, event by event, so that one bad row blocks nobody.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction

from config.outbox.health import Beat
from sla.models import Clock, ClockEvent, ClockPause
from sla.services import clocks
from sla.signals import clock_stepped

log = logging.getLogger(__name__)

BATCH = 1000
DELIVERY_BATCH = 200
MOST_FAILURES = 12  # after that an event is left for people: it is shown to operators

SWEEP = """
WITH due AS (
    SELECT id, state, steps, steps_at, steps_done,
           (SELECT count(*) FROM unnest(steps_at) AS step(at) WHERE step.at < %(at)s) AS done,
           CASE WHEN state = 'running' AND breaches_at < %(at)s THEN breaches_at END AS breach
    FROM sla_clock
    WHERE next_at < %(at)s AND state IN ('running', 'breached') AND (%(only)s::bigint IS NULL OR id = %(only)s)
    ORDER BY next_at
    LIMIT %(batch)s
    FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE sla_clock AS clock
    SET steps_done = due.done,
        next_at = due.steps_at[due.done + 1],
        state = CASE WHEN due.breach IS NULL THEN clock.state ELSE 'breached' END,
        breached_at = COALESCE(clock.breached_at, due.breach),
        sweep_failures = 0,
        sweep_error = ''
    FROM due
    WHERE clock.id = due.id
), taken AS (
    SELECT due.id, step.at, step.name, step.place,
           max(step.place) FILTER (WHERE step.name LIKE '%%:tell_%%') OVER (PARTITION BY due.id) AS loudest
    FROM due, unnest(due.steps_at, due.steps) WITH ORDINALITY AS step(at, name, place)
    WHERE step.place > due.steps_done AND step.place <= due.done
), told AS (
    INSERT INTO sla_clockevent (clock_id, kind, at, step, speaks, data, created_at, next_at, attempts, last_error)
    SELECT id,
           CASE WHEN name = 'breach' THEN 'breached'
                WHEN split_part(name, ':', 1)::int < 100 THEN 'warned'
                ELSE 'escalated' END,
           at, name, name NOT LIKE '%%:tell_%%' OR place = loudest, '{}'::jsonb, %(at)s, %(at)s, 0, ''
    FROM taken
)
SELECT count(*) FROM due
"""


def sweep(at: datetime, beat: Beat | None = None) -> int:
    """Mark everything due before `at`, batch by batch; returns how many clocks moved. Safe with any number of workers."""
    beat = beat or Beat()
    total = 0
    while True:
        try:
            moved = sweep_batch(at)
        except DatabaseError:
            log.exception("A batch of clocks could not be swept; trying its rows one by one.")
            return total + _sweep_one_by_one(at, beat)
        total += moved
        beat.handled += moved
        if moved < BATCH:
            return total


def sweep_batch(at: datetime, *, batch: int = BATCH, only: int | None = None) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SWEEP, {"at": at, "batch": batch, "only": only})
        return int(cursor.fetchone()[0])


def _sweep_one_by_one(at: datetime, beat: Beat) -> int:
    """After a failed batch: every good row is swept, a bad one is set aside with its error and tried again later."""
    moved = 0
    due = list(
        Clock.objects.filter(next_at__lt=at, state__in=("running", "breached"))
        .order_by("next_at")
        .values_list("pk", flat=True)
    )
    for pk in due:
        try:
            moved += sweep_batch(at, only=pk)
        except DatabaseError as error:
            beat.failed(f"clock {pk}: {error}")
            _set_aside(pk, at, str(error))
    beat.handled += moved
    return moved


def _set_aside(pk: int, at: datetime, error: str) -> None:
    """Its state stays true without the sweep (`state_at`); only its steps wait, with a growing pause between tries."""
    with transaction.atomic():
        row = Clock.objects.filter(pk=pk).values_list("sweep_failures", flat=True).first()
        failures = (row or 0) + 1
        Clock.objects.filter(pk=pk).update(
            sweep_failures=failures, sweep_error=error[:2000], next_at=at + back_off(failures)
        )


def back_off(failures: int) -> timedelta:
    """10 s, 20 s, 40 s … up to an hour."""
    return timedelta(seconds=min(10 * 2 ** (failures - 1), 3600))


def deliver(at: datetime, beat: Beat | None = None) -> int:
    """Tell the receivers of each step that waits to be acted upon; returns how many were handled."""
    beat = beat or Beat()
    handled = 0
    while True:
        batch = _deliver_batch(at, beat)
        handled += batch
        beat.handled += batch
        if batch < DELIVERY_BATCH:
            return handled


@transaction.atomic
def _deliver_batch(at: datetime, beat: Beat) -> int:
    events = list(
        ClockEvent.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("clock")
        .filter(handled_at=None, next_at__lte=at)
        .order_by("next_at", "id")[:DELIVERY_BATCH]
    )
    for event in events:
        try:
            with transaction.atomic():
                answers = clock_stepped.send(sender=Clock, clock=event.clock, event=event, at=at)
                outcome = " ".join(said for _, said in answers if said)[:160]
                ClockEvent.objects.filter(pk=event.pk).update(handled_at=at, outcome=outcome)
        except Exception as error:  # noqa: BLE001 - whatever went wrong with this one must not stop the others
            _event_failed(event, at, error)
            beat.failed(f"clock event {event.pk}: {type(error).__name__}: {error}")
    return len(events)


def _event_failed(event: ClockEvent, at: datetime, error: Exception) -> None:
    log.error("Clock event %s could not be delivered.", event.pk, exc_info=error)
    attempts = event.attempts + 1
    next_at = None if attempts >= MOST_FAILURES else at + back_off(attempts)
    ClockEvent.objects.filter(pk=event.pk).update(
        attempts=attempts, next_at=next_at, last_error=f"{type(error).__name__}: {error}"[:2000]
    )


def resume_due(at: datetime, beat: Beat | None = None) -> int:
    """Resume the clocks whose pause was until a date that has come, each from that date on."""
    beat = beat or Beat()
    due = ClockPause.objects.filter(until_at=None, resumes_at__lte=at).values_list("clock_id", "resumes_at")
    for clock_id, resumes_at in list(due):
        try:
            with transaction.atomic():
                for clock in clocks.lock([clock_id]):
                    if clock.state == "paused":
                        clocks.resume(clock, at=resumes_at or at, why="the date came")
                        beat.handled += 1
        except Exception as error:
            log.error("Clock %s could not be resumed.", clock_id, exc_info=error)
            beat.failed(f"clock {clock_id}: {type(error).__name__}: {error}")
    return beat.handled
