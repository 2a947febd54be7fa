"""Passkeys under the strict policy, with an authenticator that the browser simulates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Page, expect

from config.accounts.models import User
from tests.web.conftest import make_member

pytestmark = pytest.mark.browser


@pytest.fixture
def authenticator(page: Page) -> Iterator[None]:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield
    session.detach()


@pytest.fixture
def portal(live_portal: str) -> str:
    """By name: a passkey belongs to a name, never to an address in numbers."""
    return live_portal.replace("127.0.0.1", "localhost")


def sign_in(page: Page, portal: str, user: User) -> None:
    page.goto(f"{portal}/accounts/login/?next=/accounts/2fa/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill("demo-password-1")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/accounts/2fa/")


def confirm_if_asked(page: Page) -> None:
    if "/reauthenticate/" in page.url:
        page.get_by_label("Password").fill("demo-password-1")
        page.get_by_role("button", name="Confirm").click()


def test_a_passkey_is_added_and_then_opens_the_portal(page: Page, portal: str, authenticator):
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    user = make_member()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    sign_in(page, portal, user)
    page.get_by_role("link", name="Add").click()
    confirm_if_asked(page)
    page.get_by_label("Name").fill("This laptop")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: "/webauthn/add/" not in url)
    page.goto("about:blank")  # an open page would ask for its events once more, signed out
    page.context.clear_cookies()
    page.goto(f"{portal}/accounts/login/?next=/design/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{portal}/design/")
    assert complaints == []


def test_a_passkey_that_fails_says_why(page: Page, portal: str):
    page.goto(f"{portal}/accounts/login/")
    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')) }"
    )
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("this device has no passkey")
