"""Empty the database after a test that committed: only the tables that hold rows, in milliseconds.

Django truncates every table there is, which takes the better part of a second.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ProgrammingError
from django.test import TransactionTestCase

# As the migrations left them; Django, too, fills them again after it has truncated them.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def install() -> None:
    thorough = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def quick(self: Any) -> None:
        try:
            for name in self._databases_names(include_mirrors=False):
                empty(connections[name])
        except ProgrammingError:  # not the database's administrator
            names = list(self._databases_names(include_mirrors=False))
            for name in names:
                let_triggers(connections[name], "disable")
            thorough(self)
            for name in names:
                let_triggers(connections[name], "enable")

    TransactionTestCase._fixture_teardown = quick  # type: ignore[attr-defined]


def let_triggers(connection: BaseDatabaseWrapper, act: str) -> None:
    """What is on record may not be emptied at one stroke, but for tests by the tables' owner."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'alter table "{table}" {act} trigger user')


def empty(connection: BaseDatabaseWrapper) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        # No trigger fires and no foreign key is looked at: also what is frozen goes, in any order.
        cursor.execute("set local session_replication_role = replica")
        tables = sorted(set(connection.introspection.table_names(cursor)) - KEPT)
        filled = " union all ".join(f"select '{name}' where exists (select from \"{name}\")" for name in tables)
        cursor.execute(filled)
        for (name,) in cursor.fetchall():
            cursor.execute(f'delete from "{name}"')
