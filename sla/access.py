"""Who may read, draft, sign and comment: questions of one actor, answered from their seats."""

from __future__ import annotations

from config.accounts.actor import Actor
from config.accounts.choices import Function, Role
from config.accounts.models import User
from config.web.access import Rule
from config.web.errors import Forbidden
from sla.models import Version
from sla.models.agreement import VersionQuerySet, VersionState

DRAFTERS = Rule("managers of marketing", lambda actor: bool(actor) and actor.manages(Function.MARKETING))


def may_draft(actor: Actor) -> bool:
    """Marketing's managers draft and propose; admins may."""
    return actor.manages(Function.MARKETING)


def require_drafter(user: User) -> None:
    if not may_draft(Actor.of(user)):
        raise Forbidden("not_marketing", "Marketing's managers draft and propose the agreement.")


def sides_of(actor: Actor) -> list[str]:
    """The sides this person may sign for: where they are manager. An admin's seat counts for their own side only."""
    managing = {seat.function for seat in actor.seats if seat.role in (Role.MANAGER, Role.ADMIN)}
    return [side for side in Function.values if side in managing]


def require_signer(user: User, side: str) -> None:
    if side not in sides_of(Actor.of(user)):
        label = Function(side).label if side in Function.values else side
        raise Forbidden("not_signer", f"Only a manager of {label} signs for that side.")


def negotiates(actor: Actor) -> bool:
    """Managers of any side see drafts and what was withdrawn; everybody sees what is offered and what is signed."""
    return actor.is_manager


def visible_to(actor: Actor) -> VersionQuerySet:
    versions = Version.objects.get_queryset()
    if negotiates(actor):
        return versions
    return versions.filter(state__in=(VersionState.PROPOSED, VersionState.SIGNED))
