"""A database server, a name for the databases and a folder for the files of one run of the tests.

Runs may overlap: each takes a number of its own, all share one server, the last one to end stops it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.embedded import postgres, stamps
from config.embedded.frontend import wanted_static
from config.embedded.locks import Held, in_turn, only_one, shared
from config.embedded.paths import ROOT, VAR
from config.embedded.plain import CannotStart, last_line
from config.embedded.prepared import migrations, parts

BASE, FOLDER, EXTERNAL = "HANDOFF_TEST_BASE", "HANDOFF_VAR", "HANDOFF_TEST_EXTERNAL"
RUNS_AT_ONCE = 50
TEMPLATE = "handoff_template_"
TEMPLATES_KEPT = 4
# What a developer or a CI system may have set for a portal, and what no test expects.
FOREIGN = ("SECRET_KEY", "SITE_URL", "ALLOWED_HOSTS", "REPORTS_DATABASE_URL", "DATABASE_POOL", "SSL_REDIRECT")
FOREIGN_KINDS = ("COMPANY_", "EMAIL_", "OIDC_", "BEHIND_")


def base() -> Path:
    return Path(os.environ.get(BASE) or VAR)


def server_folder() -> Path:
    return base() / "test-postgres"


@contextmanager
def server() -> Iterator[None]:
    """The tests' own PostgreSQL: nothing in it need survive. Started, or shared with others who use it now."""
    data = server_folder()
    with shared(data.parent / "test-postgres.users", last_one_out=lambda: postgres.stop_folder(data)):
        postgres.start(data, durable=False)
        yield


def enter_run(stack: ExitStack) -> None:
    """Prepare this process's environment for the tests; its children inherit it. Before Django reads its settings."""
    if os.environ.get(BASE):
        return
    os.environ[BASE] = str(VAR)
    for name in list(os.environ):
        if name in FOREIGN or name.startswith(FOREIGN_KINDS):
            del os.environ[name]
    number, folder = _take_number(stack)
    os.environ |= {"HANDOFF_MODE": "local", FOLDER: str(folder)}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
    if os.environ.get("DATABASE_URL"):
        os.environ[EXTERNAL] = "yes"
    else:
        os.environ["DATABASE_URL"] = postgres.url(f"handoff_{number}", server_folder())


def _take_number(stack: ExitStack) -> tuple[int, Path]:
    for number in range(RUNS_AT_ONCE):
        folder = base() / "test" / str(number)
        try:
            stack.enter_context(only_one(folder / "run.lock"))
        except Held:
            continue
        return number, folder
    raise CannotStart(f"{RUNS_AT_ONCE} runs of the tests are going on at once; that is enough.")


def own_server() -> bool:
    return EXTERNAL not in os.environ


def start_services(stack: ExitStack) -> None:
    """What the databases of the tests are made on; the queue's tables live in the run's own database."""
    if own_server():
        stack.enter_context(server())
        name = os.environ["DATABASE_URL"].split("/")[3].split("?")[0]
        postgres.ensure_database(name, server_folder())


def collect_static() -> None:
    """Static files as the portal serves them, once for all processes of a run and as long as they are the same."""
    folder = Path(os.environ[FOLDER])
    stamp, wanted = folder / "static.stamp", wanted_static()
    with in_turn(folder / "static.lock"):
        if stamps.is_current(stamp, wanted):
            return
        manage("collectstatic", "--noinput", "--verbosity", "0")
        stamps.write(stamp, wanted)


def manage(*command: str, **environment: str) -> None:
    """One of the project's own commands. Raises CannotStart with what it said when it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotStart(f"manage.py {command[0]} failed: {last_line(done.stderr)}\n{done.stderr[-3000:]}")


def template_database(server_url: str, lock: Path) -> str:
    """A migrated database to copy, made anew only when a migration changed; added ones are put on top of an earlier one.

    `server_url` is any database of the server, with the right to create others.
    """
    import psycopg
    from psycopg.conninfo import make_conninfo
    from psycopg.sql import SQL, Identifier, Literal

    name = TEMPLATE + migrations()[:12]
    with in_turn(lock), psycopg.connect(server_url, autocommit=True) as connection:
        found = connection.execute(
            "select datname, datistemplate, coalesce(shobj_description(oid, 'pg_database'), '')"
            " from pg_database where starts_with(datname, %s) order by oid",
            [TEMPLATE],
        ).fetchall()
        finished = {row[0]: row[2] for row in found if row[1]}
        if name in finished:
            return name
        for other in [*(row[0] for row in found if row[0] not in finished), *list(finished)[:-TEMPLATES_KEPT]]:
            if other in finished:
                connection.execute(SQL("alter database {} is_template false").format(Identifier(other)))
            connection.execute(SQL("drop database if exists {} with (force)").format(Identifier(other)))
        earlier = [other for other in list(finished)[-TEMPLATES_KEPT:] if is_part(finished[other])]
        copied = SQL("template {}").format(Identifier(earlier[-1])) if earlier else SQL("")
        connection.execute(SQL("create database {} {}").format(Identifier(name), copied))
        manage("migrate", "--verbosity", "0", DATABASE_URL=make_conninfo(server_url, dbname=name))
        made_of = Literal(" ".join(sorted(parts())))
        connection.execute(SQL("comment on database {} is {}").format(Identifier(name), made_of))
        # Being a template is also the mark that the migrations went through.
        connection.execute(SQL("alter database {} is_template true allow_connections false").format(Identifier(name)))
    return name


def is_part(made_of: str) -> bool:
    """Was it made by migrations that are all still here, unchanged? Then the later ones can be put on top."""
    return bool(made_of) and parts().issuperset(made_of.split())


def tests_template() -> str:
    return template_database(postgres.url("postgres", server_folder()), base() / "test" / "template.lock")


def stop_signal_stops() -> None:
    """A termination ends the tests like Ctrl-C does, so that what they started is stopped."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
