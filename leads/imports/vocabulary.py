"""The words of the agreements in force: stages, reasons and dispositions by the names that people give them."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime

from leads.models import CallQueue, Lead
from leads.services import judging
from sla import criteria
from sla.models import Segment, Version
from sla.services.compiling import in_force
from sla.terms import DispositionTerms, Terms


class Vocabulary:
    """Read once for a whole import."""

    def __init__(self, at: datetime):
        self.at = at
        self.current = in_force(at)
        every = [terms for _, _, terms in self.current.rows]
        self.stages = {term.label: code for terms in every for code, term in terms.stages.items() if term.label}
        self._reasons = {name.lower(): r.key for t in every for r in t.reasons.values() for name in (r.label, r.key)}
        self._dispositions = {
            name.lower(): d for t in every for d in t.dispositions.values() for name in (d.label, d.key)
        }
        self._queues = {row.name.lower(): row for row in CallQueue.objects.order_by("-id")}
        self._default = Segment.objects.filter(is_default=True).values_list("pk", flat=True).first()
        self._versions = _signed_versions()

    def reason(self, named: str) -> str:
        """The key of a reason given by key or label; other words stay as the source has them."""
        return self._reasons.get(named.lower(), named)

    def disposition(self, named: str) -> DispositionTerms | None:
        return self._dispositions.get(named.lower())

    def queue(self, named: str) -> CallQueue | None:
        return self._queues.get(named.lower()) if named else None

    def terms_of(self, segment_id: int) -> Terms | None:
        return self.current.terms_for(segment_id)

    def segment_of(self, lead: Lead, addresses: dict[str, str]) -> int | None:
        """The segment a lead of the past is counted in: the first in force now that it meets, else the default one."""
        facts = None
        for segment_id, conditions, _ in self.current.rows:
            if not conditions:
                return segment_id
            facts = facts or judging.facts_of(lead, addresses, (), self.at)
            if criteria.holds(conditions, facts):
                return segment_id
        return self._default

    def version_at(self, segment_id: int, at: datetime) -> int | None:
        """The version that was in force for a segment at an instant of the past, if there was one."""
        begun, ids = self._versions.get(segment_id, ([], []))
        place = bisect_right(begun, at)
        return ids[place - 1] if place else None


def _signed_versions() -> dict[int, tuple[list[datetime], list[int]]]:
    found: dict[int, tuple[list[datetime], list[int]]] = {}
    rows = Version.objects.signed().exclude(effective_at=None).order_by("effective_at")
    for segment_id, effective_at, pk in rows.values_list("agreement__segment_id", "effective_at", "pk"):
        begun, ids = found.setdefault(segment_id, ([], []))
        begun.append(effective_at)
        ids.append(pk)
    return found
