"""What must hold for every calendar, in every time zone, near every change of the clocks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sla import businesstime as bt
from sla.businesstime import Calendar, NeverOpen, Why
from sla.openhours import shared_timeline

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
# "localtime" is whatever this machine is set to: the same test would be another one elsewhere.
ZONES = sorted(zone for zone in available_timezones() if zone not in ("Factory", "localtime"))
ALWAYS = Calendar("UTC", (((0, 1440),),) * 7)

steady = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@cache
def changes(zone: str, year: int) -> list[datetime]:
    """The UTC noons around which a zone's offset changes in a year."""
    noon = datetime(year, 1, 1, 12, tzinfo=UTC)
    noons = [noon + number * DAY for number in range(367)]
    info = ZoneInfo(zone)
    return [
        after
        for before, after in pairwise(noons)
        if before.astimezone(info).utcoffset() != after.astimezone(info).utcoffset()
    ]


@st.composite
def ranges(draw, least=0):
    """Up to three ranges of a day, to the minute or the quarter of an hour, the last perhaps overnight."""
    step = draw(st.sampled_from([1, 15]))
    count = draw(st.integers(least, 3))
    edges = sorted(draw(st.lists(st.integers(0, 1440 // step), min_size=2 * count, max_size=2 * count, unique=True)))
    pairs = [(start * step, end * step) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    if pairs and draw(st.booleans()):
        start = pairs[-1][0]
        pairs[-1] = (start, draw(st.integers(start + 1, start + 1439)))
    return tuple(pairs)


@st.composite
def situations(draw):
    """A calendar and an instant, often near a change of the clocks, with exceptions around it."""
    zone, year = draw(st.sampled_from(ZONES)), draw(st.integers(1990, 2035))
    noons = changes(zone, year)
    if noons and draw(st.booleans()):
        near = draw(st.sampled_from(noons)) + draw(st.integers(-3, 1)) * DAY
    else:
        near = datetime(year, 1, 1, tzinfo=UTC) + draw(st.integers(0, 360)) * DAY
    start = near + draw(st.integers(0, 86_400)) * SECOND
    return draw(calendars(zone, near)), start


@st.composite
def calendars(draw, zone, near):
    week = [draw(ranges()) for _ in range(7)]
    if not any(week):
        week[draw(st.integers(0, 6))] = draw(ranges(least=1))
    dates = st.integers(-4, 10).map(lambda days: (near + days * DAY).date())
    return Calendar(
        zone=zone,
        week=tuple(week),
        closed_on=draw(st.frozensets(dates, max_size=2)),
        hours_on=tuple(sorted(draw(st.dictionaries(dates, ranges(), max_size=2)).items())),
        closed_spans=tuple(draw(spans(near, most=2))),
    )


def spans(near, most=3):
    """Pairs of instants from a day before `near` to ten days after it; they may overlap."""
    second = st.integers(-86_400, 10 * 86_400)
    pair = st.tuples(second, second).filter(lambda edges: edges[0] < edges[1])
    return st.lists(pair, max_size=most).map(
        lambda pairs: [(near + since * SECOND, near + until * SECOND) for since, until in pairs]
    )


working_seconds = st.integers(1, 60 * 86_400 * 1000).map(lambda milliseconds: milliseconds / 1000)


@steady
@given(situations(), working_seconds, st.data())
def test_what_was_added_is_between(situation, seconds, data):
    hours, start = situation
    pauses = data.draw(spans(start))
    due = bt.add(hours, start, seconds, pauses)
    assert bt.between(hours, start, due, pauses) == pytest.approx(seconds, abs=1e-6)
    assert bt.between(hours, start, due - timedelta(microseconds=1), pauses) < seconds


@steady
@given(situations(), working_seconds, st.data())
def test_what_was_subtracted_is_between(situation, seconds, data):
    hours, end = situation
    pauses = data.draw(spans(end - 9 * DAY))
    began = bt.subtract(hours, end, seconds, pauses)
    assert bt.between(hours, began, end, pauses) == pytest.approx(seconds, abs=1e-6)
    assert bt.between(hours, began + timedelta(microseconds=1), end, pauses) < seconds


@steady
@given(situations(), working_seconds, working_seconds, st.data())
def test_two_steps_are_one(situation, first, second, data):
    hours, start = situation
    pauses = data.draw(spans(start))
    step = bt.add(hours, start, first, pauses)
    whole = (round(first * 1000) + round(second * 1000)) / 1000
    assert bt.add(hours, step, second, pauses) == bt.add(hours, start, whole, pauses)


@steady
@given(situations(), working_seconds)
def test_there_and_back(situation, seconds):
    hours, start = situation
    due = bt.add(hours, start, seconds)
    # Back from the earliest due, the latest beginning is `start` itself, or the opening it waited for.
    assert bt.subtract(hours, due, seconds) == bt.add(hours, start, 0)
    began = bt.subtract(hours, start, seconds)
    assert bt.add(hours, began, seconds) <= start


@steady
@given(situations(), working_seconds, st.data())
def test_due_is_in_an_open_range_or_its_closing(situation, seconds, data):
    hours, start = situation
    pauses = data.draw(spans(start))
    due = bt.add(hours, start, seconds, pauses)
    assert bt.is_open(hours, due - timedelta(microseconds=1))
    assert not any(since < due <= until for since, until in pauses)
    breach = bt.breaches_at(hours, due)
    assert bt.is_open(hours, breach)
    assert bt.between(hours, due, breach) == 0
    assert (breach == due) == bt.is_open(hours, due)


@steady
@given(situations(), working_seconds, st.data())
def test_a_pause_never_shortens_what_is_left(situation, seconds, data):
    hours, start = situation
    pauses = data.draw(spans(start))
    assert bt.add(hours, start, seconds, pauses) >= bt.add(hours, start, seconds, pauses[1:])
    assert bt.subtract(hours, start, seconds, pauses) <= bt.subtract(hours, start, seconds, pauses[1:])
    end = start + 12 * DAY
    assert bt.between(hours, start, end, pauses) <= bt.between(hours, start, end, pauses[1:])
    assert bt.add(hours, start, 0, pauses) >= bt.add(hours, start, 0)


@steady
@given(situations(), st.integers(0, 20 * 86_400), st.integers(0, 20 * 86_400))
def test_spans_put_together_count_together(situation, first, second):
    hours, start = situation
    middle, end = start + first * SECOND, start + (first + second) * SECOND
    parts = bt.between(hours, start, middle) + bt.between(hours, middle, end)
    assert parts == bt.between(hours, start, end)
    opened = list(bt.openings(hours, start, end))
    assert sum((closes - opens).total_seconds() for opens, closes in opened) == parts
    assert all(earlier[1] < later[0] for earlier, later in pairwise(opened))


@steady
@given(situations(), st.sampled_from(ZONES), st.data())
def test_an_overlap_is_never_more_than_either(situation, zone, data):
    ours, start = situation
    theirs = data.draw(calendars(zone, start))
    both, turned = bt.intersect(ours, theirs), bt.intersect(theirs, ours)
    end = start + 14 * DAY
    count = bt.between(both, start, end)
    assert count == bt.between(turned, start, end)
    assert count <= min(bt.between(ours, start, end), bt.between(theirs, start, end))
    assert bt.between(bt.intersect(ours, ALWAYS), start, end) == bt.between(ours, start, end)
    assert bt.between(bt.intersect(ours, ours), start, end) == bt.between(ours, start, end)
    try:
        due = bt.add(both, start, 3600)
    except NeverOpen:
        assume(False)
    assert due >= max(bt.add(ours, start, 3600), bt.add(theirs, start, 3600))


@steady
@given(situations(), st.sampled_from(ZONES), st.integers(1, 20 * 86_400), st.data())
def test_the_rows_of_a_walk_add_up(situation, zone, length, data):
    calendar, start = situation
    end, pauses = start + length * SECOND, data.draw(spans(start))
    for hours in (calendar, bt.intersect(calendar, data.draw(calendars(zone, start)))):
        rows = bt.walk(hours, start, end, pauses)
        assert rows[-1].total == bt.between(hours, start, end, pauses)
        assert sum(row.seconds for row in rows) == rows[-1].total
        assert all(later.day - earlier.day >= DAY for earlier, later in pairwise(rows))
        for row in rows:
            paused = sum((until - since).total_seconds() for since, until in row.paused)
            opened = sum((closes - opens).total_seconds() for opens, closes in row.open)
            assert row.seconds == opened - paused
            assert row.weekday == bt.WEEKDAYS[row.day.weekday()]
            assert row.why is not Why.HOLIDAY or not row.ranges


@steady
@given(situations())
def test_terms_describe_the_whole_calendar(situation):
    calendar, start = situation
    assume(any(calendar.week))
    again = Calendar.from_terms(calendar.to_terms())
    assert again.to_terms() == calendar.to_terms()
    end = start + 20 * DAY
    assert list(bt.openings(again, start, end)) == list(bt.openings(calendar, start, end))


@steady
@given(situations(), working_seconds, st.integers(-30, 30))
def test_what_was_asked_before_does_not_change_an_answer(situation, seconds, years):
    hours, start = situation
    fresh = bt.add(hours, start, seconds), bt.subtract(hours, start, seconds)
    shared_timeline.cache_clear()
    hours = replace(hours)
    bt.is_open(hours, start + years * 365 * DAY)
    bt.between(hours, start - 400 * DAY, start + 400 * DAY)
    assert (bt.add(hours, start, seconds), bt.subtract(hours, start, seconds)) == fresh


@steady
@given(situations(), st.integers(0, 10), st.booleans())
def test_working_days_end_in_open_hours_of_the_right_day(situation, days, at_close):
    hours, start = situation
    try:
        due = bt.working_days(hours, start, days, at_close)
        following = bt.working_days(hours, start, days + 1, at_close)
    except NeverOpen:  # every day that opens may be an exception of the past
        assume(False)
    assert due >= bt.add(hours, start, 0)
    assert bt.is_open(hours, due) or bt.is_open(hours, due - timedelta(microseconds=1))
    assert following >= due


class Stepwise:
    """The conventions once more, the slow way: a zone's offsets are only ever read off instants, never
    asked for a wall time, and working time is counted minute by minute."""

    def __init__(self, calendar: Calendar, around: datetime) -> None:
        self.spans: list[tuple[datetime, datetime]] = []
        self.zone, self.closed = ZoneInfo(calendar.zone), calendar.closed_spans
        quarter = timedelta(minutes=15)
        self.sample = [around - 6 * DAY + number * quarter for number in range(96 * 12)]
        for days in range(-4, 5):
            day = around.astimezone(self.zone).date() + days * DAY
            if any(at.astimezone(self.zone).date() == day for at in self.sample):
                self.open_on(calendar, day)

    def open_on(self, calendar: Calendar, day: date) -> None:
        for start, end in self.ranges(calendar, day):
            midnight = datetime.combine(day, datetime.min.time())
            opens = self.instant(midnight + timedelta(minutes=start))
            closes = self.instant(midnight + timedelta(minutes=end))
            self.spans.append((opens, closes))

    @staticmethod
    def ranges(calendar: Calendar, day: date):
        exceptional = [found for when, found in calendar.hours_on if when == day]
        if exceptional:
            return exceptional[0]
        return () if day in calendar.closed_on else calendar.week[day.weekday()]

    def instant(self, wall: datetime) -> datetime:
        """The first instant that shows this wall time; if none does, as late as before the gap."""
        offsets = sorted({at.astimezone(self.zone).utcoffset() or timedelta() for at in self.sample})
        shown = [
            at
            for at in ((wall - offset).replace(tzinfo=UTC) for offset in offsets)
            if at.astimezone(self.zone).replace(tzinfo=None) == wall
        ]
        return min(shown) if shown else (wall - offsets[0]).replace(tzinfo=UTC)

    def is_open(self, at: datetime) -> bool:
        return any(opens <= at < closes for opens, closes in self.spans) and not any(
            since <= at < until for since, until in self.closed
        )


@settings(steady, max_examples=40)
@given(situations(), st.integers(1, 900))
def test_stepping_minute_by_minute_agrees(situation, minutes):
    hours, start = situation
    minute = timedelta(minutes=1)
    start = start.replace(second=0)
    on_the_minute = tuple((since.replace(second=0), until.replace(second=0)) for since, until in hours.closed_spans)
    assume(all(since < until for since, until in on_the_minute))
    hours = Calendar(hours.zone, hours.week, hours.closed_on, hours.hours_on, on_the_minute)
    slow = Stepwise(hours, start)
    worked, at, due = 0, start, None
    while at < start + 2 * DAY:
        assert bt.is_open(hours, at) == slow.is_open(at)
        worked += slow.is_open(at)
        at += minute
        if worked == minutes and due is None:
            due = at
    assert bt.between(hours, start, at) == worked * 60
    if due is not None:
        assert bt.add(hours, start, minutes * 60) == due
