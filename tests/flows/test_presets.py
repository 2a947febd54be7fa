"""Each ready-made agreement carries a lead from its first visit to the order, by its own stages and in its own words."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from leads.models import Handoff, StageEntry
from leads.services import audit, handoffs, opportunities, outcomes, usage, visits
from leads.services.nurture import local_date
from leads.services.opportunities import Deal
from tests.cast import ANSWERS, DAY, HOUR, MINUTE, NOW, Cast, assemble

pytestmark = pytest.mark.django_db
DEAL = Deal(
    "Acme: core", amount=Decimal(24000), next_step="Send the offer", next_step_on=local_date(NOW) + timedelta(days=3)
)


def ledger(handoff: Handoff) -> list[str]:
    return list(
        StageEntry.objects.filter(lead=handoff.lead_id).order_by("entered_at", "id").values_list("stage", flat=True)
    )


def sold(cast: Cast, handoff: Handoff, at: timedelta = HOUR) -> list[str]:
    """Sales takes the lead on, opens an opportunity and wins it; returns every stage the lead went through."""
    assert handoff.to_team.function == "sales"
    seller = handoff.to_user or cast.sam
    handoffs.accept(handoff.pk, by=seller, at=NOW + at)
    deal = opportunities.open_from(handoff.pk, DEAL, by=seller, at=NOW + at + HOUR)
    opportunities.win(deal.pk, by=seller, at=NOW + 20 * DAY)
    assert [finding.rule.key for finding in audit.run() if not finding.clean] == []
    return ledger(handoff)


def test_three_in_a_box_marketing_qualifies_the_desk_calls_sales_sells() -> None:
    cast = assemble("three-in-a-box")
    called = cast.hot()
    assert called.to_team.function == "telequalification"
    onward = outcomes.qualify(called.pk, by=cast.tim, at=NOW + 5 * MINUTE, answers=ANSWERS)
    assert sold(cast, onward) == ["known", "engaged", "mql", "tal", "tql", "sal", "opportunity", "won"]


def test_mql_to_sql_marketing_hands_straight_to_sales() -> None:
    cast = assemble("mql-to-sql")
    assert sold(cast, cast.hot()) == ["known", "engaged", "mql", "sql", "opportunity", "won"]


def test_mql_to_sal_to_sql_sales_accepts_before_it_qualifies() -> None:
    cast = assemble("mql-to-sal-to-sql")
    assert sold(cast, cast.hot()) == ["known", "engaged", "mql", "sal", "sql", "opportunity", "won"]


def test_product_led_use_of_the_product_is_its_own_road_to_sales() -> None:
    cast = assemble("product-led")
    cast.lead("ada", deeds=("demo_request", "webinar", "contact_form"))
    assert not Handoff.objects.exists(), "marketing's deeds qualify nobody here"
    used = [
        ("product_activated", "activation", 2 * DAY),
        ("product_login", "depth", DAY),
        ("product_invited", "expansion", MINUTE),
    ]
    for name, kind, ago in used:
        given = usage.UsageInput(name=name, kind=kind, occurred_at=NOW - ago, email="ada@acme.example")
        counted = usage.receive(cast.source, given, at=NOW)
    assert counted.handoff is not None
    assert sold(cast, Handoff.objects.get()) == ["known", "engaged", "pql", "sql", "opportunity", "won"]


def test_behaviour_only_an_agreed_behaviour_and_a_threshold_pass_the_lead(client: Client) -> None:
    cast = assemble("behaviour-only")
    for number, kind in enumerate(("pricing_page", "pricing_page", "webinar")):
        visits.receive(cast.source, "browser", kind, NOW - (3 - number) * DAY, at=NOW - (3 - number) * DAY)
    strong: dict[str, Any] = {"industry": "Software", "employees": 100, "seniority": "VP"}
    lead = cast.lead("points-alone", email="p@other.example", company="Other", **strong).lead
    assert (lead.stage, lead.score.total >= 40) == ("known", True), "points without the behaviour pass nobody"
    received = cast.lead("ada", visitor="browser", **strong)
    assert received.handoff is not None
    handoff = Handoff.objects.get(pk=received.handoff.pk)
    client.force_login(cast.sina)
    for address in ("/taxonomy/", f"/handoffs/{handoff.public_id}/", "/inbox/", f"/leads/{received.lead.public_id}/"):
        text = said(client, address)
        for letters in ("MQL", "SAL", "SQL", "TQL", "PQL", "TAL"):
            assert letters not in text, f"{letters} on {address}"
    assert "Ready for sales" in said(client, f"/leads/{received.lead.public_id}/")
    assert sold(cast, handoff) == ["known", "engaged", "mql", "opportunity", "won"]


def said(client: Client, address: str) -> str:
    """The words of a page, without its tags."""
    import re

    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    return re.sub(r"<[^>]*>", " ", body)
