"""Where a lead goes next, and why: the agreement's routes in order, then a person by free capacity and presence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from config.accounts.choices import PresenceState
from config.accounts.models import Absence, Membership, Team
from config.web.prepared import one_row
from leads.fields import label_of
from leads.models import Lead
from sla import criteria
from sla.criteria import Facts
from sla.terms import RouteTerms, Terms

LEG_QUALIFIED, LEG_TELEQUALIFIED = "qualified", "telequalified"
WEEK = timedelta(days=7)
SEEN = timedelta(minutes=5)
NAMED = 6  # of those who were left out


@dataclass(frozen=True)
class Decision:
    """Where a lead goes: to a team's queue (`user_id` None) or to a person. `why` is told step by step."""

    route: str
    team_id: int
    team_name: str
    function: str
    user_id: int | None
    to_queue: bool
    kind: str
    why: tuple[str, ...]


@dataclass
class Trace:
    """Collects the steps of a decision, for the lead's page and the dry run."""

    steps: list[str] = field(default_factory=list)

    def say(self, words: str) -> None:
        self.steps.append(words)


def decide(
    lead: Lead,
    facts: Facts,
    terms: Terms,
    leg: str,
    at: datetime,
    *,
    not_to: Collection[tuple[int, int | None]] = (),
    trace: Trace | None = None,
) -> Decision | None:
    """The first route whose conditions hold and which finds somebody; None when no route takes the lead.

    `not_to` are teams and people who have refused it on its way here. Reads only, so a dry run is the same call; `trace` is told every
    step, for where nobody is found.
    """
    trace = trace or Trace()
    for route in terms.routes_on(leg):
        verdict = criteria.judge(route.criteria, facts)
        if not verdict.holds:
            failed = "; ".join(criteria.in_words(part.criteria, label_of) for part in verdict.failures())
            trace.say(f"{route.name}: no, for it asks that: {failed}")
            continue
        found = _target(lead, route, trace, at, not_to)
        if found is not None and not _back_to(found, not_to):
            return found
        if found is not None:
            trace.say(f"{route.name}: no, they have refused it")
    return None


def _back_to(found: Decision, not_to: Collection[tuple[int, int | None]]) -> bool:
    """A team that refused it, with nobody of it named, counts as one that did."""
    return any(found.team_id == team and found.user_id in (None, user) for team, user in not_to)


def _target(
    lead: Lead, route: RouteTerms, trace: Trace, at: datetime, not_to: Collection[tuple[int, int | None]]
) -> Decision | None:
    team = one_row(Team, "WHERE public_id = %(id)s AND is_active", {"id": route.team["id"]})
    if team is None:
        trace.say(f"{route.name}: {route.team['name']} no longer works")
        return None
    user_id: int | None = None
    if route.to == "account_owner":
        user_id = _account_owner(lead, team, trace, route, at)
        if user_id is None:
            return None
    elif route.to == "person":
        user_id = _person(team, route, trace, at)
        if user_id is None:
            return None
    elif route.to == "round_robin":
        user_id = _in_turn(team, trace, route, at, {user for _, user in not_to if user})
    else:
        trace.say(f"{route.name}: to the queue of {team.name}, for whoever is free")
    return Decision(
        route=route.key,
        team_id=team.pk,
        team_name=team.name,
        function=team.function,
        user_id=user_id,
        to_queue=route.to == "queue",
        kind=route.kind,
        why=tuple(trace.steps),
    )


def _account_owner(lead: Lead, team: Team, trace: Trace, route: RouteTerms, at: datetime) -> int | None:
    owner = lead.company.owner_id if lead.company else None
    if owner is None:
        trace.say(f"{route.name}: no, the company has no owner")
        return None
    return _if_there(_members(team, at).filter(user=owner).first(), "the account's owner", team, trace, route)


def _person(team: Team, route: RouteTerms, trace: Trace, at: datetime) -> int | None:
    assert route.person is not None
    found = _members(team, at).filter(user__public_id=route.person["id"]).first()
    return _if_there(found, route.person["name"], team, trace, route)


def _members(team: Team, at: datetime) -> QuerySet[Any]:
    """Who works in a team, with `away`: whether they are not there at `at`."""
    away = Absence.objects.filter(user=OuterRef("user"), from_at__lte=at, until_at__gt=at)
    return Membership.objects.active().filter(team=team).annotate(away=Exists(away))


def _if_there(found: Any, who: str, team: Team, trace: Trace, route: RouteTerms) -> int | None:
    if found is None:
        trace.say(f"{route.name}: no, {who} no longer works in {team.name}")
        return None
    if found.away:
        trace.say(f"{route.name}: no, {who} is away")
        return None
    trace.say(f"{route.name}: to {who}")
    return int(found.user_id)


def candidates(team_id: int, at: datetime) -> QuerySet[Any]:
    """Active members of a team with capacity and not away, who is next first.

    Each gets leads in proportion to their weekly capacity: next is whose share of it is least used, counting the one
    to come, so that a small capacity never rounds to nothing. Whoever has room left this week comes before those who
    have had their fill; among the ones as among the others, somebody present comes before everybody absent.
    """
    away = Absence.objects.filter(from_at__lte=at, until_at__gt=at).values("user_id")
    here = Q(user__presence__seen_at__gt=at - SEEN) & ~Q(user__presence__state=PresenceState.OFFLINE)
    received = Count(
        "user__handoffs_received",
        filter=Q(user__handoffs_received__offered_at__gt=at - WEEK, user__handoffs_received__to_team_id=team_id),
    )
    return (
        Membership.objects.active()
        .filter(team_id=team_id, weekly_capacity__gt=0)
        .exclude(user_id__in=away)
        .annotate(
            received=received,
            last_at=Max("user__handoffs_received__offered_at"),
            here=Coalesce(Max(models_one(here)), 0),
            used=(F("received") + 1.0) / F("weekly_capacity"),
            full=models_one(Q(received__gte=F("weekly_capacity"))),
        )
        .order_by("full", "-here", "used", F("last_at").asc(nulls_first=True), "pk")
        .select_related("user")
    )


def models_one(condition: Q) -> Any:
    """1 where the condition holds, else 0."""
    from django.db.models import Case, IntegerField, Value, When

    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _why_nobody(team: Team, at: datetime, but: Collection[int]) -> str:
    """Who was left out and why: "Sam Okafor is away, Nina Keller has no capacity"."""
    said = [
        f"{row.user.name} {'is away' if row.away else 'has refused it' if row.user_id in but else 'has no capacity'}"
        for row in _members(team, at).select_related("user").order_by("user__name")[:NAMED]
    ]
    return ", ".join(said) or "nobody works there now"


def _in_turn(team: Team, trace: Trace, route: RouteTerms, at: datetime, but: Collection[int]) -> int | None:
    chosen = candidates(team.pk, at).exclude(user_id__in=but).first()
    if chosen is None:
        trace.say(f"{route.name}: to {team.name}, for whoever is first free; {_why_nobody(team, at, but)}")
        return None
    trace.say(
        f"{route.name}: to {chosen.user.name} of {team.name}, who has had {chosen.received} of "
        f"{chosen.weekly_capacity} new leads this week{'' if chosen.here else ', though not signed in now'}"
    )
    return int(chosen.user_id)
