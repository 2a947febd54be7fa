"""The page of contests: who sees which, what waits for whom, and how often each way it went."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from config.accounts.models import Membership
from leads.models import Contest
from leads.services import contests, handoffs
from tests.cast import DAY, HOUR, NOW, Cast, make_team, make_user
from tests.leads.test_inbox_pages import text
from tests.web.conftest import assert_nothing_inline, signed_in


def contested(cast: Cast, name: str) -> Contest:
    handoff = cast.with_sales(name)
    handoffs.reject(handoff.pk, by=cast.sam, at=NOW + HOUR, reason="duplicate", note="Seen before")
    return contests.contest(handoff.pk, by=cast.tim, at=NOW + 2 * HOUR, comment="No, it is new")


def test_how_they_ended_is_counted_and_filtered(cast: Cast) -> None:
    upheld, overturned, taken, _open = (contested(cast, name) for name in ("ada", "grace", "joan", "mary"))
    contests.settle(upheld.pk, upheld=True, by=cast.priya, at=NOW + 3 * HOUR, note="It is one")
    contests.settle(overturned.pk, upheld=False, by=cast.priya, at=NOW + 3 * HOUR, note="It is not")
    contests.take_back(taken.pk, by=cast.sam, at=NOW + 3 * HOUR)
    page = text(signed_in(cast.sina).get(reverse("contests")))
    assert page.count("of 3 that ended") == 3
    for name in ("Ada", "Grace", "Joan", "Mary"):
        assert f"{name} Lovelace" in page
    only = text(signed_in(cast.sina).get(reverse("contests"), {"state": "overturned"}))
    assert "Grace Lovelace" in only
    assert "Ada Lovelace" not in only
    assert_nothing_inline(page)


def test_who_settles_sees_what_is_theirs(cast: Cast) -> None:
    contested(cast, "ada")
    assert "Yours to settle" in text(signed_in(cast.priya).get(reverse("contests")))
    assert "Yours to settle" not in text(signed_in(cast.tim).get(reverse("contests")))


def test_another_team_finds_none_of_it(cast: Cast) -> None:
    contest = contested(cast, "ada")
    stranger = make_user("Ola Strand")
    Membership.objects.create(user=stranger, team=make_team("sales", "Sales APAC"), role="rep")
    client = signed_in(stranger)
    assert "Ada Lovelace" not in text(client.get(reverse("contests")))
    assert client.get(reverse("contest", args=[contest.public_id])).status_code == 404
    assert client.get(reverse("handoff", args=[contest.handoff.public_id])).status_code == 404


def test_the_list_costs_the_same_queries_however_long_it_is(cast: Cast, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        contested(cast, f"lead{number}")
    client = signed_in(cast.sina)
    client.get(reverse("contests"))
    with django_assert_max_num_queries(8):
        assert text(client.get(reverse("contests"))).count("row-link") == 5


def test_a_settled_contest_stays_on_the_page_of_its_handoff(cast: Cast) -> None:
    contest = contested(cast, "ada")
    contests.settle(contest.pk, upheld=True, by=cast.priya, at=NOW + DAY, note="It is one")
    page = text(signed_in(cast.tim).get(reverse("handoff", args=[contest.handoff.public_id])))
    for words in ("Seen before", "No, it is new", "Rejection upheld", "It is one"):
        assert words in page
