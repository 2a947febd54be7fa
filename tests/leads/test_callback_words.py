"""What reps type while they talk, read as one moment."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.callback_words import Unclear, understand, understand_day

BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)  # a Wednesday, 11:00 in Berlin, 5:00 in New York


def meant(words: str, now: datetime = NOW, own: str = BERLIN, theirs: str = NEW_YORK) -> str:
    found = understand(words, now=now, own_zone=own, their_zone=theirs)
    return f"{found.at.astimezone(ZoneInfo(found.zone)):%a %Y-%m-%d %H:%M} {found.zone}"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tomorrow 10", "Thu 2026-03-05 10:00 Europe/Berlin"),
        ("Tomorrow at 10:30", "Thu 2026-03-05 10:30 Europe/Berlin"),
        ("10:30 tomorrow", "Thu 2026-03-05 10:30 Europe/Berlin"),
        ("tomorrow 2pm", "Thu 2026-03-05 14:00 Europe/Berlin"),
        ("tomorrow 12 am", "Thu 2026-03-05 00:00 Europe/Berlin"),
        ("tomorrow noon", "Thu 2026-03-05 12:00 Europe/Berlin"),
        ("tomorrow morning", "Thu 2026-03-05 09:00 Europe/Berlin"),
        ("tomorrow 10 their time", "Thu 2026-03-05 10:00 America/New_York"),
        ("day after tomorrow 9.15", "Fri 2026-03-06 09:15 Europe/Berlin"),
        ("today 16", "Wed 2026-03-04 16:00 Europe/Berlin"),
        ("16:00", "Wed 2026-03-04 16:00 Europe/Berlin"),
        ("9:00", "Thu 2026-03-05 09:00 Europe/Berlin"),
        ("4", "Wed 2026-03-04 16:00 Europe/Berlin"),
        ("at 4 am", "Thu 2026-03-05 04:00 Europe/Berlin"),
        ("in 2 h", "Wed 2026-03-04 13:00 Europe/Berlin"),
        ("2h", "Wed 2026-03-04 13:00 Europe/Berlin"),
        ("in 1 h 30 min", "Wed 2026-03-04 12:30 Europe/Berlin"),
        ("in 1.5 hours", "Wed 2026-03-04 12:30 Europe/Berlin"),
        ("in half an hour", "Wed 2026-03-04 11:30 Europe/Berlin"),
        ("in an hour", "Wed 2026-03-04 12:00 Europe/Berlin"),
        ("90 min", "Wed 2026-03-04 12:30 Europe/Berlin"),
        ("in 2 days", "Fri 2026-03-06 11:00 Europe/Berlin"),
        ("in 2 weeks 9:30", "Wed 2026-03-18 09:30 Europe/Berlin"),
        ("in a month at 9", "Sat 2026-04-04 09:00 Europe/Berlin"),
        ("Mon 14:30 their time", "Mon 2026-03-09 14:30 America/New_York"),
        ("14:30 Mon their time", "Mon 2026-03-09 14:30 America/New_York"),
        ("monday at 14:30, lead's time", "Mon 2026-03-09 14:30 America/New_York"),
        ("wed 15", "Wed 2026-03-04 15:00 Europe/Berlin"),
        ("wed 10", "Wed 2026-03-11 10:00 Europe/Berlin"),
        ("this fri 16", "Fri 2026-03-06 16:00 Europe/Berlin"),
        ("next fri 16", "Fri 2026-03-13 16:00 Europe/Berlin"),
        ("next week Tue 9", "Tue 2026-03-10 09:00 Europe/Berlin"),
        ("tue next week 9", "Tue 2026-03-10 09:00 Europe/Berlin"),
        ("next week 9", "Mon 2026-03-09 09:00 Europe/Berlin"),
        ("24 Dec 9:00", "Thu 2026-12-24 09:00 Europe/Berlin"),
        ("Dec 24 9:00", "Thu 2026-12-24 09:00 Europe/Berlin"),
        ("24th of December 9", "Thu 2026-12-24 09:00 Europe/Berlin"),
        ("9:00 24 Dec", "Thu 2026-12-24 09:00 Europe/Berlin"),
        ("24.12. 9:00", "Thu 2026-12-24 09:00 Europe/Berlin"),
        ("24/12 9:00", "Thu 2026-12-24 09:00 Europe/Berlin"),
        ("24.12.2026 9:00", "Thu 2026-12-24 09:00 Europe/Berlin"),
        ("2026-12-24 09:00", "Thu 2026-12-24 09:00 Europe/Berlin"),
        ("2 Feb 9:00", "Tue 2027-02-02 09:00 Europe/Berlin"),
        ("4 march 9:00", "Thu 2027-03-04 09:00 Europe/Berlin"),
        ("the 20th 10:00", "Fri 2026-03-20 10:00 Europe/Berlin"),
        ("the 2nd 10:00", "Thu 2026-04-02 10:00 Europe/Berlin"),
        ("next month 10", "Wed 2026-04-01 10:00 Europe/Berlin"),
        ("call back tomorrow at 10 o'clock", "Thu 2026-03-05 10:00 Europe/Berlin"),
    ],
)  # fmt: skip
def test_words_are_read_as_one_moment(words: str, expected: str) -> None:
    assert meant(words) == expected


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "Say when"),
        ("tomorrow", "At what time on Thu 5 Mar"),
        ("mon", "At what time on Mon 9 Mar"),
        ("sometime", "not understood"),
        ("tomorrow 25", "no time 25"),
        ("tomorrow 10:75", "no time"),
        ("tomorrow 13 pm", "There is no 13 pm"),
        ("today 9", "has passed"),
        ("24.13. 9:00", "no month 13"),
        ("30.2.2026 9:00", "no 30.2.2026"),
        ("31 feb 9:00", "no day 31"),
        ("in 3 h please now", "not understood"),
        ("in 500 days", "more than a year"),
        ("tomorrow 10 or 11", "not understood"),
        ("x" * 200, "Fewer words"),
    ],
)
def test_what_is_unclear_says_what_is_missing(words: str, says: str) -> None:
    with pytest.raises(Unclear, match=says):
        meant(words)


def test_the_leads_clock_decides_what_tomorrow_is() -> None:
    """At 23:00 in Berlin it is already tomorrow in Kolkata."""
    late = datetime(2026, 3, 4, 22, 0, tzinfo=UTC)
    assert meant("tomorrow 10", late, theirs=KOLKATA) == "Thu 2026-03-05 10:00 Europe/Berlin"
    assert meant("tomorrow 10 their time", late, theirs=KOLKATA) == "Fri 2026-03-06 10:00 Asia/Kolkata"


def test_a_time_that_the_change_of_clocks_skips_moves_forward_and_says_so() -> None:
    found = understand("29 Mar 2:30", now=NOW, own_zone=BERLIN, their_zone=BERLIN)
    assert found.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert "03:30 is meant" in found.note


def test_a_time_that_happens_twice_is_the_first_and_says_so() -> None:
    found = understand("25 Oct 2:30", now=NOW, own_zone=BERLIN, their_zone=BERLIN)
    assert found.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert "twice" in found.note


def test_hours_are_elapsed_time_and_days_keep_the_time_of_day_across_the_change_of_clocks() -> None:
    eve = datetime(2026, 3, 28, 11, 0, tzinfo=UTC)  # noon in Berlin, the night before the clocks go forward
    assert meant("in 24 h", eve) == "Sun 2026-03-29 13:00 Europe/Berlin"
    assert meant("in 1 day", eve) == "Sun 2026-03-29 12:00 Europe/Berlin"


def test_a_guess_is_said() -> None:
    assert "14:00" in understand("tomorrow 2", now=NOW, own_zone=BERLIN, their_zone=BERLIN).note
    assert "09:00" in understand("tomorrow morning", now=NOW, own_zone=BERLIN, their_zone=BERLIN).note


def test_days_without_a_time() -> None:
    assert understand_day("in 3 months", now=NOW, zone=BERLIN) == date(2026, 6, 4)
    assert understand_day("1 Sept", now=NOW, zone=BERLIN) == date(2026, 9, 1)
    assert understand_day("today", now=NOW, zone=BERLIN) == date(2026, 3, 4)
    assert understand_day("31.1.2027", now=NOW, zone=BERLIN) == date(2027, 1, 31)


ZONES = st.sampled_from([BERLIN, NEW_YORK, KOLKATA, "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "UTC"])
MOMENTS = st.integers(0, 4 * 365 * 24 * 60).map(lambda minutes: NOW - timedelta(days=700) + timedelta(minutes=minutes))


@given(MOMENTS, ZONES, ZONES, st.integers(1, 600))
def test_minutes_from_now_are_exact(now: datetime, own: str, theirs: str, minutes: int) -> None:
    found = understand(f"in {minutes} min", now=now, own_zone=own, their_zone=theirs)
    assert found.at == now + timedelta(minutes=minutes)


@given(MOMENTS, ZONES, ZONES, st.integers(1, 300), st.times(), st.booleans())
def test_a_named_day_and_time_is_that_wall_time_unless_it_was_skipped(
    now: datetime, own: str, theirs: str, ahead: int, clock: time, use_theirs: bool
) -> None:
    zone = theirs if use_theirs else own
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=ahead + 1)
    words = f"{day.isoformat()} {clock:%H:%M}{' their time' if use_theirs else ''}"
    found = understand(words, now=now, own_zone=own, their_zone=theirs)
    wall = found.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    asked = datetime.combine(day, clock.replace(second=0, microsecond=0, tzinfo=None))
    assert found.at > now
    assert wall == asked or ("skipped" in found.note and wall > asked)


@given(MOMENTS, ZONES, st.sampled_from(["mon", "tuesday", "wed", "thu", "fri", "sat", "sunday"]), st.integers(0, 23))
def test_a_weekday_is_the_next_one_whose_time_is_ahead(now: datetime, zone: str, weekday: str, hour: int) -> None:
    found = understand(f"{weekday} {hour}:00", now=now, own_zone=zone, their_zone=zone)
    here = found.at.astimezone(ZoneInfo(zone))
    assert f"{here:%a}".lower() == weekday[:3] or found.note
    assert now < found.at <= now + timedelta(days=8)


@given(st.text(max_size=40), MOMENTS)
def test_whatever_is_typed_is_a_moment_ahead_or_unclear(words: str, now: datetime) -> None:
    with suppress(Unclear):
        assert understand(words, now=now, own_zone=BERLIN, their_zone=NEW_YORK).at > now
