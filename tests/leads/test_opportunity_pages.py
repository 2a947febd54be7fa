"""Opportunities and nurture on their pages: what can be done, by whom, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.models import Handoff, Lead, NurtureSpell, Opportunity, OpportunityChange
from leads.services import audit, handoffs, opportunities, outcomes
from leads.services.nurture import local_date
from leads.services.opportunities import Deal
from tests.cast import HOUR, NOW, Cast
from tests.web.conftest import assert_nothing_inline, signed_in

pytestmark = pytest.mark.django_db
AHEAD = timezone.now().date() + timedelta(days=40)  # pages ask for days ahead of the day they run on


def opened(cast: Cast, name: str = "ada", amount: str = "1000") -> Opportunity:
    handoff = cast.with_sales(name)
    handoffs.accept(handoff.pk, by=cast.sam, at=NOW + HOUR)
    deal = Deal(
        f"Deal {name}", amount=Decimal(amount), next_step="Demo", next_step_on=local_date(NOW) + timedelta(days=3),
        expected_close_on=local_date(NOW) + timedelta(days=30),
    )  # fmt: skip
    return opportunities.open_from(handoff.pk, deal, by=cast.sam, at=NOW + HOUR)


def form_of(deal: Opportunity, **changes: Any) -> dict[str, Any]:
    values = {
        "name": deal.name, "stage": deal.stage, "amount": deal.amount, "currency": deal.currency, "next_step": deal.next_step,
        "next_step_on": AHEAD.isoformat(), "expected_close_on": deal.expected_close_on, "owner": deal.owner.public_id,
        "probability": deal.probability,
    }  # fmt: skip
    return values | changes


def url(deal: Opportunity, act: str = "") -> str:
    return reverse(f"opportunity_{act}" if act else "opportunity", args=[deal.public_id])


def test_every_change_is_on_the_page_with_who_and_where_it_rolled(cast: Cast) -> None:
    deal = opened(cast)
    client = signed_in(cast.sam)
    later = deal.expected_close_on.replace(day=1) + timedelta(days=62)
    sent = client.post(url(deal, "change"), form_of(deal, amount="2500", stage="proposal", expected_close_on=later))
    assert sent.status_code == 302, sent.content.decode()
    page = client.get(url(deal))
    assert_nothing_inline(page)
    text = page.content.decode()
    for words in (
        "Amount: 1,000 to 2,500",
        "Stage: Discovery to Proposal",
        "Rolled out by 2 months",
        "Sam Okafor",
        "Opportunity opened",
    ):
        assert words in text, words
    deal = Opportunity.objects.get(pk=deal.pk)
    assert (deal.stage, deal.amount, deal.probability) == ("proposal", Decimal(2500), 50)


def test_a_wrong_form_says_which_field_and_changes_nothing(cast: Cast) -> None:
    deal = opened(cast)
    client = signed_in(cast.sam)
    for wrong in (
        {"next_step": ""},
        {"next_step_on": "2020-01-01"},
        {"amount": "-1"},
        {"currency": "USD"},
        {"stage": "won"},
    ):
        answer = client.post(url(deal, "change"), form_of(deal, **wrong))
        assert answer.status_code == 422, wrong
    assert OpportunityChange.objects.count() == 1
    assert client.post(url(deal, "win"), {"amount": ""}).status_code == 422
    assert client.post(url(deal, "lose"), {}).status_code == 422
    assert client.post(url(deal, "lose"), {"reason": "lost-other"}).status_code == 422  # needs a note
    assert Opportunity.objects.get().is_open


def test_won_lost_and_back_to_nurture(cast: Cast) -> None:
    won, lost = opened(cast, "ada"), opened(cast, "bob")
    client = signed_in(cast.sam)
    client.post(url(won, "win"), {"amount": "1200"})
    assert Lead.objects.get(pk=won.lead_id).stage == "won"
    client.post(url(lost, "lose"), {"reason": "lost-other", "note": "They moved"})
    lead = Lead.objects.get(pk=lost.lead_id)
    assert (lead.stage, lead.closed_reason) == ("lost", "lost-other")
    assert "They moved" in client.get(url(lost)).content.decode()
    client.post(url(lost, "revive"), {"return_on": AHEAD.isoformat()})
    assert NurtureSpell.objects.get(lead=lead, left_at=None).return_on == AHEAD
    again = client.post(url(won, "win"), {"amount": "1"})
    assert again.status_code == 409
    assert "won already" in again.content.decode()
    assert all(finding.clean for finding in audit.run())


def test_only_its_owner_and_their_manager_change_it_and_others_do_not_find_it(cast: Cast) -> None:
    deal = opened(cast)
    own = opportunities.open_self_sourced(
        Deal("Own", next_step="Call", next_step_on=local_date(NOW)), by=cast.sam, at=NOW, company_name="New Ltd"
    )
    for user, reads, changes in (
        (cast.sam, 200, 200), (cast.sina, 200, 200), (cast.priya, 200, 200), (cast.nina, 200, 403), (cast.mara, 200, 403), (cast.tim, 200, 403),
    ):  # fmt: skip
        client = signed_in(user)
        assert (client.get(url(deal)).status_code, client.get(url(deal, "win")).status_code) == (reads, changes), user
    assert [signed_in(user).get(url(own)).status_code for user in (cast.sam, cast.tim, cast.nina)] == [200, 404, 404]
    assert signed_in(cast.tim).post(url(own, "win"), {"amount": "1"}).status_code == 404


def test_sales_opens_one_of_its_own(cast: Cast) -> None:
    client = signed_in(cast.sam)
    assert client.get(reverse("opportunity_new")).status_code == 200
    values = {
        "company_name": "New Ltd", "name": "Own deal", "amount": "500", "currency": "EUR", "next_step": "Call",
        "next_step_on": AHEAD.isoformat(), "owner": cast.sam.public_id,
    }  # fmt: skip
    assert client.post(reverse("opportunity_new"), values | {"next_step": ""}).status_code == 422
    client.post(reverse("opportunity_new"), values)
    deal = Opportunity.objects.get()
    assert (deal.self_sourced, deal.company.name, deal.lead) == (True, "New Ltd", None)
    assert "self-sourced" in client.get(reverse("opportunities")).content.decode()
    assert signed_in(cast.tim).get(reverse("opportunity_new")).status_code == 403


def test_the_list_narrows_sorts_and_sums(cast: Cast) -> None:
    ada, bob = opened(cast, "ada", "1000"), opened(cast, "bob", "3000")
    client = signed_in(cast.sam)

    def shown(**query: str) -> list[str]:
        return [row.name for row in client.get(reverse("opportunities"), query).context["page"].rows]

    assert shown(sort="-amount") == [bob.name, ada.name]
    assert shown(q="deal b") == [bob.name]
    assert shown(owner="me", stage="proposal") == []
    assert shown(overdue="1", sort="amount") == [ada.name, bob.name]  # the cast's days are long gone
    tiles = client.get(reverse("opportunities")).context["tiles"]
    assert (tiles[0]["count"], tiles[0]["amount"]) == (2, Decimal(4000))
    opportunities.win(ada.pk, by=cast.sam, at=NOW + 2 * HOUR)
    assert (shown(), shown(show="won"), shown(show="lost")) == ([bob.name], [ada.name], [])


# --- nurture -------------------------------------------------------------------------------------------------------


def parked(cast: Cast, name: str, **given: Any) -> Lead:
    handoff = cast.with_sales(name, **given)
    outcomes.recycle(
        handoff.pk, by=cast.sam, at=NOW + HOUR, reason="timing-wrong", return_on=local_date(NOW) + timedelta(days=10)
    )
    return cast.fresh(handoff.lead)


def test_marketing_works_nurture_by_reason_source_and_campaign(cast: Cast) -> None:
    ada, bob = parked(cast, "ada", source="fair"), parked(cast, "bob", source="web")
    refused = cast.with_sales("cy")
    handoffs.reject(refused.pk, by=cast.sam, at=NOW + HOUR, reason="below-threshold")
    client = signed_in(cast.mara)

    def shown(**query: str) -> set[str]:
        page = client.get(reverse("nurture"), query)
        assert_nothing_inline(page)
        return {line.spell.lead.person.first_name for line in page.context["lines"]}

    assert shown() == {"Ada", "Bob", "Cy"}
    assert shown(source="fair") == {"Ada"}
    assert shown(reason="below-threshold") == {"Cy"}
    assert shown(kind="recycled") == {"Ada", "Bob"}
    found = client.get(reverse("nurture")).context["found"]
    assert (found.count, {row.key: row.count for row in found.reasons}) == (
        3,
        {"timing-wrong": 2, "below-threshold": 1},
    )
    picks = [str(ada.public_id), str(bob.public_id)]
    client.post(reverse("nurture_postpone"), {"pick": picks, "return_on": AHEAD.isoformat()})
    assert NurtureSpell.objects.filter(return_on=AHEAD).count() == 2
    client.post(reverse("nurture_return"), {"pick": [*picks, "nonsense"]})
    assert Handoff.objects.filter(lead__in=[ada, bob], state="offered").count() == 2
    late = client.post(reverse("nurture_return"), {"pick": picks}, follow=True).content.decode()
    assert "not in nurture any more" in late
    assert client.post(reverse("nurture_postpone"), {"pick": picks}).status_code == 422
    assert all(finding.clean for finding in audit.run())


def test_others_may_look_or_not_but_not_work_it(cast: Cast) -> None:
    lead = parked(cast, "ada")
    for user, reads in ((cast.eva, 200), (cast.sina, 200), (cast.sam, 403), (cast.tim, 403)):
        client = signed_in(user)
        assert client.get(reverse("nurture")).status_code == reads
        assert client.post(reverse("nurture_return"), {"pick": [lead.public_id]}).status_code == 403
    assert cast.fresh(lead).stage == "nurture"


def test_the_way_back_stays_in_the_portal(cast: Cast) -> None:
    answer = signed_in(cast.mara).post(reverse("nurture_return"), {"back": "https://evil.example/"})
    assert answer["Location"] == reverse("nurture")
