"""Races have one winner; the loser gets a clear conflict; nothing is lost and nothing happens twice."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from django.db import transaction

from config.web.errors import Conflict
from leads.models import Handoff, Lead, Person, QueueItem
from leads.services import audit, cases, claiming, handoffs, nurture
from leads.services.nurture import local_date
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast
from tests.leads.test_nurture import lost
from tests.races import race, winners

pytestmark = pytest.mark.django_db(transaction=True)


def test_forty_rounds_of_accepting_and_rejecting_at_once(cast: Cast) -> None:
    wins = {"accepted": 0, "rejected": 0}
    for number in range(40):
        handoff = cast.with_sales(f"lead{number}")
        results = race(
            partial(handoffs.accept, handoff.pk, by=cast.sam, at=NOW + HOUR),
            partial(handoffs.reject, handoff.pk, by=cast.nina, at=NOW + HOUR, reason="duplicate"),
        )
        assert len(winners(results)) == 1, results
        loser = next(result for result in results if isinstance(result, Exception))
        assert isinstance(loser, Conflict), loser
        state = Handoff.objects.get(pk=handoff.pk).state
        assert loser.facts["state"] == state
        wins[state] += 1
    assert sum(wins.values()) == 40
    assert all(finding.clean for finding in audit.run())


def test_eight_reps_take_the_next_lead_and_none_gets_the_same(cast: Cast) -> None:
    for number in range(5):
        cast.hot(f"lead{number}")
    reps = [cast.tim, cast.tess, cast.tom, cast.sam, cast.nina, cast.sina, cast.mara, cast.jonas]

    def claim(rep: object) -> int | None:
        with transaction.atomic():
            return claiming.claim_next([cast.queue.pk], by=rep, at=NOW + MINUTE)  # type: ignore[arg-type]

    results = race(*(lambda rep=rep: claim(rep) for rep in reps))
    taken = [pk for pk in results if pk is not None]
    assert not [r for r in results if isinstance(r, Exception)], results
    assert len(taken) == len(set(taken)) == 5
    assert QueueItem.objects.filter(claimed_by=None).count() == 0


def test_eight_reps_want_one_lead_and_one_gets_it(cast: Cast) -> None:
    handoff = cast.hot()
    reps = [cast.tim, cast.tess, cast.tom, cast.sam, cast.nina, cast.sina, cast.mara, cast.jonas]

    def claim(rep: object) -> int:
        with transaction.atomic():
            return claiming.claim(handoff.pk, by=rep, at=NOW + MINUTE).pk  # type: ignore[arg-type]

    results = race(*(lambda rep=rep: claim(rep) for rep in reps))
    assert len(winners(results)) == 1
    assert all(isinstance(r, Conflict) for r in results if isinstance(r, Exception))


def test_the_same_new_person_sent_eight_times_at_once_is_one_lead(cast: Cast) -> None:
    results = race(*(lambda n=n: cast.lead(external_id=f"form{n}", deeds=("demo_request",)) for n in range(8)))
    assert not [r for r in results if isinstance(r, Exception)], results
    assert (Person.objects.count(), Lead.objects.count(), Handoff.objects.count()) == (1, 1, 1)
    assert sum(r.created for r in results) == 1


def test_the_same_external_id_sent_eight_times_at_once_is_written_once(cast: Cast) -> None:
    results = race(*(lambda: cast.lead(deeds=("demo_request",)) for _ in range(8)))
    assert not [r for r in results if isinstance(r, Exception)], results
    assert Lead.objects.count() == 1
    assert Lead.objects.get().activities.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_claim_and_an_act_on_the_same_lead_do_not_wait_for_each_other(cast: Cast) -> None:
    """One holds the place in the queue and writes what points at the handoff; the other holds the handoff and wants the
    place. Whoever comes second waits, and neither is thrown out."""
    handoff = cast.hot()
    claimed, held = threading.Event(), threading.Event()

    def claims() -> None:
        with transaction.atomic():
            claiming.claim(handoff.pk, by=cast.tim, at=NOW + MINUTE)
            claimed.set()
            assert held.wait(10)

    def acts() -> bool:
        assert claimed.wait(10)
        with transaction.atomic():
            cases.load_handoff(handoff.pk, NOW + MINUTE)
            held.set()
            return QueueItem.objects.select_for_update().get(pk=handoff.pk).claimed_by_id == cast.tim.pk

    assert race(claims, acts) == [None, True]


def test_a_lost_lead_is_taken_back_while_its_person_comes_back_and_one_lead_is_open(cast: Cast) -> None:
    for number in range(12):
        lead = lost(cast, name=f"lead{number}")
        taken, come = race(
            partial(nurture.revive, lead.pk, return_on=local_date(NOW + 60 * DAY), by=cast.mara, at=NOW + 2 * DAY),
            partial(cast.lead, f"lead{number}", NOW + 2 * DAY, external_id=f"again-{number}"),
        )
        assert not isinstance(come, Exception), come
        assert not isinstance(taken, Exception) or isinstance(taken, Conflict), taken
        assert Lead.objects.filter(person=lead.person, closed_at=None).count() == 1
    assert all(finding.clean for finding in audit.run())
