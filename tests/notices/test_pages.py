"""The bell, the list, opening a notice, and the preferences: each person sees their own."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.notices.models import Notice, NoticeDelivery, Preference
from config.notices.services.notices import tell
from config.notices.tasks import deliver_notices
from tests.notices.conftest import NOW, prefer, signed_in

pytestmark = pytest.mark.django_db


def make_notices(*people: Any, count: int = 1, **fields: Any) -> list[Notice]:
    fields = {"kind": "handoff_offered", "url": "/leads/7/"} | fields
    made = []
    with transaction.atomic():
        for number in range(count):
            at = NOW + timedelta(minutes=number)
            title, key = f"Lead {number:02} for you", f"{fields['kind']}:{number}"
            made += tell(people, title=title, dedupe_key=key, at=at, **fields)
    return made


def page(client: Client, name: str, **query: Any) -> str:
    response = client.get(reverse(name), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_ones_own_latest_first(ines, omar):
    make_notices(ines, count=2)
    make_notices(omar, kind="clock_warned")
    shown = page(signed_in(ines), "notices")
    assert shown.index("Lead 01") < shown.index("Lead 00")
    assert shown.count("for you</a>") == 2
    assert "A lead is handed to me" in shown


def test_the_list_can_be_narrowed(ines):
    make_notices(ines, count=2)
    make_notices(ines, kind="clock_warned")
    Notice.objects.filter(title="Lead 01 for you").update(read_at=NOW)
    client = signed_in(ines)
    assert page(client, "notices", unread="1").count("for you</a>") == 2
    assert page(client, "notices", kind="clock_warned").count("for you</a>") == 1
    assert page(client, "notices", kind="nonsense").count("for you</a>") == 3


def test_long_lists_come_in_pages(ines):
    make_notices(ines, count=55)
    client = signed_in(ines)
    response = client.get(reverse("notices"))
    first = response.context["page"]
    second = client.get(reverse("notices"), {"cursor": first.older}).context["page"]
    assert [len(first.rows), len(second.rows)] == [50, 5]
    assert first.rows[-1].pk > second.rows[0].pk
    assert client.get(reverse("notices"), {"cursor": "nonsense"}).status_code == 200


def test_an_empty_list_says_what_will_come(ines):
    assert "No notices yet" in page(signed_in(ines), "notices")


def test_opening_marks_it_read_and_goes_where_it_points(ines):
    [notice] = make_notices(ines)
    response = signed_in(ines).get(reverse("notice_open", args=[notice.public_id]))
    assert (response.status_code, response["Location"]) == (302, "/leads/7/")
    assert Notice.objects.get().read_at is not None


@pytest.mark.parametrize("url", ["", "https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_notice_never_leads_out_of_the_portal(ines, url):
    [notice] = make_notices(ines, url=url)
    response = signed_in(ines).get(reverse("notice_open", args=[notice.public_id]))
    assert response["Location"] == reverse("notices")


def test_somebody_elses_notice_is_not_found(ines, omar):
    [notice] = make_notices(ines)
    assert signed_in(omar).get(reverse("notice_open", args=[notice.public_id])).status_code == 404
    assert Notice.objects.get().read_at is None


def test_mark_all_read(ines, omar):
    make_notices(ines, omar, count=3)
    client = signed_in(ines)
    assert client.get(reverse("notices_read_all")).status_code == 405
    assert client.post(reverse("notices_read_all"))["Location"] == reverse("notices")
    assert client.post(reverse("notices_read_all"), {"next": "/leads/"})["Location"] == "/leads/"
    assert client.post(reverse("notices_read_all"), {"next": "https://evil.example"})["Location"] == reverse("notices")
    assert set(Notice.objects.unread().values_list("recipient", flat=True)) == {omar.pk}


def test_the_bell_opens_the_latest_ten(ines):
    make_notices(ines, count=12)
    shown = page(signed_in(ines), "notices_bell")
    assert "12 unread" in shown
    assert "Lead 11" in shown
    assert "Lead 01" not in shown
    assert "<html" not in shown


def test_the_bell_renews_itself(ines):
    make_notices(ines, count=2)
    response = signed_in(ines).get(reverse("notices_bell"), headers={"HX-Request": "true", "HX-Target": "bell"})
    shown = response.content.decode()
    assert 'id="bell"' in shown
    assert "2 unread" in shown
    assert "Lead" not in shown
    assert "no-store" in response["Cache-Control"]


def test_more_than_a_hundred_are_not_counted(ines):
    make_notices(ines, count=101)
    assert "99+ unread" in page(signed_in(ines), "notices_bell")


@pytest.mark.parametrize("name", ["notices", "notices_bell"])
def test_the_number_of_queries_is_constant(ines, name):
    client, counts = signed_in(ines), []
    for count in (1, 40):
        make_notices(ines, count=count)
        with CaptureQueriesContext(connection) as queries:
            page(client, name)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["notices", "notices_bell", "notice_preferences"])
def test_visitors_are_sent_to_sign_in(name):
    response = Client().get(reverse(name))
    assert response.status_code == 302
    assert "login" in response["Location"]


def save(client: Client, **fields: Any):
    data = {"mail": "on", "chat_url": "", "digest": "off", "told_kinds": ["handoff_offered", "clock_warned"]}
    return client.post(reverse("notice_preferences"), data | fields)


def test_preferences_are_saved(ines):
    wanted = {"digest": "daily", "quiet_from": "20:00", "quiet_until": "07:00", "quiet_weekends": "on"}
    response = save(signed_in(ines), **wanted, told_kinds=["clock_warned"], chat_url=" mmost://8.8.8.8/tok3n ")
    assert response["Location"] == reverse("notice_preferences")
    found = Preference.objects.get(user=ines)
    assert (found.mail, found.digest, found.quiet_weekends) == (True, "daily", True)
    assert (found.quiet_from, found.quiet_until) == (time(20), time(7))
    assert found.muted_kinds == ["handoff_offered"]
    assert found.chat_url == "mmost://8.8.8.8/tok3n"


def test_what_was_chosen_is_shown(ines):
    prefer(ines, muted_kinds=["handoff_offered", "of_an_app_that_is_gone"], quiet_from=time(20), quiet_until=time(7))
    client = signed_in(ines)
    shown = page(client, "notice_preferences")
    assert 'value="20:00"' in shown
    form = client.get(reverse("notice_preferences")).context["form"]
    assert form["told_kinds"].initial == ["clock_warned"]
    save(client, quiet_from="20:00", quiet_until="07:00", told_kinds=["clock_warned", "handoff_offered"])
    assert Preference.objects.get().muted_kinds == ["of_an_app_that_is_gone"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"quiet_from": "20:00"}, "Quiet hours need a beginning and an end"),
        ({"quiet_from": "20:00", "quiet_until": "20:00"}, "must end at another time"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "Enter a valid time"),
        ({"digest": "yearly"}, "Select a valid choice"),
        ({"chat_url": "http://10.0.0.1/"}, "not the address of a chat"),
        ({"told_kinds": ["nonsense"]}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(ines, fields, message):
    response = save(signed_in(ines), **fields)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert not Preference.objects.exists()


def test_a_test_notice_arrives(ines):
    response = signed_in(ines).post(reverse("notice_preferences"), {"test": "1"}, follow=True)
    assert "by the bell and mail" in response.content.decode()
    deliver_notices()
    assert [message.subject for message in mail.outbox] == ["This is a test notice"]
    assert NoticeDelivery.objects.get().sent_at is not None


def test_nothing_inline_that_the_security_policy_forbids(ines):
    make_notices(ines, count=2)
    client = signed_in(ines)
    for name in ("notices", "notices_bell", "notice_preferences"):
        shown = page(client, name)
        assert " style=" not in shown
        assert "<style" not in shown
        assert " onclick=" not in shown
