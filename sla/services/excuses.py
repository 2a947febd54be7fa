"""Why a promise was broken: one side names a cause, the other grants or refuses to excuse it.

Attainment is shown raw and excused; an excuse never changes the clock, which stays breached.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from config.accounts.actor import Actor
from config.accounts.choices import Function
from config.accounts.models import User
from config.notices.kinds import register_kind
from config.notices.services.notices import tell
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Forbidden, Refusal
from sla.models import BreachCause, Clock
from sla.parties import managers_of_function
from sla.services import clocks

KIND = "clock_excuse"
register_kind(KIND, "A cause is named for a broken promise, or decided on", group="Clocks")


@transaction.atomic
def propose(clock_id: int, *, cause: str, note: str, by: User, sides: frozenset[str], at: datetime) -> BreachCause:
    """Name the cause of a breach. `sides` are the two sides of the handoff; `by` must belong to one of them.

    The cause may be changed until the other side has decided.
    """
    (clock,) = clocks.lock([clock_id])
    if clock.state_at(at) not in ("breached", "met_late") and clock.breached_at is None:
        raise Conflict("not_breached", "This promise has not been broken.")
    if cause not in BreachCause.Cause.values:
        raise Refusal("unknown_cause", "Choose one of the causes.", fields={"cause": "Choose one of the list."})
    if cause == BreachCause.Cause.CLOCK_WRONG and not note.strip():
        raise Refusal("note_needed", "Say what is wrong with the clock.", fields={"note": "What should it have been?"})
    side = side_of(by, sides, prefer=clock.side)
    found = BreachCause.objects.filter(clock=clock).first()
    if found is not None and found.decided_at is not None:
        raise Conflict("decided", f"{found.decided_by} has already decided on this breach.")
    named, _ = BreachCause.objects.update_or_create(
        clock=clock,
        defaults={"cause": cause, "note": note.strip(), "proposed_by": by, "proposed_side": side, "proposed_at": at},
    )
    _tell("clock.cause_named", clock, named, at)
    _notify(
        list(managers_of_function(*(sides - {side}))), clock, named, at,
        f"{by.name} names a cause for a broken promise: {named.get_cause_display()}",
        f"{named.note} You decide whether it is excused.".strip(),
    )  # fmt: skip
    return named


@transaction.atomic
def decide(clock_id: int, *, excused: bool, by: User, sides: frozenset[str], at: datetime) -> BreachCause:
    """The other side's manager grants the excuse or refuses it. Genuine breaches are not excused by anybody."""
    (clock,) = clocks.lock([clock_id])
    named = BreachCause.objects.select_related("proposed_by").filter(clock=clock).first()
    if named is None:
        raise Conflict("no_cause", "Nobody has named a cause for this breach yet.")
    if named.decided_at is not None:
        raise Conflict("decided", f"{named.decided_by} has already decided on this breach.")
    if excused and named.cause == BreachCause.Cause.GENUINE:
        raise Refusal("genuine", "A genuine breach cannot be excused.")
    others = sides - {named.proposed_side}
    if not Actor.of(by).manages(*others):
        words = " or ".join(str(Function(side).label) for side in sorted(others))
        raise Forbidden("other_side", f"A manager of {words} decides on this.")
    named.excused, named.decided_by, named.decided_at = excused, by, at
    named.save(update_fields=["excused", "decided_by", "decided_at"])
    _tell("clock.excused" if excused else "clock.excuse_refused", clock, named, at)
    said = "excuses" if excused else "does not excuse"
    _notify([named.proposed_by], clock, named, at, f"{by.name} {said} the broken promise", named.get_cause_display())
    return named


def side_of(user: User, sides: frozenset[str], *, prefer: str) -> str:
    """For which side somebody speaks: the promising side first, if they belong to it."""
    mine = Actor.of(user).functions & sides
    if not mine:
        raise Forbidden("not_a_side", "Only the two sides of a handoff name the cause of a breach.")
    return prefer if prefer in mine else sorted(mine)[0]


def _notify(readers: list[User], clock: Clock, named: BreachCause, at: datetime, title: str, body: str) -> None:
    tell(
        readers, kind=KIND, title=title, body=body, url=reverse("clock", args=[clock.public_id]),
        dedupe_key=f"excuse:{named.pk}:{at.isoformat()}", subject=str(clock.public_id), at=at,
    )  # fmt: skip


def _tell(topic: str, clock: Clock, named: BreachCause, at: datetime) -> None:
    publish(News(topic, str(clock.public_id), at, {"cause": named.cause, "side": named.proposed_side}))
