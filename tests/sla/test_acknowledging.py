"""Each person confirms the version in force; who has not is seen and reminded."""

from __future__ import annotations

import pytest

from config.celery import app
from config.notices.models import Notice
from config.web.errors import Conflict, Forbidden
from sla import tasks
from sla.models import Version
from sla.services import acknowledging, drafting
from tests.cast import DAY, HOUR, NOW, Cast, sign_all

pytestmark = pytest.mark.django_db
WORKERS = {"Mara Lindt", "Jonas Weiss", "Priya Nair", "Tom Berger", "Tim Novak", "Tess Olsen", "Sina Vogel", "Sam Okafor",
           "Nina Keller"}  # fmt: skip


def reminded(at) -> list[str]:
    return sorted(Notice.objects.filter(kind="acknowledge", created_at=at).values_list("recipient__name", flat=True))


def test_everybody_who_works_under_it_is_a_reader_and_nobody_else(cast: Cast):
    readers = acknowledging.readers(cast.version)
    assert {reader.user.name for reader in readers} == WORKERS
    assert all(reader.at is None for reader in readers)


def test_confirming_is_on_record_once(cast: Cast):
    assert acknowledging.owes(cast.version, cast.sam)
    first = acknowledging.acknowledge(cast.version, by=cast.sam, at=NOW)
    again = acknowledging.acknowledge(cast.version, by=cast.sam, at=NOW + HOUR)
    assert (again.pk, again.at) == (first.pk, NOW)
    assert not acknowledging.owes(cast.version, cast.sam)
    assert not acknowledging.owes(cast.version, cast.eva)  # she is no party
    last = acknowledging.readers(cast.version)[-1]
    assert (last.user, last.at) == (cast.sam, NOW)


def test_only_what_is_in_force_is_confirmed(cast: Cast, draft: Version):
    with pytest.raises(Conflict):
        acknowledging.acknowledge(draft, by=cast.sam, at=NOW)
    newer = sign_all(cast, draft, NOW)
    with pytest.raises(Conflict) as refused:
        acknowledging.acknowledge(cast.version, by=cast.sam, at=NOW + HOUR)
    assert str(newer) in refused.value.message


def test_a_new_version_asks_everybody_anew(cast: Cast):
    acknowledging.acknowledge(cast.version, by=cast.sam, at=NOW)
    newer = sign_all(cast, drafting.draft_from_version(cast.version, by=cast.mara), NOW)
    assert acknowledging.owes(newer, cast.sam)


def test_reminders_come_after_two_days_then_weekly_and_end(cast: Cast):
    assert cast.version.effective_at is not None
    since = cast.version.effective_at
    acknowledging.acknowledge(cast.version, by=cast.sam, at=since)
    assert acknowledging.remind(since + DAY) == 0
    assert acknowledging.remind(since + 2 * DAY) == 8
    assert reminded(since + 2 * DAY) == sorted(WORKERS - {"Sam Okafor"})
    for hours in (1, 24, 100):  # however often the task runs
        acknowledging.remind(since + 2 * DAY + hours * HOUR)
    assert Notice.objects.filter(kind="acknowledge").count() == 8
    acknowledging.acknowledge(cast.version, by=cast.tim, at=since + 3 * DAY)
    acknowledging.remind(since + 9 * DAY)
    assert reminded(since + 9 * DAY) == sorted(WORKERS - {"Sam Okafor", "Tim Novak"})
    assert acknowledging.remind(since + 44 * DAY) == 0  # six times are enough


def test_a_manager_reminds_their_own_people_once_a_day(cast: Cast):
    acknowledging.acknowledge(cast.version, by=cast.nina, at=NOW)
    assert acknowledging.remind_now(cast.version, by=cast.sina, at=NOW) == (2, 2)
    assert reminded(NOW) == ["Sam Okafor", "Sina Vogel"]
    assert acknowledging.remind_now(cast.version, by=cast.sina, at=NOW + HOUR) == (2, 0)
    assert reminded(NOW + HOUR) == []
    acknowledging.remind_now(cast.version, by=cast.sina, at=NOW + DAY)
    assert len(reminded(NOW + DAY)) == 2
    with pytest.raises(Forbidden):
        acknowledging.remind_now(cast.version, by=cast.sam, at=NOW)


def test_reminders_and_reviews_are_on_the_schedule(cast: Cast):
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    for task in (tasks.announce_versions, tasks.remind_readers, tasks.remind_of_reviews):
        assert task.name in scheduled
        task()
