"""Leads come in once, whole, and qualify at once when they should."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.web.errors import Refusal
from leads.models import Company, ContactPoint, Handoff, IntakeKey, Lead, MergeProposal, Person, QueueItem, StageEntry
from leads.services import audit
from sla.models import Clock
from tests.cast import DAY, MINUTE, NOW, Cast

pytestmark = pytest.mark.django_db


def test_a_lead_without_deeds_is_known(cast: Cast) -> None:
    received = cast.lead()
    assert received.created
    assert received.lead.stage == "known"
    assert received.handoff is None
    assert [e.stage for e in received.lead.stage_entries.all()] == ["known"]


def test_a_demo_request_is_handed_over_with_running_clocks_in_one_transaction(cast: Cast) -> None:
    handoff = cast.hot()
    lead = handoff.lead
    assert lead.stage == "mql"
    entries = list(StageEntry.objects.filter(lead=lead).values_list("stage", "cause", "left_to"))
    assert entries == [("known", "intake", "engaged"), ("engaged", "intake", "mql"), ("mql", "catapult", "")]
    assert handoff.to_team.function == "telequalification"
    assert handoff.version == cast.version
    clocks = {c.kind: c for c in Clock.objects.filter(subject=handoff.pk)}
    assert set(clocks) == {"decision", "first_attempt", "attempts"}
    assert clocks["first_attempt"].commitment == "first-call-hot"
    assert clocks["first_attempt"].due_at == NOW + 5 * MINUTE
    assert handoff.due_at == NOW + 5 * MINUTE
    assert QueueItem.objects.get(pk=handoff.pk).queue == cast.queue
    assert all(finding.clean for finding in audit.run())


def test_points_below_the_threshold_only_engage(cast: Cast) -> None:
    lead = cast.lead(deeds=("webinar", "pricing_page")).lead
    assert lead.stage == "engaged"
    assert lead.score.total == sum(lead.score.points)


def test_crossing_the_threshold_later_hands_over(cast: Cast) -> None:
    from leads.services.intake import Deed, receive_activity

    lead = cast.lead(deeds=("webinar", "pricing_page", "content_download")).lead
    assert lead.stage == "engaged"
    for number, kind in enumerate(("webinar", "contact_form")):
        receive_activity(
            cast.source,
            lead,
            Deed(kind, NOW + number * MINUTE),
            external_id=f"a{number}",
            raw={},
            at=NOW + number * MINUTE,
        )
    assert cast.fresh(lead).stage == "mql"
    assert Handoff.objects.get(lead=lead).state == "offered"


def test_the_same_external_id_is_one_lead(cast: Cast) -> None:
    first, second = cast.lead(), cast.lead()
    assert second.repeated
    assert not second.created
    assert first.lead.pk == second.lead.pk
    assert (Lead.objects.count(), Person.objects.count(), IntakeKey.objects.count()) == (1, 1, 1)


def test_the_same_person_from_another_form_adds_to_the_open_lead(cast: Cast) -> None:
    first = cast.lead()
    second = cast.lead(external_id="other-form", email="ADA@Acme.Example", deeds=("demo_request",), job_title="CTO")
    assert second.lead.pk == first.lead.pk
    assert cast.fresh(first.lead).stage == "mql"
    assert Person.objects.get().job_title == "CTO"


def test_a_closed_lead_comes_back_as_a_new_cycle(cast: Cast) -> None:
    handoff = cast.with_sales()
    from leads.services import handoffs

    handoffs.reject(handoff.pk, by=cast.sam, at=NOW + 5 * MINUTE, reason="duplicate")
    again = cast.lead(external_id="next-year", at=NOW + 300 * DAY)
    assert again.created
    assert again.lead.cycle == 2
    assert again.lead.person_id == handoff.lead.person_id


def test_one_company_by_domain_however_the_name_is_spelt(cast: Cast) -> None:
    cast.lead("ada")
    cast.lead("bob", company="ACME Inc.")
    assert Company.objects.get().name == "Acme"


def test_a_free_mail_address_is_no_company(cast: Cast) -> None:
    cast.lead(email="ada@gmail.com", company="")
    assert not Company.objects.exists()
    assert Person.objects.get().mail_kind == "free"


def test_a_shared_phone_number_is_proposed_as_a_duplicate_not_merged(cast: Cast) -> None:
    cast.lead("ada", phone="+49 30 123456")
    cast.lead("bob", phone="0049 30 123456")
    assert Person.objects.count() == 2
    assert MergeProposal.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "not-an-address"}, "email"),
        ({"phone": "6.14123E+10"}, "phone"),
        ({"phone": "call me"}, "phone"),
        ({"country": "Atlantis"}, "country"),
        ({"email": "", "external_id": ""}, "email"),
    ],
)
def test_bad_input_names_the_field_and_writes_nothing(cast: Cast, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        cast.lead(**given)
    assert field in refused.value.fields
    assert not Lead.objects.exists()
    assert not Person.objects.exists()


def test_literal_null_is_nothing(cast: Cast) -> None:
    cast.lead(phone="null", job_title="N/A", last_name=" null ")
    person = Person.objects.get()
    assert (person.job_title, person.last_name) == ("", "")
    assert not ContactPoint.objects.filter(kind="phone").exists()


def test_a_qualifying_lead_costs_few_queries_whatever_is_there_already(cast: Cast) -> None:
    cast.hot("warm-up")
    with CaptureQueriesContext(connection) as few:
        cast.hot("ada")
    for number in range(40):
        cast.hot(f"more{number}")
    with CaptureQueriesContext(connection) as many:
        cast.hot("zoe")
    assert len(few) == len(many)
    assert len(many) <= 12, [q["sql"][:90] for q in many]


def test_an_excluded_lead_is_not_passed_on_though_it_asks_for_a_demo(cast: Cast) -> None:
    lead = cast.lead(deeds=("demo_request",), industry="Recruiting").lead
    assert lead.stage == "engaged"
    assert not Handoff.objects.exists()


def test_a_lead_sent_again_is_told_the_handoff_it_is_in(cast: Cast, client: Client) -> None:
    headers = {"Authorization": f"Bearer {cast.source.issue_token()}"}
    lead = {
        "external_id": "e1",
        "email": "grace@navy.example",
        "phone": "+49305550002",
        "activities": [{"type": "demo_request"}],
    }
    first, again = (
        client.post("/api/v1/leads", lead, content_type="application/json", headers=headers).json() for _ in range(2)
    )
    assert first["handoff"] is not None
    assert (again["repeated"], again["handoff"], again["due_at"]) == (True, first["handoff"], first["due_at"])


def test_who_gives_only_an_address_is_called_by_it_until_they_give_a_name(cast: Cast) -> None:
    person = cast.lead("yara.nowak", first_name="", last_name="").lead.person
    assert person.name == "yara.nowak"
    cast.lead("yara.nowak", NOW + MINUTE, external_id="2", first_name="Yara", last_name="Nowak")
    assert Person.objects.get(pk=person.pk).name == "Yara Nowak"
    assert (
        cast.lead("", NOW, external_id="3", email="", phone="+4930123477", first_name="", last_name="").lead.person.name
        == "Unnamed person"
    )
