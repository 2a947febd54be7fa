"""Intervals and tails, against published values and scipy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reports.intervals import Rate, chance_of_so_few, chance_of_so_many, difference, odds_words, wilson

counts = st.integers(0, 400).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))


def test_published_values():
    """Newcombe 1998, table I: 81 of 263 and 15 of 148."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)


def test_published_difference():
    """Newcombe 1998, method 10: 56 of 70 less 48 of 80 is 0.2000, from 0.0524 to 0.3339."""
    assert difference(Rate(56, 70), Rate(48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(counts)
def test_wilson_as_scipy_has_it(count):
    part, whole = count
    if not whole:
        assert wilson(part, whole) == (0.0, 1.0)
        return
    expected = stats.binomtest(part, whole).proportion_ci(method="wilson")
    assert wilson(part, whole) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(counts, counts)
def test_tails_as_scipy_has_them(now, past):
    rate, before = Rate(*now), Rate(*past)
    a, b = before.part + 0.5, before.whole - before.part + 0.5
    few = stats.betabinom.cdf(rate.part, rate.whole, a, b) if rate.whole else 1.0
    many = stats.betabinom.sf(rate.part - 1, rate.whole, a, b) if rate.whole else 1.0
    assert chance_of_so_few(rate, before) == pytest.approx(few, rel=1e-6, abs=1e-9)
    assert chance_of_so_many(rate, before) == pytest.approx(many, rel=1e-6, abs=1e-9)


def test_a_thousand_qualified_and_one_opportunity_is_beyond_chance():
    assert chance_of_so_few(Rate(1, 1000), Rate(400, 6000)) < 1e-6


def test_a_thin_past_raises_no_alarm():
    assert chance_of_so_few(Rate(1, 60), Rate(1, 3)) > 0.02


def test_large_counts_are_quick():
    assert chance_of_so_few(Rate(99_000, 1_000_000), Rate(100_000, 1_000_000)) == pytest.approx(0.0092, abs=0.0005)


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.5, "nothing unusual"),
        (0.05, "about once in 20 such periods"),
        (0.000512, "about once in 2,000 such periods"),
        (1e-9, "less than once in a million such periods"),
    ],
)
def test_odds_in_words(chance, words):
    assert odds_words(chance) == words
