"""Periods: half-open, fiscal, in the company's zone, weeks by their first day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.periods import CALENDAR, ROLLING, Kind, Period, containing, edges, in_months, months_of, span

BERLIN = ZoneInfo("Europe/Berlin")
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))
fiscal = st.integers(1, 12)


@pytest.mark.parametrize(
    ("kind", "day", "month", "first", "until", "label"),
    [
        (Kind.WEEK, date(2026, 3, 4), 1, date(2026, 3, 2), date(2026, 3, 9), "Week of 2 Mar 2026"),
        (Kind.WEEK, date(2026, 1, 1), 1, date(2025, 12, 29), date(2026, 1, 5), "Week of 29 Dec 2025"),
        (Kind.MONTH, date(2024, 2, 29), 1, date(2024, 2, 1), date(2024, 3, 1), "Feb 2024"),
        (Kind.QUARTER, date(2026, 3, 31), 1, date(2026, 1, 1), date(2026, 4, 1), "Q1 2026"),
        (Kind.QUARTER, date(2026, 3, 31), 4, date(2026, 1, 1), date(2026, 4, 1), "Q4 2025/26"),
        (Kind.QUARTER, date(2026, 3, 31), 2, date(2026, 2, 1), date(2026, 5, 1), "Q1 2026/27"),
        (Kind.QUARTER, date(2026, 1, 15), 2, date(2025, 11, 1), date(2026, 2, 1), "Q4 2025/26"),
        (Kind.YEAR, date(2026, 3, 31), 7, date(2025, 7, 1), date(2026, 7, 1), "2025/26"),
        (Kind.YEAR, date(2026, 3, 31), 1, date(2026, 1, 1), date(2027, 1, 1), "2026"),
        (Kind.LAST_30, date(2026, 3, 31), 1, date(2026, 3, 2), date(2026, 4, 1), "2 Mar 2026 to 31 Mar 2026"),
    ],
)
def test_the_period_a_day_lies_in(kind, day, month, first, until, label):
    period = containing(kind, day, month)
    assert (period.first_on, period.until_on, period.label) == (first, until, label)


@given(st.sampled_from([*CALENDAR, *ROLLING]), days, fiscal, st.integers(-20, 20))
def test_periods_adjoin_and_come_back(kind, day, month, count):
    period = containing(kind, day, month)
    assert day in period
    assert period.shifted(1).first_on == period.until_on
    assert period.shifted(count).shifted(-count) == period
    if kind in CALENDAR:
        assert containing(kind, period.last_on, month) == period
        assert containing(kind, period.until_on, month) == period.shifted(1)


@given(days, st.integers(0, 800), fiscal)
def test_parts_cover_the_period_exactly(day, length, month):
    period = span(day, day + timedelta(days=length), month)
    parts = period.parts()
    assert edges(parts)[0] == period.first_on
    assert edges(parts)[-1] == period.until_on
    assert sum(part.days for part in parts) == period.days


@given(days, st.integers(0, 800))
def test_the_months_of_a_period_hold_its_days(day, length):
    period = span(day, day + timedelta(days=length))
    months = list(months_of(period))
    assert sum(inside for _, inside, _ in months) == period.days
    assert all(inside == whole for _, inside, whole in months[1:-1])


def test_bounds_are_midnights_of_the_company_on_both_sides_of_a_clock_change():
    begin, end = containing(Kind.MONTH, date(2026, 3, 5)).bounds(BERLIN)
    assert begin == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert end == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert end.astimezone(UTC) - begin.astimezone(UTC) == timedelta(days=31) - timedelta(hours=1)


def test_with_earlier_is_oldest_first_and_without_gaps():
    periods = containing(Kind.QUARTER, date(2026, 5, 1), 4).with_earlier(3)
    assert [period.label for period in periods] == ["Q2 2025/26", "Q3 2025/26", "Q4 2025/26", "Q1 2026/27"]
    assert edges(periods)[-1] == date(2026, 7, 1)


def test_periods_with_a_gap_have_no_edges():
    march, may = containing(Kind.MONTH, date(2026, 3, 1)), containing(Kind.MONTH, date(2026, 5, 1))
    with pytest.raises(ValueError, match="do not adjoin"):
        edges([march, may])


def test_an_empty_period_is_refused():
    with pytest.raises(ValueError, match="at least one day"):
        Period(date(2026, 3, 2), date(2026, 3, 2))


def test_lengths_in_months():
    assert in_months(Kind.QUARTER) == 3
    assert in_months(Kind.WEEK) == pytest.approx(0.23, abs=0.001)
    assert in_months(Kind.LAST_365, 365) == pytest.approx(12, abs=0.01)
