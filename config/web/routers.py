"""Reports may read a replica; everything else, and every write, goes to the primary."""

from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import models

reading_reports: ContextVar[bool] = ContextVar("reading_reports", default=False)


class ReadReplica:
    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        if reading_reports.get() and "reports" in settings.DATABASES:
            return "reports"
        return None

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str | None:
        return None

    def allow_relation(self, a: models.Model, b: models.Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"
