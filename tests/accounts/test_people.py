"""Profiles, absences, and managers who look after their own teams."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from config.accounts.models import Absence, Membership, User
from config.accounts.services import absences
from config.web.errors import Conflict
from tests.cast import DAY, NOW, Cast, assemble

pytestmark = pytest.mark.django_db
BACKEND = "config.accounts.backends.AccountBackend"


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


def sign_in(client: Client, user: User) -> Client:
    client.force_login(user, backend=BACKEND)
    return client


def test_a_person_changes_their_own_profile(cast: Cast, client: Client) -> None:
    answer = sign_in(client, cast.tim).post(
        "/people/me/", {"name": "Tim N.", "phone": "", "time_zone": "America/New_York", "theme": "dark"}
    )
    assert answer.status_code == 302
    assert User.objects.get(pk=cast.tim.pk).time_zone == "America/New_York"


def test_an_unknown_time_zone_is_refused_beside_its_field(cast: Cast, client: Client) -> None:
    answer = sign_in(client, cast.tim).post("/people/me/", {"name": "Tim", "time_zone": "Mars/Base", "theme": "auto"})
    assert answer.status_code == 200
    assert "time_zone" in answer.context["form"].errors


def test_days_away_are_whole_days_of_the_persons_own_zone(cast: Cast, client: Client) -> None:
    sign_in(client, cast.tim).post("/people/me/absences/", {"first_day": "2027-03-27", "last_day": "2027-03-28"})
    absence = Absence.objects.get(user=cast.tim)
    assert absence.from_at == datetime(2027, 3, 26, 23, tzinfo=UTC)
    assert absence.until_at == datetime(2027, 3, 28, 22, tzinfo=UTC), (
        "the night the clocks go forward is an hour shorter"
    )


def test_overlapping_absences_are_a_conflict(cast: Cast) -> None:
    absences.add(cast.tim, from_at=NOW, until_at=NOW + 3 * DAY, reason="Ski", by=cast.tim, at=NOW)
    with pytest.raises(Conflict, match="Ski"):
        absences.add(cast.tim, from_at=NOW + DAY, until_at=NOW + 2 * DAY, reason="", by=cast.tom, at=NOW)


def test_nobody_takes_back_the_absence_of_another(cast: Cast, client: Client) -> None:
    absence = absences.add(cast.tim, from_at=NOW, until_at=NOW + DAY, reason="", by=cast.tim, at=NOW)
    assert sign_in(client, cast.sam).post(f"/people/me/absences/{absence.pk}/remove/").status_code == 404
    assert sign_in(client, cast.tim).post(f"/people/me/absences/{absence.pk}/remove/").status_code == 302


def test_managers_change_their_own_team_only(cast: Cast, client: Client) -> None:
    tims, sams = (Membership.objects.get(user=user) for user in (cast.tim, cast.sam))
    sign_in(client, cast.tom)
    assert client.get("/people/").status_code == 200
    assert client.post(f"/people/{tims.pk}/", {"weekly_capacity": "12"}).status_code == 302
    assert Membership.objects.get(pk=tims.pk).weekly_capacity == 12
    assert client.post(f"/people/{sams.pk}/", {"weekly_capacity": "12"}).status_code == 404


def test_who_is_away_gets_no_leads_in_turn(cast: Cast) -> None:
    absences.add(cast.sam, from_at=NOW - DAY, until_at=NOW + DAY, reason="", by=cast.sam, at=NOW)
    assert {cast.with_sales(f"lead{n}").to_user for n in range(4)} == {cast.nina}
