"""Where reports read: the replica where there is one, and all figures of a page from one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from config.web.routers import reading_reports
from leads.models import Lead
from reports.company import settings_read_once

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def alias() -> str:
    return router.db_for_read(Lead)


def connection() -> BaseDatabaseWrapper:
    return connections[alias()]


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is of one instant, and may come from the replica. Nothing may be written inside."""
    token = reading_reports.set(True)
    try:
        if connection().in_atomic_block:  # the caller's transaction decides what is seen
            with settings_read_once():
                yield
            return
        with transaction.atomic(using=alias()), connection().cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            with settings_read_once():
                yield
    finally:
        reading_reports.reset(token)


def from_snapshot(act: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """For views that only read."""

    @wraps(act)
    def acting(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        with snapshot():
            return act(*args, **kwargs)

    return acting


def fetch(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a query whose values are bound by name."""
    with connection().cursor() as cursor:
        cursor.execute(sql, dict(parameters))
        return list(cursor.fetchall())
