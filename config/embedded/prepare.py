"""Bring the database up to date before the portal starts: migrations, then the demo company if nothing is there yet.

`load_demo --if-empty` says how far it is and, as soon as there is a company, who may sign in and how. Those last words
are kept: a later start, which has nothing to prepare, shows them under the portal's address.
"""

from __future__ import annotations

import io
import os

import django
from django.core.management import call_command, get_commands

from config.embedded.paths import RUN
from config.embedded.plain import main, say
from config.embedded.prepared import WELCOME

UNFINISHED = RUN / "migrating"
DEMO = "load_demo"


def prepare() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    migrate()
    load_demo()
    return 0


def migrate() -> None:
    """Only when something is missing: a look takes a tenth of what Django's command takes."""
    missing = missing_migrations()
    if not missing and not UNFINISHED.exists():
        return
    say(f"Bringing the database up to date ({missing} migrations) …")
    UNFINISHED.touch()  # permissions are written after the last migration: a start cut short there must come back
    call_command("migrate", verbosity=0, interactive=False)
    UNFINISHED.unlink()


def missing_migrations() -> int:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def load_demo() -> None:
    shown = io.StringIO()
    if DEMO in get_commands():
        call_command(DEMO, if_empty=True)
        call_command(DEMO, if_empty=True, stdout=shown)
    WELCOME.write_text(shown.getvalue())


if __name__ == "__main__":
    main(prepare)
