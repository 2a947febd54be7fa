"""A step far below its past is told once a week; an ordinary week is not."""

from __future__ import annotations

from config.notices.models import Notice
from reports.services import alarms
from tests.cast import DAY, HOUR, NOW, Cast
from tests.reports.stories import World


def cohorts(world: World, accepted_now: int) -> None:
    """40 leads every 35 days, of which half are taken on; and 40 in the last days, of which `accepted_now` are."""
    for weeks in (5, 10, 15, 0):
        at = NOW - 7 * weeks * DAY - 2 * DAY
        for number in range(40):
            told = world.mql(at)
            if number < (20 if weeks else accepted_now):
                world.called(told, at + HOUR)
    world.write()


def test_a_thousand_leads_and_one_opportunity_is_told_once(cast: Cast, world: World):
    cohorts(world, 0)
    assert alarms.tell_of_drops(NOW) >= 5
    notice = Notice.objects.filter(recipient=cast.eva).first()
    assert "far fewer leads than usual" in notice.title
    assert "Of 40 leads" in notice.body
    assert notice.url == "/reports/funnel/?by=last-30&segment=all"
    assert alarms.tell_of_drops(NOW + HOUR) == 0
    assert not Notice.objects.filter(recipient=cast.sam).exists()


def test_an_ordinary_month_is_silent(cast: Cast, world: World):
    cohorts(world, 20)
    assert alarms.tell_of_drops(NOW) == 0
