"""Connecting a system without a shell: source and token, key pages, own fields, campaigns."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from leads.fields import known_fields
from leads.models import Campaign, CustomField, IntakeSource, KeyPage, Lead
from sla.models import Segment
from tests.cast import Cast
from tests.web.conftest import signed_in

pytestmark = pytest.mark.django_db

SOURCE = {"name": "Web forms", "key": "web-forms", "default_lead_source": "website", "is_active": "on"}


def add(client: Client, model: str, **values: str):
    return client.post(reverse(f"admin:leads_{model}_add"), values)


def test_a_source_gets_a_token_that_is_shown_once_and_lets_leads_in(cast: Cast) -> None:
    client = signed_in(cast.priya)
    answer = add(client, "intakesource", **SOURCE, visit_origins="https://www.Example.com\n")
    source = IntakeSource.objects.get(key="web-forms")
    assert answer["Location"] == reverse("admin:leads_intakesource_change", args=[source.pk])
    assert source.visit_origins == ["https://www.example.com"]
    assert source.visit_key is not None

    page = client.get(answer["Location"])
    token = page.content.decode().split("shown this once: ")[1].split("<")[0].strip()
    assert token not in client.get(answer["Location"]).content.decode()
    sent = Client().post(
        "/api/v1/leads",
        json.dumps({"external_id": "1", "email": "ada@lovelace.example"}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert sent.status_code == 201
    assert Lead.objects.get().source == "website"

    client.post(
        reverse("admin:leads_intakesource_changelist"), {"action": "new_token", "_selected_action": [source.pk]}
    )
    again = Client().post(
        "/api/v1/leads", "{}", content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )
    assert again.status_code == 401


def test_what_is_no_site_may_send_no_visits(cast: Cast) -> None:
    answer = add(signed_in(cast.priya), "intakesource", **SOURCE, visit_origins="www.example.com/forms")
    assert "is not a site" in answer.content.decode()
    assert not IntakeSource.objects.filter(key="web-forms").exists()


def test_marketings_manager_names_key_pages_own_fields_and_campaigns(cast: Cast) -> None:
    client = signed_in(cast.mara)
    add(client, "keypage", path="/pricing", type="pricing_page")
    add(client, "customfield", holder="lead", key="Budget", label="Budget", kind="number", blank_words="Select\nn/a")
    add(client, "campaign", key="fair", name="Trade fair", channel="event")
    assert KeyPage.objects.get().type == "pricing_page"
    assert CustomField.objects.get().blank_words == ["Select", "n/a"]
    assert "attributes.Budget" in known_fields()
    assert Campaign.objects.get(key="fair").name == "Trade fair"
    assert add(client, "intakesource", **SOURCE).status_code == 403, "tokens are for who runs the portal"


def test_a_segment_over_something_nobody_knows_is_refused(cast: Cast) -> None:
    values = {
        "name": "Shoes",
        "key": "shoes",
        "criteria": '{"field": "lead.shoe", "op": "is", "value": "1"}',
        "is_active": "on",
    }
    answer = signed_in(cast.mara).post(reverse("admin:sla_segment_add"), values)
    assert "lead.shoe" in answer.content.decode()
    assert not Segment.objects.filter(key="shoes").exists()


def test_a_systems_own_fields_are_known_once_they_came_in(cast: Cast) -> None:
    token = cast.source.issue_token()
    sent = {
        "external_id": "1", "email": "ada@lovelace.example", "attributes": {"Shoe size": 41, "": "no name"},
        "company_attributes": {"Listed": True},
    }  # fmt: skip
    answer = Client().post(
        "/api/v1/leads", json.dumps(sent), content_type="application/json", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 201
    declared = dict(CustomField.objects.values_list("key", "kind"))
    assert declared == {"Shoe size": "number", "Listed": "yes_no"}
    assert {"attributes.Shoe size", "company_attributes.Listed"} <= known_fields()
