"""Pausing, resuming, amending, excusing and explaining clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from config.accounts.models import Absence
from config.notices.models import Notice
from config.web.errors import Conflict, Forbidden, Refusal
from leads.models import CallingRule, Handoff
from leads.services import amending as handoff_amending
from leads.services import handoffs
from sla import businesstime
from sla.models import BreachCause, Clock, ClockEvent, Closing
from sla.services import clocks, drafting, excuses, sweeping
from sla.services.explaining import explain, simulate
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast, sign_all
from tests.leads.receivers import deliver_all

pytestmark = pytest.mark.django_db
SIDES = frozenset({"telequalification", "sales"})


def clock_of(handoff: Handoff, kind: str) -> Clock:
    return Clock.objects.get(subject=handoff.pk, kind=kind)


def accepted(cast: Cast, at: datetime = NOW) -> Handoff:
    handoff = cast.with_sales("ada", at)
    handoffs.accept(handoff.pk, by=cast.sam, at=at + 10 * MINUTE)
    return Handoff.objects.get(pk=handoff.pk)


def locked(clock: Clock) -> Clock:
    return clocks.lock([clock.pk])[0]


# --- pausing -------------------------------------------------------------------------------------------------------


@transaction.atomic
def test_a_pause_moves_the_deadline_by_its_working_time_only(cast: Cast) -> None:
    clock = clock_of(accepted(cast), "disposition")
    before = clock.due_at
    assert before is not None
    friday_afternoon, monday_morning = NOW + 2 * DAY + 5 * HOUR, NOW + 5 * DAY - HOUR  # Fri 16:00 to Mon 10:00
    clocks.pause(locked(clock), at=friday_afternoon, reason="the lead asked for a date")
    assert clock_of_pk(clock).due_at is None
    clocks.resume(locked(clock), at=monday_morning)
    calendar = cast.terms.calendar("office")
    paused = businesstime.between(calendar, friday_afternoon, monday_morning)
    assert paused == 2 * 3600
    assert clock_of_pk(clock).due_at == businesstime.add(calendar, before, paused)


def clock_of_pk(clock: Clock) -> Clock:
    return Clock.objects.get(pk=clock.pk)


def test_what_the_agreement_does_not_let_pause_does_not_pause(cast: Cast) -> None:
    clock = clock_of(cast.hot(), "first_attempt")
    with pytest.raises(Refusal, match="does not let"), transaction.atomic():
        clocks.pause(locked(clock), at=NOW, reason="busy")


@transaction.atomic
def test_a_breached_clock_stays_breached(cast: Cast) -> None:
    clock = clock_of(cast.with_sales(), "decision")
    with pytest.raises(Conflict, match="breached"):
        clocks.pause(locked(clock), at=NOW + 10 * DAY, reason="too late")
    clocks.stop(locked(clock), at=NOW + 11 * DAY, evidence={})
    assert clock_of_pk(clock).state == "met_late"


@transaction.atomic
def test_a_pause_until_a_date_ends_by_itself_on_that_date(cast: Cast) -> None:
    clock = clock_of(accepted(cast), "disposition")
    clocks.pause(locked(clock), at=NOW + HOUR, reason="the lead asked for a date", resumes_at=NOW + DAY)
    assert sweeping.resume_due(NOW + 23 * HOUR) == 0
    assert sweeping.resume_due(NOW + 3 * DAY) == 1
    event = ClockEvent.objects.get(clock=clock, kind="resumed")
    assert event.at == NOW + DAY, "it goes on from the date, whenever the sweep looked"


@transaction.atomic
def test_cancelling_is_never_met(cast: Cast) -> None:
    clock = clock_of(cast.with_sales(), "decision")
    clocks.cancel(locked(clock), at=NOW + HOUR, reason="closed")
    found = clock_of_pk(clock)
    assert (found.state, found.evidence) == ("cancelled", {"reason": "closed"})


@settings(max_examples=25)
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 60 * 24 * 12), st.integers(1, 60 * 30)).map(lambda s: (s[0], s[0] + s[1])), max_size=4
    )
)
def test_a_paused_span_never_shortens_what_is_left(spans: list[tuple[int, int]]) -> None:
    from sla.openhours import Calendar
    from sla.presets.base import OFFICE_WEEK
    from sla.timing import reschedule

    calendar = Calendar.from_terms({"timezone": "Europe/Berlin", "week": OFFICE_WEEK, "holidays": []})
    start = datetime(2026, 3, 26, 9, 0, tzinfo=UTC)  # over the change of clocks
    pauses = [(start + timedelta(minutes=a), start + timedelta(minutes=b)) for a, b in spans]
    plain = reschedule(calendar, start, 40 * 3600, ["breach"], ())
    paused = reschedule(calendar, start, 40 * 3600, ["breach"], pauses)
    assert paused.due_at >= plain.due_at
    assert businesstime.between(calendar, start, paused.due_at, pauses) == 40 * 3600


# --- hours ---------------------------------------------------------------------------------------------------------


def test_closings_known_at_the_start_do_not_count(cast: Cast) -> None:
    Closing.objects.create(team=None, from_at=NOW + MINUTE, until_at=NOW + 2 * HOUR, reason="Fire drill")
    clock = clock_of(cast.hot(), "first_attempt")
    assert clock.due_at == NOW + 2 * HOUR + 4 * MINUTE
    assert clock.timing["closed"][0][2] == "Fire drill"


def test_a_closing_declared_later_leaves_running_promises_alone(cast: Cast) -> None:
    clock = clock_of(cast.hot(), "first_attempt")
    Closing.objects.create(team=None, from_at=NOW, until_at=NOW + 2 * HOUR, reason="Fire drill")
    sweeping.sweep(NOW + MINUTE)
    assert clock_of_pk(clock).due_at == NOW + 5 * MINUTE


def changed(cast: Cast, key: str, **values: Any) -> None:
    draft = drafting.draft_from_version(cast.version, by=cast.mara)
    draft.commitment_rows.filter(key=key).update(**values)
    cast.version = sign_all(cast, draft, NOW - HOUR)


def test_minutes_count_only_while_the_lead_may_be_called_where_agreed(cast: Cast) -> None:
    CallingRule.objects.create(country="US", window={"mon": [["08:00", "21:00"]], "wed": [["08:00", "21:00"]]})
    changed(cast, "first-call-hot", counts_in="callable")
    clock = clock_of(cast.hot(country="US", phone="+12125550123"), "first_attempt")
    assert clock.timing["window"]["timezone"] == "America/New_York"
    assert clock.due_at == datetime(2026, 3, 4, 13, 5, tzinfo=UTC), "8:05 in New York"
    why = explain(clock, NOW + HOUR)
    assert "New York time (its zone is known from the phone number)" in why.window_words
    assert why.used == timedelta(0)


def test_the_owners_absence_does_not_count_where_agreed(cast: Cast) -> None:
    changed(cast, "sales-decision", counts_in="person", target=Decimal(2))
    for user in (cast.sam, cast.nina):
        Absence.objects.create(user=user, from_at=NOW + HOUR, until_at=NOW + 3 * HOUR, reason="Training")
    handoff = cast.with_sales("bob", NOW - 3 * MINUTE)
    assert handoff.offered_at == NOW
    assert clock_of(handoff, "decision").due_at == NOW + 4 * HOUR


def test_the_lead_s_own_public_holidays_do_not_count_where_agreed(cast: Cast) -> None:
    changed(cast, "sales-decision", skips_lead_holidays=True)
    before_ascension = datetime(2026, 5, 13, 14, 57, tzinfo=UTC)  # Wednesday 16:57; Thursday is a holiday in both
    german = clock_of(cast.with_sales("bob", before_ascension), "decision")
    assert german.due_at == datetime(2026, 5, 15, 15, 0, tzinfo=UTC)
    before_bastille = datetime(2026, 7, 13, 14, 57, tzinfo=UTC)  # the 14th is a holiday in France alone
    french = clock_of(cast.with_sales("luc", before_bastille, country="FR", phone="+33123456789"), "decision")
    assert french.due_at == datetime(2026, 7, 15, 15, 0, tzinfo=UTC)
    assert "France" in french.timing["closed"][0][2] or "FR" in french.timing["closed"][0][2]


# --- amending ------------------------------------------------------------------------------------------------------


def test_a_new_version_changes_running_clocks_only_when_applied_with_a_reason(cast: Cast) -> None:
    handoff = cast.with_sales()
    draft = drafting.draft_from_version(cast.version, by=cast.mara)
    draft.commitment_rows.filter(key="sales-decision").update(target=Decimal(2))
    version = sign_all(cast, draft, NOW + 30 * MINUTE)
    at = NOW + HOUR
    assert clock_of(handoff, "decision").target["value"] == "8"
    ((shown, change),) = handoff_amending.preview(version, at).changes
    assert (shown.pk, change.new_due_at) == (handoff.pk, NOW + 3 * MINUTE + 2 * HOUR)
    with pytest.raises(Refusal):
        handoff_amending.apply(version, by=cast.sina, at=at, why=" ")
    assert handoff_amending.apply(version, by=cast.sina, at=at, why="Both sides asked for it") == 1
    assert clock_of(handoff, "decision").target["value"] == "8", "a worker does it"
    deliver_all(at)
    clock = clock_of(handoff, "decision")
    assert clock.due_at == NOW + 3 * MINUTE + 2 * HOUR
    record = ClockEvent.objects.get(clock=clock, kind="amended").data
    assert record["why"] == "Both sides asked for it"
    assert record["old_due"] != record["new_due"]
    assert Handoff.objects.get(pk=handoff.pk).version == version


def test_broken_promises_are_not_rewritten(cast: Cast) -> None:
    handoff = cast.with_sales()
    draft = drafting.draft_from_version(cast.version, by=cast.mara)
    draft.commitment_rows.filter(key="sales-decision").update(target=Decimal(80))
    version = sign_all(cast, draft, NOW + 5 * DAY)
    assert handoff_amending.preview(version, NOW + 6 * DAY).changes == []
    handoff_amending.apply(version, by=cast.sina, at=NOW + 6 * DAY, why="x")
    deliver_all(NOW + 6 * DAY)
    clock = clock_of(handoff, "decision")
    assert clock.target["value"] == "8"
    assert clock.state_at(NOW + 6 * DAY) == "breached"


# --- excusing ------------------------------------------------------------------------------------------------------


def test_the_other_side_grants_the_excuse(cast: Cast) -> None:
    clock = clock_of(cast.with_sales(), "decision")
    at = NOW + 10 * DAY
    with pytest.raises(Conflict, match="not been broken"):
        excuses.propose(clock.pk, cause="absence", note="", by=cast.sam, sides=SIDES, at=NOW + HOUR)
    excuses.propose(clock.pk, cause="absence", note="Flu", by=cast.sam, sides=SIDES, at=at)
    with pytest.raises(Forbidden):
        excuses.decide(clock.pk, excused=True, by=cast.sina, sides=SIDES, at=at)
    with pytest.raises(Forbidden):
        excuses.decide(clock.pk, excused=True, by=cast.tim, sides=SIDES, at=at)
    excuses.decide(clock.pk, excused=True, by=cast.tom, sides=SIDES, at=at)
    assert BreachCause.objects.get(clock=clock).excused
    assert clock_of_pk(clock).state_at(at) == "breached", "an excuse never changes the clock"
    with pytest.raises(Conflict, match="already decided"):
        excuses.propose(clock.pk, cause="genuine", note="", by=cast.sam, sides=SIDES, at=at)


def test_who_decides_is_told_of_the_cause_and_who_named_it_of_the_decision(cast: Cast) -> None:
    clock, at = clock_of(cast.with_sales(), "decision"), NOW + 10 * DAY
    excuses.propose(clock.pk, cause="absence", note="Flu", by=cast.sam, sides=SIDES, at=at)
    excuses.decide(clock.pk, excused=True, by=cast.tom, sides=SIDES, at=at + HOUR)
    told = Notice.objects.filter(kind=excuses.KIND).order_by("id").values_list("recipient", "title")
    assert list(told) == [
        (cast.tom.pk, f"{cast.sam.name} names a cause for a broken promise: {BreachCause.Cause.ABSENCE.label}"),
        (cast.sam.pk, f"{cast.tom.name} excuses the broken promise"),
    ]


def test_who_is_no_side_names_no_cause(cast: Cast) -> None:
    clock = clock_of(cast.with_sales(), "decision")
    with pytest.raises(Forbidden):
        excuses.propose(clock.pk, cause="absence", note="", by=cast.jonas, sides=SIDES, at=NOW + 10 * DAY)


def test_a_genuine_breach_is_excused_by_nobody(cast: Cast) -> None:
    clock = clock_of(cast.with_sales(), "decision")
    excuses.propose(clock.pk, cause="genuine", note="", by=cast.sam, sides=SIDES, at=NOW + 10 * DAY)
    with pytest.raises(Refusal):
        excuses.decide(clock.pk, excused=True, by=cast.tom, sides=SIDES, at=NOW + 10 * DAY)


# --- explaining ----------------------------------------------------------------------------------------------------


def test_the_explanation_adds_up(cast: Cast) -> None:
    handoff = accepted(cast)
    clock = clock_of(handoff, "disposition")
    clocks.pause(locked(clock), at=NOW + 2 * HOUR, reason="the lead asked for a date")
    clocks.resume(locked(clock), at=NOW + DAY)
    why = explain(clock_of_pk(clock), NOW + 2 * DAY)
    assert why.used.total_seconds() == sum(day.seconds for day in why.days) == clocks.used_seconds(clock, NOW + 2 * DAY)
    assert (why.used + why.left).total_seconds() == clock.target["seconds"]
    assert why.terms.number == 1
    assert why.commitment.key == "sales-outcome"
    assert why.next_step is not None


def test_a_long_walk_is_shortened_and_still_counted(cast: Cast) -> None:
    found = simulate(cast.terms, "office", NOW, 60 * 8 * 150)
    assert len(found.days) == 60
    assert found.shortened_by > 100
    assert found.days[-1].total == 60 * 60 * 8 * 150


def test_the_panel_is_for_those_who_see_the_handoff(cast: Cast, client: Any) -> None:
    clock = clock_of(cast.with_sales(), "decision")
    for user, status in ((cast.sam, 200), (cast.tim, 200), (cast.jonas, 200), (cast.eva, 200)):
        client.force_login(user, backend="config.accounts.backends.AccountBackend")
        assert client.get(f"/clocks/{clock.public_id}/").status_code == status
    other = clock_of(cast.hot("bob"), "decision")
    client.force_login(cast.sam, backend="config.accounts.backends.AccountBackend")
    assert client.get(f"/clocks/{other.public_id}/").status_code == 404
