"""The tests' own portal and browser are those that people get: pages, styles and policy as in production."""

from __future__ import annotations

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from config.accounts.models import User


def test_a_page_in_a_browser_has_its_styles_and_breaks_no_rule(live_portal: str, page: Page) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{live_portal}/accounts/login/")
    expect(page.locator("input[name=login]")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('button[type=submit]')).cursor") == "pointer"
    assert problems == []


def test_what_a_test_writes_the_portal_sees(live_portal: str, page: Page) -> None:
    User.objects.create_user("ines@example.com", "correct horse battery", name="Ines Kowalska")
    page.goto(f"{live_portal}/accounts/login/")
    page.locator("input[name=login]").fill("ines@example.com")
    page.locator("input[name=password]").fill("correct horse battery")
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(re.compile(r"^(?!.*accounts/login)"))


def test_static_files_are_hashed_compressed_and_kept_by_browsers(portal_server: str) -> None:
    page = requests.get(f"{portal_server}/accounts/login/", timeout=10)
    styles = re.findall(r'href="(/static/[^"]+\.css)"', page.text)
    assert styles
    found = requests.get(portal_server + styles[0], headers={"Accept-Encoding": "br"}, timeout=10)
    assert found.headers["Content-Encoding"] == "br"
    assert "immutable" in found.headers["Cache-Control"]


@pytest.mark.django_db
def test_a_test_causes_no_nudge_but_can_see_it(nudges: list[float], django_capture_on_commit_callbacks: object) -> None:
    from datetime import UTC, datetime

    from config.outbox.services.events import News, publish

    assert callable(django_capture_on_commit_callbacks)
    with django_capture_on_commit_callbacks(execute=True):
        publish(News(topic="test.happened", subject="test:1", at=datetime(2026, 3, 3, tzinfo=UTC)))
    assert len(nudges) == 1
