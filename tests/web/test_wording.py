"""Lengths of time, sums, shares and names in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from config.web import wording

AT = datetime(2026, 3, 3, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"), (0, "0 min"), (45, "45 s"), (60, "1 min"), (119, "1 min"), (4800, "1 h 20 min"), (3600, "1 h"),
        (86_400, "1 d"), (93_600, "1 d 2 h"), (-4800, "1 h 20 min"), (timedelta(minutes=5), "5 min"),
    ],
)  # fmt: skip
def test_durations_are_said_in_their_two_largest_units(seconds, words):
    assert wording.duration(seconds) == words


def test_working_time_has_no_days_for_a_working_day_has_no_fixed_length():
    assert wording.duration(93_900, days=False) == "26 h 5 min"


def test_what_is_late_is_rounded_up():
    assert wording.duration(61, up=True) == "2 min"
    assert wording.duration(1, up=True) == "1 min"


@given(st.integers(min_value=60, max_value=86_399))
def test_no_minute_is_lost_or_gained(seconds):
    words = wording.duration(seconds).split()
    said = sum(int(n) * {"h": 60, "min": 1}[unit] for n, unit in zip(words[::2], words[1::2], strict=True))
    assert said == seconds // 60


def test_moments_are_said_on_the_readers_clock():
    with timezone.override("America/New_York"):
        assert wording.local(AT) == "Tue 3 Mar 2026, 04:05 EST"
        assert wording.local(AT, "short") == "3 Mar, 04:05"
        assert wording.local(AT, "time") == "04:05"
    assert wording.local(date(2026, 3, 3)) == "Tue 3 Mar 2026"
    assert wording.local(None) == "–"


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (Decimal("12500.00"), "EUR", "12,500 EUR"), (1234567.5, "USD", "1,234,567.50 USD"), (0, "EUR", "0 EUR"),
        (Decimal("-3.1"), "", "-3.10"), (None, "EUR", "–"), ("twelve", "EUR", "twelve"),
    ],
)  # fmt: skip
def test_sums_are_grouped_and_show_cents_where_there_are_some(amount, currency, words):
    assert wording.money(amount, currency) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [(999, "999 EUR"), (12_500, "12.5 k EUR"), (4_200_000, "4.2 m EUR"), (3e9, "3 bn EUR"), (-2_000, "-2 k EUR"), (None, "–")],
)  # fmt: skip
def test_sums_can_be_said_briefly(amount, words):
    assert wording.money_short(amount, "EUR") == words


def test_a_percentage_comes_with_its_count():
    assert wording.percent_of(30, 240) == "12.5 % of 240"
    assert wording.percent_of(240, 240) == "100 % of 240"


def test_nothing_of_nothing_is_not_zero_percent():
    assert wording.percent_of(0, 0) == "– of 0"
    assert wording.percent(None, 5) == "–"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Mira Sandoval", "MS"),
        ("Bo", "B"),
        ("Ana María de la Cruz", "AC"),
        ("tom.adeyemi@example.com", "TA"),
        ("", "?"),
    ],
)
def test_initials(name, letters):
    assert wording.initials(name) == letters


@given(st.text(alphabet="ab \n.", max_size=60), st.text(alphabet="ab \n.", max_size=60))
def test_a_difference_repeats_both_texts_in_full(before, after):
    left, right = wording.word_difference(before, after)
    assert "".join(text for _, text in left) == before
    assert "".join(text for _, text in right) == after
    same_left = [text for differs, text in left if not differs]
    assert same_left == [text for differs, text in right if not differs]


def test_facts_are_for_people():
    given = {
        "by": "Tom Adeyemi", "at": AT, "ended_at": AT.isoformat(), "state": "met_late", "note": "", "handoff_id": 7, "id": 3,
        "url": "/x/", "label": "Show", "revision": 4, "gaps": [1], "asked_by": None, "attempts": 3, "seen_at": "long ago",
    }  # fmt: skip
    with timezone.override("UTC"):
        assert wording.facts(given) == [
            ("By", "Tom Adeyemi"),
            ("When", "Tue 3 Mar 2026, 09:05 UTC"),
            ("Ended", "Tue 3 Mar 2026, 09:05 UTC"),
            ("State", "Met late"),
            ("Attempts", 3),
            ("Seen", "long ago"),
        ]
