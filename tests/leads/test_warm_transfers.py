"""Handed over on the call, or with a meeting: kinds of the same object."""

from __future__ import annotations

import pytest

from config.web.errors import Refusal
from leads.models import Handoff
from leads.services import attempts, audit, handoffs, outcomes
from sla.models import Clock
from tests.cast import ANSWERS, DAY, HOUR, MINUTE, NOW, Cast

pytestmark = pytest.mark.django_db
AT = NOW + 10 * MINUTE


def test_a_warm_transfer_is_accepted_by_who_is_on_the_line(cast: Cast) -> None:
    onward = outcomes.qualify(cast.hot().pk, by=cast.tim, at=AT, answers=ANSWERS, warm=True, taken_by=cast.nina)
    handoff = Handoff.objects.get(pk=onward.pk)
    assert (handoff.kind, handoff.state, handoff.to_user, handoff.decided_at) == ("warm", "accepted", cast.nina, AT)
    clock = Clock.objects.get(subject=handoff.pk, kind="decision")
    assert (clock.state, clock.used_seconds) == ("met", 0)
    assert cast.fresh(handoff.lead).stage == "sal"
    assert all(finding.clean for finding in audit.run())


def test_a_warm_transfer_names_somebody_of_sales(cast: Cast) -> None:
    first = cast.hot()
    for nobody in (None, cast.tess):
        with pytest.raises(Refusal) as refused:
            outcomes.qualify(first.pk, by=cast.tim, at=AT, answers=ANSWERS, warm=True, taken_by=nobody)
        assert "to_user" in refused.value.fields
    details = attempts.Details(answers=ANSWERS, warm=True)
    with pytest.raises(Refusal):
        attempts.record(first.pk, by=cast.tim, at=AT, disposition="tql", details=details)
    details = attempts.Details(answers=ANSWERS, warm=True, to_user=cast.sam.pk)
    attempts.record(first.pk, by=cast.tim, at=AT, disposition="tql", details=details)
    assert Handoff.objects.get(follows=first).to_user == cast.sam


def test_a_booked_handoff_carries_its_meeting(cast: Cast) -> None:
    onward = outcomes.qualify(cast.hot().pk, by=cast.tim, at=AT, answers=ANSWERS, meeting_at=NOW + DAY)
    assert (onward.kind, onward.state, onward.meeting_at) == ("booked", "offered", NOW + DAY)


def test_accepting_with_a_meeting_books_it(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.accept(handoff.pk, by=cast.sam, at=NOW + HOUR, meeting_at=NOW + DAY)
    handoff = Handoff.objects.get(pk=handoff.pk)
    assert (handoff.kind, handoff.meeting_at) == ("booked", NOW + DAY)


def test_a_meeting_lies_ahead(cast: Cast) -> None:
    first = cast.hot()
    with pytest.raises(Refusal) as refused:
        outcomes.qualify(first.pk, by=cast.tim, at=AT, answers=ANSWERS, meeting_at=NOW)
    assert "meeting_at" in refused.value.fields
    second = cast.with_sales("bob")
    with pytest.raises(Refusal) as refused:
        handoffs.accept(second.pk, by=cast.sam, at=NOW + HOUR, meeting_at=NOW)
    assert "meeting_at" in refused.value.fields
