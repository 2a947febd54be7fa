"""How the lead of a handoff can be reached, as its page shows it: addresses, numbers, and what speaks against a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leads.models import ContactKind, ContactPoint, Handoff
from leads.services import gates
from leads.services.facts import hidden
from leads.services.gates import NO_NUMBER, Clearance, Stop
from leads.views.labels import terms_of


@dataclass(frozen=True)
class Way:
    """One way to reach the lead: where it leads to, if anywhere."""

    label: str
    shown: str
    href: str = ""
    note: str = ""


@dataclass(frozen=True)
class Reach:
    """`clearance` is None for history from before any agreement: nobody calls by it."""

    addresses: list[ContactPoint]
    clearance: Clearance | None
    is_queued: bool

    @property
    def forbidden(self) -> list[Stop]:
        """Why the number is not shown at all: what no manager may override."""
        return [stop for stop in self.clearance.final if stop.code != NO_NUMBER] if self.clearance else []

    @property
    def untimely(self) -> list[Stop]:
        """What speaks against a call just now."""
        return [stop for stop in self.clearance.stops if stop.overridable] if self.clearance else []

    @property
    def ways(self) -> list[Way]:
        """A number is shown where it may be called: not while the lead waits in a queue, whose console asks first, and
        not where the person, their consent or the law forbids it."""
        return [self._way(point) for point in self.addresses]

    def _way(self, point: ContactPoint) -> Way:
        if not point.is_workable:
            return Way("Does not work", point.value, note=point.unworkable_reason)
        if point.kind == ContactKind.EMAIL:
            return Way("E-mail", point.value, f"mailto:{point.normalised}")
        if self.is_queued:
            return Way("Phone", hidden(point.normalised), note="shown in the queue, when a call may be made")
        if self.forbidden or self.clearance is None or point.normalised in self.clearance.banned:
            return Way("Phone", hidden(point.normalised))
        return Way("Phone", point.value, f"tel:{point.normalised}")


def reach_of(handoff: Handoff, now: datetime, *, is_queued: bool) -> Reach:
    addresses = list(handoff.lead.person.contact_points.all())
    return Reach(addresses, _clearance(handoff, addresses, now), is_queued)


def _clearance(handoff: Handoff, addresses: list[ContactPoint], now: datetime) -> Clearance | None:
    terms = terms_of(handoff)
    if terms is None:
        return None
    first: dict[str, str] = {}  # the same as cases.addresses_of, of rows the page has read already
    for point in sorted(addresses, key=lambda point: (not point.is_primary, point.pk)):
        if point.is_workable:
            first.setdefault(point.kind, point.normalised)
    email, phone = first.get(ContactKind.EMAIL, ""), first.get(ContactKind.PHONE, "")
    return gates.examine(handoff, handoff.lead, terms, email=email, phone=phone, at=now)
