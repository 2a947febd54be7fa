"""What the log says of requests that were refused, and of those that failed."""

from __future__ import annotations

import logging

import pytest

from config.web.logs import RefusalsAreOneLine


@pytest.mark.parametrize(("status", "traced"), [(403, False), (404, False), (409, False), (500, True), (None, True)])
def test_only_faults_are_traced(status: int | None, traced: bool) -> None:
    try:
        raise ValueError("broken")
    except ValueError as error:
        record = logging.LogRecord(
            "django.request", logging.WARNING, "", 0, "Said", (), (type(error), error, error.__traceback__)
        )
    if status is not None:
        record.status_code = status
    assert RefusalsAreOneLine().filter(record)
    assert ("ValueError" in logging.Formatter().format(record)) is traced
