"""Working time by example. Friday is 2026-11-27, the Monday after it 2026-11-30; Berlin is at +01:00 then."""

import ast
import json
import sys
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from sla import businesstime, openhours, timeline
from sla import businesstime as bt
from sla.businesstime import BadCalendar, Calendar, NeverOpen, Why
from sla.openhours import shared_timeline

MINUTE, HOUR, DAY = 60, 3600, 86_400
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def calendar(zone="Europe/Berlin", days=WORKDAYS, ranges=(("09:00", "17:00"),), **more) -> Calendar:
    week = {day: [list(pair) for pair in ranges] for day in days}
    return Calendar.from_terms({"timezone": zone, "week": week, **more})


OFFICE = calendar()
LUNCH = calendar(ranges=(("09:00", "12:00"), ("13:00", "17:00")))
NIGHTS = calendar(ranges=(("22:00", "06:00"),))
ALWAYS = calendar(days=bt.WEEKDAYS, ranges=(("00:00", "24:00"),))


class TestTrapsSeenInOtherProducts:
    def test_a_closed_day_does_not_carry_the_time_of_day_over(self):
        assert bt.add(OFFICE, at("2026-11-28T15:00+01:00"), HOUR) == at("2026-11-30T10:00+01:00")

    def test_an_empty_week_is_refused_and_does_not_loop(self):
        with pytest.raises(BadCalendar) as refused:
            calendar(days=())
        assert refused.value.field == "week"
        nothing = Calendar("UTC", ((),) * 7)
        for search in (bt.next_opening, bt.closing_after, bt.breaches_at):
            with pytest.raises(NeverOpen):
                search(nothing, at("2026-11-27T12:00Z"))
        for seconds in (0, 1, -1):
            with pytest.raises(NeverOpen):
                bt.add(nothing, at("2026-11-27T12:00Z"), seconds)

    def test_a_lunch_break_is_not_working_time(self):
        assert bt.add(LUNCH, at("2026-11-27T11:30+01:00"), HOUR) == at("2026-11-27T13:30+01:00")

    def test_targets_may_be_minutes_and_less(self):
        due = bt.add(OFFICE, at("2026-11-27T16:58:30.250000+01:00"), 5 * MINUTE)
        assert due == at("2026-11-30T09:03:30.250000+01:00")
        assert bt.between(OFFICE, at("2026-11-27T16:58:30.250000+01:00"), due) == 300

    def test_a_pause_moves_the_deadline_in_working_time(self):
        weekend = [(at("2026-11-27T16:00+01:00"), at("2026-11-30T10:00+01:00"))]
        start = at("2026-11-27T15:30+01:00")
        assert bt.add(OFFICE, start, HOUR, weekend) == at("2026-11-30T10:30+01:00")
        assert bt.between(OFFICE, start, at("2026-11-30T11:00+01:00"), weekend) == 1.5 * HOUR

    def test_a_warning_is_counted_back_in_working_time(self):
        due = at("2026-11-30T10:00+01:00")
        assert bt.subtract(OFFICE, due, 2 * HOUR) == at("2026-11-27T16:00+01:00")
        assert bt.add(OFFICE, due, -2 * HOUR) == bt.subtract(OFFICE, due, 2 * HOUR)


class TestConventions:
    def test_due_may_be_a_closing_instant_and_is_broken_at_the_next_opening(self):
        due = bt.add(OFFICE, at("2026-11-27T16:00+01:00"), HOUR)
        assert due == at("2026-11-27T17:00+01:00")
        assert bt.breaches_at(OFFICE, due) == at("2026-11-30T09:00+01:00")

    def test_inside_a_range_due_is_broken_at_once(self):
        due = at("2026-11-27T16:00+01:00")
        assert bt.breaches_at(OFFICE, due) == due

    def test_where_ranges_adjoin_nothing_closes(self):
        adjoining = calendar(ranges=(("09:00", "12:00"), ("12:00", "17:00")))
        noon = at("2026-11-27T12:00+01:00")
        assert bt.breaches_at(adjoining, noon) == noon
        assert bt.is_open(adjoining, noon)
        assert bt.closing_after(adjoining, noon) == at("2026-11-27T17:00+01:00")

    def test_nothing_to_add_is_now_or_the_next_opening(self):
        assert bt.add(OFFICE, at("2026-11-27T10:00+01:00"), 0) == at("2026-11-27T10:00+01:00")
        assert bt.add(OFFICE, at("2026-11-27T17:00+01:00"), 0) == at("2026-11-30T09:00+01:00")
        pause = [(at("2026-11-27T10:00+01:00"), at("2026-11-27T18:00+01:00"))]
        assert bt.add(OFFICE, at("2026-11-27T11:00+01:00"), 0, pause) == at("2026-11-30T09:00+01:00")

    def test_counting_back_may_end_on_an_opening_instant(self):
        assert bt.subtract(OFFICE, at("2026-11-30T10:00+01:00"), HOUR) == at("2026-11-30T09:00+01:00")
        assert bt.subtract(OFFICE, at("2026-11-30T09:00+01:00"), 8 * HOUR) == at("2026-11-27T09:00+01:00")

    def test_an_end_before_the_start_is_nothing(self):
        assert bt.between(OFFICE, at("2026-11-27T12:00Z"), at("2026-11-27T11:00Z")) == 0
        assert bt.walk(OFFICE, at("2026-11-27T12:00Z"), at("2026-11-27T12:00Z")) == []
        assert list(bt.openings(OFFICE, at("2026-11-27T12:00Z"), at("2026-11-27T11:00Z"))) == []

    def test_open_at_the_start_and_closed_at_the_end(self):
        assert bt.is_open(OFFICE, at("2026-11-27T09:00+01:00"))
        assert not bt.is_open(OFFICE, at("2026-11-27T17:00+01:00"))
        assert bt.next_opening(OFFICE, at("2026-11-27T09:00+01:00")) == at("2026-11-27T09:00+01:00")

    def test_the_closing_of_a_closed_moment_is_that_of_the_next_range(self):
        assert bt.closing_after(OFFICE, at("2026-11-28T12:00+01:00")) == at("2026-11-30T17:00+01:00")
        assert bt.closing_after(OFFICE, at("2026-11-27T17:00+01:00")) == at("2026-11-30T17:00+01:00")

    def test_overlapping_pauses_count_once(self):
        pauses = [
            (at("2026-11-27T10:00+01:00"), at("2026-11-27T11:00+01:00")),
            (at("2026-11-27T10:30+01:00"), at("2026-11-27T12:00+01:00")),
            (at("2026-11-27T20:00+01:00"), at("2026-11-27T23:00+01:00")),
        ]
        assert bt.add(OFFICE, at("2026-11-27T09:00+01:00"), 2 * HOUR, pauses) == at("2026-11-27T13:00+01:00")
        assert bt.subtract(OFFICE, at("2026-11-27T13:00+01:00"), 2 * HOUR, pauses) == at("2026-11-27T09:00+01:00")

    def test_used_up_where_the_pause_begins_is_due_there(self):
        pause = [(at("2026-11-27T10:00+01:00"), at("2026-11-27T12:00+01:00"))]
        assert bt.add(OFFICE, at("2026-11-27T09:00+01:00"), HOUR, pause) == at("2026-11-27T10:00+01:00")
        assert bt.subtract(OFFICE, at("2026-11-27T13:00+01:00"), HOUR, pause) == at("2026-11-27T12:00+01:00")

    @pytest.mark.parametrize("call", [bt.add, bt.subtract])
    def test_results_are_utc(self, call):
        assert call(OFFICE, at("2026-11-27T12:00+05:30"), HOUR).tzinfo is UTC

    def test_naive_instants_are_refused_everywhere(self):
        naive, aware = at("2026-11-27T12:00"), at("2026-11-27T12:00Z")
        calls = [
            lambda: bt.add(OFFICE, naive, 1),
            lambda: bt.add(OFFICE, aware, 1, [(aware, naive)]),
            lambda: bt.between(OFFICE, naive, aware),
            lambda: bt.between(OFFICE, aware, naive),
            lambda: bt.is_open(OFFICE, naive),
            lambda: bt.next_opening(OFFICE, naive),
            lambda: bt.closing_after(OFFICE, naive),
            lambda: bt.breaches_at(OFFICE, naive),
            lambda: bt.openings(OFFICE, aware, naive),
            lambda: bt.walk(OFFICE, naive, aware),
            lambda: bt.rolled(OFFICE, naive, 1),
            lambda: bt.working_days(OFFICE, naive, 1, at_close=False),
            lambda: bt.same_day_by(OFFICE, naive, time(12), time(17)),
            lambda: Calendar("UTC", ((),) * 7, closed_spans=((naive, aware),)),
        ]
        for call in calls:
            with pytest.raises(ValueError, match="time zone"):
                call()


class TestNightsHolidaysAndOverrides:
    def test_a_night_shift_that_began_before_a_holiday_runs_to_its_end(self):
        nights = calendar(ranges=(("22:00", "06:00"),), holidays=["2026-11-27"])
        # Thursday night runs into the holiday; the holiday's own night does not begin.
        assert bt.between(nights, at("2026-11-26T12:00+01:00"), at("2026-11-30T12:00+01:00")) == 8 * HOUR
        assert bt.is_open(nights, at("2026-11-27T05:59+01:00"))
        assert bt.next_opening(nights, at("2026-11-27T06:00+01:00")) == at("2026-11-30T22:00+01:00")

    def test_friday_night_runs_into_closed_saturday(self):
        assert bt.closing_after(NIGHTS, at("2026-11-27T23:00+01:00")) == at("2026-11-28T06:00+01:00")

    def test_a_tail_over_the_next_days_ranges_counts_once(self):
        both = calendar(days=("fri",), ranges=(("20:00", "10:00"),), overrides={"2026-11-28": [["09:00", "12:00"]]})
        assert bt.between(both, at("2026-11-27T12:00+01:00"), at("2026-11-28T18:00+01:00")) == 16 * HOUR

    def test_an_override_replaces_the_week_and_wins_over_a_holiday(self):
        hours = calendar(
            holidays=["2026-12-24", "2026-12-25"],
            overrides={
                "2026-12-24": [["09:00", "12:00"]],
                "2026-12-26": [["10:00", "11:00"]],
                "2026-12-28": [],
            },
        )
        spans = list(bt.openings(hours, at("2026-12-24T00:00+01:00"), at("2026-12-29T00:00+01:00")))
        assert spans == [
            (at("2026-12-24T09:00+01:00"), at("2026-12-24T12:00+01:00")),
            (at("2026-12-26T10:00+01:00"), at("2026-12-26T11:00+01:00")),
        ]

    def test_ranges_that_touch_midnight_are_one(self):
        days = {"fri": [["12:00", "24:00"]], "sat": [["00:00", "06:00"]]}
        hours = Calendar.from_terms({"timezone": "Europe/Berlin", "week": days})
        assert bt.closing_after(hours, at("2026-11-27T13:00+01:00")) == at("2026-11-28T06:00+01:00")
        assert bt.add(hours, at("2026-11-27T23:00+01:00"), 2 * HOUR) == at("2026-11-28T01:00+01:00")

    def test_a_closed_span_closes_a_part_of_a_day(self):
        away = (at("2026-11-27T10:00+01:00"), at("2026-11-27T15:00+01:00"))
        hours = Calendar(OFFICE.zone, OFFICE.week, closed_spans=(away,))
        assert bt.add(hours, at("2026-11-27T09:00+01:00"), 2 * HOUR) == at("2026-11-27T16:00+01:00")
        assert not bt.is_open(hours, at("2026-11-27T12:00+01:00"))

    def test_round_the_clock_is_an_ordinary_calendar(self):
        start = at("2026-11-27T12:00+01:00")
        assert bt.add(ALWAYS, start, 400 * DAY) == start + timedelta(days=400)
        assert bt.subtract(ALWAYS, start, 400 * DAY) == start - timedelta(days=400)
        assert bt.closing_after(ALWAYS, start) is None

    def test_a_span_over_new_year_is_one(self):
        spans = list(bt.openings(ALWAYS, at("2026-12-30T00:00Z"), at("2027-01-02T00:00Z")))
        assert spans == [(at("2026-12-30T00:00Z"), at("2027-01-02T00:00Z"))]


class TestZonesAndChangesOfTheClocks:
    @pytest.mark.parametrize(
        ("zone", "opens"),
        [("Asia/Kolkata", "2026-11-27T03:30Z"), ("Asia/Kathmandu", "2026-11-27T03:15Z")],
    )
    def test_zones_off_the_full_hour(self, zone, opens):
        hours = calendar(zone)
        assert bt.next_opening(hours, at("2026-11-27T00:00Z")) == at(opens)
        assert bt.add(hours, at(opens), 8 * HOUR + 60) == at("2026-11-30" + opens[10:]) + timedelta(seconds=60)

    @pytest.mark.parametrize(
        ("zone", "day", "ranges", "worked"),
        [
            ("Europe/Berlin", "2026-03-29", ("01:00", "04:00"), 2 * HOUR),
            ("Europe/Berlin", "2026-10-25", ("01:00", "04:00"), 4 * HOUR),
            ("Europe/Berlin", "2026-10-25", ("00:00", "24:00"), 25 * HOUR),
            ("Australia/Lord_Howe", "2026-10-04", ("01:00", "03:00"), 1.5 * HOUR),
            ("Australia/Lord_Howe", "2026-04-05", ("01:00", "03:00"), 2.5 * HOUR),
            ("America/Sao_Paulo", "2015-10-18", ("00:00", "24:00"), 23 * HOUR),
        ],
    )
    def test_a_range_across_the_change_is_as_long_as_it_lasts(self, zone, day, ranges, worked):
        hours = calendar(zone, days=("sun",), ranges=(ranges,))
        noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
        assert bt.between(hours, noon - timedelta(days=2), noon + timedelta(days=2)) == worked

    def test_a_range_wholly_in_the_gap_happens_after_it(self):
        hours = calendar(days=("sun",), ranges=(("02:15", "02:45"),))
        spans = list(bt.openings(hours, at("2026-03-29T00:00Z"), at("2026-03-30T00:00Z")))
        assert spans == [(at("2026-03-29T03:15+02:00"), at("2026-03-29T03:45+02:00"))]

    def test_a_zone_that_changed_its_offset_for_good(self):
        hours = calendar("Asia/Almaty")  # +06:00 until the last of February 2024, +05:00 since
        assert bt.next_opening(hours, at("2024-02-29T00:00Z")) == at("2024-02-29T03:00Z")
        assert bt.next_opening(hours, at("2024-03-01T00:00Z")) == at("2024-03-01T04:00Z")

    def test_a_day_that_the_zone_skipped_has_no_hours(self):
        # Samoa went from Thursday the 29th straight to Saturday the 31st of December 2011.
        samoa = calendar("Pacific/Apia")
        assert bt.next_opening(samoa, at("2011-12-30T03:00Z")) == at("2012-01-02T09:00+14:00")
        nights = calendar("Pacific/Apia", ranges=(("22:00", "06:00"),))
        late = at("2011-12-31T02:00+14:00")
        assert bt.is_open(nights, late)
        assert bt.working_days(nights, late, 0, at_close=True) == at("2011-12-31T06:00+14:00")
        rows = bt.walk(nights, late, late + timedelta(hours=2))
        assert [(row.day, row.seconds) for row in rows] == [
            (date(2011, 12, 29), 2 * HOUR),
            (date(2011, 12, 31), 0),
        ]

    def test_wall_times(self):
        assert bt.local_instant("Europe/Berlin", at("2026-03-29T02:30")) == at("2026-03-29T03:30+02:00")
        assert bt.local_instant("Europe/Berlin", at("2026-10-25T02:30")) == at("2026-10-25T02:30+02:00")
        with pytest.raises(ValueError, match="already has"):
            bt.local_instant("Europe/Berlin", at("2026-03-29T02:30Z"))


class TestOtherKindsOfTarget:
    @pytest.mark.parametrize(
        ("start", "minutes", "due"),
        [
            ("2026-11-27T13:20", 10, "2026-11-27T13:30"),
            ("2026-11-26T13:20", 24 * 60, "2026-11-27T13:20"),
            ("2026-11-27T13:20", 24 * 60, "2026-11-30T09:00"),
            ("2026-11-28T13:20", 10, "2026-11-30T09:10"),
            ("2026-11-27T16:00", 60, "2026-11-30T09:00"),
        ],
    )
    def test_wall_clock_minutes_roll_to_the_next_opening(self, start, minutes, due):
        assert bt.rolled(OFFICE, at(start + "+01:00"), minutes) == at(due + "+01:00")

    @pytest.mark.parametrize(
        ("start", "days", "same_time", "at_close"),
        [
            ("2026-11-26T10:00", 1, "2026-11-27T10:00", "2026-11-27T17:00"),
            ("2026-11-27T10:00", 2, "2026-12-01T10:00", "2026-12-01T17:00"),
            ("2026-11-27T10:00", 0, "2026-11-27T10:00", "2026-11-27T17:00"),
            ("2026-11-27T19:00", 1, "2026-12-01T09:00", "2026-12-01T17:00"),
            ("2026-11-28T10:00", 1, "2026-12-01T09:00", "2026-12-01T17:00"),
        ],
    )
    def test_working_days(self, start, days, same_time, at_close):
        begin = at(start + "+01:00")
        assert bt.working_days(OFFICE, begin, days, at_close=False) == at(same_time + "+01:00")
        assert bt.working_days(OFFICE, begin, days, at_close=True) == at(at_close + "+01:00")

    def test_working_days_skip_holidays_and_absences(self):
        hours = calendar(holidays=["2026-11-30"], closed_spans=[["2026-12-01T00:00+01:00", "2026-12-02T00:00+01:00"]])
        due = bt.working_days(hours, at("2026-11-27T10:00+01:00"), 1, at_close=False)
        assert due == at("2026-12-02T10:00+01:00")

    @pytest.mark.parametrize(
        ("ranges", "due"),
        [
            ([["11:00", "15:00"]], "2026-11-30T11:00"),
            ([["06:00", "09:30"]], "2026-11-30T09:30"),
            ([["08:00", "09:45"], ["10:30", "12:00"]], "2026-11-30T10:30"),
        ],
    )
    def test_a_local_time_moves_into_the_days_hours(self, ranges, due):
        hours = calendar(overrides={"2026-11-30": ranges})
        begin = at("2026-11-27T10:00+01:00")
        assert bt.working_days(hours, begin, 1, at_close=False) == at(due + "+01:00")

    def test_a_night_shift_is_one_working_day(self):
        after_midnight = at("2026-11-27T03:00+01:00")  # still Thursday's shift
        assert bt.working_days(NIGHTS, after_midnight, 1, at_close=False) == at("2026-11-28T03:00+01:00")
        assert bt.working_days(NIGHTS, after_midnight, 1, at_close=True) == at("2026-11-28T06:00+01:00")
        assert bt.working_days(NIGHTS, after_midnight, 2, at_close=False) == at("2026-12-01T03:00+01:00")

    def test_a_day_within_the_night_shift_of_the_day_before_is_not_another_working_day(self):
        hours = calendar(
            days=("thu", "mon"), ranges=(("08:00", "03:00"),), overrides={"2026-11-27": [["00:00", "01:00"]]}
        )
        after_midnight = at("2026-11-27T02:00+01:00")
        assert bt.working_days(hours, after_midnight, 1, at_close=False) == at("2026-12-01T02:00+01:00")

    def test_working_days_keep_the_local_time_across_the_change_of_the_clocks(self):
        due = bt.working_days(OFFICE, at("2026-10-23T10:00+02:00"), 1, at_close=False)
        assert due == at("2026-10-26T10:00+01:00")

    @pytest.mark.parametrize(
        ("start", "due"),
        [
            ("2026-11-27T07:00", "2026-11-27T16:00"),
            ("2026-11-27T11:59:59.999999", "2026-11-27T16:00"),
            ("2026-11-27T12:00", "2026-11-30T16:00"),
            ("2026-11-28T08:00", "2026-11-30T16:00"),
            ("2026-11-29T23:00", "2026-11-30T16:00"),
        ],
    )
    def test_same_day_if_received_before_the_cutoff(self, start, due):
        assert bt.same_day_by(OFFICE, at(start + "+01:00"), time(12), time(16)) == at(due + "+01:00")

    def test_same_day_is_never_due_in_the_past(self):
        short = calendar(overrides={"2026-11-27": [["09:00", "11:00"]]})
        by = {"cutoff": time(12), "by": time(16)}
        assert bt.same_day_by(short, at("2026-11-27T10:00+01:00"), **by) == at("2026-11-27T11:00+01:00")
        assert bt.same_day_by(short, at("2026-11-27T11:30+01:00"), **by) == at("2026-11-30T16:00+01:00")

    def test_less_than_nothing_is_refused(self):
        with pytest.raises(ValueError, match="0 or more"):
            bt.rolled(OFFICE, at("2026-11-27T10:00Z"), -1)

    @pytest.mark.parametrize("days", [-1, 10_001, 10**12])
    def test_days_nobody_agrees_on_are_refused(self, days):
        with pytest.raises(ValueError, match="0 to 10000"):
            bt.working_days(OFFICE, at("2026-11-27T10:00Z"), days, at_close=True)


class TestOverlap:
    def test_callable_time_is_open_on_both_sides(self):
        lead = calendar("America/New_York", ranges=(("08:00", "20:00"),))
        both = bt.intersect(OFFICE, lead)
        spans = list(bt.openings(both, at("2026-11-27T00:00Z"), at("2026-11-28T00:00Z")))
        assert spans == [(at("2026-11-27T13:00Z"), at("2026-11-27T16:00Z"))]
        assert bt.add(both, at("2026-11-27T15:00Z"), 2 * HOUR) == at("2026-11-30T14:00Z")
        assert bt.working_days(both, at("2026-11-27T15:00Z"), 1, at_close=True) == at("2026-11-30T16:00Z")

    def test_three_windows(self):
        morning = calendar(ranges=(("08:00", "12:00"),))
        late = calendar(ranges=(("11:00", "20:00"),))
        both = bt.intersect(bt.intersect(OFFICE, morning), late)
        assert bt.between(both, at("2026-11-27T00:00Z"), at("2026-11-28T00:00Z")) == HOUR

    def test_windows_that_never_meet(self):
        weekend = calendar(days=("sat", "sun"))
        never = bt.intersect(OFFICE, weekend)
        assert bt.between(never, at("2026-01-01T00:00Z"), at("2027-01-01T00:00Z")) == 0
        with pytest.raises(NeverOpen):
            bt.next_opening(never, at("2026-11-27T00:00Z"))

    def test_rows_name_the_other_window(self):
        lead = calendar("America/New_York", days=("mon",), ranges=(("08:00", "20:00"),))
        rows = bt.walk(bt.intersect(OFFICE, lead), at("2026-11-27T08:00Z"), at("2026-11-30T20:00Z"))
        assert [(row.weekday, row.why, row.seconds) for row in rows] == [
            ("fri", Why.OVERLAP, 0),
            ("sat", Why.WEEK, 0),
            ("sun", Why.WEEK, 0),
            ("mon", Why.WEEK, 3 * HOUR),
        ]


class TestWalk:
    def test_each_day_says_why(self):
        hours = calendar(
            holidays=["2026-12-25"],
            overrides={"2026-12-24": [["09:00", "12:00"]]},
            closed_spans=[["2026-12-23T00:00+01:00", "2026-12-24T10:00+01:00"]],
        )
        pause = [(at("2026-12-22T16:30+01:00"), at("2026-12-23T12:00+01:00"))]
        rows = bt.walk(hours, at("2026-12-22T16:00+01:00"), at("2026-12-26T12:00+01:00"), pause)
        assert [(row.day.day, row.weekday, row.why, row.seconds, row.total) for row in rows] == [
            (22, "tue", Why.WEEK, 1800, 1800),
            (23, "wed", Why.CLOSED_SPAN, 0, 1800),
            (24, "thu", Why.OVERRIDE, 7200, 9000),
            (25, "fri", Why.HOLIDAY, 0, 9000),
            (26, "sat", Why.WEEK, 0, 9000),
        ]
        assert rows[0].ranges == ((540, 1020),)
        assert rows[0].open == ((at("2026-12-22T16:00+01:00"), at("2026-12-22T17:00+01:00")),)
        assert rows[0].paused == ((at("2026-12-22T16:30+01:00"), at("2026-12-22T17:00+01:00")),)
        assert rows[2].ranges == ((540, 720),)
        assert rows[2].closed == ((at("2026-12-24T09:00+01:00"), at("2026-12-24T10:00+01:00")),)
        assert rows[3].ranges == rows[3].open == ()

    def test_a_night_belongs_to_the_day_it_began_on(self):
        rows = bt.walk(NIGHTS, at("2026-11-28T01:00+01:00"), at("2026-11-28T12:00+01:00"))
        assert [(row.weekday, row.seconds) for row in rows] == [("fri", 5 * HOUR), ("sat", 0)]


class TestWhatBadInputGets:
    TERMS = {"timezone": "Europe/Berlin", "week": {"mon": [["09:00", "17:00"]]}}

    @pytest.mark.parametrize(
        ("change", "field", "said"),
        [
            ({"timezone": "Europe/Atlantis"}, "timezone", "Europe/Atlantis"),
            ({"timezone": ""}, "timezone", "not a time zone"),
            ({"timezone": "Europe"}, "timezone", "not a time zone"),
            ({"timezone": "../../etc/passwd"}, "timezone", "not a time zone"),
            ({"timezone": None}, "timezone", "Name the time zone"),
            ({"week": {}}, "week", "no opening hours"),
            ({"week": None}, "week", "no opening hours"),
            ({"week": {"mon": []}}, "week", "no opening hours"),
            ({"week": [["09:00", "17:00"]]}, "week", "must map"),
            ({"week": {"monday": [["09:00", "17:00"]]}}, "week", "monday"),
            ({"week": {"mon": [["9:00", "17:00"]]}}, "week.mon", "Monday: “9:00”"),
            ({"week": {"mon": [["09:00", "25:00"]]}}, "week.mon", "25:00"),
            ({"week": {"mon": [["09:00", "17:60"]]}}, "week.mon", "17:60"),
            ({"week": {"mon": [["09:00", 17]]}}, "week.mon", "17"),
            ({"week": {"mon": [["09:00"]]}}, "week.mon", "pairs"),
            ({"week": {"mon": "09:00-17:00"}}, "week.mon", "a list is needed"),
            ({"week": {"mon": [["24:00", "06:00"]]}}, "week.mon", "nothing can open at 24:00"),
            ({"week": {"mon": [["09:00", "09:00"]]}}, "week.mon", "opens and closes at 09:00"),
            ({"week": {"tue": [["09:00", "13:00"], ["12:00", "17:00"]]}}, "week.tue", "Tuesday"),
            ({"week": {"tue": [["22:00", "06:00"], ["23:00", "23:30"]]}}, "week.tue", "overlaps"),
            ({"holidays": ["2026-02-30"]}, "holidays", "2026-02-30"),
            ({"holidays": ["20261224"]}, "holidays", "not a date"),
            ({"holidays": "2026-12-24"}, "holidays", "a list is needed"),
            ({"overrides": {"24.12.2026": []}}, "overrides.24.12.2026", "not a date"),
            ({"overrides": {"2026-12-24": [["x", "y"]]}}, "overrides.2026-12-24", "2026-12-24: “x”"),
            ({"closed_spans": [["2026-12-24T12:00", "2026-12-24T13:00"]]}, "closed_spans", "offsets"),
            ({"closed_spans": [["2026-12-24T12:00Z"]]}, "closed_spans", "pair of instants"),
            ({"closed_spans": [["2026-12-24T12:00Z", "2026-12-24T12:00Z"]]}, "closed_spans", "ends before"),
            ({"holiday": []}, "holiday", "no “holiday”"),
        ],
    )
    def test_a_calendar_names_field_and_reason(self, change, field, said):
        with pytest.raises(BadCalendar) as refused:
            Calendar.from_terms({**self.TERMS, **change})
        assert refused.value.field == field
        assert said in str(refused.value)

    def test_overlapping_ranges_are_merged_when_asked_to(self):
        terms = {**self.TERMS, "week": {"mon": [["08:00", "16:00"], ["00:00", "24:00"]]}}
        assert Calendar.from_terms(terms, merge=True).week[0] == ((0, 1440),)

    @pytest.mark.parametrize("ranges", [((540, 540),), ((540, 2000),), ((1440, 1500),), ((600, 700), (540, 560))])
    def test_ranges_out_of_form_are_refused(self, ranges):
        with pytest.raises(BadCalendar):
            Calendar("UTC", (ranges, *((),) * 6))

    def test_a_week_has_seven_days(self):
        with pytest.raises(BadCalendar):
            Calendar("UTC", ((),) * 6)

    @pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -float("inf"), 1e12])
    def test_durations_nothing_can_hold_are_refused(self, seconds):
        with pytest.raises(ValueError, match="not within"):
            bt.add(OFFICE, at("2026-11-27T10:00Z"), seconds)

    def test_more_than_a_calendar_holds_is_refused(self):
        rare = calendar(days=("mon",), ranges=(("09:00", "09:01"),))
        with pytest.raises(NeverOpen):
            bt.add(rare, at("2026-11-27T10:00Z"), 300 * 52 * 60)
        with pytest.raises(NeverOpen):
            bt.subtract(rare, at("2026-11-27T10:00Z"), 300 * 52 * 60)

    @pytest.mark.parametrize("year", [1, 9999])
    def test_the_ends_of_the_calendar_are_refused(self, year):
        with pytest.raises(ValueError, match="counted in the years"):
            bt.is_open(OFFICE, datetime(year, 6, 1, tzinfo=UTC))

    def test_spans_of_centuries_are_refused(self):
        with pytest.raises(ValueError, match="at most 200 years"):
            bt.between(OFFICE, at("1600-01-01T00:00Z"), at("2026-01-01T00:00Z"))

    @pytest.mark.parametrize("warm", [False, True])
    def test_a_year_long_closing_ends_the_search_whatever_was_asked_before(self, warm):
        away = (at("2026-12-01T00:00Z"), at("2029-06-01T00:00Z"))
        shared_timeline.cache_clear()
        hours = Calendar(OFFICE.zone, OFFICE.week, closed_spans=(away,))
        if warm:
            bt.between(hours, at("2025-01-01T00:00Z"), at("2031-01-01T00:00Z"))
        searches = [
            lambda: bt.next_opening(hours, at("2026-12-24T00:00Z")),
            lambda: bt.add(hours, at("2026-11-27T12:00Z"), 100 * HOUR),
            lambda: bt.subtract(hours, at("2029-06-04T12:00Z"), 100 * HOUR),
            lambda: bt.working_days(hours, at("2026-11-27T12:00Z"), 10, at_close=True),
        ]
        for search in searches:
            with pytest.raises(NeverOpen):
                search()
        assert bt.next_opening(hours, at("2028-12-24T00:00Z")) == at("2029-06-01T07:00Z")


def test_the_modules_import_nothing_but_the_standard_library_and_each_other():
    for module in (businesstime, openhours, timeline):
        tree = ast.parse(Path(str(module.__file__)).read_text())
        names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        foreign = {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}
        assert foreign <= {"sla.openhours", "sla.timeline"}


class TestTerms:
    def test_terms_come_back_sorted_and_the_same(self):
        messy = {
            "week": {"tue": [["22:00", "06:00"], ["09:00", "12:00"]], "mon": [["18:00", "00:00"]], "sun": []},
            "timezone": "Europe/Berlin",
            "overrides": {"2026-12-31": [], "2026-12-24": [["09:00", "12:00"]]},
            "holidays": ["2026-12-26", "2026-12-25"],
            "closed_spans": [["2026-12-24T10:00+01:00", "2026-12-24T11:00+01:00"]],
        }
        terms = Calendar.from_terms(messy).to_terms()
        assert json.dumps(terms) == json.dumps(
            {
                "timezone": "Europe/Berlin",
                "week": {"mon": [["18:00", "24:00"]], "tue": [["09:00", "12:00"], ["22:00", "06:00"]]},
                "holidays": ["2026-12-25", "2026-12-26"],
                "overrides": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []},
                "closed_spans": [["2026-12-24T09:00:00+00:00", "2026-12-24T10:00:00+00:00"]],
            }
        )
        assert Calendar.from_terms(terms) == Calendar.from_terms(messy)

    def test_equal_calendars_share_what_was_compiled_and_survive_copying(self):
        again = calendar()
        assert again == OFFICE
        assert hash(again) == hash(OFFICE)
        copied = deepcopy(LUNCH)
        assert copied is not LUNCH
        assert copied == LUNCH
        assert hash(copied) == hash(LUNCH)
        assert calendar().timeline is calendar().timeline
        both = bt.intersect(LUNCH, OFFICE)
        assert deepcopy(both) == both
