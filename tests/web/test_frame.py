"""The frame around every page, the gallery, and the pages that say what went wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.views import defaults
from django.views.csrf import csrf_failure

from config.accounts.models import User
from config.web import start
from config.web.access import MANAGERS, SIGNED_IN
from config.web.errors import Conflict, Forbidden, Refusal
from config.web.middleware import ConflictMiddleware
from config.web.start import AGREEMENT, SEE, Entry, Navigation
from tests.web.conftest import assert_nothing_inline, make_member, signed_in


@pytest.fixture
def navigation(monkeypatch: pytest.MonkeyPatch) -> Navigation:
    """A navigation of our own, whatever the apps above have registered."""
    own = Navigation()
    own.add(
        Entry("Design", "design", "template", SIGNED_IN, order=2, section=SEE, keys="g d"),
        Entry("Health", "healthz", "activity", MANAGERS, order=1, section=AGREEMENT),
        Entry("Home", "home", "home", SIGNED_IN, order=3),
    )
    monkeypatch.setattr("config.web.context.NAVIGATION", own)
    return own


class Anyone:
    is_manager = True


def gallery(user: User) -> str:
    response = signed_in(user).get(reverse("design"))
    assert response.status_code == 200
    return response.content.decode()


def test_the_rail_has_sections_in_order_and_marks_where_one_is(tom, navigation):
    html = gallery(tom)
    assert re.findall(r'<p class="rail-section"[^>]*>([^<]+)<', html) == ["Work", "See"]
    assert re.findall(r'href="([^"]+)" aria-current="page"[^>]*data-key="g d"', html) == ["/design/"]
    assert "Health" not in html


def test_the_rail_shows_only_what_one_may_open(db, navigation):
    assert "Health" in gallery(make_member("Mira Sandoval", role="manager"))


def test_of_several_entries_that_fit_the_longest_is_meant(navigation):
    navigation.add(Entry("Deep", "design", "home", SIGNED_IN, order=9, active_prefix="/design/deep/"))
    sections = navigation.sections(Anyone(), "/design/deep/er/")
    assert [link.entry.label for _, links in sections for link in links if link.active] == ["Deep"]


def test_an_entry_without_its_page_is_left_out_and_found_by_the_checks(tom, navigation, monkeypatch):
    monkeypatch.setattr(start, "NAVIGATION", navigation)
    assert start.every_entry_has_its_page() == []
    navigation.add(Entry("Nowhere", "no_such_page", "home", SIGNED_IN, order=0, start_for=SIGNED_IN))
    assert [message.id for message in start.every_entry_has_its_page()] == ["web.W001"]
    assert "Nowhere" not in gallery(tom)
    assert navigation.start_page(Anyone()) == "healthz"


def test_every_entry_of_the_navigation_has_its_page():
    assert start.every_entry_has_its_page() == []


def test_sections_nobody_planned_come_last(navigation):
    navigation.add(Entry("Odd", "design", "home", SIGNED_IN, order=0, section="Elsewhere"))
    names = [name for name, _ in navigation.sections(Anyone(), "/")]
    assert names == ["Work", "See", "Agreement", "Elsewhere"]


def test_the_page_has_landmarks_language_and_a_way_past_the_rail(tom):
    html = gallery(tom)
    assert '<html lang="en-GB"' in html
    assert '<a class="skip" href="#main">' in html
    assert '<main class="shell-main ' in html
    assert 'id="main" tabindex="-1"' in html
    assert html.count("<h1") == 2  # the page's own, and the one the gallery shows


def test_nothing_on_the_page_is_inline(tom):
    assert_nothing_inline(gallery(tom))


def test_the_gallery_costs_a_handful_of_queries(tom, django_assert_max_num_queries):
    client = signed_in(tom)
    with django_assert_max_num_queries(6):
        client.get(reverse("design"))


def test_htmx_is_told_to_keep_to_the_policy(tom):
    config = json.loads(re.search(r"name=\"htmx-config\" content='([^']+)'", gallery(tom))[1])  # type: ignore[index]
    assert config["allowEval"] is config["allowScriptTags"] is config["includeIndicatorStyles"] is False
    assert config["selfRequestsOnly"] is True
    assert config["historyCacheSize"] == 0  # no lead's data in the browser's storage
    swaps = {rule["code"]: rule["swap"] for rule in config["responseHandling"]}
    assert swaps == {"204": False, "[23]..": True, "403|409|422": True, "[45]..": False}


@pytest.mark.parametrize(
    ("cookie", "own", "written"),
    [
        ("dark", "light", 'data-bs-theme="dark"'),
        ("", "dark", 'data-bs-theme="dark"'),
        ("auto", "dark", 'data-theme-choice="auto" data-zone'),
        ("<b>", "dark", 'data-theme-choice="auto" data-zone'),
        ("", "auto", 'data-theme-choice="auto" data-zone'),
    ],
)
def test_the_theme_is_the_browsers_choice_then_the_persons_then_the_systems(db, cookie, own, written):
    client = signed_in(make_member(theme=own))
    if cookie:
        client.cookies["theme"] = cookie
    assert written in client.get(reverse("design")).content.decode()


def test_times_are_in_the_readers_zone(db):
    user = make_member(time_zone="Asia/Kathmandu")
    html = gallery(user)
    assert 'data-zone="Asia/Kathmandu"' in html
    assert "+0545" in html


def test_a_person_without_a_team_is_told_what_to_do(db):
    user = User.objects.create_user("nora@example.com", name="Nora Nobody")
    response = signed_in(user).get("/")
    assert response.status_code == 403
    assert "You are in no team yet" in response.content.decode()


def test_the_menu_speaks_of_oneself_and_escapes_it(db):
    html = gallery(make_member(name="<b>Tom</b>"))
    assert escape("<b>Tom</b>") in html
    assert "<b>Tom</b>" not in html


# --- what went wrong ------------------------------------------------------------------------------------------


def ask(rf: RequestFactory, user: User | None = None, **headers: str) -> HttpRequest:
    from django.contrib.auth.models import AnonymousUser

    from config.accounts.actor import Actor

    request = rf.get("/leads/7/", headers=headers)
    request.user = user or AnonymousUser()
    request.actor = Actor.of(user) if user else None  # type: ignore[attr-defined]
    return request


def test_the_500_page_needs_nothing(rf: RequestFactory):
    response = defaults.server_error(rf.get("/"))
    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()
    assert_nothing_inline(response)


def test_the_400_page_needs_nothing(rf: RequestFactory):
    response = defaults.bad_request(rf.get("/"), Exception())
    assert "could not be read" in response.content.decode()


def test_a_refused_visitor_reads_whom_the_page_is_for(rf: RequestFactory, tom):
    response = defaults.permission_denied(ask(rf, tom), PermissionDenied("This page is for <managers>."))
    assert "This page is for &lt;managers&gt;." in response.content.decode()
    assert (
        "Your teams and roles do not open it."
        in defaults.permission_denied(ask(rf, tom), PermissionDenied()).content.decode()
    )


def test_a_wrong_address_says_nothing_of_what_may_be_there(rf: RequestFactory):
    html = defaults.page_not_found(ask(rf), Http404("Lead 7 of team 3")).content.decode()
    assert "There is nothing here for you" in html
    assert "team 3" not in html


def test_a_form_that_is_too_old_says_so(rf: RequestFactory):
    response = csrf_failure(ask(rf), reason="token")
    assert response.status_code == 403
    assert "This form is too old" in response.content.decode()


def refused(request: HttpRequest, refusal: Refusal, *, htmx: bool = False) -> HttpResponse:
    request.htmx = htmx  # type: ignore[attr-defined]
    answer = ConflictMiddleware(lambda request: HttpResponse()).process_exception(request, refusal)
    assert answer is not None
    return answer


def taken(**facts: Any) -> Conflict:
    return Conflict("taken", "Tom <b> has accepted it.", by="Tom Adeyemi", at=timezone.now(), state="accepted", **facts)


def test_a_lost_race_shows_what_happened_instead_and_the_way_back(rf: RequestFactory, tom):
    request = ask(rf, tom, referer="http://testserver/inbox/?sort=due")
    answer = refused(request, taken(url="/leads/7/", label="Show the lead"))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Tom &lt;b&gt; has accepted it." in html
    assert "Tom Adeyemi" in html
    assert 'href="/inbox/?sort=due"' in html
    assert 'href="/leads/7/">Show the lead' in html
    assert_nothing_inline(answer)


@pytest.mark.parametrize("referrer", ["http://elsewhere.example/inbox/", "http://testserver/leads/7/", "nonsense", ""])
def test_the_way_back_leads_to_our_own_other_pages_only(rf: RequestFactory, tom, referrer):
    assert "Back to where you were" not in refused(ask(rf, tom, referer=referrer), taken()).content.decode()


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [(Refusal("no", "A reason is needed.", fields={"reason": "Choose one."}), 422, "Choose one."), (Forbidden("no", "Not yours."), 403, "Not yours to do")],
)  # fmt: skip
def test_each_refusal_has_its_page(rf: RequestFactory, tom, refusal, status, words):
    answer = refused(ask(rf, tom), refusal)
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_an_htmx_request_gets_the_refusal_as_a_toast(rf: RequestFactory, tom):
    answer = refused(ask(rf, tom), taken(), htmx=True)
    html = answer.content.decode()
    assert answer["HX-Retarget"] == "#toasts"
    assert 'data-code="taken"' in html
    assert "By: Tom Adeyemi" in html
    assert "<html" not in html


def test_a_refusal_before_sign_in_still_renders(rf: RequestFactory, db):
    assert "Tom &lt;b&gt;" in refused(ask(rf), taken()).content.decode()


def test_the_policy_is_strict_on_pages(tom):
    policy = signed_in(tom).get(reverse("design"))["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_messages_of_the_last_act_stand_on_the_page(db):
    client = Client()
    make_member()
    client.post(reverse("account_login"), {"login": "tom.adeyemi@example.com", "password": "demo-password-1"})
    html = client.get(reverse("design")).content.decode()
    assert 'class="toast-note tells-success"' in html
