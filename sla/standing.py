"""Where each version of an agreement stands at an instant. In force and superseded are derived here, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sla.models import Agreement, Version
from sla.models.agreement import VersionState


class Code(StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"
    PLANNED = "planned"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


LABELS = {
    Code.DRAFT: "Draft",
    Code.PROPOSED: "Proposed",
    Code.PLANNED: "Signed, not yet in force",
    Code.IN_FORCE: "In force",
    Code.SUPERSEDED: "Superseded",
    Code.WITHDRAWN: "Withdrawn",
}
TONES = {
    Code.DRAFT: "secondary",
    Code.PROPOSED: "orange",
    Code.PLANNED: "azure",
    Code.IN_FORCE: "green",
    Code.SUPERSEDED: "secondary",
    Code.WITHDRAWN: "secondary",
}


@dataclass(frozen=True)
class Standing:
    """`since` is when it came, or comes, into force; `until` when the next one takes over."""

    code: Code
    since: datetime | None = None
    until: datetime | None = None
    successor: Version | None = None

    @property
    def label(self) -> str:
        return LABELS[self.code]

    @property
    def tone(self) -> str:
        return TONES[self.code]

    @property
    def is_in_force(self) -> bool:
        return self.code == Code.IN_FORCE


def standings(versions: Iterable[Version], at: datetime) -> dict[int, Standing]:
    """Where each of an agreement's versions stands; give all signed ones of it, or `until` is not known."""
    rows = list(versions)
    found = {version.pk: _unsigned(version) for version in rows if version.state != VersionState.SIGNED}
    by_agreement: dict[int, list[Version]] = {}
    for version in rows:
        if version.state == VersionState.SIGNED:
            by_agreement.setdefault(version.agreement_id, []).append(version)
    for signed in by_agreement.values():
        found |= _signed(sorted(signed, key=_effective), at)
    return found


def _effective(version: Version) -> datetime:
    assert version.effective_at is not None, "the database refuses a signed version without its moment"
    return version.effective_at


def _unsigned(version: Version) -> Standing:
    return Standing(Code(str(version.state)))


def _signed(in_order: list[Version], at: datetime) -> dict[int, Standing]:
    found = {}
    for version, successor in zip(in_order, [*in_order[1:], None], strict=True):
        since, until = _effective(version), _effective(successor) if successor else None
        if since > at:
            code = Code.PLANNED
        elif until is not None and until <= at:
            code = Code.SUPERSEDED
        else:
            code = Code.IN_FORCE
        found[version.pk] = Standing(code, since, until, successor)
    return found


def standing_of(version: Version, at: datetime) -> Standing:
    """Where one version stands; one query for its signed siblings."""
    if version.state != VersionState.SIGNED:
        return _unsigned(version)
    siblings = Version.objects.signed().filter(agreement_id=version.agreement_id).defer("compiled")
    return standings(siblings, at)[version.pk]


def in_force_of(agreement: Agreement, at: datetime) -> Version | None:
    return Version.objects.in_force(at).filter(agreement=agreement).select_related("agreement__segment").first()
