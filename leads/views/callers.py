"""Who may open the desk's and nurture's pages, and the handoffs they may work."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from config.accounts.actor import Actor
from config.accounts.choices import Function, Role
from config.web.access import Rule, of
from config.web.http import PortalRequest
from leads.models import Handoff

CALLERS = of(Function.TELEQUALIFICATION)
NURTURERS = of(Function.MARKETING)
DESK_MANAGERS = of(Function.TELEQUALIFICATION, managers=True)


def _only_calls(actor: Actor) -> bool:
    seats = [seat for seat in actor.seats if seat.function == Function.TELEQUALIFICATION]
    return bool(seats) and all(seat.role == Role.REP for seat in seats)


def _leads_a_desk(actor: Actor) -> bool:
    return any(seat.function == Function.TELEQUALIFICATION and seat.role == Role.MANAGER for seat in actor.seats)


REPS = Rule("telequalification reps", lambda actor: bool(actor) and _only_calls(actor))
LEADS_A_DESK = Rule("who leads a telephone desk", lambda actor: bool(actor) and _leads_a_desk(actor))


def workable(request: PortalRequest, public_id: UUID) -> Handoff:
    """A handoff that this person may work: their team's. Others' are not found."""
    found = Handoff.objects.decided_by(request.actor).select_related("to_team").filter(public_id=public_id).first()
    if found is None:
        raise Http404("No such handoff")
    return found


def manages(actor: Actor, handoff: Handoff) -> bool:
    return actor.manages_team(handoff.to_team_id)
