"""The agreed words in a real browser: conditions built by hand with a live count, no barriers on any of the pages."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Lead, MergeProposal
from sla.models import Definition
from tests.browser.axe import walk
from tests.browser.conftest import SignIn
from tests.cast import DAY, HOUR, Cast, assemble
from tests.leads.test_rescoring import new_version

pytestmark = pytest.mark.browser


@pytest.fixture
def cast(live_portal: str) -> Cast:
    now = timezone.now()
    made = assemble(since=now - 30 * DAY)
    populate(made, now)
    return made


def populate(cast: Cast, now: datetime) -> None:
    given = {"phone": "+4930123456", "job_title": "Head of Sales", "department": "Sales"}
    at = now - DAY
    cast.lead("ada", at, deeds=("webinar", "pricing_page", "careers_page"), industry="Software", employees=80, **given)
    cast.lead("ada.new", at + HOUR, deeds=("webinar",), first_name="Ada", **given | {"job_title": "VP Sales"})
    cast.lead(
        "bob", at, deeds=("page_view",), email="b@bolt.example", company="Bolt", industry="Software", employees=20
    )
    cast.lead("cleo", at, email="c@cord.example", company="Cord", industry="Retail")


def test_a_condition_is_built_by_hand_and_counted_while_one_builds(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.mara)
    page.goto("/taxonomy/try/")
    builder = page.locator("[data-builder]")
    builder.get_by_role("button", name="Add a detail").click()
    builder.get_by_label("Comparison").select_option("in")
    builder.get_by_label("Value").fill("Software")
    builder.get_by_label("Value").press("Tab")
    expect(page.locator("#tried .tile-figure")).to_have_text("3")
    builder.get_by_role("button", name="Add a detail").click()
    builder.get_by_label("Field").nth(1).select_option("company.employees")
    builder.get_by_label("Comparison").nth(1).select_option("at_least")
    builder.get_by_label("Number").fill("50")
    builder.get_by_label("Number").press("Tab")
    expect(page.locator("#tried")).to_contain_text("Employees is at least 50: it is 20")
    expect(page.locator("#tried .tile-figure")).to_have_text("2")
    builder.get_by_role("button", name="As text").click()
    written = json.loads(page.locator("#criteria").input_value())
    assert written == {
        "all": [
            {"field": "company.industry", "op": "in", "value": ["Software"]},
            {"field": "company.employees", "op": "at_least", "value": 50},
        ]
    }


def test_the_same_builder_writes_a_definition_of_a_draft(cast: Cast, sign_in: SignIn, complaints: list[str]) -> None:
    draft = new_version(cast, timezone.now())
    row = Definition.objects.get(version=draft, stage="engaged")
    page = sign_in(cast.mara)
    page.goto(f"/admin/sla/version/{draft.pk}/change/?part=lead#definition:{row.key}", wait_until="domcontentloaded")
    builder = page.locator("[data-builder]:visible").first
    expect(builder.get_by_role("button", name="Add something they did").first).to_be_visible()
    expect(builder.locator(".builder-count")).to_contain_text("open leads meet it now")
    # The admin's pages name no icon of their own, so the browser asks for one that is not there.
    complaints[:] = [said for said in complaints if "404 (Not Found)" not in said]


def test_no_page_has_a_barrier(cast: Cast, sign_in: SignIn, live_portal: str) -> None:
    page = sign_in(cast.mara)
    lead, pair = ada(), MergeProposal.objects.get()
    draft = new_version(cast, timezone.now(), threshold=20, admission_per_day=5)
    walk(
        page,
        live_portal,
        [
            "/taxonomy/",
            "/taxonomy/missing/",
            "/taxonomy/try/?criteria=" + '{"all":[{"field":"company.industry","op":"is","value":"Software"},{"field":"company.employees","op":"at_least","value":50}]}',
            "/taxonomy/routing/?email=x%40acme.example&deeds=demo_request",
            f"/taxonomy/versions/{draft.public_id}/impact/",
            "/taxonomy/duplicates/",
            f"/taxonomy/duplicates/{pair.public_id}/",
            f"/taxonomy/leads/{lead}/score/",
            "/taxonomy/watches/",
        ],
    )  # fmt: skip


def ada() -> UUID:
    return Lead.objects.get(person__contact_points__normalised="ada@acme.example").public_id
