"""Accept, reject, withdraw and reassign meet on one handoff: one of them happens, the other is told who did what when."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations_with_replacement
from typing import Any

import pytest

from config.web.errors import Conflict
from leads.models import Handoff, HandoffState, OwnerSpell
from leads.services import audit, contests, handoffs
from sla.models import Clock
from tests.cast import HOUR, NOW, Cast
from tests.races import race, winners

pytestmark = pytest.mark.django_db(transaction=True)
AT = NOW + HOUR
ENDS = {"accept": HandoffState.ACCEPTED, "reject": HandoffState.REJECTED, "withdraw": HandoffState.WITHDRAWN}


def acts(cast: Cast, handoff: Handoff, place: int) -> dict[str, Callable[[], Any]]:
    """Each act as two people would do it: the holder and the manager, or both of the giver's side."""
    by = (cast.sina, cast.sam)[place]
    return {
        "accept": partial(handoffs.accept, handoff.pk, by=by, at=AT),
        "reject": partial(handoffs.reject, handoff.pk, by=by, at=AT, reason="duplicate"),
        "withdraw": partial(handoffs.withdraw, handoff.pk, by=(cast.tim, cast.tom)[place], at=AT, note="Mistaken"),
        "reassign": partial(
            handoffs.reassign, handoff.pk, to_user=(cast.nina, cast.sina)[place], by=by, at=AT,
            held_by=cast.sam.public_id,
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"), list(combinations_with_replacement(("accept", "reject", "withdraw", "reassign"), 2))
)
def test_two_at_once(cast: Cast, one: str, other: str) -> None:
    for number in range(6):
        handoff = cast.with_sales(f"lead{number}")
        if handoff.to_user_id != cast.sam.pk:
            handoffs.reassign(handoff.pk, to_user=cast.sam, by=cast.sina, at=NOW + HOUR / 2)
        results = race(acts(cast, handoff, 0)[one], acts(cast, handoff, 1)[other])
        found = Handoff.objects.get(pk=handoff.pk)
        losers = [result for result in results if isinstance(result, Exception)]
        for loser in losers:
            assert isinstance(loser, Conflict), loser
            assert loser.facts["by"] in loser.message
            assert loser.facts["at"] == AT
        if "reassign" not in (one, other):
            assert len(winners(results)) == 1, results
            winner = (one, other)[results.index(winners(results)[0])]
            assert found.state == ENDS[winner]
        elif one == other:
            assert len(winners(results)) == 1, results
        else:  # an act and a change of hands may both happen, one after the other
            assert winners(results), results
        assert OwnerSpell.objects.filter(handoff=handoff, until_at=None).count() <= 1
        assert Clock.objects.filter(subject=handoff.pk, kind="decision").count() == 1
    assert all(finding.clean for finding in audit.run())


def test_a_contest_and_letting_it_stand(cast: Cast) -> None:
    for number in range(5):
        handoff = cast.with_sales(f"lead{number}")
        handoffs.reject(handoff.pk, by=cast.sam, at=AT, reason="duplicate")
        results = race(
            partial(contests.contest, handoff.pk, by=cast.tim, at=AT + HOUR, comment="No"),
            partial(contests.let_stand, handoff.pk, by=cast.tom, at=AT + HOUR),
        )
        assert len(winners(results)) == 1, results
        assert any(isinstance(result, Conflict) for result in results)


def test_taking_back_and_settling(cast: Cast) -> None:
    for number in range(5):
        handoff = cast.with_sales(f"lead{number}")
        handoffs.reject(handoff.pk, by=cast.sam, at=AT, reason="duplicate")
        contest = contests.contest(handoff.pk, by=cast.tim, at=AT + HOUR, comment="No")
        results = race(
            partial(contests.take_back, contest.pk, by=cast.sam, at=AT + 2 * HOUR),
            partial(contests.settle, contest.pk, upheld=False, by=cast.priya, at=AT + 2 * HOUR, note="Yours"),
        )
        assert len(winners(results)) == 1, results
        assert Handoff.objects.filter(follows=handoff).count() == 1
    assert all(finding.clean for finding in audit.run())
