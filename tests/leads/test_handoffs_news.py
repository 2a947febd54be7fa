"""Who hears what of a handoff: the receiver of an offer, the giver of a decision at once and with its reason, and
nobody of what they did themselves."""

from __future__ import annotations

import pytest
from django.db import transaction

from config.notices.models import Notice
from config.outbox.models import Event
from config.outbox.services.subscribers import subscribers_of
from leads.models import Handoff
from leads.services import contests, handoffs, questions
from tests.cast import HOUR, NOW, Cast

AT = NOW + HOUR


@pytest.fixture
def offered(cast: Cast) -> Handoff:
    handoff = cast.with_sales()
    handoffs.reassign(handoff.pk, to_user=cast.sam, by=cast.sina, at=NOW + HOUR / 2)
    hear()
    Notice.objects.all().delete()
    return Handoff.objects.get(pk=handoff.pk)


def hear() -> None:
    """What a worker does with the events so far."""
    with transaction.atomic():
        for event in Event.objects.order_by("id"):
            for subscriber in subscribers_of(event.topic):
                subscriber(event)


def told(kind: str) -> dict[str, Notice]:
    hear()
    return {notice.recipient.name: notice for notice in Notice.objects.filter(kind=kind).select_related("recipient")}


def test_the_receiver_hears_of_an_offer_with_its_next_step_and_deadline(cast: Cast) -> None:
    handoff = cast.with_sales()
    (notice,) = told("handoff_offered").values()
    assert notice.recipient_id == handoff.to_user_id
    assert "Ada Lovelace, Acme" in notice.title
    assert "Handed over by Tim Novak." in notice.body
    assert "Please decide by" in notice.body
    assert [action["verb"] for action in notice.actions] == ["accept_handoff", "reject_handoff"]


def test_the_giver_sees_a_rejection_with_its_reason_and_how_long_it_may_be_contested(
    cast: Cast, offered: Handoff
) -> None:
    handoffs.reject(offered.pk, by=cast.sam, at=AT, reason="other", note="Not mine")
    notice = told("handoff_rejected")["Tim Novak"]
    assert "Sam Okafor rejected Ada Lovelace" in notice.title
    for words in ("Reason: Other", "“Not mine”", "You may contest it until"):
        assert words in notice.body
    assert "Sam Okafor" not in told("handoff_rejected")


def test_acceptance_is_told_to_who_gave_it(cast: Cast, offered: Handoff) -> None:
    handoffs.accept(offered.pk, by=cast.sam, at=AT)
    assert set(told("handoff_accepted")) == {"Tim Novak"}


def test_a_question_and_its_answer_go_to_the_other_side(cast: Cast, offered: Handoff) -> None:
    questions.ask(offered.pk, by=cast.sam, at=AT, text="Which budget?")
    assert told("handoff_asked")["Tim Novak"].body == "Which budget?"
    questions.answer(offered.pk, by=cast.tim, at=AT + HOUR, text="40 000")
    assert told("handoff_answered")["Sam Okafor"].body == "40 000"


def test_a_contest_goes_to_the_receiver_and_who_settles_and_its_end_to_both_sides(cast: Cast, offered: Handoff) -> None:
    handoffs.reject(offered.pk, by=cast.sam, at=AT, reason="duplicate")
    contest = contests.contest(offered.pk, by=cast.tim, at=AT + HOUR, comment="Look again")
    opened = told("contest_opened")
    assert {"Sam Okafor", "Sina Vogel"} <= set(opened)
    assert {user.name for user in contests.settlers(offered)} <= set(opened)
    assert "Tim Novak" not in opened
    contests.settle(contest.pk, upheld=True, by=cast.priya, at=AT + 2 * HOUR, note="It is one")
    assert {"Tim Novak", "Sam Okafor"} <= set(told("contest_settled"))


def test_what_was_taken_back_or_pulled_back_is_told_to_who_had_it(cast: Cast, offered: Handoff) -> None:
    other = cast.with_sales("grace")
    handoffs.withdraw(offered.pk, by=cast.tim, at=AT, note="Mistaken")
    assert told("handoff_back")["Sam Okafor"].body == "Mistaken"
    handoffs.expire(other.pk, at=AT)
    assert {"Tim Novak", "Sina Vogel"} <= set(told("handoff_back"))


def test_nobody_is_told_twice(cast: Cast, offered: Handoff) -> None:
    handoffs.reject(offered.pk, by=cast.sam, at=AT, reason="duplicate")
    first = len(told("handoff_rejected"))
    hear()
    assert Notice.objects.filter(kind="handoff_rejected").count() == first
