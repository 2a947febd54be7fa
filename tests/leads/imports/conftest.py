"""A company filled once for all tests of a module, and emptied after them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

Filled = Callable[[Callable[[], Any]], AbstractContextManager[Any]]


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: Any) -> Filled:
    """`with filled(fill) as what: yield what` in a fixture of the module: all of it is rolled back at its end."""

    @contextmanager
    def fill_once(fill: Callable[[], Any]) -> Iterator[Any]:
        with django_db_blocker.unblock(), transaction.atomic():
            try:
                filled_with = fill()
                connection.check_constraints()  # now, or each test would look at all of them again
                with connection.cursor() as cursor:
                    cursor.execute("ANALYZE")  # nobody else sees these rows, so nobody else counts them
                yield filled_with
            finally:
                transaction.set_rollback(True)

    return fill_once
