"""Opportunities have an owner and a dated next step; every change of them is kept; won and lost say why and how much."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from config.accounts.actor import Actor
from config.web.errors import Conflict, Refusal
from leads.models import Company, Handoff, Opportunity, OpportunityChange
from leads.services import audit, opportunities
from leads.services.nurture import local_date
from leads.services.opportunities import Deal
from sla.models import Clock
from tests.cast import DAY, HOUR, NOW, Cast

pytestmark = pytest.mark.django_db
TODAY = local_date(NOW)
SOON = TODAY + timedelta(days=3)
DEAL = Deal("Acme: core", amount=Decimal(24000), next_step="Send the proposal", next_step_on=SOON)


def opened(cast: Cast) -> Opportunity:
    return opportunities.open_from(cast.with_sales().pk, DEAL, by=cast.sam, at=NOW + HOUR)


def changes(opportunity: Opportunity) -> list[tuple[str, str, str]]:
    return list(OpportunityChange.objects.filter(opportunity=opportunity).values_list("field", "before", "after"))


def assert_clean() -> None:
    assert [finding.rule.key for finding in audit.run() if not finding.clean] == []


def test_opening_closes_the_handoff_and_stops_its_clocks(cast: Cast) -> None:
    opportunity = opened(cast)
    handoff = Handoff.objects.get(pk=opportunity.handoff_id)
    lead = cast.fresh(handoff.lead)
    assert (handoff.state, handoff.outcome, handoff.due_at) == ("closed", "opportunity", None)
    assert (lead.stage, lead.owner) == ("opportunity", cast.sam)
    assert set(Clock.objects.filter(subject=handoff.pk).values_list("state", flat=True)) <= {"met", "cancelled"}
    assert list(opportunity.contacts.all()) == [lead.person]
    assert opportunity.company == lead.company
    assert_clean()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"next_step": ""}, "next_step"),
        ({"next_step_on": None}, "next_step_on"),
        ({"next_step_on": TODAY - timedelta(days=1)}, "next_step_on"),
        ({"probability": 101}, "probability"),
        ({"rate": Decimal(0)}, "rate"),
    ],
)
def test_it_is_not_opened_or_kept_without_what_it_needs(cast: Cast, wrong: dict[str, object], field: str) -> None:
    handoff = cast.with_sales()
    with pytest.raises(Refusal) as refused:
        opportunities.open_from(handoff.pk, Deal(**vars(DEAL) | wrong), by=cast.sam, at=NOW + HOUR)
    assert field in refused.value.fields
    assert Handoff.objects.get(pk=handoff.pk).state == "offered"
    opportunity = opportunities.open_from(handoff.pk, DEAL, by=cast.sam, at=NOW + HOUR)
    with pytest.raises(Refusal) as refused:
        opportunities.update(opportunity.pk, by=cast.sam, at=NOW + DAY, **wrong)
    assert field in refused.value.fields
    assert len(changes(opportunity)) == 1


def test_every_change_is_written_down_once(cast: Cast) -> None:
    opportunity = opened(cast)
    opportunities.update(
        opportunity.pk, by=cast.sam, at=NOW + DAY, stage="proposal", amount=Decimal(30000), next_step_on=SOON
    )
    assert changes(opportunity)[1:] == [
        ("stage", "discovery", "proposal"),
        ("amount", "24000.00", "30000"),
        ("probability", "20", "50"),
    ]
    assert Opportunity.objects.get().base_amount == 30000


def test_another_currency_is_turned_into_the_companys(cast: Cast) -> None:
    opportunity = opened(cast)
    opportunities.update(opportunity.pk, by=cast.sam, at=NOW + DAY, currency="USD", rate=Decimal("0.9"))
    assert Opportunity.objects.get().base_amount == 21600


def test_an_overdue_step_does_not_stop_other_changes(cast: Cast) -> None:
    opportunity = opened(cast)
    opportunities.update(opportunity.pk, by=cast.sam, at=NOW + 9 * DAY, amount=Decimal(1))
    with pytest.raises(Refusal):
        opportunities.update(opportunity.pk, by=cast.sam, at=NOW + 9 * DAY, next_step_on=SOON + timedelta(days=1))


def test_a_new_owner_is_of_sales_and_holds_the_lead_too(cast: Cast) -> None:
    opportunity = opened(cast)
    with pytest.raises(Refusal) as refused:
        opportunities.update(opportunity.pk, by=cast.sina, at=NOW + DAY, owner=cast.tim)
    assert "owner" in refused.value.fields
    opportunities.update(opportunity.pk, by=cast.sina, at=NOW + DAY, owner=cast.nina)
    assert opportunity.lead is not None
    assert cast.fresh(opportunity.lead).owner == cast.nina
    assert_clean()


def test_winning_needs_an_amount_and_closes_the_lead(cast: Cast) -> None:
    opportunity = opened(cast)
    opportunities.update(opportunity.pk, by=cast.sam, at=NOW + DAY, amount=None)
    with pytest.raises(Refusal) as refused:
        opportunities.win(opportunity.pk, by=cast.sam, at=NOW + 2 * DAY)
    assert "amount" in refused.value.fields
    opportunities.win(opportunity.pk, by=cast.sam, at=NOW + 2 * DAY, amount=Decimal(26000))
    opportunity = Opportunity.objects.get()
    assert (opportunity.stage, opportunity.probability, opportunity.base_amount) == ("won", 100, 26000)
    assert opportunity.lead is not None
    lead = cast.fresh(opportunity.lead)
    assert (lead.stage, lead.closed_reason) == ("won", "won")
    assert ("stage", "discovery", "won") in changes(opportunity)
    assert_clean()


def test_what_is_over_is_over(cast: Cast) -> None:
    opportunity = opened(cast)
    opportunities.win(opportunity.pk, by=cast.sam, at=NOW + DAY)
    for act in (
        lambda: opportunities.win(opportunity.pk, by=cast.sam, at=NOW + 2 * DAY),
        lambda: opportunities.lose(opportunity.pk, by=cast.sam, at=NOW + 2 * DAY, reason="lost-price"),
        lambda: opportunities.update(opportunity.pk, by=cast.sam, at=NOW + 2 * DAY, amount=Decimal(1)),
    ):
        with pytest.raises(Conflict, match="is won already"):
            act()


def test_losing_needs_a_listed_reason_and_its_note(cast: Cast) -> None:
    opportunity = opened(cast)
    for reason, field in (("", "reason"), ("duplicate", "reason"), ("lost-other", "note")):
        with pytest.raises(Refusal) as refused:
            opportunities.lose(opportunity.pk, by=cast.sam, at=NOW + DAY, reason=reason)
        assert field in refused.value.fields
    opportunities.lose(opportunity.pk, by=cast.sam, at=NOW + DAY, reason="lost-other", note="They merged")
    assert Opportunity.objects.get().lost_reason == "lost-other"
    assert_clean()


def test_a_self_sourced_opportunity_is_won_and_lost_without_a_lead(cast: Cast) -> None:
    company = Company.objects.create(name="Found ourselves")
    first = opportunities.open_self_sourced(DEAL, by=cast.sam, at=NOW, company=company)
    second = opportunities.open_self_sourced(DEAL, by=cast.sam, at=NOW)
    assert (first.self_sourced, first.lead, first.company) == (True, None, company)
    opportunities.win(first.pk, by=cast.sam, at=NOW + DAY)
    opportunities.lose(second.pk, by=cast.sam, at=NOW + DAY, reason="lost-price")
    assert_clean()


def test_who_sees_and_who_changes(cast: Cast) -> None:
    opportunity = opened(cast)
    visible = {name for name, user in cast.people.items() if Opportunity.objects.visible_to(Actor.of(user)).exists()}
    changing = {name for name, user in cast.people.items() if Opportunity.objects.worked_by(Actor.of(user)).exists()}
    assert visible == set(cast.people)  # sales, the desk that gave it, and everybody who reads everything
    assert changing == {"sam", "sina", "priya"}
    assert opportunity.owner == cast.sam
