"""The design in a real browser: nothing the policy forbids, no barrier axe can find, and scripts that do what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import BrowserContext, Dialog, Page, Route, expect

from config.accounts.models import User
from config.notices.kinds import TEST
from config.notices.services import notices
from config.outbox.services.events import News, publish
from tests.web.conftest import make_member, signed_in

pytestmark = pytest.mark.browser

AXE = (settings.BASE_DIR / "node_modules/axe-core/axe.min.js").read_text()
CASES = json.loads((Path(__file__).parent / "clock_cases.json").read_text())
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
THEMES = ("light", "dark")
RUN_AXE = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
    (found) => `${found.id}: ${found.nodes.slice(0, 4).map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")).join(" | ")}`
)"""


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser's console has against the page; a test that ends with some fails."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


@pytest.fixture
def portal(page: Page, context: BrowserContext, live_portal: str, complaints: list[str]) -> str:
    """Signed in as Tom, who manages a sales team."""
    cookie = signed_in(make_member(role="manager")).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_portal}])
    return live_portal


def open_gallery(page: Page, portal: str, theme: str = "light", size: dict[str, int] = WIDE) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.context.add_cookies([{"name": "theme", "value": theme, "url": portal}])
    page.goto(f"{portal}/design/")


def barriers(page: Page) -> list[str]:
    page.evaluate(AXE)
    return page.evaluate(RUN_AXE)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("theme", THEMES)
def test_the_gallery_has_no_barriers_and_fits_the_screen(page: Page, portal: str, theme, size):
    open_gallery(page, portal, theme, size)
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    page.locator("#charts").scroll_into_view_if_needed()
    page.locator("#icons").scroll_into_view_if_needed()
    expect(page.locator(".chart-canvas canvas")).to_have_count(4)
    assert "\n".join(barriers(page)) == ""
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_page_fetches_the_chart_library_only_once_a_chart_is_near(page: Page, portal: str):
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if "echarts" in request.url else None)
    open_gallery(page, portal)
    assert fetched == []
    page.locator("#charts").scroll_into_view_if_needed()
    expect(page.locator("#chart-line canvas")).to_be_visible()
    assert len(fetched) == 1


@pytest.mark.parametrize("theme", THEMES)
def test_sign_in_has_no_barriers(page: Page, live_portal: str, complaints, theme):
    page.context.add_cookies([{"name": "theme", "value": theme, "url": live_portal}])
    page.goto(f"{live_portal}/accounts/login/")
    assert "\n".join(barriers(page)) == ""


def test_an_opened_dialog_and_menu_have_no_barriers(page: Page, portal: str):
    open_gallery(page, portal)
    page.get_by_role("button", name="Open a dialog").click()
    assert "\n".join(barriers(page)) == ""
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Your menu").click()
    assert "\n".join(barriers(page)) == ""


def test_signing_in_by_keyboard_alone(page: Page, live_portal: str):
    make_member()
    page.goto(f"{live_portal}/accounts/login/?next=/design/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("tom.adeyemi@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("demo-password-1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_portal}/design/")


@pytest.mark.parametrize("theme", THEMES)
def test_focus_is_always_seen(page: Page, portal: str, theme):
    open_gallery(page, portal, theme)
    accent = page.evaluate("(() => { const i = document.createElement('i'); i.style.color = 'var(--accent)';"
                           " document.body.append(i); return getComputedStyle(i).color })()")  # fmt: skip
    for _ in range(40):
        page.keyboard.press("Tab")
        seen = page.evaluate("(() => { const s = getComputedStyle(document.activeElement);"
                             " return [s.outlineStyle, s.outlineWidth, s.outlineColor, document.activeElement.outerHTML.slice(0, 80)] })()")  # fmt: skip
        assert seen[:3] == ["solid", "2px", accent], seen


def test_the_skip_link_comes_first_and_leads_past_the_rail(page: Page, portal: str):
    open_gallery(page, portal)
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the page")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


# --- clocks ---------------------------------------------------------------------------------------------------


def module(page: Page, name: str) -> str:
    """The address under which this page loads one of our scripts."""
    return page.locator(f"script[src*='handoff/{name}.']").get_attribute("src") or ""


def test_the_browser_says_of_clocks_what_the_server_says(page: Page, portal: str):
    open_gallery(page, portal)
    said = page.evaluate(
        """async ([address, cases]) => {
            const clock = await import(address), now = new Date(cases.now), at = (text) => new Date(text);
            return {
                left: cases.left.map(([due]) => clock.leftText(at(due), now, cases.zone)),
                late: cases.late.map(([from]) => clock.lateText(at(from), now)),
                ago: cases.ago.map(([then]) => clock.agoText(at(then), now, cases.zone)),
                used: cases.used.map(([start, due]) => clock.usedPercent(at(start), at(due), now)),
            };
        }""",
        [module(page, "clock"), CASES],
    )
    for kind in ("left", "late", "ago", "used"):
        assert said[kind] == [case[-1] for case in CASES[kind]]


def test_a_clock_counts_turns_amber_and_then_red(page: Page, portal: str):
    page.clock.install(time=datetime.now())  # noqa: DTZ005 - the browser's own clock
    open_gallery(page, portal)
    clock = page.locator("tr", has_text="seconds left").locator("[data-clock]").first
    text = clock.locator(".clock-text")
    before = text.inner_text()
    assert re.fullmatch(r"0:\d\d", before)
    page.clock.run_for(5000)
    expect(text).not_to_have_text(before)
    assert "clock-soon" in (clock.get_attribute("class") or "")
    page.clock.run_for(60_000)
    expect(text).to_have_text("1 min late")
    assert "clock-late" in (clock.get_attribute("class") or "")
    assert clock.locator(".clock-hand").get_attribute("stroke-dasharray") == "100 100"


def test_a_wrong_clock_on_the_machine_shows_the_right_promise(page: Page, portal: str):
    page.clock.install(time=timezone.now() + timedelta(hours=3))
    open_gallery(page, portal)
    page.clock.run_for(2000)
    expect(page.locator("tr", has_text="hours left").locator(".clock-text").first).to_have_text(
        re.compile("5 h (19|20) min")
    )


# --- keys -----------------------------------------------------------------------------------------------------


def test_keys_press_what_they_name_but_not_while_typing(page: Page, portal: str):
    open_gallery(page, portal)
    page.evaluate("document.querySelector('[data-key=a]').addEventListener('click', () => (window.pressed = 'accept'))")
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search everything")
    expect(search).to_be_focused()
    page.keyboard.type("a?")
    expect(search).to_have_value("a?")
    assert page.evaluate("window.pressed") is None
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    assert page.evaluate("window.pressed") == "accept"


def test_keys_in_sequence_go_to_a_page(page: Page, portal: str):
    open_gallery(page, portal)
    page.keyboard.press("g")
    page.keyboard.press("x")
    page.keyboard.press("n")
    expect(page.locator("#bell-latest")).not_to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("n")
    expect(page.locator("#bell-latest")).to_be_visible()


def test_notices_that_are_being_read_stay_open_when_another_comes(page: Page, portal: str):
    open_gallery(page, portal)
    state_of(page, "open")
    page.keyboard.press("g")
    page.keyboard.press("n")
    expect(page.locator("#bell-latest")).to_contain_text("You have not been told anything yet.")
    with transaction.atomic():
        notices.tell([User.objects.get()], kind=TEST, title="Look here", dedupe_key="look", at=timezone.now())
    expect(page.locator("#bell-latest")).to_contain_text("Look here")
    expect(page.get_by_role("button", name="Notices, 1 unread")).to_be_visible()


def test_the_overlay_lists_the_pages_keys_and_can_switch_them_off(page: Page, portal: str):
    open_gallery(page, portal)
    page.keyboard.press("?")
    overlay = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(overlay.locator("dl").first).to_contain_text("Accept")
    overlay.get_by_label("Single keys act on this device").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search everything")).not_to_be_focused()


def test_only_the_dialogs_keys_count_in_a_dialog(page: Page, portal: str):
    open_gallery(page, portal)
    page.evaluate("document.querySelector('[data-key=a]').addEventListener('click', () => (window.pressed = 'accept'))")
    page.get_by_role("button", name="Open a dialog").click()
    page.keyboard.press("a")
    assert page.evaluate("window.pressed") is None


# --- dialogs, menus, toasts -----------------------------------------------------------------------------------


def test_a_dialog_takes_the_cursor_to_its_first_field_and_gives_it_back(page: Page, portal: str):
    open_gallery(page, portal)
    opener = page.get_by_role("button", name="Open a dialog")
    opener.click()
    expect(page.get_by_label("Outside our territory").last).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_a_menu_is_walked_by_arrows(page: Page, portal: str):
    open_gallery(page, portal)
    button = page.get_by_role("button", name="More", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    for name in ("Give to somebody else", "Ask what is missing"):
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("link", name=name)).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def tell(page: Page, **toast: Any) -> None:
    page.evaluate("(d) => document.body.dispatchEvent(new CustomEvent('toast', {bubbles: true, detail: d}))", toast)


def test_good_news_goes_away_bad_news_stays_and_markup_is_text(page: Page, portal: str):
    page.clock.install()
    open_gallery(page, portal)
    tell(page, level="success", text="Accepted <b>it</b>")
    tell(page, level="error", text="Not done")
    notes = page.locator("#toasts [data-toast]")
    expect(notes.first).to_contain_text("Accepted <b>it</b>")
    page.clock.run_for(8000)
    expect(notes).to_have_count(1)
    expect(notes).to_contain_text("Not done")
    notes.get_by_role("button", name="Dismiss").click()
    expect(notes).to_have_count(0)


def test_a_toast_can_be_reached_while_a_dialog_is_open(page: Page, portal: str):
    open_gallery(page, portal)
    page.get_by_role("button", name="Open a dialog").click()
    tell(page, level="error", text="Not done")
    page.locator("#toasts").get_by_role("button", name="Dismiss").click()
    expect(page.locator("#toasts [data-toast]")).to_have_count(0)


# --- theme, lists, forms --------------------------------------------------------------------------------------


def test_the_theme_changes_at_once_and_stays(page: Page, portal: str):
    open_gallery(page, portal, "light")
    page.get_by_role("button", name="Your menu").click()
    with page.expect_response("**/theme/") as answer:
        page.get_by_role("button", name="Dark").click()
    assert answer.value.status == 204
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_without_a_choice_the_theme_follows_the_system(page: Page, portal: str):
    page.emulate_media(color_scheme="dark")
    open_gallery(page, portal, "auto")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_rows_are_walked_and_selected_by_keys(page: Page, portal: str):
    open_gallery(page, portal)
    bar = page.locator("#bulk")
    expect(bar).not_to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("a.row-link", has_text="Jean-Baptiste")).to_be_focused()
    page.keyboard.press("x")
    expect(bar).to_contain_text("1 selected")
    page.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text("4 selected")
    bar.get_by_role("button", name="Clear").click()
    expect(bar).not_to_be_visible()


def test_a_filter_changes_the_list_and_the_address_without_empty_fields(page: Page, portal: str):
    open_gallery(page, portal)
    page.get_by_label("Source", exact=True).last.select_option("fair")
    page.wait_for_url("**/design/?source=fair*")
    assert "q=" not in page.url
    assert "since=" not in page.url


def test_a_half_filled_form_is_not_lost_by_accident(page: Page, portal: str):
    open_gallery(page, portal)
    page.locator("#id_name").fill("Somebody else")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.goto(f"{portal}/accounts/2fa/")
    assert asked == ["beforeunload"]


def test_a_phone_reaches_every_page_by_the_drawer(page: Page, portal: str):
    open_gallery(page, portal, size=NARROW)
    rail = page.get_by_role("navigation", name="Main")
    expect(rail).not_to_be_visible()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(rail).to_be_visible()
    page.get_by_role("button", name="Close the menu").click()
    expect(rail).not_to_be_visible()


def test_clocks_are_right_without_scripts(live_portal: str, browser: Any):
    cookie = signed_in(make_member()).cookies["sessionid"].value
    context = browser.new_context(java_script_enabled=False, color_scheme="dark")
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_portal}])
    page = context.new_page()
    page.goto(f"{live_portal}/design/")
    left = page.locator("tr", has_text="hours left").locator(".clock-text").first.inner_text()
    assert re.fullmatch("5 h (19|20) min", left)
    context.close()


# --- answers of htmx ------------------------------------------------------------------------------------------


def answer_with(page: Page, status: int, body: str = "", **headers: str) -> None:
    """What the server says when the list is filtered."""
    page.route("**/design/?*", lambda route: route.fulfill(status=status, body=body, headers=headers))
    page.get_by_label("Source", exact=True).last.select_option("fair")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "could not be read"), (403, "You may not do this"), (404, "not there any more"), (409, "changed meanwhile"),
        (429, "Too many requests"), (500, "wrong on our side"), (502, "wrong on our side"),
    ],
)  # fmt: skip
def test_a_failed_request_says_so_and_leaves_the_page_alone(page: Page, portal: str, complaints, status, words):
    open_gallery(page, portal)
    answer_with(page, status, "<html><body>A whole page</body></html>")
    expect(page.locator("#toasts")).to_contain_text(words)
    expect(page.locator("#gallery-list")).to_contain_text("Ines Kowalska")
    assert all(f"status of {status}" in text or f"Response Status Error Code {status}" in text for text in complaints)
    complaints.clear()


def test_a_refused_verb_arrives_as_a_toast(page: Page, portal: str, complaints):
    open_gallery(page, portal)
    refusal = '<div class="toast-note tells-error" data-toast>Tom was faster</div>'
    answer_with(page, 409, refusal, **{"HX-Retarget": "#toasts", "HX-Reswap": "beforeend", "HX-Reselect": "unset"})
    expect(page.locator("#toasts [data-toast]")).to_contain_text("Tom was faster")
    complaints.clear()


def test_without_a_connection_the_page_says_that_nothing_was_changed(page: Page, portal: str, complaints):
    open_gallery(page, portal)
    page.route("**/design/?*", lambda route: route.abort())
    page.get_by_label("Source", exact=True).last.select_option("fair")
    expect(page.locator("#toasts")).to_contain_text("No connection")
    complaints.clear()


def test_when_the_session_is_over_one_signs_in_and_comes_back(page: Page, portal: str, complaints):
    page.route("**/live/events/**", lambda route: route.abort())  # or what it brings asks first
    open_gallery(page, portal)
    page.context.clear_cookies()
    page.get_by_label("Source", exact=True).last.select_option("fair")
    page.wait_for_url(f"{portal}/accounts/login/?next=%2Fdesign%2F*")
    complaints.clear()


def test_a_dialog_can_be_fetched_and_closed_by_the_answer(page: Page, portal: str):
    open_gallery(page, portal)
    fragment = '<header class="dialog-head"><h2 id="dialog-title">Fetched</h2></header><div class="dialog-body"><input name="why"></div>'
    page.route("**/fetched/", lambda route: route.fulfill(body=fragment, content_type="text/html"))
    page.evaluate("""() => {
        const link = document.createElement("button");
        link.id = "fetching";
        link.setAttribute("hx-get", "/fetched/");
        link.setAttribute("hx-target", "#dialog-fill");
        document.getElementById("main").prepend(link);
        htmx.process(link);
    }""")
    page.locator("#fetching").click()
    dialog = page.get_by_role("dialog", name="Fetched")
    expect(dialog.locator("[name=why]")).to_be_focused()
    page.evaluate("document.body.dispatchEvent(new CustomEvent('dialog:close', {bubbles: true}))")
    expect(dialog).not_to_be_visible()
    expect(page.locator("#fetching")).to_be_focused()


def test_an_answer_can_bring_a_message_of_its_own(page: Page, portal: str):
    open_gallery(page, portal)
    message = json.dumps({"toast": {"level": "success", "text": "Accepted.", "url": "/undo/", "label": "Undo"}})
    answer_with(page, 204, **{"HX-Trigger": message})
    expect(page.locator("#toasts [data-toast]")).to_contain_text("Accepted.")
    expect(page.locator("#toasts").get_by_role("link", name="Undo")).to_have_attribute("href", re.compile("/undo/$"))


def test_a_message_never_links_elsewhere(page: Page, portal: str):
    open_gallery(page, portal)
    tell(page, level="info", text="Look", url="https://elsewhere.example/", label="here")
    expect(page.locator("#toasts [data-toast]")).to_contain_text("Look")
    expect(page.locator("#toasts a")).to_have_count(0)


def test_a_form_saves_itself_when_typing_pauses(page: Page, portal: str):
    saved: list[str] = []

    def save(route: Route) -> None:
        saved.append(route.request.post_data or "")
        route.fulfill(status=204)

    page.route("**/saved/", save)
    open_gallery(page, portal)
    page.evaluate("""() => {
        const form = document.createElement("form");
        form.innerHTML = '<textarea name="note"></textarea><span data-autosave-state></span>';
        for (const [name, value] of Object.entries({"data-autosave": "", "hx-post": "/saved/", "hx-trigger": "autosave"}))
            form.setAttribute(name, value);
        document.getElementById("main").prepend(form);
        htmx.process(form);
    }""")
    page.locator("form[data-autosave] textarea").press_sequentially("Wants a price", delay=20)
    expect(page.locator("[data-autosave-state]")).to_have_text("Saved")
    assert len(saved) == 1
    assert parse_qs(saved[0])["note"] == ["Wants a price"]
    assert page.locator("form[data-autosave]").get_attribute("data-changed") is None


def test_a_form_is_sent_once_however_often_it_is_pressed(page: Page, portal: str):
    open_gallery(page, portal)
    sent: list[str] = []

    def swallow(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            route.fulfill(status=204)
        else:
            route.continue_()

    page.route("**/design/", swallow)
    page.evaluate("""() => {
        const form = document.querySelector("form[data-guard]");
        form.noValidate = true;
        for (let times = 0; times < 3; times += 1) form.requestSubmit();
    }""")
    expect(page.locator("form[data-guard] button[type=submit]")).to_be_disabled()
    assert len(sent) == 1


def hold_back(page: Page, name: str) -> Callable[[], Route]:
    """The next pages do not get this script of ours until the test lets them: the page is still arriving."""
    held: list[Route] = []
    page.route(re.compile(rf"/{name}\.[^/]*js$"), lambda route: held.append(route))

    def arrived() -> Route:
        while not held:
            page.wait_for_timeout(20)
        return held.pop()

    return arrived


def test_a_key_pressed_while_the_page_is_still_arriving_is_not_lost(page: Page, portal: str):
    arriving = hold_back(page, "keys")
    page.goto(f"{portal}/design/", wait_until="commit")
    script = arriving()
    expect(page.locator("#main")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#keys-help")).not_to_be_visible()
    script.continue_()
    expect(page.locator("#keys-help")).to_be_visible()


# --- live events ----------------------------------------------------------------------------------------------


def listen(page: Page) -> None:
    page.evaluate("""() => {
        window.heard = [];
        const mark = document.createElement("div");
        mark.setAttribute("hx-trigger", "live:handoff.offered from:body");
        document.body.append(mark);
        for (const name of ["live:handoff.offered", "live:handoff", "live:subject:7", "live:any"])
            document.body.addEventListener(name, (event) => window.heard.push([name, event.detail.missed ?? false]));
    }""")


HEARD = [[name, False] for name in ("live:handoff.offered", "live:handoff", "live:subject:7", "live:any")]


def offer(user: User) -> None:
    with transaction.atomic():
        publish(News("handoff.offered", "7", timezone.now(), users=[user.pk]))


def until(page: Page, expression: str) -> None:
    """Wait for something to be true on the page; the policy forbids Playwright's own way, which evaluates text."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never: {expression}")


def state_of(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-live-state", state)


def test_what_happens_elsewhere_is_heard_in_every_tab_over_one_connection(
    page: Page, context: BrowserContext, portal: str
):
    connections: list[str] = []
    context.on("request", lambda request: connections.append(request.url) if "/live/" in request.url else None)
    open_gallery(page, portal)
    state_of(page, "open")
    other = context.new_page()
    other.goto(f"{portal}/accounts/2fa/")
    state_of(other, "open")
    for tab in (page, other):
        listen(tab)
    offer(User.objects.get())
    for tab in (page, other):
        until(tab, "window.heard.length >= 4")
        assert tab.evaluate("window.heard") == HEARD
    assert len(connections) == 1


def test_when_the_tab_with_the_connection_closes_another_takes_over(page: Page, context: BrowserContext, portal: str):
    open_gallery(page, portal)
    state_of(page, "open")
    other = context.new_page()
    other.goto(f"{portal}/accounts/2fa/")
    state_of(other, "open")
    listen(other)
    page.close()
    offer(User.objects.get())
    until(other, "window.heard.some(([name]) => name === 'live:handoff.offered')")


def test_what_happened_while_a_page_was_still_arriving_is_heard(page: Page, context: BrowserContext, portal: str):
    open_gallery(page, portal)
    state_of(page, "open")
    for number, tab in enumerate((page, context.new_page())):  # one that connects itself, one that is told by the other
        arriving = hold_back(tab, "live")
        tab.add_init_script("""addEventListener("DOMContentLoaded", () => {
            window.heard = [];
            document.body.addEventListener("live:any", () => window.heard.push(1));
        })""")
        tab.goto(f"{portal}/design/?again={number}", wait_until="commit")
        script = arriving()
        offer(User.objects.get())
        script.continue_()
        until(tab, "window.heard?.length >= 1")


def test_a_lost_connection_is_mentioned_and_what_was_missed_is_fetched(page: Page, portal: str, complaints):
    answers = iter(["hello", "none", "none"])

    def answer(route: Route) -> None:
        match next(answers, "real"):
            case "hello":
                route.fulfill(content_type="text/event-stream", body="event: hello\ndata: {}\n\n")
            case "none":
                route.abort()
            case _:
                route.continue_()

    page.route("**/live/events/**", answer)
    page.clock.install()
    open_gallery(page, portal)
    state_of(page, "lost")  # the first answer has ended
    listen(page)
    page.clock.run_for(6000)
    expect(page.locator("#live-state")).to_be_visible()
    for _ in range(4):
        page.clock.run_for(15_000)
        page.wait_for_timeout(200)
    state_of(page, "open")
    expect(page.locator("#live-state")).not_to_be_visible()
    until(page, "window.heard.some(([name, missed]) => name === 'live:handoff.offered' && missed)")
    complaints.clear()
