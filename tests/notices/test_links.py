"""Links in mails: they decide one thing for one person, once, and only when the button is pressed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django import forms
from django.core.signing import Signer
from django.test import Client
from django.utils import timezone

from config.accounts.models import User
from config.notices.models import ActionLink
from config.notices.services import links
from config.web.errors import Conflict, Refusal
from tests.notices.conftest import make_user, signed_in
from tests.outbox.threads import at_once

SITE = "https://handoff.example.com"


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=20)


class Desk:
    """Stands for an app above: remembers what was done, and can be told to refuse."""

    def __init__(self) -> None:
        self.done: list[tuple[str, User, dict[str, Any]]] = []
        self.refusal: Refusal | None = None
        links.register_verb("accept", describe=self.describe, act=self.act)
        links.register_verb("reject", describe=self.describe_rejecting, act=self.act)

    def describe(self, subject: str, user: User) -> links.Description:
        if self.refusal is not None:
            raise self.refusal
        return {"title": f"Accept lead {subject}?", "facts": [("Company", "Acme")], "button": "Accept the lead"}

    def describe_rejecting(self, subject: str, user: User) -> links.Description:
        return {"title": f"Reject lead {subject}?", "button": "Reject the lead", "form": ReasonForm}

    def act(self, subject: str, user: User, data: dict[str, Any], at: Any) -> str:
        self.done.append((subject, user, data))
        return "/leads/7/"


@pytest.fixture
def desk(settings: Any) -> Desk:
    settings.SITE_URL = SITE
    return Desk()


def link_for(user: User, verb: str = "accept", subject: str = "7", days: float = 1) -> str:
    return links.make_link(user, verb, subject, timezone.now() + timedelta(days=days)).removeprefix(SITE)


def text(response: Any) -> str:
    return response.content.decode()


@pytest.mark.django_db
def test_opening_asks_and_changes_nothing(ines, desk):
    url = link_for(ines)
    for ask in (Client().get, Client().head, Client().get):
        response = ask(url)
        assert response.status_code == 200
    page = text(response)
    assert "Accept lead 7?" in page
    assert "Acme" in page
    assert "Accept the lead" in page
    assert 'method="post"' in page
    assert desk.done == []
    assert ActionLink.objects.get().used_at is None


@pytest.mark.django_db
def test_its_answers_are_not_kept_indexed_or_passed_on(ines, desk):
    response = Client().get(link_for(ines))
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_pressing_the_button_acts_once_without_signing_in(ines, desk):
    url, client = link_for(ines), Client()
    response = client.post(url)
    assert response.status_code == 200
    assert 'href="/leads/7/"' in text(response)
    assert desk.done == [("7", ines, {})]

    for again in (client.post(url), client.get(url)):
        assert again.status_code == 410
        assert "has been used" in text(again)
    assert len(desk.done) == 1


@pytest.mark.django_db
def test_who_is_signed_in_goes_on_to_the_portals_page(ines, desk):
    response = signed_in(ines).post(link_for(ines))
    assert (response.status_code, response["Location"]) == (302, "/leads/7/")
    assert desk.done == [("7", ines, {})]


@pytest.mark.django_db
def test_it_is_protected_against_forged_posts(ines, desk):
    url, client = link_for(ines), Client(enforce_csrf_checks=True)
    assert client.post(url).status_code == 403
    assert desk.done == []
    client.get(url)
    assert client.post(url, {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}).status_code == 200
    assert len(desk.done) == 1


@pytest.mark.django_db
def test_a_verb_may_ask_for_more_and_a_wrong_answer_does_not_use_the_link_up(ines, desk):
    url = link_for(ines, "reject")
    assert "reason" in text(Client().get(url))
    response = Client().post(url, {"reason": ""})
    assert response.status_code == 422
    assert "This field is required" in text(response)
    assert desk.done == []
    assert Client().post(url, {"reason": "No budget"}).status_code == 200
    assert desk.done == [("7", ines, {"reason": "No budget"})]


@pytest.mark.django_db
def test_when_the_verb_refuses_the_page_says_so_and_the_link_stays(ines, desk, monkeypatch):
    url = link_for(ines)

    def refuse(*args: Any) -> str:
        raise Conflict("taken", "Omar Haddad accepted this lead at 10:02.")

    with monkeypatch.context() as patched:
        patched.setitem(links._verbs, "accept", links.Verb(desk.describe, refuse))
        response = Client().post(url)
        assert response.status_code == 409
        assert "Omar Haddad accepted this lead" in text(response)
    assert ActionLink.objects.get().used_at is None

    desk.refusal = Refusal("nothing_left", "There is nothing left to decide.")
    response = Client().get(url)
    assert response.status_code == 422
    assert "nothing left to decide" in text(response)


@pytest.mark.django_db
def test_an_old_link_says_that_it_is_old(ines, desk):
    url = link_for(ines, days=-1)
    for response in (Client().get(url), Client().post(url)):
        assert response.status_code == 410
        assert "too old" in text(response)
        assert "Acme" not in text(response)
    assert desk.done == []


@pytest.mark.django_db
def test_links_that_never_were(ines, desk):
    url = link_for(ines)
    link = ActionLink.objects.get()
    forged = Signer(salt="another").sign(link.public_id.hex)
    unsigned = link.public_id.hex
    signed_nonsense = Signer(salt=links.SALT).sign("nonsense")
    for token in (forged, unsigned, signed_nonsense, "x"):
        response = Client().post(f"/act/{token}/")
        assert response.status_code == 404
        assert "leads nowhere" in text(response)
    ActionLink.objects.all().delete()
    assert Client().get(url).status_code == 404
    assert desk.done == []


@pytest.mark.django_db
def test_a_link_of_somebody_who_left_leads_nowhere(ines, desk):
    url = link_for(ines)
    User.objects.filter(pk=ines.pk).update(is_active=False)
    assert Client().post(url).status_code == 404
    assert desk.done == []


@pytest.mark.django_db
def test_a_link_to_something_no_app_does_any_more_leads_nowhere(ines, desk, monkeypatch):
    url = link_for(ines)
    monkeypatch.delitem(links._verbs, "accept")
    assert Client().get(url).status_code == 404


@pytest.mark.django_db
def test_somebody_else_who_is_signed_in_cannot_use_it_and_learns_nothing(ines, omar, desk):
    url, client = link_for(ines), signed_in(omar)
    for response in (client.get(url), client.post(url)):
        page = text(response)
        assert response.status_code == 403
        assert "sent to somebody else" in page
        assert "Omar Haddad" in page
        assert "Ines" not in page
        assert "Acme" not in page
    assert desk.done == []
    assert ActionLink.objects.get().used_at is None


@pytest.mark.django_db
def test_a_link_is_for_its_own_verb_and_subject_only(ines, desk):
    first, second = link_for(ines, subject="7"), link_for(ines, subject="8")
    assert first != second
    Client().post(second)
    assert [subject for subject, *_ in desk.done] == ["8"]
    assert Client().get(first).status_code == 200


@pytest.mark.django_db
def test_the_same_wish_gives_the_same_link_until_it_is_used(ines, omar, desk):
    until = timezone.now() + timedelta(days=1)
    first = links.make_link(ines, "accept", "7", until)
    assert links.make_link(ines, "accept", "7", until) == first
    assert links.make_link(omar, "accept", "7", until) != first
    Client().post(first.removeprefix(SITE))
    assert links.make_link(ines, "accept", "7", until) != first


@pytest.mark.django_db
def test_a_link_to_an_unknown_verb_is_not_made(ines, desk):
    with pytest.raises(LookupError, match="nonsense"):
        link_for(ines, "nonsense")


@pytest.mark.django_db(transaction=True)
def test_pressed_many_times_at_once_it_acts_once(desk):
    ines = make_user()
    url = link_for(ines)
    responses = at_once(*[lambda: Client().post(url).status_code] * 6)
    assert sorted(responses) == [200] + [410] * 5
    assert len(desk.done) == 1
