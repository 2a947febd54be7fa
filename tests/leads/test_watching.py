"""Who asked to hear of a score that moves is told, once."""

from __future__ import annotations

from typing import Any

import pytest

from config.notices.models import Notice
from config.web.errors import Refusal
from leads.models import Lead, ScoreChange
from leads.services import watching
from leads.services.intake import Deed, receive_activity
from tests.cast import HOUR, MINUTE, NOW, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(cast: Cast) -> Lead:
    return cast.lead("ada", deeds=("page_view",)).lead


def moved(cast: Cast, lead: Lead, kind: str, at: Any = NOW + MINUTE) -> int:
    receive_activity(cast.source, lead, Deed(kind, at), external_id=f"{kind}{at}", raw={}, at=at)
    return watching.tell_watchers(at)


def told() -> list[tuple[str, str]]:
    return list(Notice.objects.filter(kind="score_moved").order_by("id").values_list("recipient__name", "title"))


def test_a_rise_is_told_once(cast: Cast, lead: Lead) -> None:
    watching.watch(cast.jonas, at=NOW, lead=lead)
    assert moved(cast, lead, "webinar") == 1
    change = ScoreChange.objects.latest("id")
    assert told() == [("Jonas Weiss", f"Ada Lovelace: {change.before} to {change.total} points")]
    watching.tell_watchers(NOW + 2 * MINUTE)
    assert len(told()) == 1


def test_a_newcomer_with_many_points_is_a_rise(cast: Cast) -> None:
    watching.watch(cast.jonas, at=NOW - MINUTE, source="website", threshold=20)
    lead = cast.lead("ada", deeds=("webinar", "pricing_page")).lead
    first = ScoreChange.objects.get(lead=lead)
    assert (first.before, first.total, first.cause) == (0, lead.score.total, "intake")
    assert lead.source == "website"
    assert watching.tell_watchers(NOW + MINUTE) == 1


def test_a_fall_only_where_falls_are_asked_for(cast: Cast, lead: Lead) -> None:
    watching.watch(cast.jonas, at=NOW, lead=lead, direction="up")
    watching.watch(cast.mara, at=NOW, lead=lead, direction="down")
    moved(cast, lead, "careers_page")
    assert [name for name, _ in told()] == ["Mara Lindt"]


def test_small_moves_and_moves_that_pass_no_threshold_are_not_worth_a_notice(cast: Cast, lead: Lead) -> None:
    watching.watch(cast.jonas, at=NOW, lead=lead, points=20)
    watching.watch(cast.mara, at=NOW, lead=lead, threshold=500)
    moved(cast, lead, "webinar")
    assert told() == []


def test_all_leads_of_a_source(cast: Cast, lead: Lead) -> None:
    watching.watch(cast.jonas, at=NOW, source="Website")
    watching.watch(cast.mara, at=NOW, source="fair")
    moved(cast, lead, "webinar")
    assert [name for name, _ in told()] == ["Jonas Weiss"]


def test_nobody_hears_of_leads_they_may_not_see(cast: Cast, lead: Lead) -> None:
    watching.watch(cast.sam, at=NOW, lead=lead)
    moved(cast, lead, "webinar")
    assert told() == []


def test_watching_again_changes_the_wish_and_ends_when_asked(cast: Cast, lead: Lead) -> None:
    first = watching.watch(cast.jonas, at=NOW, lead=lead, points=50)
    again = watching.watch(cast.jonas, at=NOW, lead=lead, points=5)
    assert first.pk == again.pk
    assert not watching.unwatch(again.pk, by=cast.mara)
    assert watching.unwatch(again.pk, by=cast.jonas)
    moved(cast, lead, "webinar")
    assert told() == []
    with pytest.raises(Refusal):
        watching.watch(cast.jonas, at=NOW + HOUR, lead=lead, points=0)
