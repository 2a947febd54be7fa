"""Round robin by capacity: whoever has had their fill waits for the others, present or not."""

from __future__ import annotations

import pytest

from config.accounts.choices import PresenceState
from config.accounts.models import Membership, Presence
from leads.services import routing
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
