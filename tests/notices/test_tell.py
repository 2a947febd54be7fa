"""Telling: once per matter and person, by the channels they want, in the transaction that makes it true."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction

from config.notices import kinds
from config.notices.models import Channel, Notice, NoticeDelivery, Urgency
from config.notices.services import notices
from config.notices.services.notices import Action, tell
from config.outbox.models import Event
from config.outbox.topics import stays_inside
from tests.notices.conftest import NOW, make_user, prefer
from tests.outbox.threads import at_once

HANDED: dict[str, Any] = {
    "kind": "handoff_offered",
    "title": "A lead for you",
    "dedupe_key": "handoff:7:offered",
    "at": NOW,
}


def in_transaction(*people: Any, **fields: Any) -> list[Notice]:
    with transaction.atomic():
        return tell(people, **(HANDED | fields))


@pytest.mark.django_db
def test_each_person_gets_a_notice_and_a_mail_to_be(ines, omar):
    told = in_transaction(ines, omar.pk, ines, body="Acme", url="/leads/7/", subject="lead:7")
    assert {notice.recipient for notice in told} == {ines, omar}
    notice = Notice.objects.get(recipient=ines)
    assert (notice.title, notice.body, notice.url, notice.created_at) == ("A lead for you", "Acme", "/leads/7/", NOW)
    delivery = notice.deliveries.get()
    assert (delivery.channel, delivery.next_at, delivery.digest) == (Channel.MAIL, NOW, False)
    assert mail.outbox == []


@pytest.mark.django_db
def test_nobody_is_told_twice_of_the_same_matter(ines, omar):
    in_transaction(ines)
    assert [notice.recipient for notice in in_transaction(ines, omar)] == [omar]
    assert in_transaction(ines, omar) == []
    assert in_transaction(ines, dedupe_key="handoff:8:offered")
    assert (Notice.objects.count(), NoticeDelivery.objects.count()) == (3, 3)


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_twice_by_sweeps_that_run_at_once():
    people = [make_user(f"Rep {number}") for number in range(20)]
    tellers = [lambda order=order: in_transaction(*people[::order]) for order in (1, -1, 1, -1)]
    told = at_once(*tellers)
    assert sum(len(notices) for notices in told) == len(people)
    assert Notice.objects.count() == NoticeDelivery.objects.count() == len(people)


@pytest.mark.django_db
def test_open_pages_of_those_told_ring_at_once_and_nobody_else_hears(ines, omar):
    in_transaction(ines)
    event = Event.objects.get()
    assert (event.topic, event.users, event.teams, event.payload) == ("notice.new", [ines.pk], [], {})
    assert stays_inside(event.topic)
    in_transaction(ines)
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_told(ines):
    with transaction.atomic():
        tell([ines], **HANDED)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_must_run_inside_a_transaction(ines):
    with pytest.raises(RuntimeError, match="inside the transaction"):
        tell([ines], **HANDED)


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_people(django_assert_num_queries):
    few, many = [make_user("One")], [make_user(f"Rep {number}") for number in range(30)]
    prefer(many[0], chat_url="slack://a/b/c", digest="daily")
    for people in (few, many):
        with transaction.atomic(), django_assert_num_queries(5):  # people, notices, which are new, deliveries, event
            tell(people, **(HANDED | {"dedupe_key": f"to {len(people)}"}))
    assert NoticeDelivery.objects.count() == 32


@pytest.mark.django_db
def test_nothing_is_asked_of_the_database_for_nobody(django_assert_num_queries):
    gone = make_user("Gone", is_active=False)
    with transaction.atomic():
        assert tell([gone], **HANDED) == []
        assert tell([], **HANDED) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wishes", "channels"),
    [
        ({}, ["mail"]),
        ({"mail": False}, []),
        ({"chat_url": "slack://a/b/c"}, ["chat", "mail"]),
        ({"mail": False, "chat_url": "slack://a/b/c"}, ["chat"]),
        ({"chat_url": "slack://a/b/c", "muted_kinds": ["handoff_offered"]}, []),
        ({"muted_kinds": ["clock_warned"]}, ["mail"]),
    ],
)
def test_channels_follow_the_persons_choice_and_the_bell_always_rings(ines, wishes, channels):
    prefer(ines, **wishes)
    assert len(in_transaction(ines)) == 1
    assert sorted(NoticeDelivery.objects.values_list("channel", flat=True)) == channels


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wishes", "urgency", "hours", "digest"),
    [
        ({"digest": "hourly"}, Urgency.SOON, 1, True),
        ({"digest": "daily"}, Urgency.WHENEVER, 22, True),
        ({"digest": "daily"}, Urgency.NOW, 0, False),
        ({"quiet_from": time(9), "quiet_until": time(12)}, Urgency.NOW, 2, False),
        ({"quiet_from": time(9), "quiet_until": time(12), "digest": "hourly"}, Urgency.SOON, 2, True),
    ],
)
def test_times_follow_the_persons_choice(ines, wishes, urgency, hours, digest):
    """Now is 10:00 where Ines is."""
    prefer(ines, **wishes)
    in_transaction(ines, urgency=urgency)
    delivery = NoticeDelivery.objects.get()
    assert (delivery.next_at, delivery.digest) == (NOW + timedelta(hours=hours), digest)


@pytest.mark.django_db
def test_a_long_title_over_several_lines_becomes_one_line_that_fits(ines):
    [notice] = in_transaction(ines, title="A lead\nBcc: everybody " + "x" * 300)
    assert notice.title.startswith("A lead Bcc: everybody xxx")
    assert len(notice.title) == 200


@pytest.mark.django_db
def test_a_key_that_does_not_fit_is_a_mistake_not_a_lost_notice(ines):
    with pytest.raises(ValueError, match="at most 140"):
        in_transaction(ines, dedupe_key="x" * 141)


@pytest.mark.django_db
def test_actions_keep_their_own_end_or_get_a_week(ines):
    end = datetime(2026, 3, 4, tzinfo=UTC)
    [notice] = in_transaction(ines, actions=[Action("Accept", "accept", "7"), Action("Reject", "reject", "7", end)])
    assert [action["expires_at"] for action in notice.actions] == ["2026-03-10T09:00:00+00:00", end.isoformat()]


@pytest.mark.django_db
def test_reading_is_for_the_recipient(ines, omar):
    in_transaction(ines, omar)
    mine = Notice.objects.get(recipient=ines)
    assert notices.mark_read(omar, mine.public_id, NOW) is None
    assert notices.mark_read(ines, mine.public_id, NOW) == mine
    notices.mark_read(ines, mine.public_id, NOW + timedelta(hours=1))
    assert Notice.objects.get(recipient=ines).read_at == NOW
    assert notices.mark_all_read(omar, NOW) == 1
    assert notices.mark_all_read(omar, NOW) == 0


@pytest.mark.django_db
def test_a_test_notice_goes_by_every_channel_at_once_whatever_the_hour(ines):
    prefer(ines, chat_url="slack://a/b/c", quiet_from=time(0), quiet_until=time(23, 59), digest="daily")
    for second in range(2):
        notices.send_test(ines, NOW + timedelta(seconds=second))
    assert set(NoticeDelivery.objects.values_list("notice__kind", "digest")) == {(kinds.TEST, False)}
    assert NoticeDelivery.objects.due(NOW).count() == 2
    assert NoticeDelivery.objects.count() == 4


@pytest.mark.django_db
def test_what_was_said_about_somebody_can_be_forgotten(ines, omar):
    in_transaction(ines, omar, title="Jane Doe waits", body="Jane", url="/leads/7/", subject="lead:7")
    in_transaction(ines, title="John Roe waits", subject="lead:8", dedupe_key="other")
    assert notices.forget("lead:7") == 2
    assert not Notice.objects.filter(title__contains="Jane").exists()
    assert Notice.objects.filter(title__contains="John").exists()
