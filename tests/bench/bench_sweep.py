"""The sweep costs by what is due: a thousand due clocks among ten thousand, and among a million, running ones."""

from __future__ import annotations

import statistics
import time
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from tests.bench.report import fresh_database
from tests.cast import HOUR, MINUTE, NOW, assemble

DUE = 1000
FEW, MANY = 10_000, 1_000_000
ROUNDS = 7

COPIES = """
INSERT INTO sla_clock (public_id, subject, kind, side, version_id, commitment, target, timing, state, started_at,
    due_at, breaches_at, next_at, steps_at, steps, steps_done, count_needed, count_done, evidence, imported_late,
    sweep_failures, sweep_error, created_at)
SELECT gen_random_uuid(), %(base)s + n, kind, side, version_id, commitment, target, timing, 'running', started_at,
    %(due)s + make_interval(secs => n %% 3000), %(due)s + make_interval(secs => n %% 3000),
    %(due)s + make_interval(secs => n %% 3000),
    ARRAY[%(due)s + make_interval(secs => n %% 3000), %(due)s + make_interval(secs => n %% 3000) + interval '30 minutes'],
    ARRAY['breach', '150:reassign'], 0, 1, 0, '{}', false, 0, '', started_at
FROM sla_clock, generate_series(1, %(count)s) AS n
WHERE sla_clock.id = %(model)s
"""

# What marking the same rows costs when it is written by hand: the update, and one event for each row.
PLAIN = """
WITH due AS (
    SELECT id, breaches_at FROM sla_clock
    WHERE next_at < %(at)s AND state IN ('running', 'breached') ORDER BY next_at LIMIT 1000 FOR UPDATE SKIP LOCKED
), marked AS (
    UPDATE sla_clock c SET state = 'breached', breached_at = due.breaches_at, steps_done = 1, next_at = c.steps_at[2]
    FROM due WHERE c.id = due.id
)
INSERT INTO sla_clockevent (clock_id, kind, at, step, speaks, data, created_at, next_at, attempts, last_error)
SELECT id, 'breached', breaches_at, 'breach', true, '{}', %(at)s, %(at)s, 0, '' FROM due
"""


def run() -> list[dict[str, Any]]:
    fresh_database()
    from sla.models import Clock
    from sla.services import sweeping

    cast = assemble()
    model = Clock.objects.get(subject=cast.hot().pk, kind="first_attempt").pk
    far, due = NOW + 1000 * HOUR, NOW + 5 * MINUTE
    at = due + HOUR

    def fill(count: int, when: datetime, base: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(COPIES, {"model": model, "count": count, "due": when, "base": base})

    def plain() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PLAIN, {"at": at})

    def one_round(number: int) -> tuple[float, float]:
        """A thousand due clocks each for the sweep and for the plain statement, taken in turns."""
        times = []
        acts = (lambda: sweeping.sweep_batch(at, batch=DUE), plain)
        for place, act in enumerate(acts if number % 2 else reversed(acts)):
            fill(DUE, due, 10_000_000 + (2 * number + place) * DUE)
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE sla_clock" if number == 0 else "SELECT 1")
            began = time.perf_counter()
            act()
            times.append(time.perf_counter() - began)
        return (times[0], times[1]) if number % 2 else (times[1], times[0])

    def median(running: int) -> tuple[float, float]:
        Clock.objects.exclude(pk=model).delete()
        Clock.objects.filter(pk=model).update(next_at=None)
        fill(running, far, 100_000_000)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE sla_clock")
        rounds = [one_round(number) for number in range(ROUNDS)][1:]
        return statistics.median(r[0] for r in rounds), statistics.median(r[1] for r in rounds)

    few, _ = median(FEW)
    many, by_hand = median(MANY)
    milliseconds = 1000
    return [
        {
            "name": "sweep: 1,000 due of 1,000,000 against plain SQL",
            "ours": many * milliseconds,
            "reference": by_hand * milliseconds,
            "ratio": many / by_hand,
            "demanded": 2.0,
            "unit": "ms",
            "better": "lower",
        },
        {
            "name": "sweep: 1,000 due of 1,000,000 against of 10,000",
            "ours": many * milliseconds,
            "reference": few * milliseconds,
            "ratio": many / few,
            "demanded": 1.2,
            "unit": "ms",
            "better": "lower",
        },
    ]
