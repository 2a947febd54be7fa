"""The inbox as a rep has it before them: by keys on a wide screen, under the thumb on a phone, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from config.accounts.models import User
from config.notices.services import links
from leads.models import Handoff, HandoffState
from leads.services import handoffs
from tests.cast import HOUR, Cast, assemble
from tests.web.conftest import signed_in
from tests.web.test_browser import NARROW, WIDE, barriers

pytestmark = pytest.mark.browser


@pytest.fixture
def cast(live_portal: str) -> Cast:
    return assemble()


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser holds against the page; a conflict is an answer, not a fault."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert [line for line in found if "409" not in line and "422" not in line] == []


def offered_to(cast: Cast, user: User, *names: str) -> list[Handoff]:
    found = []
    for name in names:
        handoff = cast.with_sales(name, timezone.now() - HOUR)
        handoffs.reassign(handoff.pk, to_user=user, by=cast.sina, at=timezone.now())
        found.append(Handoff.objects.get(pk=handoff.pk))
    return found


def sign_in(context: BrowserContext, address: str, user: User) -> None:
    cookie = signed_in(user).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])


def open_inbox(page: Page, address: str, user: User, size: dict[str, int] = WIDE, query: str = "") -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(page.context, address, user)
    page.goto(f"{address}/inbox/{query}")


def until_ready(page: Page, act: str, key: str) -> None:
    """The act's button came by htmx and answers to its key: the mark is set once htmx has taken the part over."""
    expect(page.locator(f"#act-{act}")).to_have_attribute("aria-keyshortcuts", key)


def state(handoff: Handoff) -> str:
    return str(Handoff.objects.get(pk=handoff.pk).state)


def test_one_key_accepts_what_is_open_and_the_list_goes_on(
    cast: Cast, live_portal: str, page: Page, complaints
) -> None:
    first, second = offered_to(cast, cast.sam, "ada", "grace")
    open_inbox(page, live_portal, cast.sam)
    expect(page.locator("#handoff")).to_contain_text("Ada Lovelace")  # the soonest promise, by itself
    assert "\n".join(barriers(page)) == ""
    until_ready(page, "accept", "a")
    page.keyboard.press("a")
    expect(page.locator("#toasts")).to_contain_text("Accepted.")
    expect(page.locator(".inbox-line")).to_have_count(1)
    expect(page.locator("#handoff")).to_contain_text("Sam Okafor accepted it")
    assert (state(first), state(second)) == (HandoffState.ACCEPTED, HandoffState.OFFERED)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#handoff")).to_contain_text("Grace Lovelace")
    expect(page).to_have_url(f"{live_portal}/inbox/?tab=decide&scope=mine&open={second.public_id}")
    page.reload()
    expect(page.locator("#handoff")).to_contain_text("Grace Lovelace")


def test_rejecting_by_keys_asks_for_what_the_reason_needs(cast: Cast, live_portal: str, page: Page, complaints) -> None:
    (handoff,) = offered_to(cast, cast.sam, "ada")
    reasons = cast.terms.reasons_of("reject")
    number = next(place for place, reason in enumerate(reasons, 1) if reason.needs_attribute)
    open_inbox(page, live_portal, cast.sam)
    until_ready(page, "reject", "r")
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Reject this lead")
    expect(dialog).to_be_visible()
    assert "\n".join(barriers(page)) == ""
    dialog.get_by_label("What should the giver know?").fill("See their size")
    dialog.get_by_label(reasons[number - 1].label).focus()
    page.keyboard.press(str(number))
    expect(dialog.locator(".act-consequence")).to_be_visible()
    expect(dialog.get_by_label("What should the giver know?")).to_have_value("See their size")
    dialog.get_by_role("button", name="Reject").click()
    assert state(handoff) == HandoffState.OFFERED
    dialog.get_by_label("Which attribute?").select_option("company.employees")
    dialog.get_by_role("button", name="Reject").click()
    expect(page.locator("#toasts")).to_contain_text("the giver sees why")
    found = Handoff.objects.get(pk=handoff.pk)
    assert (found.state, found.reason_attribute, found.note) == ("rejected", "company.employees", "See their size")


def test_who_was_slower_is_told_and_sees_how_it_stands(cast: Cast, live_portal: str, page: Page, complaints) -> None:
    (handoff,) = offered_to(cast, cast.sam, "ada")
    open_inbox(page, live_portal, cast.sam)
    until_ready(page, "accept", "a")
    handoffs.accept(handoff.pk, by=cast.sina, at=timezone.now())
    page.keyboard.press("a")
    toast = page.locator("#toasts [data-code=decided]")
    expect(toast).to_contain_text("Sina Vogel has accepted this lead.")
    expect(page.locator("#handoff")).to_contain_text("Sina Vogel accepted it")
    expect(page.locator("#act-accept")).to_have_count(0)


def test_what_is_picked_outlasts_what_else_the_page_renews(
    cast: Cast, live_portal: str, page: Page, complaints
) -> None:
    """The list renews itself; between that and its last touches another part of the page does so too."""
    ada, grace = offered_to(cast, cast.sam, "ada", "grace")
    open_inbox(page, live_portal, cast.sam)
    page.wait_for_load_state("networkidle")
    first, second = page.locator(f"#pick-{ada.public_id}"), page.locator(f"#pick-{grace.public_id}")
    first.check()
    page.evaluate("""() => {
        const list = document.querySelector("#inbox-list"), other = document.querySelector("#incoming");
        const detail = { target: other, requestConfig: {}, elt: other, xhr: { status: 200, responseURL: location.href } };
        list.addEventListener("htmx:afterSwap", () => {
            other.dispatchEvent(new CustomEvent("htmx:beforeSwap", { bubbles: true, detail }));
            list.addEventListener("htmx:afterSettle", () => { list.dataset.renewed = "yes"; }, { once: true });
        }, { once: true });
        document.body.dispatchEvent(new CustomEvent("live:handoff"));
    }""")
    expect(page.locator("#inbox-list[data-renewed=yes]")).to_be_visible()
    expect(first).to_be_checked()
    first.uncheck()
    second.check()
    with page.expect_response("**/queue/incoming/"):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('live:call'))")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    expect(first).not_to_be_checked()
    expect(second).to_be_checked()


def test_many_at_once_are_asked_for_the_reason_too(cast: Cast, live_portal: str, page: Page, complaints) -> None:
    rows = offered_to(cast, cast.sam, "ada", "grace", "joan")
    open_inbox(page, live_portal, cast.sam)
    for handoff in rows[:2]:
        page.locator(f"#pick-{handoff.public_id}").check()
    page.locator(".bulk").get_by_role("button", name="Reject").click()
    dialog = page.get_by_role("dialog", name="Reject this lead")
    expect(dialog).to_contain_text("2 leads:")
    dialog.get_by_role("button", name="Reject").click()  # the browser itself asks for the reason
    expect(dialog).to_be_visible()
    assert {state(row) for row in rows} == {HandoffState.OFFERED}
    dialog.get_by_label("Duplicate or already owned").check()
    dialog.get_by_role("button", name="Reject").click()
    expect(page.locator("#toasts")).to_contain_text("2 leads.")
    expect(page.locator(".inbox-line")).to_have_count(1)
    assert [state(row) for row in rows] == ["rejected", "rejected", "offered"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_one_thing_at_a_time(cast: Cast, live_portal: str, page: Page, complaints, theme: str) -> None:
    first, _second = offered_to(cast, cast.sam, "ada", "grace")
    page.context.add_cookies([{"name": "theme", "value": theme, "url": live_portal}])
    open_inbox(page, live_portal, cast.sam, NARROW)
    expect(page.locator(".inbox-line")).to_have_count(2)
    expect(page.locator("#detail")).to_be_hidden()
    assert "\n".join(barriers(page)) == ""
    page.locator(f"#line-{first.public_id}").click()
    until_ready(page, "accept", "a")
    accept = page.locator("#act-accept")
    expect(accept).to_be_in_viewport()
    box: Any = accept.bounding_box()
    assert box["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert "\n".join(barriers(page)) == ""
    accept.click()
    expect(page.locator("#handoff")).to_contain_text("Sam Okafor accepted it")
    assert state(first) == HandoffState.ACCEPTED
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".inbox-line")).to_have_count(1)


def test_without_scripts_everything_is_a_link_or_a_form(cast: Cast, live_portal: str, browser: Browser) -> None:
    first, second = offered_to(cast, cast.sam, "ada", "grace")
    context = browser.new_context(java_script_enabled=False, viewport=NARROW)  # type: ignore[arg-type]
    sign_in(context, live_portal, cast.sam)
    page = context.new_page()
    page.goto(f"{live_portal}/inbox/")
    page.locator(f"#line-{first.public_id}").click()
    page.locator("#act-accept").click()
    assert state(first) == HandoffState.ACCEPTED
    page.goto(f"{live_portal}/inbox/?open={second.public_id}")
    page.locator("#act-reject").click()
    page.get_by_label("Duplicate or already owned").check()
    page.get_by_role("button", name="Reject").click()
    assert state(second) == HandoffState.REJECTED
    context.close()


def test_the_button_of_a_mail_accepts_in_a_browser_that_is_not_signed_in(page: Page, cast: Cast, live_portal: str):
    (handoff,) = offered_to(cast, cast.sam, "ada")
    key = links.make_link(cast.sam, "accept_handoff", str(handoff.public_id), timezone.now() + timedelta(days=1))
    page.goto(live_portal + urlsplit(key).path)
    expect(page.get_by_role("heading", name="Accept Ada Lovelace?")).to_be_visible()
    page.get_by_role("button", name="Accept the lead").click()
    expect(page.get_by_role("link", name="Open it in the portal")).to_be_visible()
    assert Handoff.objects.get(pk=handoff.pk).state == HandoffState.ACCEPTED
