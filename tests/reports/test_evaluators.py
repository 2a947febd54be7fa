"""Every metric that can be promised, measured on leads whose past is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from leads.models import Handoff, Opportunity
from reports.evaluators import FACT_OF
from reports.measures import Measure, Standing, forecast, scaled_target, standing
from reports.periods import Kind, containing
from reports.queries import scoreboard
from reports.scope import Scope
from sla.metrics import EVALUATORS, METRICS
from sla.models import BreachCause, Clock
from sla.terms import CommitmentTerms
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast
from tests.reports.stories import World

FEBRUARY = containing(Kind.MONTH, date(2026, 2, 1))
START = NOW - 20 * DAY  # a Thursday, 11:00 in Berlin


def commitment(metric: str, side: str = "sales", stage: str = "", key: str = "it", **more: object) -> CommitmentTerms:
    found = CommitmentTerms(
        key=key, name="It", side=side, metric=metric, stage=stage, comparison="at_least", target=Decimal(10),
        unit=METRICS[metric].units[0], count=None, cutoff=None, answer_by=None, period="month", calendar="office",
        counts_in="calendar", scope={}, to_function="sales", must_meet_percent=Decimal(95), warn_percent=90, pausable=False,
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type]


def measure(cast: Cast, one: CommitmentTerms, scope: Scope | None = None) -> Measure:
    found = scoreboard.board(cast.terms, scope or Scope(), FEBRUARY, NOW, earlier=0, commitments=[one])
    return found.lines[0].now


def test_every_metric_has_its_measure():
    assert set(EVALUATORS.evaluators) == set(METRICS) == set(FACT_OF)


def test_promises_are_kept_broken_excused_or_still_open(cast, world: World):
    for minutes in (3, 50, 90, 100):
        world.called(world.mql(START), START + minutes * MINUTE)
    world.mql(START + HOUR)  # nobody ever called
    world.write()
    broken = Clock.objects.filter(commitment="first-call", state="met_late").first()
    BreachCause.objects.create(
        clock=broken, cause="no_capacity", proposed_by=cast.tim, proposed_side="telequalification", proposed_at=NOW,
        decided_by=cast.mara, decided_at=NOW, excused=True,
    )  # fmt: skip
    found = measure(cast, cast.terms.commitment("first-call"))
    assert (found.part, found.whole, found.excused, found.pending) == (2, 5, 1, 0)
    assert found.value == 40
    assert found.excused_value == 50


def test_a_promise_is_broken_at_its_instant_whether_or_not_a_sweep_ran(cast, world: World):
    world.mql(NOW - 30 * MINUTE)
    world.write(NOW - 20 * MINUTE)
    line = lambda at: scoreboard.board(cast.terms, Scope(), containing(Kind.MONTH, NOW.date()), at, earlier=0).line(  # noqa: E731
        "first-call"
    )
    assert (line(NOW).now.whole, line(NOW).now.pending) == (0, 1)
    later = line(NOW + HOUR)
    assert (later.now.whole, later.now.pending) == (1, 0)
    assert Clock.objects.get(commitment="first-call").state == "running"


def test_what_was_late_when_imported_is_left_out(cast, world: World):
    world.mql(START)
    world.write()
    Clock.objects.update(imported_late=True)
    assert measure(cast, cast.terms.commitment("first-call")).cases == 0


def test_leads_reaching_a_stage_count_once(cast, world: World):
    world.mql(START)
    again = world.mql(START)
    world.called(again, START + MINUTE, "nur")
    again.close(START + MINUTE, "recycled", reason="timing-wrong")
    again.park(START + MINUTE, kind="recycled", reason="timing-wrong", return_on=date(2026, 2, 20))
    again.unpark(START + DAY, "date")
    again.enter("engaged", START + DAY, cause="returned:date")
    world.qualify_again(again, START + 2 * DAY)
    world.known(START)
    world.write()
    assert measure(cast, commitment("qualified_leads", "marketing", "mql")).value == 2


def test_costs_by_lead_take_the_days_that_have_gone(cast, world: World):
    campaign = world.campaign("fair", (date(2026, 2, 1), "280"), (date(2026, 3, 1), "310"))
    for _ in range(4):
        world.mql(START, campaign=campaign)
    world.mql(NOW - HOUR, campaign=campaign)
    world.write()
    one = commitment("cost_per_stage", "marketing", "mql", comparison="at_most")
    assert measure(cast, one).value == 70
    march = scoreboard.board(cast.terms, Scope(), containing(Kind.MONTH, NOW.date()), NOW, earlier=0, commitments=[one])
    assert march.lines[0].now.value == 40  # four of 31 days


def test_money_by_where_it_came_from(cast, world: World):
    world.sold(START, 3000)
    world.write()
    Opportunity.objects.create(
        name="Own",
        owner=cast.sam,
        amount=1000,
        base_amount=1000,
        self_sourced=True,
        opened_at=START,
        stage="won",
        closed_at=START,
    )
    share = measure(cast, commitment("pipeline_share", "marketing"))
    assert (share.value, share.cases) == (75, 2)
    assert measure(cast, commitment("revenue_goal", "marketing")).value == 3000


def test_shares_of_handoffs(cast, world: World):
    world.sold(START)
    rejected = world.mql(START)
    world.passed_on(rejected, START + MINUTE)
    rejected.reject(START + HOUR, cast.sam, "below-threshold")
    rejected.park(START + HOUR, kind="rejected", reason="below-threshold", return_on=date(2026, 5, 1))
    recycled = world.mql(START)
    world.passed_on(recycled, START + MINUTE)
    recycled.accept(START + HOUR, cast.sam)
    recycled.close(START + 2 * HOUR, "recycled", reason="needs-nurture")
    recycled.park(START + 2 * HOUR, kind="recycled", reason="needs-nurture", return_on=date(2026, 5, 1))
    open_still = world.mql(START)
    world.passed_on(open_still, START + MINUTE)
    world.write()
    accepted = measure(cast, commitment("acceptance_rate"))
    assert (accepted.part, accepted.whole) == (2, 3)
    won = measure(cast, commitment("close_rate"))
    assert (won.part, won.whole) == (1, 3)
    opened = measure(cast, commitment("opportunity_rate"))
    assert (opened.part, opened.whole) == (1, 2)
    complete = measure(cast, commitment("completeness", "marketing"))
    assert complete.cases == 4
    assert complete.missed is not None  # no e-mail address
    assert complete.value == 0


def test_attempts_count_where_nobody_was_reached(cast, world: World):
    for tries in (6, 2):
        told = world.mql(START)
        for number in range(tries):
            world.called(told, START + (number + 1) * HOUR)
        told.close(START + 8 * HOUR, "disqualified", reason="unreachable")
        told.park(START + 8 * HOUR, kind="disqualified", reason="unreachable", return_on=date(2026, 6, 1))
    reached = world.mql(START)
    world.called(reached, START + HOUR, "ni")
    reached.close(START + HOUR, "disqualified", reason="not-interested")
    reached.park(START + HOUR, kind="disqualified", reason="not-interested", return_on=date(2026, 6, 1))
    world.write()
    assert measure(cast, commitment("attempts_per_lead", "telequalification")).value == 4


def test_meetings_count_for_both_who_booked_and_who_meet(cast, world: World):
    handoff = world.passed_on(world.mql(START), START + MINUTE)
    world.write()
    Handoff.objects.filter(pk=handoff.pk).update(meeting_at=START + DAY)
    assert measure(cast, commitment("meetings_booked")).value == 1
    assert measure(cast, commitment("meetings_booked", "telequalification")).value == 1
    assert measure(cast, commitment("meetings_booked", "business_development")).value == 0


@pytest.mark.parametrize(
    ("score", "cause", "kept"), [(50, "definition:x", 1), (10, "definition:x", 0), (10, "catapult", 1)]
)
def test_leads_passed_at_the_agreed_score_or_carried_over_it(cast, world: World, score, cause, kept):
    told = world.known(START)
    told.enter("mql", START, cause=cause)
    told.offer(START, to_team=world.desk)
    told.handoff.packet["score"]["total"] = score
    world.write()
    found = measure(cast, commitment("threshold_kept", "marketing"))
    assert (found.part, found.whole) == (kept, 1)


def test_history_stays_out_of_a_persons_figures(cast, world: World):
    told = world.mql(START)
    world.passed_on(told, START + MINUTE, imported=True)
    told.accept(START + HOUR, cast.sam)
    world.write()
    assert measure(cast, commitment("acceptance_rate")).whole == 1
    assert measure(cast, commitment("acceptance_rate"), Scope(user=cast.sam.pk)).whole == 0


def test_filters_narrow_by_segment_team_version_and_lead(cast, world: World):
    campaign = world.campaign("fair")
    world.sold(START, campaign=campaign, source="fair")
    world.write()
    one = commitment("acceptance_rate")
    fits = Scope(
        segment=cast.segment.pk, team=world.sales.pk, version=cast.version.pk, campaign=campaign.pk, source="fair"
    )
    assert measure(cast, one, fits).whole == 1
    for name, value in (("segment", 0), ("team", world.desk.pk), ("version", 0), ("campaign", 0), ("source", "web")):
        assert measure(cast, one, fits.with_(**{name: value})).whole == 0, name


# --- targets, forecasts, standings ---------------------------------------------------------------------------------------


def test_targets_of_sums_grow_with_the_period_and_shares_do_not():
    number = commitment("qualified_leads", "marketing", "mql", target=Decimal(120))
    assert scaled_target(number, "sum", Kind.MONTH, 31) == 120
    assert scaled_target(number, "sum", Kind.QUARTER, 90) == 360
    assert scaled_target(number, "sum", Kind.WEEK, 7) == Decimal("27.60")
    assert scaled_target(commitment("acceptance_rate", target=Decimal(70)), "share", Kind.WEEK, 7) == 70


def test_the_forecast_goes_from_the_past_to_what_has_come():
    past = [Measure("sum", Decimal(100))] * 3
    assert forecast(Measure("sum"), past, 0) == 100
    assert forecast(Measure("sum", Decimal(50)), past, 0.5) == 100
    assert forecast(Measure("sum", Decimal(80)), past, 1) == 80
    assert forecast(Measure("sum", Decimal(50)), [], 0.5) == 100
    assert forecast(Measure("share", Decimal(0), Decimal(0)), [Measure("share", Decimal(9), Decimal(10))], 0) == 90


@pytest.mark.parametrize(
    ("part", "whole", "excused", "expected", "is_over", "found"),
    [
        (96, 100, 0, 96, True, Standing.MET),
        (90, 100, 0, 90, True, Standing.MISSED),
        (94, 100, 2, 94, True, Standing.MET_EXCUSED),
        (0, 0, 0, None, True, Standing.NOTHING),
        (96, 100, 0, 96, False, Standing.ON_COURSE),
        (90, 100, 0, 90, False, Standing.CLOSE),
        (50, 100, 0, 50, False, Standing.AT_RISK),
        (0, 0, 0, 90, False, Standing.NOTHING),
    ],
)
def test_standings(part, whole, excused, expected, is_over, found):
    one = commitment("first_attempt", must_meet_percent=Decimal(95))
    measured = Measure("share", Decimal(part), Decimal(whole), excused=excused, counted=True)
    forecasted = None if expected is None else Decimal(expected)
    assert standing(one, measured, forecasted, Decimal(95), is_over=is_over) is found


def test_a_cost_keeps_its_word_from_below():
    one = commitment("cost_per_stage", "marketing", "mql", target=Decimal(250))
    one = replace(one, comparison="at_most")
    cheap = Measure("quotient", Decimal(200), Decimal(1))
    assert standing(one, cheap, Decimal(200), Decimal(250), is_over=True) is Standing.MET
    assert standing(one, cheap, Decimal(260), Decimal(250), is_over=False) is Standing.CLOSE
    assert standing(one, cheap, Decimal(400), Decimal(250), is_over=False) is Standing.AT_RISK
