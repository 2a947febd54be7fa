"""The roll-ups say exactly what counting every row says, whatever happened and whenever they were last brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.models import Contest, Handoff, Opportunity
from leads.services import handoffs
from reports.facts import ALL, FACTS, ROLLED
from reports.models import Cell, Holding, RollupState, Stale
from reports.periods import Kind, containing, span
from reports.queries import reading, rolled
from reports.scope import Scope
from reports.services import rollups
from sla.models import BreachCause, Clock
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast
from tests.reports.stories import World

START = NOW - 20 * DAY
PERIODS = containing(Kind.WEEK, date(2026, 3, 4)).with_earlier(5)
WIDE = [span(date(2025, 1, 1), date(2027, 1, 1))]


def check(cast: Cast, world: World, now=NOW) -> None:
    """Every fact that is rolled up, by every dimension and filter the roll-ups know."""
    assert rolled.ready(now) is not None
    needs = {fact.name: ALL for fact in ROLLED} | {"entry": ALL}
    scopes = [Scope(), Scope(segment=cast.segment.pk), Scope(version=cast.version.pk), Scope(team=world.sales.pk)]
    for periods in (PERIODS, WIDE):
        for scope in scopes:
            ours, slow = (act(needs, scope, periods, now) for act in (reading.tally, reading.slowly))
            assert ours.cells == slow.cells, scope
    for split in ("segment", "version", "team"):
        ours, slow = (act(needs, Scope(), WIDE, now, split=split) for act in (reading.tally, reading.slowly))
        assert ours.cells == slow.cells, split


# --- what may happen ----------------------------------------------------------------------------------------------------


def sell(cast: Cast, world: World) -> None:
    world.sold(START, 1234)
    world.write()


def arrive(cast: Cast, world: World) -> None:
    world.mql(NOW - 3 * DAY, source="fair", campaign=world.campaign("fair"))
    world.write()


def live(cast: Cast, world: World) -> None:
    world.mql(NOW - 20 * MINUTE)
    world.write()


def reject(cast: Cast, world: World) -> None:
    told = world.mql(START)
    world.passed_on(told, START + HOUR)
    told.reject(START + 2 * HOUR, cast.sam, "below-threshold")
    told.park(START + 2 * HOUR, kind="rejected", reason="below-threshold", return_on=date(2026, 9, 1))
    world.write()


def accept(cast: Cast, world: World) -> None:
    handoff = Handoff.objects.filter(state="offered", to_team=world.desk).first()
    if handoff is not None:
        handoffs.accept(handoff.pk, by=cast.tim, at=NOW - MINUTE)


def contest(cast: Cast, world: World) -> None:
    handoff = Handoff.objects.filter(state="rejected", contest=None).first()
    if handoff is not None:
        Contest.objects.create(handoff=handoff, comment="No", contested_by=cast.tim, contested_at=NOW, state="upheld")


def overturn(cast: Cast, world: World) -> None:
    Contest.objects.update(state="overturned")


def excuse(cast: Cast, world: World) -> None:
    clock = Clock.objects.filter(breached_at__isnull=False, breach_cause=None).first()
    if clock is not None:
        BreachCause.objects.create(
            clock=clock, cause="no_capacity", proposed_by=cast.tim, proposed_side="telequalification", proposed_at=NOW,
            decided_by=cast.mara, decided_at=NOW, excused=True,
        )  # fmt: skip


def own_deal(cast: Cast, world: World) -> None:
    Opportunity.objects.create(
        name="Own", owner=cast.sam, amount=70, base_amount=70, self_sourced=True, opened_at=START, stage="discovery"
    )


def lose_own(cast: Cast, world: World) -> None:
    Opportunity.objects.filter(lead=None).update(stage="lost", lost_reason="price", closed_at=NOW - HOUR)


def forget_own(cast: Cast, world: World) -> None:
    Opportunity.objects.filter(lead=None).delete()


def dearer(cast: Cast, world: World) -> None:
    Opportunity.objects.update(base_amount=99)


def renew(cast: Cast, world: World) -> None:
    rollups.renew(NOW, batch=2)


DEEDS = [
    sell, arrive, live, reject, accept, contest, overturn, excuse, own_deal, lose_own, forget_own, dearer, renew, renew,
]  # fmt: skip


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(max_examples=12)
@given(deeds=st.lists(st.sampled_from(DEEDS), min_size=1, max_size=10))
@pytest.mark.django_db
def test_whatever_happens_the_rollups_say_what_the_rows_say(deeds):
    from tests.cast import assemble

    with undone():
        cast = assemble()
        world = World(cast)
        rollups.rebuild(NOW)
        for deed in deeds:
            deed(cast, world)
        check(cast, world)
        check(cast, world, NOW + 5 * HOUR)  # by then clocks have run out that nobody has swept
        rollups.renew(NOW + 5 * HOUR)
        assert not Stale.objects.exists()
        check(cast, world, NOW + 5 * HOUR)


def test_one_command_makes_them_anew(cast, world: World):
    sell(cast, world)
    Cell.objects.create(fact="entry", day=START.date(), n=5, part=5, whole=5)
    call_command("rebuild_reports", stdout=StringIO())
    assert not Stale.objects.exists()
    check(cast, world, timezone.now())


def test_what_has_changed_is_counted_live_until_it_is_rolled_up(cast, world: World):
    rollups.rebuild(NOW)
    sell(cast, world)
    assert Stale.objects.exists()
    check(cast, world)
    assert rollups.renew(NOW) == 1
    assert Holding.objects.count() == 1
    check(cast, world)


def test_rollups_for_another_zone_or_another_way_of_counting_are_not_read_and_made_anew(cast, world: World):
    sell(cast, world)
    assert rolled.ready(NOW) is None  # nothing was made yet
    rollups.renew(NOW)
    RollupState.objects.update(facts="older")
    Cell.objects.update(n=77)
    assert rolled.ready(NOW) is None
    assert reading.tally({"entry": ALL}, Scope(), WIDE, NOW).of("entry", keys=["won"]).n == 1
    rollups.renew(NOW)
    check(cast, world)


def test_figures_of_an_earlier_instant_are_not_read_from_later_rollups(cast, world: World):
    rollups.rebuild(NOW)
    assert rolled.ready(NOW - MINUTE) is None


def test_filters_the_rollups_do_not_know_are_counted_over_the_rows(cast, world: World):
    assert rolled.answers("progress", Scope(segment=1, team=2, version=3), "team")
    for scope, split in ((Scope(source="fair"), ""), (Scope(user=1), ""), (Scope(), "source")):
        assert not rolled.answers("progress", scope, split)
    assert not rolled.answers("response", Scope(), "")
    assert all(FACTS[fact.name] is fact for fact in ROLLED)
