"""Notices go out by mail and chat: once, when wanted, and never inside a transaction."""

from __future__ import annotations

import re
import smtplib
import threading
from datetime import time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction

from config.notices import chat
from config.notices.models import ActionLink, Notice, NoticeDelivery, Urgency
from config.notices.services import delivering, links, notices
from config.notices.services.notices import Action, tell
from config.notices.tasks import deliver_notices
from config.outbox.health import Beat
from config.outbox.models import BACK_OFF, LEASE, DeliveryState, Heartbeat
from tests.notices.conftest import NOW, make_user, prefer
from tests.outbox.threads import at_once

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#leads"
LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://handoff.example.com"


def make_notice(*people: Any, number: int = 1, **fields: Any) -> list[Notice]:
    fields = {"kind": "handoff_offered", "title": f"Lead {number} for you", "urgency": Urgency.SOON} | fields
    with transaction.atomic():
        return tell(people, dedupe_key=f"lead:{number}", at=NOW, **fields)


def run(now=NOW) -> Beat:
    beat = Beat()
    delivering.deliver_due(now, beat)
    return beat


def parts(message) -> tuple[str, str]:
    [(html, mime)] = [(part.content, part.mimetype) for part in message.alternatives]
    assert mime == "text/html"
    return message.body, html


@pytest.mark.django_db
def test_a_mail_has_text_and_html_with_absolute_links(ines):
    [notice] = make_notice(ines, body="Acme & Sons asked for a demo.\nCall today.", url="/leads/7/")
    assert run().handled == 1
    [message] = mail.outbox
    assert message.subject == "Lead 1 for you"
    assert message.to == ["Ines Kowalska <ines.kowalska@example.com>"]
    address = f"https://handoff.example.com/notices/{notice.public_id}/"
    text, html = parts(message)
    assert address in text
    assert "Acme & Sons asked for a demo.\nCall today." in text
    assert f'href="{address}"' in html
    assert "Acme &amp; Sons asked for a demo.<br>Call today." in html
    assert "https://handoff.example.com/notices/preferences/" in text
    assert 'name="color-scheme" content="light dark"' in html
    assert all(link.startswith("https://handoff.example.com") for link in re.findall(r'(?:href|src)="([^"]*)"', html))
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert run(LATER).handled == 0


@pytest.mark.django_db
def test_markup_in_a_name_stays_text(ines):
    make_notice(ines, title="<b>Bobby</b>", body="<script>alert(1)</script>")
    run()
    _, html = parts(mail.outbox[0])
    assert "<script>" not in html
    assert "&lt;b&gt;Bobby" in html


@pytest.mark.django_db
def test_buttons_are_links_that_decide_for_this_person(ines):
    links.register_verb("accept", describe=lambda s, u: {"title": "", "button": ""}, act=lambda s, u, d, a: "/")
    over = Action("Reject", "accept", "8", NOW - timedelta(seconds=1))
    make_notice(ines, actions=[Action("Accept", "accept", "7"), over])
    run()
    link = ActionLink.objects.get()
    assert (link.user, link.subject, link.expires_at) == (ines, "7", NOW + timedelta(days=7))
    address = f"https://handoff.example.com/act/{links.token_of(link)}/"
    for part in parts(mail.outbox[0]):
        assert address in part
        assert "Reject" not in part


@pytest.mark.django_db
def test_sent_again_it_is_recognised_as_the_same(ines):
    """A worker that dies after sending sends again: same Message-ID, same links."""
    links.register_verb("accept", describe=lambda s, u: {"title": "", "button": ""}, act=lambda s, u, d, a: "/")
    make_notice(ines, actions=[Action("Accept", "accept", "7")])
    run()
    NoticeDelivery.objects.update(state=DeliveryState.WAITING)
    run(NOW + LEASE)
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert first.body == second.body
    assert re.fullmatch(r"<notice-[0-9a-f-]{36}@handoff\.example\.com>", first.extra_headers["Message-ID"])


@pytest.mark.django_db
def test_a_digest_is_one_mail_per_person(ines, omar):
    for person in (ines, omar):
        prefer(person, digest="daily")
    for number in range(3):
        make_notice(ines, omar, number=number)
    make_notice(ines, number=9, title="The clock runs out", urgency=Urgency.NOW)
    run()
    assert [message.subject for message in mail.outbox] == ["The clock runs out"]
    assert run(LATER).handled == 6

    digests = mail.outbox[1:]
    assert sorted(message.to[0] for message in digests) == [
        "Ines Kowalska <ines.kowalska@example.com>",
        "Omar Haddad <omar.haddad@example.com>",
    ]
    for message in digests:
        assert message.subject == "3 notices: Lead 0 for you"
        for part in parts(message):
            assert all(f"Lead {number} for you" in part for number in range(3))
    assert len({message.extra_headers["Message-ID"] for message in digests}) == 2


@pytest.mark.django_db
def test_a_burst_of_one_kind_is_one_mail_and_few_are_a_mail_each(ines, omar):
    for number in range(1, 6):
        make_notice(ines, number=number)
    for number in range(6, 9):
        make_notice(omar, number=number)
    assert run().handled == 8
    subjects: dict[tuple[str, ...], list[str]] = {tuple(message.to): [] for message in mail.outbox}
    for message in mail.outbox:
        subjects[tuple(message.to)].append(str(message.subject))
    assert sorted(map(len, subjects.values())) == [1, 3]
    [burst] = next(found for found in subjects.values() if len(found) == 1)
    assert burst == "5 notices: Lead 1 for you"


@pytest.mark.django_db
def test_a_very_long_digest_names_the_rest(ines):
    prefer(ines, digest="daily")
    for number in range(45):
        make_notice(ines, number=number)
    run(LATER)
    [message] = mail.outbox
    assert message.subject.startswith("45 notices")
    assert "And 5 more: https://handoff.example.com/notices/" in message.body
    assert not NoticeDelivery.objects.waiting().exists()


@pytest.mark.django_db
def test_what_was_read_meanwhile_is_not_mailed(ines):
    prefer(ines, digest="daily")
    read, unread = make_notice(ines, number=1), make_notice(ines, number=2)
    notices.mark_read(ines, read[0].public_id, NOW)
    run(LATER)
    assert [message.subject for message in mail.outbox] == [unread[0].title]


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"mail": False}, {"muted_kinds": ["handoff_offered"]}])
def test_what_is_not_wanted_any_more_is_not_sent(ines, change):
    make_notice(ines)
    prefer(ines, **change)
    assert run().failures == 0
    assert mail.outbox == []
    assert not NoticeDelivery.objects.exists()
    assert Notice.objects.exists()


@pytest.mark.django_db
def test_nothing_is_sent_to_an_account_that_was_switched_off(ines):
    make_notice(ines)
    type(ines).objects.update(is_active=False)
    run()
    assert mail.outbox == []


@pytest.mark.django_db
def test_a_late_worker_does_not_wake_anybody(ines):
    """Due at 10:00, but no worker ran until quiet hours had begun."""
    make_notice(ines)
    prefer(ines, quiet_from=time(20), quiet_until=time(7))
    evening, morning = NOW.replace(hour=21), LATER.replace(hour=6)
    run(evening)
    assert mail.outbox == []
    assert NoticeDelivery.objects.get().attempts == 0
    assert run(morning - timedelta(seconds=1)).handled == 0
    assert run(morning).handled == 1


class Unreachable(EmailBackend):
    opened = 0

    def open(self):
        Unreachable.opened += 1
        raise TimeoutError("timed out")


class RefusingOne(EmailBackend):
    def send_messages(self, messages):
        if "omar" in messages[0].to[0]:
            raise smtplib.SMTPRecipientsRefused({"omar": (550, b"no such user")})
        return super().send_messages(messages)


@pytest.mark.django_db
def test_an_unreachable_mail_server_is_tried_once_a_round_and_later_again(ines, omar, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Unreachable"
    Unreachable.opened = 0
    make_notice(ines, omar)
    beat = run()
    assert Unreachable.opened == 1
    assert beat.failures == 2
    assert "TimeoutError: timed out" in beat.last_error
    delivery = NoticeDelivery.objects.all()[0]
    assert (delivery.attempts, delivery.next_at) == (1, NOW + timedelta(seconds=BACK_OFF[0]))

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert run(delivery.next_at).handled == 2


@pytest.mark.django_db
def test_one_refused_address_holds_up_nobody_and_is_parked_at_last(ines, omar, settings):
    settings.EMAIL_BACKEND = f"{__name__}.RefusingOne"
    make_notice(omar, ines)
    now = NOW
    for wait in (*BACK_OFF, 0):
        run(now)
        now += timedelta(seconds=wait)
    assert [message.to for message in mail.outbox] == [["Ines Kowalska <ines.kowalska@example.com>"]]
    parked = NoticeDelivery.objects.get(notice__recipient=omar)
    assert (parked.state, parked.attempts) == (DeliveryState.PARKED, 8)
    assert "550" in parked.last_error


@pytest.mark.django_db
def test_a_button_that_no_app_knows_fails_that_notice_only(ines, omar):
    make_notice(ines, actions=[Action("Accept", "nobody_registered_this", "7")])
    make_notice(omar, number=2)
    beat = run()
    assert (beat.handled, beat.failures) == (1, 1)
    assert "nobody_registered_this" in beat.last_error


@pytest.mark.django_db
def test_chat_gets_the_title_and_the_link(ines, monkeypatch):
    said = []
    monkeypatch.setattr(chat, "send", lambda *message: said.append(message))
    prefer(ines, mail=False, chat_url=SLACK)
    [notice] = make_notice(ines, body="Acme")
    run()
    link = f"https://handoff.example.com/notices/{notice.public_id}/"
    assert said == [(SLACK, "Lead 1 for you", f"Acme\n{link}")]
    assert mail.outbox == []


@pytest.mark.django_db
def test_chat_that_fails_does_not_stop_the_mail(ines, monkeypatch):
    def fail(*message):
        raise chat.ChatFailed("channel_not_found")

    monkeypatch.setattr(chat, "send", fail)
    prefer(ines, chat_url=SLACK)
    make_notice(ines)
    beat = run()
    assert len(mail.outbox) == 1
    assert "channel_not_found" in beat.last_error
    assert NoticeDelivery.objects.get(channel="chat").attempts == 1


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_mail_once():
    people = [make_user(f"Rep {number}") for number in range(30)]
    for person in people[:10]:
        prefer(person, digest="hourly")
    for number in range(4):
        make_notice(*people, number=number)
    beats = at_once(*[lambda: run(LATER)] * 4)

    assert sum(beat.handled for beat in beats) == 120
    assert len(mail.outbox) == 10 + 20 * 4
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == len(mail.outbox)


class Watching(EmailBackend):
    """Looks from outside, while a mail is being sent, at what the database holds open."""

    seen: list[tuple[int, int]] = []

    def send_messages(self, messages):
        def look():
            with connection.cursor() as cursor:
                cursor.execute("select id from notices_noticedelivery for update skip locked")
                free = len(cursor.fetchall())
                cursor.execute(
                    "select count(*) from pg_stat_activity"
                    " where state like 'idle in transaction%%' and datname = current_database()",
                    [],
                )
                self.seen.append((free, cursor.fetchone()[0]))
            connection.close()

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        return super().send_messages(messages)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_and_no_row_locked_while_a_mail_is_sent(ines, omar, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Watching"
    Watching.seen.clear()
    prefer(omar, digest="hourly")
    make_notice(ines, omar)
    run(LATER)
    assert Watching.seen == [(2, 0), (2, 0)]


@pytest.mark.django_db
def test_a_worker_that_dies_loses_nothing(ines, omar):
    prefer(omar, digest="hourly")
    make_notice(ines, omar)
    assert len(delivering.claim(LATER)) == 2
    assert run(LATER + LEASE - timedelta(seconds=1)).handled == 0
    assert run(LATER + LEASE).handled == 2


@pytest.mark.django_db
def test_the_task_leaves_a_heartbeat(ines):
    make_notice(ines)
    deliver_notices()
    assert Heartbeat.objects.get(name="deliver_notices").handled == 1
