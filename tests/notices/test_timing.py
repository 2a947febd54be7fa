"""When a person is told: quiet hours, weekends and digests, in their own time, over clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.notices.timing import Wishes, after_quiet, deliver_at, is_quiet

BERLIN = ZoneInfo("Europe/Berlin")
Wanted = dict[str, Any]
NIGHT: Wanted = {"quiet_from": time(20), "quiet_until": time(7)}
LUNCH: Wanted = {"quiet_from": time(12), "quiet_until": time(13, 30)}
WEEKEND: Wanted = {"quiet_weekends": True}
HOURLY: Wanted = {"digest": "hourly"}
DAILY: Wanted = {"digest": "daily"}


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("wishes", "at", "expected"),
    [
        # no wishes: at once
        ({}, "2026-03-03 03:00", "2026-03-03 03:00"),
        # over midnight, before and after it; the end is not quiet any more
        (NIGHT, "2026-03-03 19:59", "2026-03-03 19:59"),
        (NIGHT, "2026-03-03 20:00", "2026-03-04 07:00"),
        (NIGHT, "2026-03-04 03:00", "2026-03-04 07:00"),
        (NIGHT, "2026-03-04 06:59", "2026-03-04 07:00"),
        (NIGHT, "2026-03-04 07:00", "2026-03-04 07:00"),
        # within a day
        (LUNCH, "2026-03-03 12:10", "2026-03-03 13:30"),
        (LUNCH, "2026-03-03 11:59", "2026-03-03 11:59"),
        # begins and ends at the same time: none at all
        ({"quiet_from": time(7), "quiet_until": time(7)}, "2026-03-03 07:00", "2026-03-03 07:00"),
        # weekends: Saturday 0:00 to Monday 0:00
        (WEEKEND, "2026-03-06 23:59", "2026-03-06 23:59"),
        (WEEKEND, "2026-03-07 00:00", "2026-03-09 00:00"),
        (WEEKEND, "2026-03-08 23:59", "2026-03-09 00:00"),
        (WEEKEND | NIGHT, "2026-03-06 21:00", "2026-03-09 07:00"),
        (WEEKEND | NIGHT, "2026-03-08 12:00", "2026-03-09 07:00"),
        # clocks go forward on 29 March at 2:00, back on 25 October at 3:00
        (NIGHT, "2026-03-28 22:00", "2026-03-29 07:00"),
        (NIGHT, "2026-10-24 22:00", "2026-10-25 07:00"),
        (WEEKEND, "2026-03-28 12:00", "2026-03-30 00:00"),
        (WEEKEND, "2026-10-24 12:00", "2026-10-26 00:00"),
    ],
)
def test_urgent_notices_wait_only_for_quiet_to_end(wishes, at, expected):
    either: list[Wanted] = [{}, HOURLY, DAILY]
    for digest in either:
        found = deliver_at(local(at), Wishes(BERLIN, **wishes, **digest), may_wait=False)
        assert found == local(expected)


@pytest.mark.parametrize(
    ("wishes", "at", "expected"),
    [
        (HOURLY, "2026-03-03 10:00", "2026-03-03 11:00"),
        (HOURLY, "2026-03-03 10:01", "2026-03-03 11:00"),
        (HOURLY, "2026-03-03 23:59", "2026-03-04 00:00"),
        (HOURLY | NIGHT, "2026-03-03 19:30", "2026-03-04 07:00"),
        (HOURLY | LUNCH, "2026-03-03 11:30", "2026-03-03 14:00"),
        (DAILY, "2026-03-03 07:59", "2026-03-03 08:00"),
        (DAILY, "2026-03-03 08:00", "2026-03-04 08:00"),
        (DAILY, "2026-03-03 17:00", "2026-03-04 08:00"),
        (DAILY | NIGHT, "2026-03-03 21:00", "2026-03-04 08:00"),
        # the usual time is quiet every day: when quiet ends
        (DAILY | {"quiet_from": time(22), "quiet_until": time(9)}, "2026-03-03 17:00", "2026-03-04 09:00"),
        # the usual time is quiet that day only: the usual time of the first day that is not
        (DAILY | WEEKEND, "2026-03-06 17:00", "2026-03-09 08:00"),
        (DAILY | WEEKEND | NIGHT, "2026-03-06 17:00", "2026-03-09 08:00"),
        (HOURLY | WEEKEND, "2026-03-06 23:30", "2026-03-09 00:00"),
        # clock changes: eight in the morning stays eight in the morning
        (DAILY, "2026-03-28 12:00", "2026-03-29 08:00"),
        (DAILY, "2026-10-24 12:00", "2026-10-25 08:00"),
    ],
)
def test_what_may_wait_comes_with_the_digest(wishes, at, expected):
    assert deliver_at(local(at), Wishes(BERLIN, **wishes), may_wait=True) == local(expected)


def test_the_hour_that_comes_twice():
    """Quiet until 2:30 lasts until the second 2:30; an hourly digest comes in both hours."""
    wishes = Wishes(BERLIN, quiet_from=time(22), quiet_until=time(2, 30))
    first, second = datetime(2026, 10, 25, 0, 45, tzinfo=UTC), datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    end = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert [after_quiet(at, wishes) for at in (first, second, end)] == [end, end, end]
    hourly = Wishes(BERLIN, digest="hourly")
    assert deliver_at(first, hourly, may_wait=True) == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert deliver_at(second, hourly, may_wait=True) == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


def test_the_hour_that_does_not_come():
    """2:30 is skipped; quiet until then ends no earlier than an hour that exists."""
    wishes = Wishes(BERLIN, quiet_from=time(22), quiet_until=time(2, 30))
    assert after_quiet(local("2026-03-29 01:50"), wishes) == local("2026-03-29 03:30")
    hourly = Wishes(BERLIN, digest="hourly")
    assert deliver_at(local("2026-03-29 01:50"), hourly, may_wait=True) == local("2026-03-29 03:00")


def test_a_zone_shifted_by_a_quarter_hour_has_its_own_full_hours():
    zone = ZoneInfo("Asia/Kathmandu")
    found = deliver_at(local("2026-03-03 10:20", zone), Wishes(zone, digest="hourly"), may_wait=True)
    assert found == local("2026-03-03 11:00", zone)


def test_each_person_has_their_own_night():
    tokyo, at = ZoneInfo("Asia/Tokyo"), datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert deliver_at(at, Wishes(BERLIN, **NIGHT), may_wait=False) == at
    assert deliver_at(at, Wishes(tokyo, **NIGHT), may_wait=False) == local("2026-03-04 07:00", tokyo)


times = st.times().map(lambda t: t.replace(second=0, microsecond=0)) | st.none()
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"])


@given(
    at=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=zones,
    quiet=st.tuples(times, times).filter(lambda pair: (pair[0] is None) == (pair[1] is None)),
    weekends=st.booleans(),
    digest=st.sampled_from(["off", "hourly", "daily"]),
    may_wait=st.booleans(),
)
def test_nobody_is_told_too_early_in_quiet_time_or_never(at, zone, quiet, weekends, digest, may_wait):
    wishes = Wishes(ZoneInfo(zone), quiet[0], quiet[1], weekends, digest)
    found = deliver_at(at, wishes, may_wait=may_wait)
    assert found >= at
    assert not is_quiet(found, wishes)
    assert found - at <= timedelta(days=5)
