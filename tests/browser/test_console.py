"""The telephone desk in real browsers: a day's work by keyboard, races, leases, live arrivals, no barriers."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from config.accounts.choices import PresenceState
from config.accounts.models import User
from config.accounts.services import presence
from leads.models import Attempt, Callback, Handoff, QueueItem
from leads.services import attempts, claiming
from tests.browser import axe
from tests.browser.conftest import SignIn
from tests.cast import DAY, Cast, assemble

pytestmark = pytest.mark.browser


@pytest.fixture
def cast(live_portal: str) -> Cast:
    """The desk works day and night, for a browser goes by the real clock."""
    return assemble(since=timezone.now() - 30 * DAY, always_open=True)


def wait(cast: Cast, count: int, at: datetime | None = None) -> list[Handoff]:
    """So many leads wait, a second apart, so that their order is known."""
    at = at or timezone.now() - timedelta(seconds=60)
    return [
        cast.hot(
            f"lead{n}", at + timedelta(seconds=n), last_name=f"Number {n}", company=f"Company {n}",
            phone=f"+49301234{500 + n}", email=f"lead{n}@company{n}.example",
        )
        for n in range(count)
    ]  # fmt: skip


def on_console(page: Page, handoff: Handoff) -> None:
    expect(page).to_have_url(re.compile(f"/queue/{handoff.public_id}/$"))
    expect(page.locator("#outcomes")).to_be_visible()
    expect(page.locator(f"#outcomes [hx-post*='{handoff.public_id}']")).to_have_count(1)
    page.wait_for_load_state("load")  # the scripts that hear keys have run


def press(page: Page, key: str) -> None:
    page.keyboard.press(key)


def forgive(complaints: list[str]) -> None:
    """A page that asks for a lead it has lost is told so: 409, which the browser notes."""
    complaints[:] = [said for said in complaints if "409 (Conflict)" not in said]


def take(handoff: Handoff, rep: User) -> None:
    with transaction.atomic():
        claiming.claim(handoff.pk, by=rep, at=timezone.now())


def taken_by(handoff: Handoff) -> str | None:
    item = QueueItem.objects.select_related("claimed_by").get(pk=handoff.pk)
    return item.claimed_by.name if item.claimed_by else None


# --- a rep's work ----------------------------------------------------------------------------------------------------------


def test_ten_leads_by_keyboard_alone(sign_in: SignIn, cast: Cast) -> None:
    handoffs = wait(cast, 10)
    page = sign_in(cast.tim)
    page.goto("/queue/")
    press(page, "n")

    def at_once(key: str) -> None:
        press(page, key)

    def in_pane(key: str, *typed: str, label: str) -> None:
        press(page, key)
        expect(page.get_by_label(label)).to_be_focused()
        for number, words in enumerate(typed):
            if number:
                press(page, "Tab")
            page.keyboard.type(words)
        press(page, "Enter")

    def with_notes() -> None:
        press(page, "m")
        page.keyboard.type("Wants to hear about prices 1 2 3")
        expect(page.locator("#note-state")).to_have_text("Saved")
        press(page, "Escape")
        press(page, "1")

    def qualified() -> None:
        press(page, "q")
        expect(page.get_by_label("Need")).to_be_focused()
        for answer in ("Fewer quarrels", "Set", "Dec", "This q", "A spreadsheet", "Demo on Friday"):
            page.keyboard.type(answer)
            press(page, "Tab")
        press(page, "Control+Enter")

    work = {
        "na": with_notes,
        "bsy": lambda: at_once("2"),
        "vm": lambda: at_once("3"),
        "cb": lambda: in_pane("c", "tomorrow 10", label="Call back when?"),
        "cq": lambda: in_pane("p", "Send the offer", "in 2 h", label="What is the next step?"),
        "tql": qualified,
        "nur": lambda: in_pane("n", label="Why not now?"),
        "gk": lambda: at_once("5"),
        "skip": lambda: in_pane("s", "My former boss", label="Why do you skip this lead?"),
        "dnc": lambda: at_once("x"),
    }
    for handoff, act in zip(handoffs, work.values(), strict=True):
        on_console(page, handoff)
        act()
    expect(page.get_by_text("Nothing may be called just now")).to_be_visible()

    recorded = Attempt.objects.order_by("id")
    assert [row.disposition for row in recorded] == list(work)
    assert [row.handoff_id for row in recorded] == [handoff.pk for handoff in handoffs]
    assert recorded[0].note == "Wants to hear about prices 1 2 3"
    assert attempts.settle_due(timezone.now() + attempts.UNDO) == 10
    onward = Handoff.objects.get(follows=handoffs[5])
    assert onward.packet["answers"] == {
        "need": "Fewer quarrels", "budget": "Set aside", "authority": "Decides", "timeline": "This quarter",
        "tools-today": "A spreadsheet",
    }  # fmt: skip
    assert onward.packet["next_step"] == "Demo on Friday"
    assert Callback.objects.filter(owner=cast.tim, state="waiting").count() == 2
    assert Handoff.objects.get(pk=handoffs[9].pk).outcome == "disqualified"


def test_an_outcome_is_taken_back_with_its_notes(sign_in: SignIn, cast: Cast) -> None:
    first, second = wait(cast, 2)
    page = sign_in(cast.tim)
    page.goto("/queue/")
    press(page, "n")
    on_console(page, first)
    press(page, "m")
    page.keyboard.type("Speaks fast")
    press(page, "Escape")
    press(page, "2")
    on_console(page, second)
    expect(page.locator("[data-undo]")).to_contain_text("Busy recorded for Lead0 Number 0")
    press(page, "u")
    on_console(page, first)
    expect(page.locator("#call-note")).to_have_value("Speaks fast")
    assert Attempt.objects.get().undone_at is not None
    assert (taken_by(first), taken_by(second)) == ("Tim Novak", None)


def test_the_usual_call_needs_no_scrolling_and_shows_what_is_known(sign_in: SignIn, cast: Cast) -> None:
    [handoff] = wait(cast, 1)
    page = sign_in(cast.tim)
    page.goto("/queue/")
    press(page, "n")
    on_console(page, handoff)
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    number = page.get_by_role("link", name="+49 30 1234500")
    expect(number).to_have_attribute("href", "tel:+49301234500")
    expect(page.get_by_role("link", name="SIP")).to_have_attribute("href", "sip:+49301234500")
    expect(page.locator("main")).to_contain_text("Hello Lead0, this is Tim Novak")
    expect(page.locator("main")).to_contain_text("Try 1 of 6")
    press(page, "?")
    help_ = page.locator("#keys-help")
    expect(help_).to_be_visible()
    for words in ("No answer", "Callback requested", "Qualified", "Notes", "Skipped", "Call"):
        expect(help_).to_contain_text(words)
    axe.check(page)


def test_words_for_a_callback_are_shown_on_both_clocks(sign_in: SignIn, cast: Cast) -> None:
    handoff = cast.hot(phone="+12125550123", country="US", at=timezone.now())
    page = sign_in(cast.tim)
    page.goto(f"/queue/{handoff.public_id}/")
    press(page, "N")
    on_console(page, handoff)
    press(page, "c")
    expect(page.get_by_label("Call back when?")).to_be_focused()
    page.keyboard.type("Mon 14:30 their time")
    clocks = page.locator(".when-clocks")
    expect(clocks).to_contain_text("14:30")
    expect(clocks).to_contain_text(re.compile("(19|20):30"))
    expect(clocks).to_contain_text("New York time")
    axe.check(page)


# --- several people --------------------------------------------------------------------------------------------------------


def test_two_browsers_race_for_one_lead(sign_in: SignIn, cast: Cast, complaints: list[str]) -> None:
    [handoff] = wait(cast, 1)
    pages = {rep.name: sign_in(rep) for rep in (cast.tim, cast.tess)}
    for page in pages.values():
        page.goto(f"/queue/{handoff.public_id}/")
        expect(page.get_by_role("button", name="Take this lead")).to_be_visible()
    for page in pages.values():  # neither waits for an answer
        page.evaluate("() => { document.querySelector('form[action$=\"/take/\"] button').click() }")
    for page in pages.values():
        expect(page.get_by_role("button", name="Take this lead")).to_have_count(0)
    winner = taken_by(handoff)
    assert winner in pages
    loser = next(name for name in pages if name != winner)
    expect(pages[winner].locator(".number-digits")).to_have_text("+49 30 1234500")
    expect(pages[loser].locator("body")).to_contain_text(f"{winner} has")
    expect(pages[loser].locator(".number-digits")).to_have_count(0)
    assert handoff.claim_records.count() == 1
    forgive(complaints)


def test_a_rep_who_closes_the_laptop_gives_the_lead_back(sign_in: SignIn, cast: Cast, complaints: list[str]) -> None:
    first = wait(cast, 2)[0]
    away, here = sign_in(cast.tim), sign_in(cast.tess)
    here.goto("/queue/")
    away.goto("/queue/")
    press(away, "n")
    on_console(away, first)
    expect(here.locator(f"#q-{first.public_id}")).to_have_count(0)  # live: it is in Tim's hand
    away.context.set_offline(True)  # the lid closes: nothing is said any more
    lease = QueueItem.objects.get(pk=first.pk).lease_until
    assert lease is not None
    assert lease <= timezone.now() + claiming.HELD
    assert claiming.lapse(lease) == 1
    rows = here.locator("#list a.row-link")
    expect(rows).to_have_count(2)
    expect(rows.first).to_have_attribute("id", f"q-{first.public_id}")  # back in its order
    press(here, "n")
    on_console(here, first)
    assert list(first.claim_records.order_by("claimed_at").values_list("how", flat=True)) == ["lapsed", ""]
    away.context.set_offline(False)
    away.bring_to_front()
    away.reload()
    expect(away.locator("main")).to_contain_text("Tess Olsen has this lead in hand")
    expect(away.locator(".number-digits")).to_have_count(0)
    complaints.clear()  # no connection, and then a lead that was lost


def test_who_leaves_the_page_lets_go_at_once(sign_in: SignIn, cast: Cast) -> None:
    [handoff] = wait(cast, 1)
    page = sign_in(cast.tim)
    page.goto("/queue/")
    press(page, "n")
    on_console(page, handoff)
    page.goto("/queue/callbacks/")
    end_at = time.monotonic() + 10
    while time.monotonic() < end_at:
        lease = QueueItem.objects.get(pk=handoff.pk).lease_until
        if lease and lease <= timezone.now() + claiming.GRACE:
            break
        page.wait_for_timeout(50)
    assert claiming.lapse(timezone.now() + claiming.GRACE) == 1


def test_what_an_outcome_asks_for_fits_the_screen_and_names_its_keys(sign_in: SignIn, cast: Cast) -> None:
    [handoff] = wait(cast, 1)
    page = sign_in(cast.tim)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/queue/")
    press(page, "n")
    on_console(page, handoff)
    page.locator(".outcome", has_text="Qualified").first.click()
    save = page.locator(".outcome-pane").get_by_role("button", name="Qualified")
    expect(save).to_contain_text("Ctrl Enter")
    expect(save).to_be_in_viewport(ratio=1)
    box = save.bounding_box()
    assert box is not None
    on_top = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('.outcome-pane') !== null",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
    )
    assert on_top, "nothing lies over it"
    press(page, "Escape")
    expect(page.locator(".outcome-pane")).to_have_count(0)


def test_a_break_chosen_in_the_bar_frees_the_lead_and_the_manager_sees_it(
    sign_in: SignIn, cast: Cast, complaints: list[str]
) -> None:
    [handoff] = wait(cast, 1)
    page, board = sign_in(cast.tim), sign_in(cast.tom)
    board.goto("/queue/board/")
    page.goto("/queue/")
    press(page, "n")
    on_console(page, handoff)
    crew = board.locator(".crew li", has_text="Tim Novak")
    expect(crew).to_contain_text("Lead0 Number 0")
    page.get_by_role("button", name="Your presence").click()
    page.get_by_role("button", name="Lunch").click()
    expect(page.locator("#presence")).to_contain_text("On a break")
    expect(page.locator("#console-lost")).to_be_visible()
    expect(crew).to_contain_text("Lunch")
    assert taken_by(handoff) is None
    forgive(complaints)


def test_what_a_manager_has_picked_stays_picked_while_leads_arrive(sign_in: SignIn, cast: Cast) -> None:
    first, _ = wait(cast, 2)
    board = sign_in(cast.tom)
    board.goto("/queue/board/")
    expect(board.locator("body")).to_have_attribute("data-live-state", "open")
    board.get_by_role("checkbox", name="Select Lead0 Number 0").check()
    board.get_by_label("Give to").select_option(label="Tess Olsen")
    cast.hot("late", timezone.now(), last_name="Late", phone="+4930123499", email="late@other.example")
    expect(board.locator("#list").get_by_role("link", name="Late Late")).to_be_visible()
    expect(board.get_by_role("checkbox", name="Select Lead0 Number 0")).to_be_checked()
    expect(board.locator("[data-pick-count]")).to_have_text("1")
    board.get_by_role("button", name="Give to them").click()
    expect(board.locator("#list")).to_contain_text("Kept for Tess Olsen")
    assert QueueItem.objects.get(pk=first.pk).reserved_for == cast.tess


def test_news_of_ones_presence_wait_while_its_menu_is_open(sign_in: SignIn, cast: Cast) -> None:
    page = sign_in(cast.tim)
    page.goto("/queue/")
    page.wait_for_load_state("load")
    place, lunch = page.locator("#presence"), page.get_by_role("button", name="Lunch")
    under_way: list[Route] = []
    address = re.compile(f"{re.escape(place.get_attribute('hx-get') or '')}$")
    page.route(address, lambda route: route.continue_() if under_way else under_way.append(route))
    place.dispatch_event("renew")
    while not under_way:
        page.wait_for_timeout(10)
    page.get_by_role("button", name="Your presence").click()
    expect(lunch).to_be_visible()
    presence.set_state(cast.tim, PresenceState.WRAP_UP, at=timezone.now())
    with page.expect_response(address):
        under_way[0].continue_()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(lunch).to_be_visible()
    with page.expect_response(address):
        page.keyboard.press("Escape")
    expect(lunch).to_be_hidden()
    expect(page.get_by_role("button", name="Your presence")).to_contain_text("Wrapping up")


def test_a_new_lead_is_on_the_free_reps_screen_within_two_seconds(
    sign_in: SignIn, cast: Cast, live_portal: str
) -> None:
    token = cast.source.issue_token()
    page = sign_in(cast.tim)
    page.goto("/queue/")
    expect(page.locator("body")).to_have_attribute("data-live-state", "open")
    lead = {
        "external_id": "demo-1", "email": "grace@navy.example", "first_name": "Grace", "last_name": "Hopper",
        "company": "Navy", "country": "DE", "phone": "+4930765432", "intent": "Demo",
        "activities": [{"type": "demo_request"}],
    }  # fmt: skip
    page.request.post("/api/v1/leads", data={}, headers={"Authorization": f"Bearer {token}"})  # the first is slower
    answer = page.request.post("/api/v1/leads", data=lead, headers={"Authorization": f"Bearer {token}"})
    answered = time.monotonic()
    assert answer.status == 201, answer.text()
    expect(page.locator("#list").get_by_role("link", name="Grace Hopper")).to_be_visible()
    assert time.monotonic() - answered < 2
    expect(page.locator("#desk-aside")).to_contain_text("Grace Hopper")


# --- everybody can use it ---------------------------------------------------------------------------------------------------


def test_the_reps_pages_have_no_barriers(sign_in: SignIn, cast: Cast, live_portal: str) -> None:
    mine, other, free = wait(cast, 3)
    take(mine, cast.tim)
    take(other, cast.tess)
    page = sign_in(cast.tim)
    paths = [f"/queue/{handoff.public_id}/" for handoff in (mine, other, free)]
    axe.walk(page, live_portal, ["/queue/", "/queue/?when=later", "/queue/callbacks/", *paths])


def test_what_outcomes_ask_for_has_no_barriers(sign_in: SignIn, cast: Cast) -> None:
    [handoff] = wait(cast, 1)
    take(handoff, cast.tim)
    page = sign_in(cast.tim)
    page.goto(f"/queue/{handoff.public_id}/")
    for key in "cpqnfwls":
        press(page, key)
        expect(page.locator("#outcome-pane .form-buttons")).to_be_visible()
        axe.check(page, f"the pane of {key}")
        press(page, "Escape")
        press(page, "Escape")
        expect(page.locator("#outcome-pane > *")).to_have_count(0)


def test_the_managers_pages_have_no_barriers(sign_in: SignIn, cast: Cast, live_portal: str) -> None:
    first, _ = wait(cast, 2)
    when = timezone.now() + DAY
    take(first, cast.tim)
    attempts.record(
        first.pk, by=cast.tim, at=timezone.now(), disposition="cb", details=attempts.Details(callback_at=when)
    )
    page = sign_in(cast.tom)
    axe.walk(page, live_portal, ["/queue/board/", "/queue/staffing/", "/queue/callbacks/?whose=team"])
    page.set_viewport_size(axe.WIDE)  # type: ignore[arg-type]
    page.goto("/queue/callbacks/?whose=team")
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_label("Call when?")).to_be_visible()
    axe.check(page, "the callback's dialog")
