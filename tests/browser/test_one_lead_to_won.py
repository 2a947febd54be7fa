"""One lead, sent by API, travels to won through the hands of four people in four browsers; the funnel counts it."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from leads.models import Handoff, Lead, Opportunity, StageEntry
from leads.services import attempts, audit
from tests.browser.conftest import SignIn
from tests.cast import DAY, Cast, assemble

pytestmark = pytest.mark.browser
SENT = {
    "external_id": "form-1",
    "email": "grace@hopper.example",
    "phone": "+4930123456",
    "first_name": "Grace",
    "last_name": "Hopper",
    "job_title": "Head of Sales",
    "company": "Hopper Works",
    "country": "DE",
    "source": "webinar",
    "intent": "Demo",
    "activities": [{"type": "demo_request"}],
}


@pytest.fixture
def cast(live_portal: str) -> Cast:
    return assemble(since=timezone.now() - 30 * DAY, always_open=True)


def send(portal: str, cast: Cast, body: dict[str, Any]) -> dict[str, Any]:
    """As a company's web form does."""
    headers = {"Authorization": f"Bearer {cast.source.issue_token()}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{portal}/api/v1/leads", json.dumps(body).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own portal
        assert answer.status == 201
        return dict(json.load(answer))


def call(page: Page) -> None:
    """The rep's queue shows the lead without a reload; they take it, speak, and qualify it by keyboard."""
    expect(page.locator("main")).to_contain_text("Grace Hopper")
    page.keyboard.press("n")
    expect(page.locator("#outcomes")).to_be_visible()
    page.keyboard.press("q")
    expect(page.get_by_label("Need")).to_be_focused()
    for answer in ("Fewer quarrels", "Set", "Dec", "This q", "A spreadsheet", "Demo on Friday"):
        page.keyboard.type(answer)
        page.keyboard.press("Tab")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Nothing may be called just now")).to_be_visible()


def decide(page: Page) -> None:
    """Sales sees it in the inbox with its packet, accepts by one key, and opens an opportunity."""
    page.goto("/inbox/")
    expect(page.locator("#handoff")).to_contain_text("Fewer quarrels")
    page.keyboard.press("a")
    expect(page.locator("#act-opportunity")).to_be_visible()
    expect(page.locator("#act-accept")).to_have_count(0)
    page.keyboard.press("o")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Expected amount").fill("12000")
    dialog.get_by_label("On", exact=True).fill(f"{timezone.localdate() + 7 * DAY:%Y-%m-%d}")
    dialog.get_by_role("button", name="Open it").click()
    expect(page).to_have_url(re.compile("/opportunities/"))
    page.keyboard.press("w")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Amount won").fill("11500")
    dialog.get_by_role("button", name="Won").click()
    expect(page.locator("main")).to_contain_text("Closed")


def test_one_lead_from_intake_to_won(sign_in: SignIn, live_portal: str, cast: Cast) -> None:
    rep, marketing, head = (sign_in(user) for user in (cast.tim, cast.mara, cast.tom))
    sellers = {user.pk: sign_in(user) for user in (cast.sam, cast.nina)}
    rep.goto("/queue/")
    head.goto("/queue/board/")
    sent = send(live_portal, cast, SENT)
    assert sent["stage"] == "mql"
    assert sent["due_at"]

    call(rep)
    assert attempts.settle_due(timezone.now() + attempts.UNDO) == 1
    receiver = Handoff.objects.get(state="offered").to_user
    decide(sellers[receiver.pk if receiver else cast.sam.pk])

    lead = Lead.objects.get(public_id=sent["id"])
    assert lead.stage == "won"
    assert str(Opportunity.objects.get().amount) == "11500.00"
    stages = list(StageEntry.objects.filter(lead=lead).order_by("id").values_list("stage", flat=True))
    assert stages[-1] == "won"
    assert stages.index("mql") < stages.index("tql") < stages.index("opportunity") < stages.index("won")
    assert all(finding.clean for finding in audit.run())

    marketing.goto(f"/leads/{lead.public_id}/")
    expect(marketing.locator("main")).to_contain_text("Grace Hopper")
    expect(marketing.locator("main")).to_contain_text("Won")
    marketing.goto("/reports/funnel/")
    expect(marketing.locator("main")).to_contain_text("Won")
    head.goto("/search/?q=hopper")
    expect(head.locator("main")).to_contain_text("Grace Hopper")
