"""The environment is read loudly: a wrong value stops the start and names the variable."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection
from sqlalchemy import make_url

from config import env
from config.embedded.broker import Transport

SOCKET = "postgresql://postgres@/handoff?host=%2Fsrv%2Fa%20b&port=5432"


@pytest.mark.parametrize(
    ("value", "expected"), [("yes", True), ("ON", True), ("1", True), ("no", False), ("0", False), ("", None)]
)
@pytest.mark.parametrize("default", [True, False])
def test_a_flag_is_yes_or_no_or_its_default(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: bool | None, default: bool
) -> None:
    monkeypatch.setenv("WISH", value)
    assert env.flag("WISH", default=default) is (default if expected is None else expected)


def test_another_flag_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WISH", "maybe")
    with pytest.raises(ImproperlyConfigured, match="WISH is 'maybe'"):
        env.flag("WISH")


def test_a_number_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIZE", " 12 ")
    assert env.number("SIZE", 3) == 12
    monkeypatch.delenv("SIZE")
    assert env.number("SIZE", 3) == 3
    for wrong in ("1.5", "-1", "many"):
        monkeypatch.setenv("SIZE", wrong)
        with pytest.raises(ImproperlyConfigured, match="SIZE"):
            env.number("SIZE", 3)


def test_words_lose_spaces_and_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAMES", " a, b ,,c ")
    assert env.words("NAMES") == ["a", "b", "c"]


def test_the_mode_is_one_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_MODE", "debug")
    with pytest.raises(ImproperlyConfigured, match="HANDOFF_MODE is 'debug'"):
        env.mode()


def test_a_database_on_the_network() -> None:
    found = env.database("postgresql://ada:s%40crt@db.example.com:6432/sales?sslmode=require", pool_size=0)
    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("sales", "ada", "s@crt")
    assert (found["HOST"], found["PORT"]) == ("db.example.com", "6432")
    assert found["OPTIONS"] == {"sslmode": "require", "prepare_threshold": env.PREPARE_AFTER}
    assert found["CONN_MAX_AGE"] is None


def test_a_database_on_a_socket_in_a_folder_with_a_space() -> None:
    found = env.database(SOCKET, pool_size=0)
    assert (found["HOST"], found["PORT"]) == ("/srv/a b", "5432")


def test_behind_a_pooler_that_shares_connections_nothing_is_kept_prepared() -> None:
    assert env.database("postgresql:///handoff", pool_size=0, prepare=False)["OPTIONS"]["prepare_threshold"] is None


def test_a_pool_closes_no_connection_itself() -> None:
    found = env.database("postgresql:///handoff", pool_size=7)
    assert found["OPTIONS"]["pool"]["max_size"] == 7
    assert found["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize(
    ("url", "host", "port", "password"),
    [
        ("postgresql://ada:p%40ss%2Fword@db.example.com:6432/sales", "db.example.com", "6432", "p@ss/word"),
        ("postgresql://postgres@/sales?host=%2Fsrv%2Fa%20b&port=5432", "/srv/a b", "5432", None),
        ("postgresql://ada@[::1]:5433/sales", "::1", "5433", None),
    ],
)
def test_the_queue_on_the_database_reaches_the_same_database(
    url: str, host: str, port: str, password: str | None
) -> None:
    connection = Connection(env.broker_on_database(url))
    assert connection.get_transport_cls() is Transport
    found = make_url(str(connection.hostname))
    assert (found.drivername, found.database, found.password) == ("postgresql+psycopg", "sales", password)
    assert (found.query["host"], found.query["port"]) == (host, port)
    assert found.query["options"] == "-csearch_path=broker"


def test_the_queue_keeps_the_options_of_the_database() -> None:
    url = env.broker_on_database("postgresql:///sales?sslmode=require&options=-cstatement_timeout%3D5s")
    found = make_url(str(Connection(url).hostname))
    assert found.query["sslmode"] == "require"
    assert found.query["options"] == "-cstatement_timeout=5s -csearch_path=broker"
