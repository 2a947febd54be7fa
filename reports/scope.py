"""Which part of all leads a figure is about: a stretch of time and the filters of the page, by database ids.

Half-open in time. None leaves a filter out; for texts "" and for campaigns 0 mean "not given".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Scope:
    """`user` narrows to one person's own work: such figures leave imported history out."""

    from_at: datetime | None = None
    until_at: datetime | None = None
    segment: int | None = None
    source: str | None = None
    campaign: int | None = None
    persona: str | None = None
    version: int | None = None
    team: int | None = None
    user: int | None = None

    def between(self, from_at: datetime | None, until_at: datetime | None) -> Scope:
        return replace(self, from_at=from_at, until_at=until_at)

    def with_(self, **changes: Any) -> Scope:
        return replace(self, **changes)

    @property
    def by_lead(self) -> bool:
        """Whether a filter looks at the lead itself."""
        return any(value is not None for value in (self.source, self.campaign, self.persona))

    @property
    def is_rolled(self) -> bool:
        """Whether roll-ups can answer it: they know segments, teams and versions, not the rest."""
        return not self.by_lead and self.user is None

    def parameters(self) -> Mapping[str, Any]:
        """The values its conditions bind (`reports/facts/base.py`)."""
        return {f"scope_{name}": value for name, value in vars(self).items()}
