"""How many reps an hour needs: the reckoning against known figures, a real call centre's month, the page."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from config.web.errors import Refusal
from leads import erlang
from leads.erlang import Promise
from leads.models import CallQueue, Handoff, PlannedReps
from leads.services import attempts, claiming, handoffs, staffing
from leads.services.staffing import Period, Spread, Waits
from tests.cast import NOW, Cast, assemble
from tests.leads import bank
from tests.leads.imports.realdata import reference
from tests.web.conftest import signed_in

FIVE_MINUTES = Promise(90, 5)
MONTH = Period(date(1999, 2, 1), date(1999, 3, 1), "UTC")


# --- the reckoning ---------------------------------------------------------------------------------------------------------


def by_hand(arrivals: float, handling: float, within: float, reps: int) -> float:
    """Erlang C as the books write it."""
    load = arrivals * handling / 3600
    if reps <= load:
        return 0.0
    waiting = load**reps / math.factorial(reps) * reps / (reps - load)
    wait = waiting / (sum(load**n / math.factorial(n) for n in range(reps)) + waiting)
    return 1 - wait * math.exp(-(reps - load) * within / handling)


@pytest.mark.parametrize(
    ("arrivals", "handling", "within"), [(60, 300, 20), (12, 480, 300), (200, 180, 20), (3, 900, 300), (0.4, 60, 60)]
)
def test_the_share_called_in_time_is_erlangs(arrivals: float, handling: float, within: float) -> None:
    for reps in range(1, 30):
        expected = by_hand(arrivals, handling, within, reps)
        assert erlang.service_level(arrivals, handling, within, reps) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("arrivals", "handling", "within", "percent"), [(60, 300, 20, 80), (12, 480, 300, 90), (200, 180, 20, 80)]
)
def test_the_fewest_reps_keep_the_promise_and_one_fewer_does_not(
    arrivals: float, handling: float, within: float, percent: float
) -> None:
    reps = erlang.reps_for_promise(arrivals, handling, within, percent)
    assert by_hand(arrivals, handling, within, reps) * 100 >= percent
    assert by_hand(arrivals, handling, within, reps - 1) * 100 < percent


def test_nobody_is_needed_where_nothing_comes_and_work_alone_needs_hands() -> None:
    assert erlang.reps_for_promise(0, 300, 300, 90) == 0
    assert erlang.reps_for_work(0, 300) == 0
    assert erlang.reps_for_work(24, 300) == math.ceil(2 / 0.85)
    assert erlang.service_level(30, 300, 300, 2) == 0, "work piles up"


def test_what_comes_while_the_desk_is_closed_counts_in_its_next_open_hour() -> None:
    came = {3: 1.0, 9: 2.0, 12: 0.5, 22: 4.0}
    assert erlang.moved(came, {9, 10, 13}) == {9: 3.0, 13: 4.5}
    assert erlang.moved(came, set()) == came


def test_a_day_names_the_hours_that_are_short() -> None:
    hours = erlang.day({9: 20.0, 10: 2.0}, {10: 40.0}, {9: 300.0}, 240.0, {9: 2, 10: 4}, FIVE_MINUTES)
    assert [hour.hour for hour in hours] == [9, 10]
    nine, ten = hours
    assert nine.needed_for_promise == 3
    assert nine.short == 1
    assert nine.kept_percent == pytest.approx(100 * by_hand(20, 300, 300, 2))
    assert ten.handling_seconds == 240.0, "too few calls of its own: the usual"
    assert ten.needed == ten.needed_for_work == 4
    assert ten.short == 0


# --- a real call centre ----------------------------------------------------------------------------------------------------


def close(found: float | None, expected: float) -> bool:
    return found == pytest.approx(expected, abs=1e-3)


def assert_spread(found: Spread, expected: dict[str, Any]) -> None:
    assert found.count == expected["n"]
    for ours, theirs in (
        (found.least, "min"), (found.quarter, "p25"), (found.median, "median"), (found.mean, "mean"),
        (found.three_quarters, "p75"), (found.ninetieth, "p90"), (found.most, "max"),
    ):  # fmt: skip
        assert close(ours, expected[theirs]), (theirs, ours, expected[theirs])


def assert_waits(found: Waits, expected: dict[str, Any]) -> None:
    assert (found.arrived, found.called, found.never_called) == (
        expected["calls"], expected["answered"], expected["hung_up"],
    )  # fmt: skip
    assert found.never_called / found.arrived == pytest.approx(expected["abandon_rate"], abs=1e-6)
    assert found.waited.count == expected["queued"]
    assert_spread(found.waited, expected["queue_seconds_queued_only"])
    assert found.called_in_time == expected["answered_queue_le_20s"]
    assert found.level == pytest.approx(expected["service_level_20s_of_all_calls"], abs=1e-6)
    assert close(found.mean_to_call, expected["average_speed_of_answer_s"])


@pytest.mark.django_db
@pytest.mark.realdata
def test_a_month_of_a_call_centre_shows_its_known_figures() -> None:
    known = reference("anonymous_bank")
    cast = assemble(since=bank.FEBRUARY - timedelta(days=30), always_open=True)
    queues = bank.load(cast)
    everything = [queue.pk for queue in queues.values()]
    assert_waits(staffing.waits(everything, MONTH, 20), known["total"])
    within_60 = staffing.waits(everything, MONTH, 60).level
    assert within_60 == pytest.approx(known["total"]["service_level_60s_of_all_calls"], abs=1e-6)
    assert_spread(staffing.handling(everything, MONTH), known["total"]["service_seconds"])
    by_day: dict[str, int] = {}
    for kind, expected in known["by_type"].items():
        queue = queues[kind]
        assert_waits(staffing.waits([queue.pk], MONTH, 20), expected)
        assert_spread(staffing.handling([queue.pk], MONTH), expected["service_seconds"])
        for day, count in staffing.arrivals_by_day(queue.pk, MONTH).items():
            by_day[str(day)] = by_day.get(str(day), 0) + count
    assert by_day == known["calls_by_day"]

    page = signed_in(cast.tom).get(
        f"/queue/staffing/?queue={queues['PS'].pk}&until=1999-03-01&weeks=4&day=0&percent=80&minutes=0.3333333"
    )
    assert page.status_code == 200
    shown = page.content.decode()
    assert "21,246" in shown
    assert "52 %" in shown  # called within 20 seconds
    # Mondays, 10 to 11: what the page reckons with is what the data says.
    mondays = [call for call in bank.calls() if call.kind == "PS" and call.arrived_at.weekday() == 0]
    at_ten = sum(call.arrived_at.hour == 10 for call in mondays) / 4
    [hour] = [hour for hour in page.context["hours"] if hour.hour == 10]
    assert hour.arrivals == pytest.approx(at_ten)
    assert by_hand(hour.arrivals, hour.handling_seconds, 20, hour.needed_for_promise) >= 0.8
    assert by_hand(hour.arrivals, hour.handling_seconds, 20, hour.needed_for_promise - 1) < 0.8


@pytest.mark.django_db
@pytest.mark.realdata
def test_real_calls_replayed_through_the_queue_give_the_same_figures() -> None:
    """149 calls, each offered when it came, taken from the queue by an agent when it was answered, closed when not."""
    cast = assemble(since=bank.FEBRUARY - timedelta(days=30), always_open=True)
    moves: list[tuple[datetime, int, str, bank.Call]] = []
    for number, call in enumerate(call for call in bank.calls() if call.kind == "PE"):
        moves.append((call.arrived_at, number, "arrives", call))
        moves.append((call.ends_waiting_at, number, "ends", call))
    offered: dict[int, Handoff] = {}
    for at, number, what, call in sorted(moves, key=lambda move: (move[0], move[1], move[2])):
        if what == "arrives":
            phone = f"+4930{1_000_000 + number}"
            offered[number] = cast.hot(
                f"caller{number}", at, phone=phone, company="", email=f"c{number}@caller{number}.example"
            )
        elif call.answered:
            answer(cast, offered[number], call)
        else:
            handoffs.withdraw(offered[number].pk, by=None, at=at, note="hung up")
    expected = reference("anonymous_bank")["by_type"]["PE"]
    assert_waits(staffing.waits([cast.queue.pk], MONTH, 20), expected)
    assert_spread(staffing.handling([cast.queue.pk], MONTH), expected["service_seconds"])


def answer(cast: Cast, handoff: Handoff, call: bank.Call) -> None:
    at = call.ends_waiting_at
    with transaction.atomic():
        claiming.claim(handoff.pk, by=cast.tim, at=at)
    attempts.record(
        handoff.pk, by=cast.tim, at=at, disposition="ni",
        details=attempts.Details(note="As it went", handling_seconds=call.served, talk_seconds=call.served),
    )  # fmt: skip


# --- the page and the plan -------------------------------------------------------------------------------------------------


@pytest.fixture
def tom(cast: Cast) -> Client:
    return signed_in(cast.tom)


@pytest.mark.django_db
def test_the_plan_of_a_day_is_drawn_beside_what_is_needed(cast: Cast, tom: Client) -> None:
    for number in range(6):
        cast.hot(f"lead{number}", NOW + timedelta(minutes=number))
    plan = {"queue": str(cast.queue.public_id), "days": ["2"], "hour-11": "2", "hour-12": "1", "hour-13": ""}
    answer = tom.post("/queue/staffing/plan/", plan)
    assert answer.status_code == 302
    rows = PlannedReps.objects.values_list("weekday", "hour", "reps")
    assert list(rows) == [(2, 11, 2), (2, 12, 1)]
    page = tom.get(f"/queue/staffing/?queue={cast.queue.pk}&until=2026-03-05&weeks=1&day=2")
    [eleven, _twelve] = page.context["hours"]
    assert (eleven.hour, eleven.arrivals, eleven.planned) == (11, 6.0, 2)  # 10:00 UTC is 11 in Berlin
    assert "Every hour has the reps it needs" in page.content.decode()


@pytest.mark.django_db
def test_without_a_plan_the_agreements_hours_are_the_desks(cast: Cast, tom: Client) -> None:
    cast.hot("night", datetime(2026, 3, 4, 2, 0, tzinfo=UTC))
    page = tom.get(f"/queue/staffing/?queue={cast.queue.pk}&until=2026-03-05&weeks=1&day=2")
    [hour] = page.context["hours"]
    assert (hour.hour, hour.arrivals) == (8, 1.0), "it waits for half past eight"


@pytest.mark.django_db
def test_a_plan_is_checked(cast: Cast, tom: Client) -> None:
    with pytest.raises(Refusal, match="days"):
        staffing.plan_day(cast.queue, [], {9: 1}, by=cast.tom)
    with pytest.raises(Refusal, match="500"):
        staffing.plan_day(cast.queue, [0], {9: 501}, by=cast.tom)
    elsewhere = CallQueue.objects.create(team=cast.team("sales"), name="Theirs")
    answer = tom.post("/queue/staffing/plan/", {"queue": str(elsewhere.public_id), "days": ["0"], "hour-9": "1"})
    assert answer.status_code == 404
    assert not PlannedReps.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["percent=200", "minutes=-1", "weeks=9999", "until=soon", "day=9", "queue=nonsense", "percent=nan"]
)
def test_a_wrong_wish_is_said_beside_its_field(tom: Client, query: str) -> None:
    page = tom.get(f"/queue/staffing/?{query}")
    assert page.status_code == (200 if query.startswith("queue") else 422)


@pytest.mark.django_db
def test_reps_do_not_plan(cast: Cast) -> None:
    assert signed_in(cast.tim).get("/queue/staffing/").status_code == 403
