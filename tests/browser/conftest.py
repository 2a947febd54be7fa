"""What browser tests start from: pages that must not complain, and people signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from config.accounts.models import User
from tests.browser.axe import WIDE
from tests.web.conftest import signed_in

SignIn = Callable[..., Page]


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser's console has against any page; a test that ends with some fails. Clear what was expected."""
    found: list[str] = []
    yield found
    assert found == []


def watch(page: Page, complaints: list[str]) -> None:
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))


@pytest.fixture
def sign_in(browser: Browser, live_portal: str, complaints: list[str]) -> Iterator[SignIn]:
    """`sign_in(cast.tim)`: a page in a browser of their own, already signed in. `sign_in(cast.tim, size=PHONE)`"""
    opened: list[BrowserContext] = []

    def enter(user: User, *, size: Any = WIDE, locale: str = "en-GB") -> Page:
        context = browser.new_context(viewport=size, locale=locale, base_url=live_portal)
        cookie = signed_in(user).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_portal}])
        opened.append(context)
        page = context.new_page()
        watch(page, complaints)
        return page

    yield enter
    for context in opened:
        context.close()
