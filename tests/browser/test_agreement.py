"""Two managers negotiate an agreement, sign it, and it takes over from the one before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from sla.models import Version
from sla.standing import Code, standing_of
from tests.browser import axe
from tests.browser.conftest import SignIn
from tests.cast import assemble

pytestmark = pytest.mark.browser
FIRST_CALL = "commitment:first-call"


def set_first_call(page: Page, minutes: str) -> None:
    """On the page of promises: the words beside the field follow while one types."""
    page.get_by_role("link", name="Promises and hours").click()
    page.get_by_text("First call: Telequalification makes the first attempt").first.click()
    field = page.locator("input[name$='-target']:visible").first
    field.fill(minutes)
    expect(page.locator(".draft-words:visible").first).to_contain_text(f"within {minutes} working minutes")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. This is revision")).to_be_visible()


def propose(page: Page) -> None:
    page.get_by_role("link", name="Propose…").click()
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("Proposed: it is not in force")).to_be_visible()


def sign(page: Page, side: str) -> None:
    page.goto("/agreement/")
    expect(page.get_by_text("Waits for your signature")).to_be_visible()
    page.get_by_role("link", name="Lead agreement v2").first.click()
    page.get_by_role("link", name=f"Sign for {side}").click()
    expect(page.get_by_text("60 → 30 working minutes")).to_be_visible()
    page.get_by_role("button", name=f"Sign for {side}").click()
    expect(page.get_by_text(f"You have signed Lead agreement v2 for {side}.")).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_two_managers_negotiate_sign_and_supersede(sign_in: SignIn):
    cast = assemble(since=timezone.now() - timedelta(days=30))
    mara, sina, tom = sign_in(cast.mara), sign_in(cast.sina), sign_in(cast.tom)

    # marketing drafts from what is in force and proposes
    mara.goto("/agreement/")
    mara.get_by_role("link", name="New draft").click()
    mara.get_by_role("button", name="Save and continue editing").click()
    set_first_call(mara, "45")
    propose(mara)
    document = mara.url

    # sales reads, finds it too slow, and says so in the margin
    sina.goto(f"{document}#{FIRST_CALL}")
    clause = sina.locator(f"[id='{FIRST_CALL}']")
    clause.get_by_role("link", name="Remark").click()
    sina.get_by_label("Your remark").fill("Thirty minutes, or they have called somebody else.")
    sina.get_by_role("dialog").get_by_role("button", name="Remark").click()
    expect(clause.get_by_text("Thirty minutes, or they have")).to_be_visible()
    sina.keyboard.press("Escape")

    # marketing takes it back, gives way, settles the remark and proposes anew
    mara.reload()
    expect(mara.locator(f"[id='{FIRST_CALL}']").get_by_text("Thirty minutes, or they have")).to_be_visible()
    mara.get_by_role("button", name="More").click()
    mara.get_by_role("link", name="Back to the desk").click()
    mara.get_by_label("Why").fill("Sales asks for thirty minutes")
    mara.get_by_role("button", name="Back to the desk").click()
    set_first_call(mara, "30")
    mara.get_by_role("link", name="Read it").click()
    mara.locator(f"[id='{FIRST_CALL}']").get_by_role("link", name="Answer").click()
    mara.get_by_role("dialog").get_by_role("button", name="Settled").click()
    expect(mara.locator(f"[id='{FIRST_CALL}']").get_by_text("settled by Mara Lindt")).to_be_attached()
    mara.keyboard.press("Escape")
    mara.get_by_role("link", name="Propose", exact=True).click()
    mara.get_by_role("button", name="Propose it").click()

    # every side signs exactly this
    sign(sina, "Sales")
    sign(tom, "Telequalification")
    expect(tom.get_by_text("Proposed: it is not in force")).to_be_visible()
    sign(mara, "Marketing")
    expect(mara.get_by_text("In force since")).to_be_visible()

    version = Version.objects.get(number=2)
    assert version.signatures.filter(voided_at=None).count() == 3
    assert standing_of(cast.version, timezone.now()).code == Code.SUPERSEDED

    # those who work under it confirm it; the old one points to the new
    sam = sign_in(cast.sam, size=axe.PHONE)
    sam.goto("/agreement/in-force/all/")
    sam.get_by_role("button", name="I have read it").click()
    expect(sam.get_by_text("You confirmed on")).to_be_visible()
    assert sam.evaluate("document.documentElement.scrollWidth") <= axe.PHONE["width"]
    sina.goto(f"/agreement/versions/{version.public_id}/readers/")
    expect(sina.get_by_text("1 of 9 people")).to_be_visible()
    sina.goto(f"/agreement/versions/{cast.version.public_id}/")
    expect(sina.get_by_text("Superseded").first).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_a_new_row_of_a_draft_is_open_and_has_the_focus(sign_in: SignIn):
    cast = assemble(since=timezone.now() - timedelta(days=30))
    mara = sign_in(cast.mara)
    mara.goto("/agreement/")
    mara.get_by_role("link", name="New draft").click()
    mara.get_by_role("button", name="Save and continue editing").click()
    mara.get_by_role("link", name="Promises and hours").click()
    mara.get_by_text("Add another Commitment").click()
    name = mara.locator("input[name^='commitment_rows-'][name$='-name']:visible").last
    expect(name).to_be_focused()
    expect(name).to_have_value("")
