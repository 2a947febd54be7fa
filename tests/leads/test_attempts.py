"""A try counts only when it is real; its effect is what the agreement says."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from config.web.errors import Conflict, Refusal
from leads.models import Attempt, Callback, CallingRule, ContactPoint, DoNotCall, Handoff, NurtureSpell, QueueItem
from leads.services import attempts, audit, claiming
from leads.services.attempts import Details
from sla.models import Clock, ClockPause, Commitment
from sla.openhours import WEEKDAYS
from sla.services import drafting, sweeping
from tests.cast import ANSWERS, DAY, HOUR, MINUTE, NOW, Cast, sign_all

pytestmark = pytest.mark.django_db
EVIDENCE = "They said so on the phone"


def clock(handoff: Handoff, kind: str) -> Clock:
    return Clock.objects.get(subject=handoff.pk, kind=kind)


def test_the_first_counting_attempt_accepts_and_stops_the_first_attempt_clock(cast: Cast) -> None:
    handoff = cast.hot()
    attempts.record(handoff.pk, by=cast.tim, at=NOW + 4 * MINUTE, disposition="na")
    handoff = Handoff.objects.get(pk=handoff.pk)
    assert handoff.state == "accepted"
    assert handoff.first_attempt_at == NOW + 4 * MINUTE
    assert cast.fresh(handoff.lead).stage == "tal"
    assert clock(handoff, "first_attempt").state == "met"
    assert clock(handoff, "decision").state == "met"
    item = QueueItem.objects.get(pk=handoff.pk)
    assert not item.ready
    assert item.callable_from >= NOW + 4 * MINUTE + 4 * HOUR
    assert handoff.to_user is None, "it stays the team's, for whoever calls next"


def test_skipping_does_not_count_and_needs_a_reason(cast: Cast) -> None:
    handoff = cast.hot()
    with pytest.raises(Refusal):
        attempts.record(handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="skip")
    tried = attempts.record(
        handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="skip", details=Details(note="My ex-boss")
    )
    assert not tried.counts
    assert clock(handoff, "first_attempt").state == "running"


def test_two_tries_too_close_together_count_once(cast: Cast) -> None:
    handoff = cast.hot()
    attempts.record(handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="bsy")
    second = attempts.record(handoff.pk, by=cast.tim, at=NOW + 2 * MINUTE, disposition="bsy")
    assert not second.counts
    assert "30 minutes" in second.why_not_counted
    assert clock(handoff, "attempts").count_done == 1


def test_six_tries_in_vain_end_where_the_agreement_says(cast: Cast) -> None:
    handoff = cast.hot()
    for number in range(6):
        attempts.record(handoff.pk, by=cast.tim, at=NOW + MINUTE + number * DAY, disposition="na")
    handoff = Handoff.objects.get(pk=handoff.pk)
    assert (handoff.state, handoff.reason) == ("closed", "unreachable")
    assert NurtureSpell.objects.get(lead=handoff.lead).reason == "unreachable"
    assert clock(handoff, "attempts").state == "met"
    assert not QueueItem.objects.filter(pk=handoff.pk).exists()
    assert all(finding.clean for finding in audit.run())


def test_each_try_is_made_in_another_part_of_the_day_that_suits_the_lead_too(cast: Cast) -> None:
    """New York's morning is the desk's afternoon: 14:00 to 17:00, that is two of its parts."""
    CallingRule.objects.create(
        country="US", window={day: [["08:00", "20:00"]] for day in WEEKDAYS}, holidays_closed=False
    )
    handoff = cast.lead("ada", phone="+12125550123", country="US", deeds=("demo_request",), intent="Demo").handoff
    assert handoff is not None
    parts = []
    for _ in range(4):
        opens = QueueItem.objects.get(pk=handoff.pk).callable_from.astimezone(ZoneInfo("Europe/Berlin"))
        parts.append("noon" if opens.hour < 15 else "afternoon")
        attempts.record(handoff.pk, by=cast.tim, at=opens + 2 * MINUTE, disposition="na")
    assert parts == ["noon", "afternoon", "noon", "afternoon"]


def test_qualified_hands_on_with_the_answers(cast: Cast) -> None:
    handoff = cast.hot()
    details = Details(answers=ANSWERS, next_step="Demo on Friday", talk_seconds=240)
    attempts.record(handoff.pk, by=cast.tim, at=NOW + 3 * MINUTE, disposition="tql", details=details)
    onward = Handoff.objects.get(follows=handoff)
    assert onward.to_function == "sales"
    assert onward.packet["answers"] == ANSWERS
    assert onward.packet["next_step"] == "Demo on Friday"
    assert cast.fresh(handoff.lead).stage == "tql"
    assert clock(handoff, "attempts").state == "met"


def test_a_callback_is_personal_and_pauses_what_may_be_paused(cast: Cast) -> None:
    handoff = cast.hot()
    when = NOW + DAY
    attempts.record(handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="cb", details=Details(callback_at=when))
    callback = Callback.objects.get()
    assert (callback.owner, callback.due_at, callback.opens_at) == (cast.tim, when, when + 15 * MINUTE)
    assert clock(handoff, "disposition").state == "paused"
    assert clock(handoff, "disposition").due_at is None
    item = QueueItem.objects.get(pk=handoff.pk)
    assert item.reserved_for == cast.tim
    with transaction.atomic():
        assert claiming.claim_next([cast.queue.pk], by=cast.tess, at=when + MINUTE) is None
        claimed = claiming.claim_next([cast.queue.pk], by=cast.tim, at=when + MINUTE)
    assert claimed == handoff.pk


def test_the_promise_of_a_next_step_waits_for_the_date_the_lead_asked_for(cast: Cast) -> None:
    draft = drafting.draft_from_version(cast.version, by=cast.mara)
    promise = Commitment.objects.get(version=draft, key="first-call")
    promise.pk, promise.key, promise.name, promise.metric, promise.target = (
        None,
        "next-step",
        "Next step",
        "next_step",
        480,
    )
    promise.pausable = True
    promise.save()
    cast.version = sign_all(cast, draft, NOW)
    dated, undated = cast.hot("ada"), cast.hot("bob", phone="+4930123457")
    attempts.record(undated.pk, by=cast.tim, at=NOW + 3 * MINUTE, disposition="na")
    details = Details(callback_at=NOW + 2 * DAY, next_step="Ask the boss", note="Spoke")
    attempts.record(dated.pk, by=cast.tim, at=NOW + 3 * MINUTE, disposition="cq", details=details)
    assert clock(undated, "next_step").state == "running"
    waiting = clock(dated, "next_step")
    assert waiting.state == "paused"
    assert ClockPause.objects.get(clock=waiting).resumes_at == NOW + 2 * DAY


def test_a_lead_that_asks_for_another_date_is_waited_for_until_that_one(cast: Cast) -> None:
    handoff = cast.hot()
    for at, when in ((NOW + MINUTE, NOW + DAY), (NOW + DAY - 5 * MINUTE, NOW + 8 * DAY)):
        attempts.record(handoff.pk, by=cast.tim, at=at, disposition="cb", details=Details(callback_at=when))
    waits = clock(handoff, "disposition")
    assert waits.state == "paused"
    assert waits.pauses.get(until_at=None).resumes_at == NOW + 8 * DAY
    assert sweeping.resume_due(NOW + DAY + HOUR) == 0


def test_a_try_in_vain_before_the_date_lets_the_clocks_go_on(cast: Cast) -> None:
    handoff = cast.hot()
    details = Details(callback_at=NOW + 3 * DAY)
    attempts.record(handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="cb", details=details)
    attempts.record(handoff.pk, by=cast.tim, at=NOW + HOUR, disposition="na")
    assert clock(handoff, "disposition").state == "running"
    assert not ClockPause.objects.filter(clock__subject=handoff.pk, until_at=None).exists()


def test_a_worker_that_is_late_prolongs_no_pause(cast: Cast) -> None:
    """The call comes two days after the date, and nobody has swept: the clock went on from the date."""
    handoff = cast.hot()
    details = Details(callback_at=NOW + DAY)
    attempts.record(handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="cb", details=details)
    attempts.record(handoff.pk, by=cast.tim, at=NOW + 3 * DAY, disposition="na")
    assert clock(handoff, "disposition").pauses.get().until_at == NOW + DAY


def test_a_callback_in_the_past_is_refused(cast: Cast) -> None:
    handoff = cast.hot()
    with pytest.raises(Refusal, match="passed"):
        attempts.record(handoff.pk, by=cast.tim, at=NOW, disposition="cb", details=Details(callback_at=NOW - HOUR))


def test_do_not_call_closes_the_lead_and_the_number(cast: Cast) -> None:
    handoff = cast.hot()
    attempts.record(handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="dnc")
    assert DoNotCall.objects.filter(kind="phone", value="+4930123456").exists()
    assert cast.fresh(handoff.lead).stage == "disqualified"
    assert all(finding.clean for finding in audit.run())


def test_a_wrong_number_is_marked_and_tried_no_more(cast: Cast) -> None:
    handoff = cast.hot()
    attempts.record(handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="wn")
    assert not ContactPoint.objects.get(kind="phone").is_workable
    assert Handoff.objects.get(pk=handoff.pk).is_open


def test_an_outcome_can_be_taken_back_for_ten_seconds_and_then_happens_with_its_own_time(cast: Cast) -> None:
    handoff = cast.hot()
    with transaction.atomic():
        claiming.claim_next([cast.queue.pk], by=cast.tim, at=NOW)
    at = NOW + 2 * MINUTE
    tried = attempts.record(handoff.pk, by=cast.tim, at=at, disposition="na", undo=attempts.UNDO)
    assert Handoff.objects.get(pk=handoff.pk).state == "offered"
    attempts.undo(tried.pk, by=cast.tim, at=at + timedelta(seconds=5))
    assert attempts.settle_due(at + MINUTE) == 0
    again = attempts.record(handoff.pk, by=cast.tim, at=at, disposition="na", undo=attempts.UNDO)
    with pytest.raises(Conflict, match="too late"):
        attempts.undo(again.pk, by=cast.tim, at=at + timedelta(seconds=11))
    assert attempts.settle_due(at + 20 * MINUTE) == 1
    assert clock(handoff, "first_attempt").stopped_at == at
    assert clock(handoff, "first_attempt").state == "met"
    assert Attempt.objects.filter(undone_at=None).count() == 1


def test_evidence_that_arrives_late_of_a_call_in_time_clears_the_breach(cast: Cast) -> None:
    from sla.services import sweeping

    handoff = cast.hot()
    sweeping.sweep(NOW + 30 * MINUTE)
    assert clock(handoff, "first_attempt").state == "breached"
    attempts.record(handoff.pk, by=cast.tim, at=NOW + 4 * MINUTE, disposition="na")
    stopped = clock(handoff, "first_attempt")
    assert (stopped.state, stopped.breached_at) == ("met", None)


def test_somebody_elses_claim_is_respected(cast: Cast) -> None:
    handoff = cast.hot()
    with transaction.atomic():
        claiming.claim_next([cast.queue.pk], by=cast.tim, at=NOW)
    with pytest.raises(Conflict, match="Tim Novak"):
        attempts.record(handoff.pk, by=cast.tess, at=NOW + MINUTE, disposition="na")
    with pytest.raises(Conflict, match="Tim Novak has taken"), transaction.atomic():
        claiming.claim(handoff.pk, by=cast.tess, at=NOW + MINUTE)


def test_a_lapsed_lease_puts_the_lead_back_in_its_order(cast: Cast) -> None:
    handoff = cast.hot()
    with transaction.atomic():
        claiming.claim_next([cast.queue.pk], by=cast.tim, at=NOW)
        assert claiming.claim_next([cast.queue.pk], by=cast.tess, at=NOW + 14 * MINUTE) is None
        assert claiming.lapse(NOW + 16 * MINUTE) == 1
        claimed = claiming.claim_next([cast.queue.pk], by=cast.tess, at=NOW + 16 * MINUTE)
    assert claimed == handoff.pk
    assert list(handoff.claim_records.order_by("claimed_at").values_list("how", flat=True)) == ["lapsed", ""]


def test_disqualifying_needs_evidence(cast: Cast) -> None:
    handoff = cast.hot()
    details = Details(reason="no-budget")
    with pytest.raises(Refusal, match="evidence"):
        attempts.record(handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="nf", details=details)
    details = Details(reason="no-budget", evidence=EVIDENCE)
    attempts.record(handoff.pk, by=cast.tim, at=NOW + MINUTE, disposition="nf", details=details)
    assert Handoff.objects.get(pk=handoff.pk).outcome == "disqualified"


def by_day() -> None:
    CallingRule.objects.create(country="", window={day: [["09:00", "21:00"]] for day in WEEKDAYS}, source="test")


def test_a_try_counts_only_where_a_call_could_be_made(cast: Cast) -> None:
    """Late in the evening, or to somebody who must not be called, “no answer” keeps no promise."""
    by_day()
    evening = NOW + 12 * HOUR  # 23:00 in Berlin
    handoff = cast.hot()
    tried = attempts.record(handoff.pk, by=cast.tim, at=evening, disposition="na")
    assert not tried.counts
    assert tried.why_not_counted.startswith("No call could be made: Calls to Germany are made")
    assert Handoff.objects.get(pk=handoff.pk).first_attempt_at is None
    assert clock(handoff, "first_attempt").state in ("running", "breached")

    banned = cast.hot("bob", email="bob@never.example", phone="+493012345999")
    DoNotCall.objects.create(kind="domain", value="never.example", added_at=NOW)
    tried = attempts.record(banned.pk, by=cast.tim, at=NOW + MINUTE, disposition="bsy")
    assert not tried.counts
    assert "never.example" in tried.why_not_counted


def test_a_call_begun_in_time_counts_though_the_window_has_closed_meanwhile(cast: Cast) -> None:
    by_day()
    handoff = cast.hot()
    begun = NOW.replace(hour=19, minute=58)  # 20:58 in Berlin, where calls end at 21:00
    with transaction.atomic():
        claiming.claim(handoff.pk, by=cast.tim, at=begun)
    tried = attempts.record(handoff.pk, by=cast.tim, at=begun + 4 * MINUTE, disposition="na")
    assert tried.counts
