"""The people behind the parties of a version: who belongs to it, who manages it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from config.accounts.choices import Role
from config.accounts.models import Membership, User
from sla.terms import Terms

MANAGING = (Role.MANAGER, Role.ADMIN)


def members(terms: Terms) -> QuerySet[Membership]:
    """The active memberships of every party: of the team a party names, else of all teams with its function."""
    wanted = Q(pk__in=())
    for party in terms.parties:
        mine = Q(team__public_id=party.team["id"]) if party.team else Q(team__function=party.function)
        wanted |= mine
    return Membership.objects.active().filter(wanted)


def people(terms: Terms) -> QuerySet[User]:
    """Everybody who works under a version, each once."""
    return User.objects.filter(pk__in=members(terms).values("user_id"))


def managers(terms: Terms, functions: Iterable[str] | None = None) -> QuerySet[User]:
    """The managers of the parties, or of those with these functions."""
    rows = members(terms).filter(role__in=MANAGING)
    if functions is not None:
        rows = rows.filter(team__function__in=list(functions))
    return User.objects.filter(pk__in=rows.values("user_id"))


def managers_of_function(*functions: str) -> QuerySet[User]:
    rows = Membership.objects.active().filter(role__in=MANAGING, team__function__in=functions)
    return User.objects.filter(pk__in=rows.values("user_id"))
