"""Taking the next lead and recording an outcome: many reps at once over a long queue.

The reference is plain psycopg that sends the same statements in as many round trips: one call of ours is recorded, and
replayed for other leads with their ids put in. So the ratio is what our Python costs, and the other figure says
whether a long queue costs more than a short one. HANDOFF_BENCH_WAITING and HANDOFF_BENCH_REPS give another size.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from multiprocessing.connection import Connection
from typing import Any

import psycopg
from django.db import connection, connections, transaction

from tests.bench.report import fresh_database
from tests.bench.waiting import Sample, fill, reps, sample_of
from tests.cast import MINUTE, NOW, assemble

FEW = 1000
SIZES = ((8, 100_000), (50, 1_000_000))  # reps, waiting
CYCLES = 80  # of all reps together in one round, so that a short queue is not emptied
ROUNDS = 5
OUTCOME = "na"


# --- recording what we send, and sending it without us ---------------------------------------------------------------------


@dataclass
class Statement:
    """One statement as sent; `places` are the parameters that name the lead, as (position, position in a list, name)."""

    sql: str
    params: Any  # a list, or a dictionary where they are named
    places: list[tuple[int | str, int | None, str]] = field(default_factory=list)
    fresh: list[int | str] = field(default_factory=list)  # parameters that must be unlike every other's

    def filled(self, ids: dict[str, int]) -> Any:
        params = self.params.copy()
        for at, inside, name in self.places:
            if inside is None:
                params[at] = ids[name]
            else:
                params[at] = [*params[at][:inside], ids[name], *params[at][inside + 1 :]]
        for at in self.fresh:
            params[at] = uuid.uuid4()
        return params


class Recorder:
    """Notes every statement that passes through Django's connection."""

    def __init__(self) -> None:
        self.sent: list[Statement] = []

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        assert not many
        if isinstance(params, dict):
            plain: Any = {name: _plain(value) for name, value in params.items()}
        else:
            plain = [_plain(value) for value in params or ()]
        self.sent.append(Statement(str(sql), plain))
        return execute(sql, params, many, context)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


@dataclass
class Plan:
    """What one call costs in statements: those that take the lead, and those that record the outcome."""

    taking: list[Statement]
    recording: list[Statement]


def record_plan(sample: Sample, rep: Any, number: int) -> Plan:
    """One call of ours, written down."""
    from leads.models import Attempt

    taking, recording = Recorder(), Recorder()
    with connection.execute_wrapper(taking):
        handoff_id = take(rep, number)
    with connection.execute_wrapper(recording):
        note(handoff_id, rep, number)
    names = {value: name for name, value in sample.ids(handoff_id).items()}
    names[Attempt.objects.latest("id").pk] = "attempt"
    for statement in (*taking.sent, *recording.sent):
        find_places(statement, names)
    return Plan(taking.sent, recording.sent)


def find_places(statement: Statement, names: dict[int, str]) -> None:
    named = isinstance(statement.params, dict)
    for at, value in list(statement.params.items() if named else enumerate(statement.params)):
        if isinstance(value, uuid.UUID):
            statement.fresh.append(at)
        elif isinstance(value, list | tuple):
            for inside, one in enumerate(value):
                if isinstance(one, int) and one in names:
                    statement.params[at] = list(value)
                    statement.places.append((at, inside, names[one]))
        elif isinstance(value, int) and value in names:
            statement.places.append((at, None, names[value]))


# --- one call --------------------------------------------------------------------------------------------------------------


def moment(number: int) -> Any:
    return NOW + MINUTE + timedelta(milliseconds=number)


def take(rep: Any, number: int) -> int:
    from leads.services import claiming

    handoff = claiming.next_lead(rep, moment(number))
    assert handoff is not None, "the queue ran empty"
    return handoff.pk


def note(handoff_id: int, rep: Any, number: int) -> None:
    from leads.services import attempts

    attempts.record(handoff_id, by=rep.user, at=moment(number), disposition=OUTCOME)


def take_plainly(sender: psycopg.Connection[Any], plan: Plan, sample: Sample) -> int:
    """The statement that takes a lead says which; those after it are about that one."""
    found = 0
    with sender.transaction(), sender.cursor() as cursor:
        for statement in plan.taking:
            ids = sample.ids(found) if found else {}
            rows = send(cursor, statement, ids)
            if "SKIP LOCKED" in statement.sql and rows:
                found = rows[0][0]
    assert found, "the queue ran empty"
    return found


def note_plainly(sender: psycopg.Connection[Any], plan: Plan, sample: Sample, handoff_id: int) -> None:
    ids = sample.ids(handoff_id)
    with sender.transaction(), sender.cursor() as cursor:
        for statement in plan.recording:
            rows = send(cursor, statement, ids)
            if statement.sql.startswith('INSERT INTO "leads_attempt"'):
                ids["attempt"] = rows[0][0]


def send(cursor: Any, statement: Statement, ids: dict[str, int]) -> list[Any]:
    cursor.execute(statement.sql, statement.filled(ids))
    return cursor.fetchall() if cursor.description else []


# --- a rep is a process ----------------------------------------------------------------------------------------------------


def work(pipe: Connection, sample: Sample, user_id: int, first: int) -> None:
    """Waits for ("ours" or "plain", how many calls), answers with the leads taken and the seconds spent on taking."""
    from config.accounts.actor import Actor
    from config.accounts.models import User
    from config.outbox.services import events

    events.nudge = lambda task="": None  # no worker is asked: the reference asks none either
    number = first
    rep = Actor.of(User.objects.get(pk=user_id))
    plan = record_plan(sample, rep, number)
    parameters = connection.get_connection_params()
    known = {k: v for k, v in parameters.items() if k in ("dbname", "user", "password", "host", "port")}
    with psycopg.connect(**known, autocommit=True, cursor_factory=psycopg.ClientCursor) as sender:
        pipe.send("ready")
        while (order := pipe.recv()) is not None:
            who, calls = order
            taken, seconds = [], 0.0
            for _ in range(calls):
                number += 1
                began = time.perf_counter()
                if who == "ours":
                    handoff_id = take(rep, number)
                    seconds += time.perf_counter() - began
                    note(handoff_id, rep, number)
                else:
                    handoff_id = take_plainly(sender, plan, sample)
                    seconds += time.perf_counter() - began
                    note_plainly(sender, plan, sample, handoff_id)
                taken.append(handoff_id)
            pipe.send((taken, seconds))


@dataclass
class Desk:
    """Reps at work, each a process with a connection of its own."""

    pipes: list[Connection]
    processes: list[Any]
    taken: list[int] = field(default_factory=list)

    @classmethod
    def open(cls, sample: Sample, user_ids: list[int]) -> Desk:
        connections.close_all()  # a connection belongs to one process
        context = multiprocessing.get_context("fork")
        pipes, processes = [], []
        for place, user_id in enumerate(user_ids):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs, sample, user_id, place * 1_000_000 % 50_000_000))
            process.start()
            pipes.append(ours)
            processes.append(process)
        for pipe in pipes:
            assert pipe.recv() == "ready"
        return cls(pipes, processes)

    def round(self, who: str) -> tuple[float, float]:
        """All reps work at once; gives calls a second, and the mean seconds of taking a lead."""
        calls = max(1, CYCLES // len(self.pipes))
        began = time.perf_counter()
        for pipe in self.pipes:
            pipe.send((who, calls))
        answers = [pipe.recv() for pipe in self.pipes]
        seconds = time.perf_counter() - began
        for taken, _ in answers:
            self.taken += taken
        count = calls * len(self.pipes)
        return count / seconds, sum(spent for _, spent in answers) / count

    def close(self) -> None:
        for pipe in self.pipes:
            pipe.send(None)
        for process in self.processes:
            process.join(30)


@dataclass(frozen=True)
class Measured:
    ours: float  # calls a second
    plain: float
    taking: float  # seconds
    taking_plainly: float


def measure(sample: Sample, waiting: int, user_ids: list[int]) -> Measured:
    fill(sample, waiting)
    desk = Desk.open(sample, user_ids)
    rounds: dict[str, list[tuple[float, float]]] = {"ours": [], "plain": []}
    for number in range(ROUNDS + 1):
        for who in ("ours", "plain") if number % 2 else ("plain", "ours"):
            rounds[who].append(desk.round(who))
    desk.close()
    assert len(set(desk.taken)) == len(desk.taken), "a lead was given twice"
    middle = {
        who: [statistics.median(column) for column in zip(*found[1:], strict=True)] for who, found in rounds.items()
    }
    return Measured(middle["ours"][0], middle["plain"][0], middle["ours"][1], middle["plain"][1])


def sizes() -> tuple[tuple[int, int], ...]:
    reps_wanted, waiting = os.environ.get("HANDOFF_BENCH_REPS"), os.environ.get("HANDOFF_BENCH_WAITING")
    return ((int(reps_wanted or 8), int(waiting or 100_000)),) if reps_wanted or waiting else SIZES


def run() -> list[dict[str, Any]]:
    fresh_database()
    with transaction.atomic():
        cast = assemble(since=NOW - timedelta(days=30), always_open=True)
        sample = sample_of(cast)
        user_ids = [user.pk for user in reps(cast, max(count for count, _ in sizes()))]
    return [row for count, waiting in sizes() for row in at_size(sample, user_ids[:count], waiting)]


def at_size(sample: Sample, user_ids: list[int], waiting: int) -> list[dict[str, Any]]:
    few = measure(sample, FEW, user_ids)
    many = measure(sample, waiting, user_ids)
    name = f"{len(user_ids)} reps, {waiting:,} waiting"
    common = {"unit": "ms", "better": "lower"}
    milliseconds = 1000
    return [
        {
            "name": f"claim: {name}, against psycopg", "ours": 1 / many.taking, "reference": 1 / many.taking_plainly,
            "ratio": many.taking_plainly / many.taking, "demanded": 0.4, "unit": "claims/s", "better": "higher",
        },
        {
            "name": f"claim and outcome: {name}, against psycopg", "ours": many.ours, "reference": many.plain,
            "ratio": many.ours / many.plain, "demanded": 0.4, "unit": "calls/s", "better": "higher",
        },
        {
            "name": f"claim: {name}, against {FEW:,}", "ours": many.taking * milliseconds,
            "reference": few.taking * milliseconds, "ratio": many.taking / few.taking, "demanded": 1.3, **common,
        },
        {
            "name": f"claim and outcome: {name}, against {FEW:,}", "ours": milliseconds / many.ours,
            "reference": milliseconds / few.ours, "ratio": few.ours / many.ours, "demanded": 1.3, **common,
        },
    ]  # fmt: skip
