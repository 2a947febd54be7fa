"""Who of a team gets a lead: by capacity, presence and absence, with the reason why another does not."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from config.accounts.choices import PresenceState
from config.accounts.models import Absence, Membership, Presence
from leads.models import Company, Lead
from leads.services import cases, routing
from leads.services.routing import Trace
from tests.cast import HOUR, NOW, Cast

pytestmark = pytest.mark.django_db


def test_a_full_week_comes_after_room_elsewhere_even_for_who_is_here(cast: Cast) -> None:
    team = cast.sina.memberships.get().team
    Membership.objects.filter(team=team).exclude(user__in=(cast.sina, cast.sam)).update(is_active=False)
    Membership.objects.filter(team=team).update(weekly_capacity=2)
    Presence.objects.update_or_create(
        user=cast.sina, defaults={"state": PresenceState.AVAILABLE, "since_at": NOW, "seen_at": NOW}
    )
    Presence.objects.filter(user=cast.sam).delete()
    assert [seat.user for seat in routing.candidates(team.pk, NOW)] == [cast.sina, cast.sam]
    for name in ("ada", "bob"):
        handoff = cast.with_sales(name, NOW - HOUR)
        type(handoff).objects.filter(pk=handoff.pk).update(to_user=cast.sina)
    assert [seat.user for seat in routing.candidates(team.pk, NOW)] == [cast.sam, cast.sina]


def decision(cast: Cast, to: str, lead: Lead, trace: Trace) -> routing.Decision | None:
    """Where the agreement's last route of the sales leg sends it, were it to go to `to`."""
    case = cases.load(lead.pk, NOW)
    routes = [route for route in case.terms.routes_on(routing.LEG_TELEQUALIFIED) if not route.criteria]
    route = replace(routes[-1], to=to, person={"id": str(cast.sam.public_id), "name": cast.sam.name})
    terms = Mock(routes_on=lambda leg: [route, replace(routes[-1], to="round_robin")])
    return routing.decide(case.lead, case.facts, terms, routing.LEG_TELEQUALIFIED, NOW, trace=trace)


@pytest.mark.parametrize("to", ["account_owner", "person"])
def test_the_owner_of_an_account_and_a_named_person_get_nothing_while_away(cast: Cast, to: str) -> None:
    lead = cast.lead("ada").lead
    Company.objects.update(owner=cast.sam)
    found = decision(cast, to, lead, Trace())
    assert found is not None
    assert found.user_id == cast.sam.pk
    Absence.objects.create(user=cast.sam, from_at=NOW - HOUR, until_at=NOW + HOUR)
    trace = Trace()
    found = decision(cast, to, lead, trace)
    assert found is not None
    assert found.user_id not in (None, cast.sam.pk)
    assert trace.steps[0].endswith("is away")


def test_where_nobody_is_left_each_is_named_with_why(cast: Cast) -> None:
    lead = cast.lead("ada").lead
    team = cast.sina.memberships.get().team
    Membership.objects.filter(team=team).exclude(user__in=(cast.sina, cast.sam)).update(is_active=False)
    Membership.objects.filter(team=team, user=cast.sina).update(weekly_capacity=0)
    Absence.objects.create(user=cast.sam, from_at=NOW - HOUR, until_at=NOW + HOUR)
    trace = Trace()
    found = decision(cast, "round_robin", lead, trace)
    assert found is not None
    assert found.user_id is None
    assert trace.steps[0].endswith("for whoever is first free; Sam Okafor is away, Sina Vogel has no capacity")
