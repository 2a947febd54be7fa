"""A long queue, made in the database: copies of one real lead that waits for its first call, with all its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models

from config.accounts.models import Membership, User
from config.outbox.models import Event
from leads.models import (
    Activity,
    Attempt,
    ClaimRecord,
    ContactPoint,
    Handoff,
    Lead,
    LeadScore,
    Person,
    QueueItem,
    StageEntry,
)
from sla.models import Clock, ClockEvent
from tests.cast import NOW, Cast

STEP = 10_000_000  # at most so many copies
FIRST_ATTEMPT, FIRST_USER = 800 * 1_000_000, 900 * 1_000_000
PLACES: dict[type[models.Model], int] = {
    Person: 100 * 1_000_000,
    ContactPoint: 200 * 1_000_000,
    Lead: 300 * 1_000_000,
    StageEntry: 400 * 1_000_000,
    Activity: 500 * 1_000_000,
    Handoff: 600 * 1_000_000,
    Clock: 700 * 1_000_000,
}


@dataclass(frozen=True)
class Sample:
    """The lead that is copied, and how its rows and those of the copies are called by number."""

    handoff: Handoff
    rows: tuple[models.Model, ...]

    def ids(self, handoff_id: int) -> dict[str, int]:
        """What a statement about one copy may name: each row's id, under the same name for every copy."""
        number = handoff_id - PLACES[Handoff]
        return {name: base + number for name, base in self.bases().items()}

    def bases(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.rows:
            if type(row) in PLACES:
                count = sum(name.startswith(f"{type(row).__name__}-") for name in found)
                found[f"{type(row).__name__}-{count}"] = PLACES[type(row)] + count * STEP
        return found


def sample_of(cast: Cast, at: datetime = NOW) -> Sample:
    handoff = cast.hot("sample", at)
    lead = Lead.objects.get(pk=handoff.lead_id)
    rows: list[models.Model] = [
        Person.objects.get(pk=lead.person_id),
        *ContactPoint.objects.filter(person=lead.person_id).order_by("id"),
        lead,
        *LeadScore.objects.filter(lead=lead),
        *StageEntry.objects.filter(lead=lead).order_by("id"),
        *Activity.objects.filter(lead=lead).order_by("id"),
        handoff,
        *Clock.objects.filter(subject=handoff.pk).order_by("id"),
        QueueItem.objects.get(pk=handoff.pk),
    ]
    return Sample(handoff, tuple(rows))


def fill(sample: Sample, count: int) -> None:
    """So many copies wait, their promises a millisecond apart, in an order unlike that of their ids."""
    assert count < STEP
    empty(sample.rows)
    sample.rows[-1].save()
    seen: dict[type[models.Model], int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys: only rows
        for row in sample.rows:
            place = seen.get(type(row), 0)
            seen[type(row)] = place + 1
            copy(cursor, row, place, count)
        cursor.execute("SET session_replication_role = DEFAULT")
        QueueItem.objects.filter(pk=sample.handoff.pk).delete()  # the sample itself waits no more
        cursor.execute("SELECT setval('leads_attempt_id_seq', %s)", [FIRST_ATTEMPT])
        cursor.execute("VACUUM ANALYZE")


def empty(rows: Sequence[models.Model]) -> None:
    """Only the sample remains, and it waits no more."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for model in {type(row) for row in rows}:
            key, kept = model._meta.pk.column, [row.pk for row in rows if type(row) is model]
            cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE NOT "{key}" = ANY(%s)', [kept])
        for model in (Attempt, ClaimRecord, ClockEvent, Event):
            cursor.execute(f'DELETE FROM "{model._meta.db_table}"')
        cursor.execute("SET session_replication_role = DEFAULT")


def copy(cursor: Any, row: models.Model, place: int, count: int) -> None:
    model = type(row)
    columns = [str(field.column) for field in model._meta.concrete_fields if not field.generated]
    values = ", ".join(_value(model, column, place)(f'row."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    key = model._meta.pk.column
    cursor.execute(
        f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {values}'
        f' FROM "{model._meta.db_table}" AS row, generate_series(1, %s) AS n WHERE row."{key}" = %s',
        [count, row.pk],
    )


def _value(model: type[models.Model], column: str, place: int) -> Callable[[str], str]:
    own = PLACES.get(model)
    if column == "id" and own is not None:
        return lambda _: f"{own + place * STEP} + n"
    if column == "public_id":
        return lambda _: "gen_random_uuid()"
    for name, other in (("person_id", Person), ("lead_id", Lead), ("handoff_id", Handoff)):
        if column == name:
            return lambda _: f"{PLACES[other]} + n"
    if model is Clock and column == "subject":
        return lambda _: f"{PLACES[Handoff]} + n"
    if model is ContactPoint and column in ("value", "normalised"):
        return lambda old: f"CASE row.kind WHEN 'email' THEN 'copy' || n || '@crowd.example' ELSE {old} END"
    if model is QueueItem and column == "promise_at":
        return lambda old: f"{old} + ((n * 7919::bigint) %% 10000019) * interval '1 millisecond'"
    return lambda old: old


def reps(cast: Cast, count: int) -> list[User]:
    """So many reps of the desk, under ids that are no other row's."""
    made = User.objects.bulk_create(
        User(id=FIRST_USER + n, email=f"rep{n}@example.com", name=f"Rep {n}") for n in range(count)
    )
    team = cast.team("telequalification")
    Membership.objects.bulk_create(Membership(user=user, team=team, role="rep") for user in made)
    return made
