"""Apply a version to handoffs that began under an older one: previewed, explicit, on record.

Asking for it writes one event a handoff; a worker then counts each anew, so that a thousand open handoffs keep nobody
waiting and work on them goes on meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from config.accounts.models import User
from config.outbox.models import Event
from config.outbox.services.events import News, publish
from config.outbox.services.subscribers import subscribe
from config.outbox.topics import keep_inside
from config.web.errors import Conflict, Refusal
from leads.models import OPEN_HANDOFF, Handoff
from leads.services import cases, clockwork
from sla.models import Clock, Version
from sla.services import amending, clocks
from sla.services.amending import Amendment
from sla.services.compiling import terms_of

MOST_SHOWN = 200
TOPIC = "amending.handoff"
keep_inside("amending.*")  # what comes of it is told as handoff.amended


@dataclass(frozen=True)
class Preview:
    """Open handoffs of the segment under older versions, with what would change on their clocks."""

    handoffs: int
    clocks: int
    late_at_once: int  # those that would be due before now
    changes: list[tuple[Handoff, Amendment]]  # the first of them


def older(version: Version) -> list[int]:
    """Open handoffs of the version's segment that are pinned to another version."""
    found = Handoff.objects.filter(
        state__in=OPEN_HANDOFF, version__agreement_id=version.agreement_id, version__number__lt=version.number
    )
    return list(found.order_by("due_at", "id").values_list("pk", flat=True))


def preview(version: Version, at: datetime) -> Preview:
    ids = older(version)
    terms = terms_of(version)
    planned = []
    for clock in Clock.objects.open().filter(subject__in=ids).prefetch_related("pauses").order_by("due_at"):
        change = amending.planned(clock, terms, at)
        if change is not None and change.changes:
            planned.append((clock.subject, change))
    first = planned[:MOST_SHOWN]
    about = Handoff.objects.select_related("lead__person", "lead__company", "version")
    handoffs = about.in_bulk({subject for subject, _ in first})
    late = sum(1 for _, change in planned if change.new_due_at is not None and change.new_due_at < at)
    return Preview(len(ids), len(planned), late, [(handoffs[subject], change) for subject, change in first])


@transaction.atomic
def apply(version: Version, *, by: User, at: datetime, why: str) -> int:
    """Have the older open handoffs pinned to this version and their running clocks counted by it, as of `at`; returns
    how many handoffs. Each clock keeps a record of its old and new due moment."""
    if not why.strip():
        raise Refusal("why_needed", "Say why open work is counted anew.", fields={"why": "A few words for the record."})
    if version.state != "signed" or version.effective_at is None or version.effective_at > at:
        raise Conflict("not_in_force", "Only a version in force can be applied to open handoffs.")
    facts = {"version": version.pk, "by": by.pk, "why": why.strip()}
    ids = older(version)
    publish(*(News(TOPIC, str(pk), at, facts) for pk in ids))
    return len(ids)


@subscribe(TOPIC)
def apply_to_one(event: Event) -> None:
    """Count one handoff anew, as of the moment it was asked for, whenever this runs."""
    version = Version.objects.select_related("agreement").get(pk=event.payload["version"])
    by, why, at = User.objects.get(pk=event.payload["by"]), event.payload["why"], event.occurred_at
    handoff, _case = cases.load_handoff(int(event.subject), at)
    if not handoff.is_open or (handoff.version is not None and handoff.version.number >= version.number):
        return
    terms = terms_of(version)
    moved = sum(amending.amend(clock, terms, at=at, by=by, why=why) for clock in clocks.lock_open(handoff.pk))
    handoff.version = version
    handoff.save(update_fields=["version", "state"])
    clockwork.refresh_due(handoff)
    facts = {"version": version.number, "by": by.name, "why": why, "clocks": moved}
    publish(News("handoff.amended", str(handoff.public_id), at, facts, teams=[handoff.to_team_id]))
