"""Leads found, read and talked about in a browser: by keys on a wide screen, under the thumb on a phone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from config.notices.models import Notice
from leads.models import Lead, LeadComment, NurtureSpell, Opportunity
from leads.services import handoffs, opportunities, outcomes
from leads.services.nurture import local_date
from leads.services.opportunities import Deal
from tests.browser import axe
from tests.browser.conftest import SignIn
from tests.cast import DAY, HOUR, Cast, assemble

pytestmark = pytest.mark.browser


@pytest.fixture
def cast(live_portal: str) -> Cast:
    return assemble(since=timezone.now() - 30 * DAY)


def forgive(complaints: list[str]) -> None:
    """A refused form is an answer, which the browser notes."""
    complaints[:] = [said for said in complaints if "422 (" not in said]


def deal_of(cast: Cast, name: str) -> Opportunity:
    at = timezone.now() - HOUR
    handoff = cast.with_sales(name, at)
    handoffs.accept(handoff.pk, by=cast.sam, at=at + HOUR / 2)
    step = local_date(at) + timedelta(days=9)
    deal = Deal("Acme deal", Decimal(1000), next_step="Demo", next_step_on=step)
    return opportunities.open_from(handoff.pk, deal, by=cast.sam, at=at + HOUR / 2)


def test_from_any_page_to_a_lead_and_a_word_to_a_colleague_by_keys_alone(cast: Cast, sign_in: SignIn) -> None:
    lead = cast.hot("ada", timezone.now() - HOUR).lead
    page = sign_in(cast.tim)
    page.goto(reverse("opportunities"))
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search everything")).to_be_focused()
    page.keyboard.type("030 123456")
    page.keyboard.press("Enter")
    expect(page).to_have_url(reverse("lead", args=[lead.public_id]))
    expect(page.get_by_role("list", name="Everything that happened")).to_contain_text("Demo request")
    page.get_by_label("Comment", exact=True).focus()
    page.keyboard.type("Please look, @tom b")
    expect(page.get_by_role("option", name="Tom Berger")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Please look, @Tom Berger ")
    axe.check(page)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".said")).to_have_text("Please look, @Tom Berger")
    assert [user.name for user in LeadComment.objects.get().mentions.all()] == ["Tom Berger"]
    assert Notice.objects.get(kind="lead_mention").recipient == cast.tom


def test_the_list_narrows_while_one_types_and_keeps_its_address(cast: Cast, sign_in: SignIn) -> None:
    for name in ("ada", "bob"):
        cast.hot(name, timezone.now() - HOUR)
    page = sign_in(cast.mara)
    page.goto(reverse("leads"))
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("Name, e-mail, phone, company").fill("bob")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "q=bob" in page.url
    axe.check(page)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bob Lovelace")


def test_a_deal_is_changed_and_won_on_a_phone(cast: Cast, sign_in: SignIn, complaints: list[str]) -> None:
    deal = deal_of(cast, "ada")
    page = sign_in(cast.sam, size=axe.PHONE)
    page.goto(reverse("opportunity", args=[deal.public_id]))
    page.get_by_role("link", name="Change").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Proposal").check()
    dialog.get_by_label("Next step", exact=True).fill("")
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_label("Next step", exact=True).fill("Offer")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("list", name="Every change")).to_contain_text("Stage: Discovery to Proposal")
    axe.check(page)
    page.get_by_role("link", name="Won").click()
    page.get_by_role("dialog").get_by_label("Amount won").fill("1500")
    page.get_by_role("button", name="It is won").click()
    expect(page.locator(".page-beside")).to_have_text("Won")
    assert Lead.objects.get(pk=deal.lead_id).stage == "won"
    forgive(complaints)


def test_nurture_is_worked_in_bulk_on_a_phone(cast: Cast, sign_in: SignIn) -> None:
    at = timezone.now() - HOUR
    day = local_date(at) + timedelta(days=20)
    for name in ("ada", "bob"):
        outcomes.recycle(
            cast.with_sales(name, at).pk, by=cast.sam, at=at + HOUR / 2, reason="timing-wrong", return_on=day
        )
    page = sign_in(cast.mara, size=axe.PHONE)
    page.goto(reverse("nurture"))
    axe.check(page)
    for name in ("Ada", "Bob"):
        page.get_by_label(f"Select {name} Lovelace").check()
    later = day + timedelta(days=30)
    page.locator("#bulk-day").fill(later.isoformat())
    page.get_by_role("button", name="Move to this day").click()
    expect(page.locator(".toasts")).to_contain_text("2 leads come back on")
    assert NurtureSpell.objects.filter(return_on=later).count() == 2
    page.get_by_label("Select Ada Lovelace").check()
    page.get_by_role("button", name="Bring back now").click()
    expect(page.locator("tbody tr")).to_have_count(1)
