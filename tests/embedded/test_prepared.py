"""A start skips the preparation only of a database that this very code has prepared."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from django.db import connection

from config.embedded import prepared, testing
from tests.conftest import portal_environment


@pytest.fixture
def url(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(prepared, "STAMP", tmp_path / "prepared.stamp")
    monkeypatch.setattr(prepared, "WELCOME", tmp_path / "welcome.txt")
    prepared.WELCOME.write_text("")
    return portal_environment("")["DATABASE_URL"]


def test_a_prepared_database_is_recognised(url: str) -> None:
    assert not prepared.is_current(url)
    prepared.note(url)
    assert prepared.is_current(url)


def test_a_migration_taken_back_or_added_is_noticed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared.note(url)
    with connection.cursor() as cursor:
        cursor.execute("insert into django_migrations (app, name, applied) values ('leads', '9999_later', now())")
    assert not prepared.is_current(url)
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where name = '9999_later'")
    assert prepared.is_current(url)
    monkeypatch.setattr(prepared, "migrations", lambda: "other code")
    assert not prepared.is_current(url)


def test_a_database_with_nothing_in_it_is_not_current(url: str) -> None:
    assert prepared.fingerprint(psycopg.conninfo.make_conninfo(url, dbname="postgres")) is None


def test_without_its_words_of_welcome_a_start_prepares_again(url: str) -> None:
    prepared.note(url)
    prepared.WELCOME.unlink()
    assert not prepared.is_current(url)


def test_a_database_is_built_upon_only_while_its_migrations_are_unchanged() -> None:
    mine = " ".join(prepared.parts())
    assert testing.is_part(mine)
    assert testing.is_part(mine.rpartition(" ")[0]), "one was added since"
    assert not testing.is_part(f"{mine} 0123456789abcdef"), "one was changed or taken away since"
    assert not testing.is_part("")
