"""The one page by mail: to whom, when, once; and the company's settings of the reports."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import Client

from config.notices.models import Notice
from reports.models import DigestWish, ReportSettings
from reports.periods import Kind, containing
from reports.services import digest
from tests.cast import HOUR, NOW, Cast
from tests.reports.stories import World

MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # 7:00 in Berlin
SUNDAY = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_managers_and_executives_get_last_week_once(cast: Cast, world: World):
    world.sold(datetime(2026, 2, 25, 9, tzinfo=UTC), 3000)
    world.write()
    assert digest.send_due(MONDAY) == 5  # Mara, Tom, Sina, Eva, Priya
    assert digest.send_due(MONDAY + HOUR) == 0
    notice = Notice.objects.get(recipient=cast.eva)
    assert "Week of 23 Feb 2026" in notice.title
    assert "Revenue won: 3,000 EUR" in notice.body
    assert "Deals won: 1" in notice.body
    assert notice.url == "/reports/brief/?by=week&from=2026-02-23"


@pytest.mark.parametrize("at", [NOW, SUNDAY, datetime(2026, 3, 2, 3, 0, tzinfo=UTC)])
def test_nothing_is_sent_on_other_days_nor_in_the_night(cast: Cast, at):
    assert digest.send_due(at) == 0 or at == SUNDAY
    assert not Notice.objects.filter(dedupe_key__contains=":week:").exists()


def test_each_as_they_wish(cast: Cast):
    digest.choose(cast.mara, DigestWish.Every.NEVER)
    digest.choose(cast.tim, DigestWish.Every.MONTH)
    digest.choose(cast.sina, DigestWish.Every.MONTH)
    assert [user.name for user in digest.recipients("week")] == ["Tom Berger", "Eva Brandt", "Priya Nair"]
    assert {user.name for user in digest.recipients("month")} == {"Tim Novak", "Sina Vogel"}
    assert (digest.wish_of(cast.eva), digest.wish_of(cast.sam)) == ("week", "never")
    assert digest.ended("month", SUNDAY) == containing(Kind.MONTH, date(2026, 2, 1))


def test_a_wish_is_kept_by_its_page(cast: Cast, client: Client):
    client.force_login(cast.sam)
    client.post("/reports/digest/", {"every": "month"})
    assert digest.wish_of(cast.sam) == "month"
    assert client.post("/reports/digest/", {"every": "hourly"}).status_code == 200
    assert digest.wish_of(cast.sam) == "month"


def test_weeks_begin_on_the_companys_first_day(cast: Cast, client: Client):
    client.force_login(cast.sam)
    assert client.get("/reports/settings/").status_code == 403
    client.force_login(cast.priya)
    given = {"first_weekday": "6", "baseline_percent": "2", "target_percent": "10"}
    client.post("/reports/settings/", given)
    assert ReportSettings.current().first_weekday == 6
    page = client.get("/api/v1/reports/brief", {"by": "week", "from": "2026-03-04"}).json()
    assert page["period"]["first_on"] == "2026-03-01"
    bad = client.post("/reports/settings/", given | {"target_percent": "101"})
    assert bad.status_code == 200
    assert ReportSettings.current().target_percent == 10
