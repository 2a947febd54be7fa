"""What is missing is asked in a thread; where agreed the clocks stand still until the answer, and never longer."""

from __future__ import annotations

import pytest

from config.web.errors import Conflict, Refusal
from leads.models import Handoff, HandoffMessage
from leads.services import handoffs, questions
from sla.models import Clock, ClockPause
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast

pytestmark = pytest.mark.django_db


def decision_of(handoff: Handoff) -> Clock:
    return Clock.objects.get(subject=handoff.pk, kind="decision")


def asked(cast: Cast) -> Handoff:
    handoff = cast.with_sales()
    questions.ask(handoff.pk, by=cast.sam, at=NOW + HOUR, text="Which country are they in?")
    return Handoff.objects.get(pk=handoff.pk)


def test_a_question_stops_the_decision_clock(cast: Cast) -> None:
    handoff = asked(cast)
    assert decision_of(handoff).state == "paused"
    assert handoff.due_at is None
    assert ClockPause.objects.get().reason == questions.PAUSED


def test_the_answer_gives_back_exactly_the_working_time_that_was_left(cast: Cast) -> None:
    handoff = cast.with_sales()
    before = decision_of(handoff).due_at
    assert before is not None
    questions.ask(handoff.pk, by=cast.sam, at=NOW + HOUR, text="Which country?")
    questions.answer(handoff.pk, by=cast.tim, at=NOW + 3 * HOUR, text="Austria")
    clock = decision_of(handoff)
    assert clock.state == "running"
    assert clock.due_at == before + 2 * HOUR
    assert Handoff.objects.get(pk=handoff.pk).due_at == clock.due_at
    assert HandoffMessage.objects.get(asks=True).answered_at == NOW + 3 * HOUR


def test_one_answer_answers_every_open_question(cast: Cast) -> None:
    handoff = asked(cast)
    questions.ask(handoff.pk, by=cast.sam, at=NOW + HOUR + MINUTE, text="And how many seats?")
    questions.answer(handoff.pk, by=cast.tim, at=NOW + 2 * HOUR, text="Austria, 200")
    assert not HandoffMessage.objects.filter(asks=True, answered_at=None).exists()
    with pytest.raises(Conflict):
        questions.answer(handoff.pk, by=cast.tim, at=NOW + 3 * HOUR, text="As I said")


def test_a_question_withdrawn_lets_the_clock_go_on(cast: Cast) -> None:
    handoff = asked(cast)
    questions.withdraw(handoff.pk, by=cast.sam, at=NOW + 2 * HOUR)
    assert decision_of(handoff).state == "running"


def test_a_clock_the_agreement_does_not_let_stand_still_runs_on(cast: Cast) -> None:
    handoff = asked(cast)
    handoffs.accept(handoff.pk, by=cast.sam, at=NOW + 2 * HOUR)
    questions.ask(handoff.pk, by=cast.sam, at=NOW + 3 * HOUR, text="What did you promise them?")
    states = dict(Clock.objects.filter(subject=handoff.pk).values_list("kind", "state"))
    assert states["first_contact"] == "running"
    assert states["disposition"] == "paused"


@pytest.mark.parametrize("end", ["accept", "reject", "withdraw", "expire"])
def test_nothing_stands_still_once_the_handoff_is_decided(cast: Cast, end: str) -> None:
    handoff = asked(cast)
    at = NOW + 2 * HOUR
    {
        "accept": lambda: handoffs.accept(handoff.pk, by=cast.sam, at=at),
        "reject": lambda: handoffs.reject(handoff.pk, by=cast.sam, at=at, reason="duplicate"),
        "withdraw": lambda: handoffs.withdraw(handoff.pk, by=cast.tim, at=at, note="Sorry"),
        "expire": lambda: handoffs.expire(handoff.pk, at=at),
    }[end]()
    assert not Clock.objects.filter(subject=handoff.pk, state="paused").exists()
    assert not ClockPause.objects.filter(clock__subject=handoff.pk, until_at=None).exists()
    clock = decision_of(handoff)
    if end in ("accept", "reject"):
        assert (clock.state, clock.used_seconds) == ("met", 57 * 60)


def test_nobody_asks_about_what_is_decided(cast: Cast) -> None:
    handoff = asked(cast)
    handoffs.reject(handoff.pk, by=cast.sam, at=NOW + 2 * HOUR, reason="duplicate")
    with pytest.raises(Conflict, match="Sam Okafor has rejected"):
        questions.ask(handoff.pk, by=cast.nina, at=NOW + 3 * HOUR, text="Hm?")
    with pytest.raises(Conflict):
        questions.answer(handoff.pk, by=cast.tim, at=NOW + 3 * HOUR, text="Austria")
    questions.say(handoff.pk, by=cast.tim, at=NOW + DAY, text="It was Austria, by the way")
    assert handoff.messages.count() == 2


def test_a_question_needs_words(cast: Cast) -> None:
    handoff = cast.with_sales()
    with pytest.raises(Refusal) as refused:
        questions.ask(handoff.pk, by=cast.sam, at=NOW + HOUR, text="   ")
    assert "text" in refused.value.fields
    assert decision_of(handoff).state == "running"
