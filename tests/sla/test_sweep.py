"""The sweep marks each due clock once, with its own instant, whoever sweeps and however late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from config.accounts.choices import PresenceState
from config.accounts.models import Presence
from config.notices.models import Notice
from config.outbox.health import Beat
from leads.models import Handoff
from leads.services import operating
from sla.models import Clock, ClockEvent
from sla.services import clocks, sweeping
from sla.services.explaining import explain
from sla.signals import clock_stepped
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast
from tests.races import race


def many_clocks(cast: Cast, count: int) -> None:
    """Copies of one lead's first-attempt clock: the sweep asks for nothing but clocks."""
    handoff = cast.hot()
    model = Clock.objects.get(subject=handoff.pk, kind="first_attempt")
    Clock.objects.exclude(pk=model.pk).delete()
    copies = []
    for number in range(count - 1):
        copy = Clock.objects.get(pk=model.pk)
        copy.pk, copy.subject = None, 1_000_000 + number
        copy.public_id = Clock._meta.get_field("public_id").get_default()
        copies.append(copy)
    Clock.objects.bulk_create(copies)


@pytest.mark.django_db(transaction=True)
def test_four_workers_sweep_three_hundred_due_clocks_and_each_is_breached_once(cast: Cast) -> None:
    many_clocks(cast, 300)
    at = NOW + HOUR
    results = race(*(lambda: sweeping.sweep(at) for _ in range(4)))
    assert sum(results) == 300, results
    assert Clock.objects.filter(state="breached").count() == 300
    assert ClockEvent.objects.filter(step="breach").count() == 300
    breaches = set(Clock.objects.values_list("breached_at", flat=True))
    assert breaches == {NOW + 5 * MINUTE}, "the breach has its own time, not the sweep's"


@pytest.mark.django_db
def test_sweeping_step_by_step_or_all_at_once_marks_the_same(cast: Cast) -> None:
    slow, quick = cast.hot("slow"), cast.hot("quick")
    for minutes in range(1, 20):
        sweeping.sweep_batch(NOW + minutes * MINUTE, only=Clock.objects.get(subject=slow.pk, kind="first_attempt").pk)
    sweeping.sweep(NOW + 20 * MINUTE)

    def story(handoff: Handoff) -> list[tuple[str, object, str]]:
        rows = ClockEvent.objects.filter(clock__subject=handoff.pk, clock__kind="first_attempt").order_by("at", "id")
        return list(rows.values_list("kind", "at", "step"))

    assert story(slow) == story(quick)
    assert [kind for kind, _, _ in story(slow)] == ["warned", "warned", "breached", "escalated", "escalated"]


@pytest.mark.django_db
def test_a_machine_whose_clock_was_set_back_undoes_and_repeats_nothing(cast: Cast) -> None:
    handoff = cast.hot()
    late = NOW + 6 * MINUTE
    sweeping.sweep(late)
    sweeping.deliver(late)
    told = Notice.objects.count()
    for at in (NOW - DAY, NOW - HOUR, NOW + 3 * MINUTE, late):
        assert sweeping.sweep(at) == 0
        sweeping.deliver(at)
    clock = Clock.objects.get(subject=handoff.pk, kind="first_attempt")
    assert (clock.state, clock.breached_at) == ("breached", NOW + 5 * MINUTE)
    assert ClockEvent.objects.filter(clock=clock, step="breach").count() == 1
    assert Notice.objects.count() == told


@pytest.mark.django_db
def test_of_several_steps_due_at_once_only_the_highest_speaks(cast: Cast) -> None:
    handoff = cast.hot()
    sweeping.sweep(NOW + 20 * MINUTE)
    loud = ClockEvent.objects.filter(clock__subject=handoff.pk, clock__kind="first_attempt", speaks=True)
    assert set(loud.values_list("step", flat=True)) == {"breach", "100:tell_manager", "150:reassign"}


@pytest.mark.django_db
def test_a_lead_that_nobody_takes_from_the_queue_is_brought_before_the_manager(cast: Cast) -> None:
    handoff = cast.hot()
    late = NOW + 20 * MINUTE
    sweeping.sweep(late)
    sweeping.deliver(late)
    step = ClockEvent.objects.get(clock__subject=handoff.pk, clock__kind="first_attempt", step="150:reassign")
    assert step.outcome == "nobody had taken it from the queue; told Tom Berger"
    assert Notice.objects.filter(recipient=cast.tom, dedupe_key__contains="150:reassign").count() == 1
    clock = Clock.objects.get(pk=step.clock_id)
    told = {step.words: step.outcome for step in explain(clock, late).steps}
    assert any("told Tom Berger" in outcome for outcome in told.values())


@pytest.mark.django_db
def test_exactly_at_the_deadline_is_met(cast: Cast) -> None:
    handoff = cast.hot()
    clock = Clock.objects.get(subject=handoff.pk, kind="first_attempt")
    assert clock.state_at(NOW + 5 * MINUTE) == "running"
    assert clock.state_at(NOW + 5 * MINUTE + timedelta(microseconds=1)) == "breached"
    sweeping.sweep(NOW + 5 * MINUTE)
    with transaction.atomic():
        (locked,) = clocks.lock([clock.pk])
        clocks.stop(locked, at=NOW + 5 * MINUTE, evidence={})
    assert Clock.objects.get(pk=clock.pk).state == "met"


@pytest.mark.django_db
def test_state_at_and_its_twin_in_sql_agree(cast: Cast) -> None:
    cast.hot()
    for minutes in (1, 5, 6, 300):
        at = NOW + minutes * MINUTE
        broken = set(Clock.objects.breached_at(at).values_list("pk", flat=True))
        assert broken == {c.pk for c in Clock.objects.all() if c.state_at(at) == "breached"}


@pytest.mark.django_db
def test_both_sides_managers_and_the_rep_who_is_free_are_told_of_a_breach_once(cast: Cast) -> None:
    cast.hot()
    for user, minutes in ((cast.tim, 2), (cast.tess, 5)):
        values = {"state": PresenceState.AVAILABLE, "since_at": NOW - minutes * MINUTE, "seen_at": NOW + 5 * MINUTE}
        Presence.objects.update_or_create(user=user, defaults=values)
    at = NOW + 6 * MINUTE
    for _ in range(3):
        sweeping.sweep(at)
        sweeping.deliver(at)
    told = Notice.objects.filter(kind="clock_breached", title__contains="First call to high intent")
    assert {n.recipient for n in told} == {cast.tess, cast.tom, cast.mara, cast.priya}
    assert told.count() == 4


@pytest.mark.django_db
def test_where_no_rep_is_free_the_managers_are_warned(cast: Cast) -> None:
    cast.hot()
    sweeping.sweep(NOW + 4 * MINUTE)
    sweeping.deliver(NOW + 4 * MINUTE)
    told = Notice.objects.filter(kind="clock_warned", title__contains="First call to high intent")
    assert {n.recipient for n in told} == {cast.tom}


@pytest.mark.django_db
def test_only_who_may_decide_can_do_so_by_the_notice(cast: Cast) -> None:
    handoff = cast.with_sales()
    sweeping.sweep(NOW + 5 * DAY)
    sweeping.deliver(NOW + 5 * DAY)
    late = Notice.objects.filter(
        kind="clock_breached", subject=str(handoff.lead.public_id), title__contains="Accept or reject"
    )
    buttons = {notice.recipient: bool(notice.actions) for notice in late}
    assert handoff.to_user is not None
    assert buttons == {handoff.to_user: True, cast.sina: True, cast.tom: False}


@pytest.mark.django_db
def test_a_poison_row_is_set_aside_and_blocks_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    many_clocks(cast, 4)
    poisoned = Clock.objects.order_by("pk")[1].pk
    good = sweeping.sweep_batch

    def batch(at: object, *, batch: int = 1000, only: int | None = None) -> int:
        if only in (None, poisoned):
            raise DatabaseError("this row is broken")
        return good(at, batch=batch, only=only)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping, "sweep_batch", batch)
    beat = Beat()
    assert sweeping.sweep(NOW + HOUR, beat) == 3
    assert (beat.handled, beat.failures) == (3, 1)
    row = Clock.objects.get(pk=poisoned)
    assert (row.sweep_failures, row.next_at) == (1, NOW + HOUR + timedelta(seconds=10))
    assert row.state_at(NOW + HOUR) == "breached", "its truth does not wait for the sweep"
    assert [clock.pk for clock in operating.overview(NOW + HOUR).broken_clocks] == [poisoned]
    assert operating.retry_all(NOW + HOUR) == 1
    monkeypatch.undo()
    assert sweeping.sweep(NOW + HOUR + MINUTE) == 1
    assert operating.overview(NOW + HOUR + MINUTE).broken_clocks == [], "once mended it is like any other"


@pytest.mark.django_db
def test_a_receiver_that_fails_is_tried_again_and_the_others_are_told(cast: Cast) -> None:
    cast.hot("ada")
    cast.hot("bob")
    first = Clock.objects.filter(kind="first_attempt").order_by("pk")[0].pk
    heard: list[int] = []

    def listener(clock: Clock, **_: object) -> None:
        if clock.pk == first and not heard.count(first):
            heard.append(first)
            raise RuntimeError("the chat server is down")
        heard.append(clock.pk)

    clock_stepped.connect(listener, dispatch_uid="test")
    try:
        sweeping.sweep(NOW + 3 * MINUTE)
        beat = Beat()
        sweeping.deliver(NOW + 3 * MINUTE, beat)
        assert beat.failures == 1
        failed = ClockEvent.objects.get(handled_at=None)
        assert "chat server" in failed.last_error
        sweeping.deliver(NOW + 4 * MINUTE)
        assert not ClockEvent.objects.filter(handled_at=None).exists()
    finally:
        clock_stepped.disconnect(dispatch_uid="test")


@pytest.mark.django_db
def test_an_offer_nobody_decides_on_is_pulled_back(cast: Cast) -> None:
    handoff = cast.with_sales()
    at = NOW + 10 * DAY
    sweeping.sweep(at)
    sweeping.deliver(at)
    assert Handoff.objects.get(pk=handoff.pk).state == "expired"
    assert Handoff.objects.filter(lead=handoff.lead, state="offered", to_function="telequalification").exists()


@pytest.mark.django_db
def test_what_a_clock_went_through_cannot_be_rewritten(cast: Cast) -> None:
    cast.hot()
    sweeping.sweep(NOW + HOUR)
    with pytest.raises(DatabaseError, match="cannot be rewritten"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE sla_clockevent SET at = at - interval '1 hour'")
