"""Sign-in and one's own account: in the portal's design, nothing inline, no way to sign up."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from config.accounts.models import User
from tests.cast import assemble
from tests.web.conftest import assert_nothing_inline, signed_in

pytestmark = pytest.mark.django_db

FOR_VISITORS = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/inactive/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-bad/",
    "/accounts/password/reset/key/done/",
    "/accounts/3rdparty/login/cancelled/",
]
FOR_ONESELF = [
    "/accounts/logout/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/accounts/email/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/3rdparty/",
]


@pytest.fixture
def at_home(tom: User) -> Client:
    """Signed in a moment ago with a proven address, so that nothing is asked again."""
    EmailAddress.objects.create(user=tom, email=tom.email, verified=True, primary=True)
    client = signed_in(tom)
    client.post(reverse("account_reauthenticate"), {"password": "demo-password-1"})
    return client


@pytest.mark.parametrize("path", FOR_VISITORS)
def test_pages_for_visitors(client: Client, path):
    response = client.get(path)
    assert response.status_code == 200
    html = response.content.decode()
    assert 'class="plain-card"' in html
    assert "Sign Up" not in html
    assert_nothing_inline(html)


@pytest.mark.parametrize("path", FOR_ONESELF)
def test_pages_of_ones_own_account(at_home: Client, path):
    response = at_home.get(path)
    assert response.status_code == 200, response.headers.get("Location")
    html = response.content.decode()
    assert 'class="btn' in html
    assert_nothing_inline(html)


def test_sign_in_offers_no_sign_up_but_a_passkey(client: Client):
    html = client.get("/accounts/login/").content.decode()
    assert reverse("account_signup") not in html
    assert 'id="passkey_login"' in html
    assert "handoff/passkeys" in html
    assert '<label class="form-label" for="id_login">E-mail' in html


def test_a_wrong_password_is_said_once_above_the_form(client: Client):
    response = client.post("/accounts/login/", {"login": "tom@example.com", "password": "wrong"})
    html = response.content.decode()
    assert html.count('role="alert"') == 1
    assert 'value="tom@example.com"' in html


def test_the_second_step_asks_for_a_code_or_a_key(tom: User, client: Client):
    TOTP.activate(tom, generate_totp_secret())
    response = client.post("/accounts/login/", {"login": tom.email, "password": "demo-password-1"}, follow=True)
    html = response.content.decode()
    assert response.redirect_chain[-1][0] == reverse("mfa_authenticate")
    assert 'id="mfa_webauthn_authenticate"' in html
    assert 'id="webauthn_form"' in html
    assert 'name="credential"' in html
    assert_nothing_inline(html)


def test_recovery_codes_are_shown_to_be_kept(tom: User, at_home: Client):
    TOTP.activate(tom, generate_totp_secret())
    codes = RecoveryCodes.activate(tom).get_unused_codes()
    html = at_home.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert all(code in html for code in codes)
    assert_nothing_inline(html)
    for name in ("mfa_index", "mfa_generate_recovery_codes", "mfa_deactivate_totp"):
        response = at_home.get(reverse(name))
        assert response.status_code == 200
        assert_nothing_inline(response)


def test_setting_up_an_app_shows_its_code_as_a_picture_and_as_text(at_home: Client):
    html = at_home.get(reverse("mfa_activate_totp")).content.decode()
    assert 'src="data:image/svg+xml' in html
    assert 'id="authenticator_secret"' in html
    assert 'name="code"' in html


def test_a_locked_account_says_for_how_long(settings):
    html = render_to_string(
        "account/lockout.html", {"failure_limit": 8, "cooloff_timedelta": settings.AXES_COOLOFF_TIME}
    )
    assert "After 8 wrong passwords this account rests for 15 min." in html
    assert_nothing_inline(html)


def test_the_admin_has_no_way_in_of_its_own(tom: User, client: Client) -> None:
    """Its form would take a password alone, whatever second step somebody has set up."""
    TOTP.activate(tom, generate_totp_secret())
    form = {"username": tom.email, "password": "demo-password-1", "next": "/inbox/"}
    for answer in (client.get("/admin/login/?next=/admin/sla/"), client.post("/admin/login/?next=/admin/sla/", form)):
        assert answer["Location"] == f"{reverse('account_login')}?next=/admin/sla/"
    assert "_auth_user_id" not in client.session


def test_whoever_manages_nothing_is_told_so_in_the_admin() -> None:
    cast = assemble()
    answer = signed_in(cast.sam).get("/admin/", follow=True)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert signed_in(cast.mara).get("/admin/login/?next=https://elsewhere.example/")["Location"] == reverse(
        "admin:index"
    )
