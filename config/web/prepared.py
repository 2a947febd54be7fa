"""Statements of paths that run many times a second: bound by the server, which after a few runs has them ready.

Making a query of Django's costs more there than running it, and so does its being planned each time anew. The text of
a statement must stay the same from run to run: what changes are its values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models
from psycopg import Cursor, RawCursor

Row = TypeVar("Row", bound=models.Model)


def watched() -> bool:
    """Whether queries are being counted, logged or recorded."""
    return connection.queries_logged or bool(connection.execute_wrappers)


def fetch_all(statement: str, values: Mapping[str, Any]) -> list[Any]:
    """The rows of a statement with `%(name)s` for its values.

    Where somebody looks at the queries it goes through Django's cursor, so that it is seen.
    """
    if watched():
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as bare:
        return bare.execute(statement, values).fetchall()


def fetch_one(statement: str, values: Mapping[str, Any]) -> Any:
    """The first row, or None."""
    return next(iter(fetch_all(statement, values)), None)


def run_numbered(statement: str, values: Sequence[Any]) -> None:
    """Run a statement with `$1`, `$2` … for its values; of many values the quickest way."""
    connection.ensure_connection()
    with connection.wrap_database_errors, RawCursor(connection.connection) as bare:
        bare.execute(statement, values)


def rows_of(model: type[Row], tail: str, values: Mapping[str, Any], related: tuple[str, ...] = ()) -> list[Row]:
    """Rows of a table as instances, each with what its foreign keys in `related` point at.

    `tail` follows the FROM clause, is our own text and never input, and calls the table "row" and what a foreign key
    points at by the key's name: `WHERE row.id = %(id)s FOR UPDATE OF row`.
    """
    select, parts = _select(model, related)
    found = []
    for record in fetch_all(f"{select} {tail}", values):
        made, *others = [part.instance(record) for part in parts]
        for name, other in zip(related, others, strict=True):
            made._state.fields_cache[name] = other  # type: ignore[union-attr]
        found.append(made)
    return found  # type: ignore[return-value]


def one_row(model: type[Row], tail: str, values: Mapping[str, Any], related: tuple[str, ...] = ()) -> Row | None:
    """The first of such rows, or None."""
    return next(iter(rows_of(model, tail, values, related)), None)


@dataclass(frozen=True)
class _Part:
    """The columns of one table in a joined record."""

    model: type[models.Model]
    start: int
    names: list[str]
    key: int
    converted: list[tuple[int, Any]]

    def instance(self, record: tuple[Any, ...]) -> models.Model | None:
        values = list(record[self.start : self.start + len(self.names)])
        if values[self.key] is None:
            return None
        for place, field in self.converted:
            values[place] = field.from_db_value(values[place], None, connection)
        return self.model.from_db(connection.alias, self.names, values)


@cache
def _select(model: type[models.Model], related: tuple[str, ...]) -> tuple[str, list[_Part]]:
    columns: list[str] = []
    parts = [_part(model, "row", columns)]
    joins = [f'FROM "{model._meta.db_table}" AS row']
    for name in related:
        key: Any = model._meta.get_field(name)
        other = key.related_model
        parts.append(_part(other, name, columns))
        target = other._meta.pk.column
        joins.append(f'LEFT JOIN "{other._meta.db_table}" AS "{name}" ON "{name}"."{target}" = row."{key.column}"')
    return f"SELECT {', '.join(columns)} {' '.join(joins)}", parts


def _part(model: type[models.Model], alias: str, columns: list[str]) -> _Part:
    fields = model._meta.concrete_fields
    start = len(columns)
    columns.extend(f'"{alias}"."{field.column}"' for field in fields)
    converted = [(place, field) for place, field in enumerate(fields) if hasattr(field, "from_db_value")]
    return _Part(model, start, [field.attname for field in fields], fields.index(model._meta.pk), converted)
