"""People, teams and tokens in the admin: invited, switched off, and for nobody else to touch."""

from __future__ import annotations

import re
from http import HTTPStatus
from unittest.mock import patch

import pytest
from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from config.accounts.models import ApiToken, Membership, Team, User
from leads.services import routing
from tests.cast import NOW, Cast, assemble
from tests.web.conftest import signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long one, not guessed"


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


def person(**given: str) -> dict[str, str]:
    team = Team.objects.get(function="sales")
    return {
        "name": "Zoe Zed", "email": "Zoe@Example.com", "phone": "", "time_zone": "Europe/Paris", "is_active": "on",
        "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0", "memberships-0-team": str(team.pk),
        "memberships-0-role": "rep", "memberships-0-weekly_capacity": "20", "memberships-0-is_active": "on",
    } | given  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_person_is_made_invited_and_signs_in(cast: Cast, client: Client) -> None:
    answer = signed_in(cast.priya).post(reverse("admin:accounts_user_add"), person())
    assert answer.status_code == HTTPStatus.FOUND
    zoe = User.objects.get(email="zoe@example.com")
    assert not zoe.has_usable_password()
    assert Membership.objects.get(user=zoe).weekly_capacity == 20
    [invitation] = mail.outbox
    assert invitation.to == ["zoe@example.com"]
    link = re.search(r"http://\S+(/accounts/password/reset/key/\S+/)", str(invitation.body))
    assert link is not None
    form = client.get(link[1], follow=True)
    client.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    client.post(reverse("account_login"), {"login": "zoe@example.com", "password": PASSWORD})
    assert client.get(reverse("inbox")).status_code == HTTPStatus.OK


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_fails_does_not_take_the_person_back(cast: Cast) -> None:
    priya = signed_in(cast.priya)
    with patch.object(ResetPasswordForm, "save", side_effect=ConnectionRefusedError("no mail server")):
        made = priya.post(reverse("admin:accounts_user_add"), person())
    assert User.objects.filter(email="zoe@example.com").exists()
    assert "could not be sent" in priya.get(made.headers["Location"]).content.decode()


def test_an_address_that_was_changed_opens_nothing_any_more(cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.eva, email=cast.eva.email, verified=True, primary=True)
    row = cast.eva.memberships.get()
    given = person(
        name=cast.eva.name, email="eva.new@example.com", **{
            "memberships-INITIAL_FORMS": "1", "memberships-0-id": str(row.pk), "memberships-0-user": str(cast.eva.pk),
            "memberships-0-team": str(row.team_id), "memberships-0-role": row.role,
        }
    )  # fmt: skip
    signed_in(cast.priya).post(reverse("admin:accounts_user_change", args=[cast.eva.pk]), given)
    assert User.objects.get(pk=cast.eva.pk).email == "eva.new@example.com"
    assert not EmailAddress.objects.filter(user=cast.eva).exclude(email="eva.new@example.com").exists()


def test_who_is_switched_off_is_out_at_once_and_gets_no_new_leads(cast: Cast) -> None:
    sam = signed_in(cast.sam)
    assert sam.get(reverse("inbox")).status_code == HTTPStatus.OK
    row = cast.sam.memberships.get()
    given = person(
        name=cast.sam.name, email=cast.sam.email, is_active="", **{
            "memberships-INITIAL_FORMS": "1", "memberships-0-id": str(row.pk), "memberships-0-user": str(cast.sam.pk),
        }
    )  # fmt: skip
    del given["is_active"]
    answer = signed_in(cast.priya).post(reverse("admin:accounts_user_change", args=[cast.sam.pk]), given)
    assert answer.status_code == HTTPStatus.FOUND
    assert sam.get(reverse("inbox")).status_code == HTTPStatus.FOUND
    assert cast.sam not in [seat.user for seat in routing.candidates(row.team_id, NOW)]


def test_a_token_is_shown_once_and_lets_a_program_act(cast: Cast, client: Client) -> None:
    priya = signed_in(cast.priya)
    given = {"label": "Warehouse", "user": str(cast.mara.pk), "expires_at_0": "", "expires_at_1": ""}
    made = priya.post(reverse("admin:accounts_apitoken_add"), given)
    page = priya.get(made.headers["Location"]).content.decode()
    token = re.search(r"hu_[\w-]+", page)
    assert token is not None
    assert token[0] not in priya.get(made.headers["Location"]).content.decode()
    bearer = {"Authorization": f"Bearer {token[0]}"}
    assert client.get("/api/v1/campaigns/costs", headers=bearer).status_code == HTTPStatus.OK
    ApiToken.objects.update(is_active=False)
    assert client.get("/api/v1/campaigns/costs", headers=bearer).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("model", ["user", "team", "apitoken"])
def test_managers_do_not_administer_people(cast: Cast, model: str) -> None:
    for who in (cast.mara, cast.tom, cast.sina):
        for page in ("changelist", "add"):
            assert signed_in(who).get(reverse(f"admin:accounts_{model}_{page}")).status_code == HTTPStatus.FORBIDDEN
    for page in ("changelist", "add"):
        assert signed_in(cast.priya).get(reverse(f"admin:accounts_{model}_{page}")).status_code == HTTPStatus.OK


ACCOUNT_PAGES = (
    "account_change_password", "account_reauthenticate", "account_email", "mfa_index", "mfa_activate_totp",
    "mfa_list_webauthn", "mfa_add_webauthn", "socialaccount_connections", "account_logout",
)  # fmt: skip


@pytest.mark.parametrize("name", ACCOUNT_PAGES)
def test_every_page_about_ones_own_account_opens(cast: Cast, name: str) -> None:
    cast.tim.set_password(PASSWORD)
    cast.tim.save()
    answer = signed_in(cast.tim).get(reverse(name), follow=True)
    assert answer.status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    "name",
    ["account_reset_password", "account_reset_password_done", "account_reset_password_from_key_done", "account_signup"],
)
def test_every_page_before_signing_in_opens(client: Client, name: str) -> None:
    assert client.get(reverse(name)).status_code == HTTPStatus.OK
