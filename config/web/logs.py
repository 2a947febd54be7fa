"""What the log says of requests: a refusal is a line, a fault is a line with its traceback."""

from __future__ import annotations

import logging


class RefusalsAreOneLine(logging.Filter):
    """Takes the traceback off what was answered with a status below 500: nothing is broken, so nothing is to be traced."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
