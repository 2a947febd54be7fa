"""What somebody who came too late is told: who did what with the lead, and when."""

from __future__ import annotations

from config.accounts.actor import Actor
from config.accounts.models import User
from config.web.errors import Conflict
from leads.models import Handoff, HandoffState, OwnerSpell
from leads.services import cases


def must_hold(handoff: Handoff, by: User) -> None:
    """Whoever was asked may have lost the lead to a colleague before they answered. Costs queries only then."""
    if not handoff.is_open or handoff.to_user_id in (None, by.pk):
        return
    spell = _spell(handoff)
    was_given = spell is not None and spell.cause != ""
    if was_given and not Handoff.objects.decided_by(Actor.of(by)).filter(pk=handoff.pk).exists():
        raise given_away(handoff)


def given_away(handoff: Handoff) -> Conflict:
    """Who has the lead now, and who gave it to them when."""
    spell = _spell(handoff)
    holder = handoff.to_user.name if handoff.to_user else handoff.to_team.name
    if spell is None or spell.cause == "":  # where the routes have led it
        return Conflict("given_away", f"This lead is with {holder}.", at=spell.from_at if spell else None)
    who = cases.who(spell.by)
    taken = spell.by_id is not None and spell.by_id == spell.user_id
    words = f"{holder} has taken this lead on." if taken else f"{who} gave this lead to {holder}."
    return Conflict("given_away", words, by=who, at=spell.from_at)


def lost(actor: Actor, public_id: object) -> Conflict | None:
    """What to tell somebody who once held this handoff and may not decide on it any more; None for everybody else."""
    rows = Handoff.objects.visible_to(actor).filter(public_id=public_id, owner_spells__user=actor.user)
    found = rows.select_related("to_user", "to_team", "decided_by").first()
    if found is None:
        return None
    return given_away(found) if found.is_open else over(found)


def _spell(handoff: Handoff) -> OwnerSpell | None:
    return handoff.owner_spells.filter(until_at=None).select_related("by").first()


def over(handoff: Handoff) -> Conflict:
    """What somebody who came too late is told."""
    who = handoff.decided_by.name if handoff.decided_by else "The agreement"
    when = handoff.closed_at or handoff.decided_at
    words = {
        HandoffState.OFFERED: f"{who} has not yet accepted this lead.",
        HandoffState.ACCEPTED: f"{who} has accepted this lead.",
        HandoffState.REJECTED: f"{who} has rejected this lead.",
        HandoffState.WITHDRAWN: f"{who} has withdrawn this lead.",
        HandoffState.EXPIRED: "Nobody decided in time, so this lead was pulled back.",
        HandoffState.CLOSED: "This handoff is closed.",
    }[HandoffState(handoff.state)]
    return Conflict("decided", words, state=handoff.state, by=who, at=when, note=handoff.note)
