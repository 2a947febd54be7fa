"""What the company decides about its reports."""

from __future__ import annotations

from typing import Any

from reports.models import ReportSettings


def change(**values: Any) -> ReportSettings:
    """Keep the settings; `values` are the model's fields. Saved views, digests and pages follow at once."""
    found, _ = ReportSettings.objects.update_or_create(pk=1, defaults=values)
    return found
