"""Whoever was anonymous is joined to the lead when it gives its address, and what it did before counts."""

from __future__ import annotations

import pytest
from django.test import Client

from leads.models import Activity, IntakeSource, KeyPage, Visitor
from leads.services import handoffs, visits
from tests.cast import DAY, MINUTE, NOW, Cast

pytestmark = pytest.mark.django_db


def test_visits_before_the_address_count_once_it_is_given(cast: Cast) -> None:
    for number, kind in enumerate(("pricing_page", "pricing_page", "webinar", "content_download", "contact_form")):
        visits.receive(cast.source, "v1", kind, NOW - (5 - number) * DAY, at=NOW - (5 - number) * DAY)
    assert Activity.objects.filter(lead=None).count() == 5
    received = cast.lead("ada", visitor="v1")
    assert received.lead.stage == "mql"
    assert received.handoff is not None
    assert Activity.objects.filter(lead=received.lead, visitor__key="v1").count() == 5
    assert Visitor.objects.get().lead == received.lead
    assert sum(received.lead.score.points) == received.lead.score.total > 40


def test_a_known_lead_gains_the_visits_of_another_browser(cast: Cast) -> None:
    lead = cast.lead("ada").lead
    visits.receive(cast.source, "phone", "demo_request", NOW, at=NOW)
    assert cast.fresh(lead).stage == "known"
    cast.lead("ada", external_id="again", visitor="phone", at=NOW + MINUTE)
    assert cast.fresh(lead).stage == "mql"


def test_later_visits_are_the_leads_own_at_once(cast: Cast) -> None:
    lead = cast.lead("ada", visitor="v1").lead
    new, handoff = visits.receive(cast.source, "v1", "demo_request", NOW + MINUTE, at=NOW + MINUTE)
    assert new
    assert handoff is not None
    assert handoff.lead_id == lead.pk


def test_visits_after_the_lead_was_closed_wait_for_its_next_coming(cast: Cast) -> None:
    handoff = cast.with_sales("ada", visitor="v1")
    handoffs.reject(handoff.pk, by=cast.sam, at=NOW + 5 * MINUTE, reason="duplicate")
    visits.receive(cast.source, "v1", "webinar", NOW + DAY, at=NOW + DAY)
    again = cast.lead("ada", external_id="again", at=NOW + 2 * DAY, visitor="v1").lead
    assert again.cycle == 2
    assert [deed.type for deed in again.activities.all()] == ["webinar"]


def test_a_page_is_the_deed_that_the_longest_key_page_names(cast: Cast) -> None:
    KeyPage.objects.create(path="/pricing", type="pricing_page")
    KeyPage.objects.create(path="/pricing/jobs", type="careers_page")
    assert visits.type_of("https://www.example.com/Pricing?x=1") == "pricing_page"
    assert visits.type_of("https://www.example.com/pricing/jobs/1") == "careers_page"
    assert visits.type_of("https://www.example.com/pricing-faq") == "page_view"
    assert visits.type_of("") == "page_view"


def test_browsers_send_visits_with_a_key_and_nothing_else(cast: Cast, client: Client) -> None:
    source = IntakeSource.objects.get()
    source.visit_origins = ["https://www.example.com"]
    source.save()
    address = f"/api/v1/visits?key={source.issue_visit_key()}"
    headers = {"Origin": "https://www.example.com"}
    body = '{"visitor": "v9", "page": "https://www.example.com/", "type": "demo_request"}'
    answer = client.post(address, body, content_type="text/plain", headers=headers)
    assert answer.status_code == 201, answer.content
    assert answer["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert Activity.objects.get().type == "page_view", "a browser cannot claim deeds"
    elsewhere = client.post(address, body, content_type="text/plain", headers={"Origin": "https://evil.example"})
    assert elsewhere.status_code == 401
    assert client.post("/api/v1/leads?key=x", body, content_type="application/json").status_code == 401


def test_an_activity_of_a_visitor_waits_for_its_address(cast: Cast, client: Client) -> None:
    token = IntakeSource.objects.get().issue_token()
    headers = {"Authorization": f"Bearer {token}"}
    given = {"type": "webinar", "visitor": "v5", "external_id": "7"}
    answer = client.post("/api/v1/activities", given, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["stage"]) == (201, "anonymous")
    again = client.post("/api/v1/activities", given, content_type="application/json", headers=headers)
    assert (again.status_code, again.json()["repeated"]) == (200, True)


def test_a_sender_whose_clock_runs_ahead_loses_nothing(cast: Cast) -> None:
    from leads.services.intake import Deed

    received = cast.lead("ada", activities=(Deed("demo_request", NOW + 3 * MINUTE),))
    assert received.lead.stage == "mql"
    assert Activity.objects.get().occurred_at == NOW
