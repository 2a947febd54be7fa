"""Is the database already as this code wants it? Asked in a moment, before Django is loaded for the long answer."""

from __future__ import annotations

from pathlib import Path

from config.embedded import stamps
from config.embedded.paths import ROOT, RUN

STAMP = RUN / "prepared.stamp"
WELCOME = RUN / "welcome.txt"


def is_current(url: str) -> bool:
    found = fingerprint(url)
    return found is not None and WELCOME.exists() and stamps.is_current(STAMP, found)


def note(url: str) -> None:
    found = fingerprint(url)
    if found is not None:
        stamps.write(STAMP, found)


def fingerprint(url: str) -> str | None:
    """Of the migrations there are, those that were applied, and whether anybody is there to sign in."""
    import psycopg

    try:
        with psycopg.connect(url) as connection:
            applied = connection.execute("select app, name from django_migrations order by app, name").fetchall()
            anybody = connection.execute("select exists (select from accounts_user)").fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return stamps.of_contents(url, migrations(), repr(applied), repr(anybody))


def migrations() -> str:
    """A hash of all migrations, ours and those of the locked packages."""
    return stamps.of_contents(ROOT / "requirements-dev.lock", ROOT / "config" / "settings.py", *_ours())


def parts() -> frozenset[str]:
    """The packages and each migration of ours, hashed one by one: a database made of some of them lacks the others."""
    return frozenset(stamps.of_contents(path)[:16] for path in (ROOT / "requirements-dev.lock", *_ours()))


def _ours() -> list[Path]:
    apps = ("config", "sla", "leads", "reports")
    return sorted(path for app in apps for path in (ROOT / app).rglob("migrations/*.py"))
