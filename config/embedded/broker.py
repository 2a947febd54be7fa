"""Celery's queue in PostgreSQL: kombu's SQLAlchemy transport, with what it lacks to be left running.

It keeps kombu's two tables, in the schema `broker`. What this adds:
- kombu hands its own options to SQLAlchemy, which refuses them;
- several processes that start at once would each try to create the tables, and all but one would fail;
- a connection counts as established only when the database answers, so that Celery waits for it in its patient way;
- connections are tried before use, for the database may have been restarted;
- a forked worker process must not talk through its parent's sockets.
"""

from __future__ import annotations

import os
from typing import Any

from kombu.transport.sqlalchemy import Channel as SqlAlchemyChannel
from kombu.transport.sqlalchemy import Transport as SqlAlchemyTransport
from kombu.transport.sqlalchemy import metadata
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.dialects.postgresql import insert

SCHEMA = "broker"
ONE_AT_A_TIME = 7_204_113  # any number that no other advisory lock of the portal uses


class Channel(SqlAlchemyChannel):
    def _engine_from_config(self) -> Engine:
        engine = create_engine(self.connection.client.hostname, pool_pre_ping=True, pool_size=2)
        create_tables(engine)
        return engine

    def _get_or_create(self, queue: str) -> Any:
        found = self.session.query(self.queue_cls).filter(self.queue_cls.name == queue).first()
        if found is None:
            table = self.queue_cls.__table__
            self.session.execute(insert(table).values(name=queue).on_conflict_do_nothing())
            self.session.commit()
            found = self.session.query(self.queue_cls).filter(self.queue_cls.name == queue).one()
        return found


class Transport(SqlAlchemyTransport):
    Channel = Channel

    def establish_connection(self) -> Any:
        established = super().establish_connection()
        engine, _ = self._avail_channels[-1]._open()
        with engine.connect() as connection:
            connection.execute(text("select 1"))
        return established

    def drain_events(self, connection: Any, timeout: Any = None, **_: Any) -> Any:
        # Between two of these calls the worker looks whether it should stop; its own two seconds are long for that.
        return super().drain_events(connection, timeout=min(timeout or self.polling_interval, self.polling_interval))


def create_tables(engine: Engine) -> None:
    """The schema and kombu's tables in it, once, however many processes ask."""
    with engine.begin() as connection:
        if connection.execute(text(f"select to_regclass('{SCHEMA}.kombu_message')")).scalar():
            return
        connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": ONE_AT_A_TIME})
        connection.execute(text(f"create schema if not exists {SCHEMA}"))
        metadata.create_all(connection)


def forget_engines() -> None:
    for engine, _ in Channel._engines.values():
        engine.dispose(close=False)
    Channel._engines.clear()


os.register_at_fork(after_in_child=forget_engines)
