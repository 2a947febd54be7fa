"""The funnel of a cohort: each lead once, nobody lost on the way, the unknown never called lost."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from leads.services import chronicle
from reports.company import company_zone
from reports.facts.ledger import UNKNOWN
from reports.periods import Kind, containing, span
from reports.queries import dropoff, funnel, paths
from reports.scope import Scope
from sla.stages import Stage
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast
from tests.reports.stories import World

MARCH = containing(Kind.MONTH, date(2026, 3, 4))
FEBRUARY = MARCH.previous
START = NOW - 20 * DAY


def counts(cast: Cast, period=FEBRUARY, start=Stage.MQL, scope=None):
    found = funnel.funnel(cast.terms.path, start, scope or Scope(), period, NOW)
    return {step.stage: step.reached for step in found.steps}, found


def test_each_lead_counts_once_at_its_first_entry(cast, world: World):
    world.sold(START)
    rejected = world.mql(START + HOUR)
    world.passed_on(rejected, START + 2 * HOUR)
    rejected.reject(START + 3 * HOUR, cast.sam, "below-threshold")
    rejected.park(START + 3 * HOUR, kind="rejected", reason="below-threshold", return_on=date(2026, 2, 20))
    rejected.unpark(START + 8 * DAY, "date")
    rejected.enter(Stage.ENGAGED, START + 8 * DAY, cause="returned:date")
    world.qualify_again(rejected, START + 9 * DAY)
    world.known(START)
    world.write()
    reached, found = counts(cast)
    assert reached == {"mql": 2, "tal": 2, "tql": 2, "sal": 1, "opportunity": 1, "won": 1}
    assert found.returns == {"mql": 1}
    assert found.rate(1).part == 2


def test_a_stage_passed_by_counts_as_reached(cast, world: World):
    world.straight_to_sales(START).accept(START + HOUR, cast.sam)
    world.write()
    reached, _ = counts(cast)
    assert reached == {"mql": 1, "tal": 1, "tql": 1, "sal": 1, "opportunity": 0, "won": 0}


def test_a_cohort_begins_and_ends_with_the_companys_days(cast, world: World):
    begin, end = FEBRUARY.bounds(company_zone())
    for at in (begin - MINUTE, begin, end - MINUTE, end):
        world.mql(at)
    world.write()
    assert counts(cast)[0]["mql"] == 2
    assert counts(cast, MARCH)[0]["mql"] == 1


def test_who_got_no_further_stands_where_they_are_now(cast, world: World):
    world.mql(START)
    called = world.mql(START)
    world.called(called, START + MINUTE)
    lost = world.mql(START)
    world.passed_on(lost, START + MINUTE)
    lost.accept(START + HOUR, cast.sam)
    world.deal(lost, START + 2 * HOUR)
    lost.ended(START + 3 * HOUR, won=False, reason="lost-price")
    lost.park(START + 3 * HOUR, kind="lost", reason="lost-price", return_on=date(2026, 9, 1))
    world.write()
    _, found = counts(cast)
    assert dict(found.step("mql").stopped) == {"mql": 1}
    assert dict(found.step("tal").stopped) == {"tal": 1}
    assert dict(found.step("opportunity").stopped) == {"lost": 1}
    assert found.step("mql").open == 1
    assert found.step("opportunity").open == 0


def test_an_unknown_end_is_never_lost(cast, world: World):
    told = world.mql(START)
    with transaction.atomic():
        chronicle.write([told.finish(NOW, unknown_end=True)])
    world.told = []
    _, found = counts(cast)
    assert found.step("mql").at(UNKNOWN) == 1
    assert found.step("mql").at(*funnel.CLOSED) == 0


@pytest.mark.parametrize(
    ("split", "expected"),
    [("source", {"fair": 1, "web": 2}), ("intent", {"": 2, "Demo": 1}), ("persona", {"": 3})],
)
def test_by_dimension_the_rows_add_up_to_the_whole(cast, world: World, split, expected):
    world.mql(START)
    world.mql(START, intent="Demo")
    world.mql(START, source="fair")
    world.write()
    found = funnel.by_dimension(cast.terms.path, "mql", Scope(), FEBRUARY, NOW, split)
    assert {value: one.cohort for value, one in found.items()} == expected


def test_by_team_a_lead_stands_in_each_team_it_was_handed_to(cast, world: World):
    world.mql(START)
    world.passed_on(world.mql(START), START + MINUTE)
    world.write()
    found = funnel.by_dimension(cast.terms.path, "mql", Scope(), FEBRUARY, NOW, "team")
    assert {value: one.cohort for value, one in found.items()} == {str(world.desk.pk): 2, str(world.sales.pk): 1}
    only = counts(cast, scope=Scope(team=world.sales.pk))[0]
    assert only["mql"] == 1


def test_times_are_medians_and_percentiles_by_linear_interpolation(cast, world: World):
    for hours in (1, 2, 4, 5):
        told = world.mql(START)
        world.called(told, START + hours * HOUR)
    world.write()
    found = {one.stage: one for one in funnel.times(cast.terms.path, "mql", Scope(), FEBRUARY, NOW)}
    assert found["mql"].ended == 4
    assert found["mql"].median == pytest.approx(3 * 3600)
    assert found["mql"].ninth == pytest.approx((4 + 0.7 * 1) * 3600)
    assert found["tal"].days_median == pytest.approx(3 / 24)
    assert found["tal"].ended == 0


# --- ways ---------------------------------------------------------------------------------------------------------------


def test_ways_back_begin_a_new_round(cast, world: World):
    told = world.mql(START)
    world.called(told, START + MINUTE, "nur")
    told.close(START + MINUTE, "recycled", reason="timing-wrong")
    told.park(START + MINUTE, kind="recycled", reason="timing-wrong", return_on=date(2026, 2, 20))
    told.unpark(START + 6 * DAY, "date")
    told.enter(Stage.ENGAGED, START + 6 * DAY, cause="returned:date")
    world.qualify_again(told, START + 7 * DAY)
    world.write()
    found = paths.paths("mql", Scope(), FEBRUARY, NOW)
    ways = {(link.source.code, link.target.code): (link.leads, link.is_back) for link in found.links}
    assert ways == {
        ("mql.1", "tal.1"): (1, False),
        ("tal.1", "nurture.1"): (1, False),
        ("nurture.1", "engaged.2"): (1, True),
        ("engaged.2", "mql.2"): (1, False),
    }
    assert found.later == 0


# --- drops --------------------------------------------------------------------------------------------------------------


def fill(world: World, week: int, mqls: int, accepted: int) -> None:
    """A cohort that began two hours before now, whole weeks ago."""
    at = NOW - 7 * week * DAY - 2 * HOUR
    for number in range(mqls):
        told = world.mql(at)
        if number < accepted:
            world.called(told, at + HOUR)


def test_a_drop_far_below_the_past_is_an_alarm(cast, world: World):
    for week in (1, 2, 3):
        fill(world, week, 40, 20)
    fill(world, 0, 30, 0)
    world.write()
    today = NOW.date()
    found = dropoff.drops(cast.terms.path, "mql", Scope(), span(today, today), NOW)
    first = found[0]
    assert (first.now.part, first.now.whole) == (0, 30)
    assert (first.past.part, first.past.whole) == (60, 120)
    assert first.is_alarm
    assert first.chance == pytest.approx(0, abs=1e-6)


def test_cohorts_before_are_seen_at_the_same_age(cast, world: World):
    """They were all accepted, but only an hour after the age that this cohort has."""
    for week in (1, 2, 3):
        at = NOW - 7 * week * DAY
        for _ in range(10):
            told = world.mql(at - HOUR)
            world.called(told, at + HOUR)
    for _ in range(10):
        world.mql(NOW - HOUR)
    world.write()
    today = NOW.date()
    first = dropoff.drops(cast.terms.path, "mql", Scope(), span(today, today), NOW)[0]
    assert (first.past.part, first.past.whole) == (0, 30)
    assert not first.is_alarm


def test_without_a_past_nothing_is_said(cast, world: World):
    world.mql(NOW - HOUR)
    world.write()
    assert dropoff.drops(cast.terms.path, "mql", Scope(), MARCH, NOW) == []
