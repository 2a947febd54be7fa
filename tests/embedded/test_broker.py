"""The queue in PostgreSQL: made once however many ask, and never through a forked process's parent."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from kombu import Connection
from kombu.exceptions import OperationalError
from sqlalchemy import Engine, create_engine, text

from config import env
from config.embedded import broker


@pytest.fixture
def url() -> str:
    return env.broker_on_database(os.environ["DATABASE_URL"])


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url.removeprefix(env.DATABASE_BROKER), pool_size=1)
    yield engine
    engine.dispose()


def send(url: str, name: str, message: str) -> None:
    with Connection(url, transport_options={"polling_interval": 0.01, "visibility_timeout": 600}) as connection:
        queue = connection.SimpleQueue(name)
        queue.put(message)
        queue.close()


def receive(url: str, name: str, count: int) -> list[str]:
    received = []
    with Connection(url, transport_options={"polling_interval": 0.01}) as connection:
        queue = connection.SimpleQueue(name)
        for _ in range(count):
            message = queue.get(timeout=5)
            received.append(message.payload)
            message.ack()
        queue.close()
    return received


def test_a_message_goes_in_and_comes_out_in_order(url: str) -> None:
    name = f"test-{uuid.uuid4()}"
    for message in ("first", "second"):
        send(url, name, message)
    assert receive(url, name, 2) == ["first", "second"]


def test_many_processes_may_make_the_tables_at_once(url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "SCHEMA", f"broker_{uuid.uuid4().hex[:8]}")
    address = url.removeprefix(env.DATABASE_BROKER).replace("search_path%3Dbroker", f"search_path%3D{broker.SCHEMA}")
    engines = [create_engine(address, pool_size=1) for _ in range(6)]
    try:
        with ThreadPoolExecutor(len(engines)) as pool:
            list(pool.map(broker.create_tables, engines))
        with engine.connect() as connection:
            tables = connection.execute(
                text("select count(*) from pg_tables where schemaname = :schema"), {"schema": broker.SCHEMA}
            ).scalar()
        assert tables == 2
    finally:
        for each in engines:
            each.dispose()
        with engine.begin() as connection:
            connection.execute(text(f"drop schema if exists {broker.SCHEMA} cascade"))


def test_many_may_make_the_same_queue_at_once(url: str) -> None:
    name = f"test-{uuid.uuid4()}"
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: send(url, name, str(number)), range(6)))
    assert sorted(receive(url, name, 6)) == [str(number) for number in range(6)]


def test_a_database_that_is_away_is_no_connection() -> None:
    connection = Connection(env.broker_on_database("postgresql:///none?host=%2Fnonexistent"))
    with pytest.raises(OperationalError):
        connection.ensure_connection(max_retries=1, interval_start=0)


def test_a_forked_process_has_no_share_in_its_parents_sockets(url: str) -> None:
    send(url, f"test-{uuid.uuid4()}", "one")
    assert broker.Channel._engines
    child = os.fork()
    if child == 0:
        os._exit(len(broker.Channel._engines))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
