"""One page of a lead's history: what is asked for, and how each kind of entry is cut to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from leads.models import Lead
from sla.services.compiling import terms_by_id
from sla.terms import Terms

SIZE = 60
Entry = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One page: of which lead, before which moment, of which kind ("" for all)."""

    lead: Lead
    terms: Terms | None
    before: datetime | None = None
    kind: str = ""

    @cached_property
    def leads(self) -> list[Lead]:
        """The lead itself, and those that were merged into it: their histories are its own."""
        found, latest = [self.lead], [self.lead]
        while latest := list(Lead.objects.filter(merged_into__in=latest).only("public_id", "merged_into")):
            found += latest
        return found

    def cut(self, rows: QuerySet[Any], moment: str) -> list[Any]:
        if self.before is not None:
            rows = rows.filter(**{f"{moment}__lt": self.before})
        return list(rows.order_by(f"-{moment}", "-pk")[: SIZE + 1])

    def terms_of(self, row: Any) -> Terms | None:
        return terms_by_id(row.version_id) if row and row.version_id else self.terms
