"""Pages that no other browser test visits: no barriers, nothing wider than its window; and the period of a report."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from leads.services import contests, handoffs, outcomes
from reports.catalogue import REPORTS
from sla.models import Clock
from tests.browser.axe import walk
from tests.browser.conftest import SignIn
from tests.cast import ANSWERS, DAY, HOUR, MINUTE, Cast, assemble

pytestmark = pytest.mark.browser


@pytest.fixture
def cast(live_portal: str) -> Cast:
    return assemble(since=timezone.now() - 30 * DAY, always_open=True)


def test_the_pages_of_sales_and_of_what_was_promised(sign_in: SignIn, cast: Cast, live_portal: str) -> None:
    now = timezone.now()
    offered = cast.with_sales("ada", at=now - HOUR)
    rejected = cast.with_sales("bob", at=now - 2 * HOUR, email="bob@other.example", phone="+49305550001")
    handoffs.reject(rejected.pk, by=cast.sina, at=now - HOUR, reason="outside-icp", attribute="employees")
    contests.contest(rejected.pk, by=cast.tim, at=now - MINUTE, comment="They have 200 people.")
    clock = Clock.objects.filter(subject=offered.pk, kind="decision").get()
    paths = [
        reverse("inbox"), reverse("handoff", args=[offered.public_id]), reverse("handoff", args=[rejected.public_id]),
        reverse("clock", args=[clock.public_id]), reverse("contests"), reverse("opportunities"), reverse("nurture"),
        reverse("leads"), reverse("lead", args=[offered.lead.public_id]), reverse("notices"), reverse("agreements"),
    ]  # fmt: skip
    walk(sign_in(cast.sina), live_portal, paths)


def test_the_pages_of_who_runs_the_portal(sign_in: SignIn, cast: Cast, live_portal: str) -> None:
    cast.with_sales("ada", at=timezone.now() - HOUR)
    names = ("operations", "audit", "people", "campaign_costs", "imports", "simulator", "notice_preferences")
    walk(sign_in(cast.priya), live_portal, [reverse(name) for name in names])


def test_every_report(sign_in: SignIn, cast: Cast, live_portal: str) -> None:
    now = timezone.now()
    handoff = cast.hot("wim", now - 3 * HOUR, email="wim@third.example", phone="+49305550003", company="Third")
    outcomes.qualify(handoff.pk, by=cast.tim, at=now - 2 * HOUR, answers=ANSWERS, next_step="Send the comparison")
    page = sign_in(cast.priya)
    paths = [reverse(report.url_name) for report in REPORTS.values()]
    walk(page, live_portal, paths)


def test_days_of_ones_own_choice(sign_in: SignIn, cast: Cast) -> None:
    """“From … to” begins with the days that were shown, and shows what is chosen then."""
    page = sign_in(cast.mara)
    page.goto(reverse(REPORTS["scoreboard"].url_name))
    shown = page.locator("#period-from").input_value()
    page.get_by_label("Kind of period").select_option("span")
    first, last = page.get_by_label("First day"), page.get_by_label("Last day")
    expect(first).to_have_value(shown)
    expect(last).not_to_have_value("")
    first.fill("2026-01-05")
    first.dispatch_event("change")
    expect(page).to_have_url(re.compile("from=2026-01-05"))
    last.fill("2026-01-09")
    last.dispatch_event("change")
    expect(page.locator("#period-label")).to_contain_text("5")
    expect(page).to_have_url(re.compile("by=span.*to=2026-01-09"))
    expect(page.get_by_label("Kind of period")).to_have_value("span")

    page.goto(reverse(REPORTS["funnel"].url_name))
    page.get_by_label("Kind of period").select_option("span")
    expect(page.get_by_label("First day")).not_to_have_value("")
