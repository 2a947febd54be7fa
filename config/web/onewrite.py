"""Many inserts, one statement.

A verb that makes a lead with its score, ledger, handoff, clocks and events would cost a round trip a table. Here the
rows are gathered as ordinary model instances and written by one `WITH … INSERT …` statement; ids that other rows refer
to are reserved beforehand, all in one query. Foreign keys are checked at commit, so the order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from psycopg.types.numeric import Int8

from config.web.prepared import run_numbered, watched

MOST_BOUND = 2000  # parameters the server may bind in one statement; a bulk load has more and is sent as text
# Of these fields a value of the plain type is stored as it is; what Django would do to it costs more than all the rest.
PLAIN = (
    models.CharField, models.TextField, models.BooleanField, models.IntegerField, models.AutoField, models.UUIDField,
    models.DateTimeField, models.ForeignKey,
)  # fmt: skip
AS_IT_IS = frozenset({str, bool, UUID, type(None)})


class Writes:
    """Rows waiting to be written together, inside the transaction of the verb that gathers them."""

    def __init__(self) -> None:
        self._rows: dict[type[models.Model], list[models.Model]] = {}
        self._ids: dict[type[models.Model], list[int]] = {}

    def reserve(self, wanted: Mapping[type[models.Model], int]) -> None:
        """Draw ids for rows to come; `add` hands them out in order."""
        drawn = [
            f"SELECT {number}, {_next_id(model)} FROM generate_series(1, {int(count)})"  # noqa: S608 - our own tables
            for number, (model, count) in enumerate(wanted.items())
            if count
        ]
        if not drawn:
            return
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(drawn))
            rows = sorted(cursor.fetchall())
        self.take({m: n for m, n in wanted.items() if n}, [drawn_id for _, drawn_id in rows])

    def take(self, wanted: Mapping[type[models.Model], int], ids: Iterable[int]) -> None:
        """Keep ids drawn by a caller's own query with the columns of `reservation(wanted)`."""
        drawn = iter(ids)
        for model, count in wanted.items():
            self._ids.setdefault(model, []).extend(next(drawn) for _ in range(count))

    def add(self, *rows: models.Model | None) -> None:
        """Queue rows for writing; a row without an id gets a reserved one, or the database's own."""
        for row in rows:
            if row is None:
                continue
            model = type(row)
            if row.pk is None and self._ids.get(model):
                row.pk = self._ids[model].pop(0)
            self._rows.setdefault(model, []).append(row)

    def flush(self) -> None:
        """Write everything queued. IntegrityError as from any insert; the transaction is the caller's."""
        if not self._rows:
            return
        assert transaction.get_connection().in_atomic_block, "rows that belong together need one transaction"
        shapes: list[Shape] = []
        parameters: list[Any] = []
        for model, rows in self._rows.items():
            for row in rows:
                # A row made before the row it refers to had its id takes that id now, as bulk_create does.
                row._prepare_related_fields_for_save(operation_name="flush")  # type: ignore[attr-defined]
            for with_id in (True, False):
                chosen = [row for row in rows if (row.pk is not None) is with_id]
                if chosen:
                    shapes.append((model, with_id, len(chosen)))
                    for row in chosen:
                        parameters.extend(_values(row, with_id))
        _execute(tuple(shapes), parameters)
        for rows in self._rows.values():
            for row in rows:
                row._state.adding = False
                row._state.db = connection.alias
                if hasattr(row, "_update_initial_state"):
                    row._update_initial_state()
        self._rows = {}


def reservation(wanted: Mapping[type[models.Model], int]) -> list[str]:
    """SQL columns that draw a few wanted ids, for a query that has other things to ask too."""
    return [_next_id(model) for model, count in wanted.items() for _ in range(count)]


def _next_id(model: type[models.Model]) -> str:
    return f"nextval(pg_get_serial_sequence('{model._meta.db_table}', 'id'))"


Shape = tuple[type[models.Model], bool, int]  # rows of a table, with their ids or without, and how many


@cache
def _fields(model: type[models.Model], with_id: bool) -> tuple[tuple[models.Field[Any, Any], str, bool], ...]:
    """The fields an insert fills, the attribute each is kept in, and whether its plain values are stored as they are."""
    return tuple(
        (field, field.attname, isinstance(field, PLAIN) and not getattr(field, "auto_now", False) and not getattr(field, "auto_now_add", False))
        for field in model._meta.concrete_fields
        if not field.generated and (with_id or not isinstance(field, models.AutoField))
    )  # fmt: skip


def _values(row: models.Model, with_id: bool) -> Iterable[Any]:
    """One row's values, as Django's own insert prepares them."""
    for field, attname, plain in _fields(type(row), with_id):
        if plain:
            value = getattr(row, attname)
            kind = type(value)
            if kind in AS_IT_IS or (kind is datetime and value.tzinfo is not None):
                yield value
                continue
            if kind is int:
                yield Int8(value)  # always the same type, so that the statement is prepared once
                continue
        yield field.get_db_prep_save(field.pre_save(row, add=True), connection)


@cache
def _statement(shapes: tuple[Shape, ...], numbered: bool) -> str:
    """The statement that writes rows of such shapes, its values numbered as PostgreSQL does, or marked as Django does."""
    parts: list[str] = []
    number = 0
    for model, with_id, count in shapes:
        fields = _fields(model, with_id)
        names = ", ".join(f'"{field.column}"' for field, _, _ in fields)
        rows = []
        for _ in range(count):
            marks = [f"${number + place}" if numbered else "%s" for place in range(1, len(fields) + 1)]
            rows.append(f"({', '.join(marks)})")
            number += len(fields)
        insert = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES {", ".join(rows)}'  # noqa: S608 - our own models
        parts.append(f"w{len(parts)} AS ({insert})")
    return f"WITH {', '.join(parts)} SELECT 1"


def _execute(shapes: tuple[Shape, ...], parameters: list[Any]) -> None:
    """Run the statement with its values bound by the server: putting hundreds of values into text costs more.

    Where somebody looks at the queries it goes through Django's cursor, so that it is seen.
    """
    if watched() or len(parameters) > MOST_BOUND:
        with connection.cursor() as cursor:
            cursor.execute(_statement(shapes, numbered=False), parameters)
        return
    run_numbered(_statement(shapes, numbered=True), parameters)
