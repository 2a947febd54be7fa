"""Every report opens whole for everybody who may, in few queries, and every figure opens exactly as many rows."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from django.test import Client

from reports.catalogue import REPORTS
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast
from tests.reports.stories import World

START = NOW - 20 * DAY
PERIOD = {"by": "span", "from": "2026-01-05", "to": "2026-03-08"}


@pytest.fixture
def told(cast: Cast, world: World) -> Cast:
    """A bit of everything: sold, rejected and contested, never called, brought in by sales themselves."""
    fair = world.campaign("fair", (date(2026, 2, 1), "280"), (date(2026, 3, 1), "310"))
    for minutes in (2, 10, 40, 300):
        called = world.mql(START + minutes * MINUTE, campaign=fair)
        world.called(called, START + 2 * minutes * MINUTE)
    world.sold(START + HOUR, 3000, campaign=fair, source="fair")
    world.sold(START + DAY, 500)
    rejected = world.mql(START, campaign=fair, persona="buyer")
    world.passed_on(rejected, START + 2 * HOUR)
    rejected.reject(START + 3 * HOUR, cast.sam, "below-threshold")
    rejected.park(START + 3 * HOUR, kind="rejected", reason="below-threshold", return_on=date(2026, 4, 20))
    world.mql(START)
    world.write()
    return cast


@pytest.mark.parametrize("key", REPORTS)
def test_every_section_shows_and_every_figure_opens_as_many_rows(told: Cast, client: Client, key, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    client.force_login(told.priya)
    page = client.get(f"/reports/{key}/", PERIOD | {"full": "1"})
    assert page.status_code == 200
    html = page.content.decode()
    for section in REPORTS[key].sections:
        assert f'id="section-{section.key}"' in html
        blocks = client.get(f"/reports/{key}/part/{section.key}/", PERIOD)
        assert blocks.status_code == 200
        check_rows(client, key, section.key)


def check_rows(client: Client, key: str, section: str) -> None:
    """Each figure that opens rows opens as many as it says."""
    from django.utils import timezone

    from config.accounts.actor import Actor
    from config.accounts.models import User
    from reports import asked as asking
    from reports.documents.base import Figure, Table, Tiles

    report = REPORTS[key]
    actor = Actor.of(User.objects.get(name="Priya Nair"))
    asked = asking.read(
        PERIOD,
        actor,
        timezone.now(),
        filters=report.filters,
        usual=report.usual,
        kinds=report.kinds,
        extra=report.extra,
    )
    figures: list[Figure] = []
    for block in report.section(section).build(asked):
        if isinstance(block, Tiles):
            figures += [tile.figure for tile in block.tiles]
        if isinstance(block, Table):
            figures += [entry for row in block.rows for entry in row.entries if isinstance(entry, Figure)]
    for figure in {figure.url: figure for figure in figures if figure.url and figure.rows is not None}.values():
        shown = client.get(figure.url).content.decode()
        sub = re.search(r'class="page-sub">([\d,]+)', unescape(shown))
        assert sub is not None, figure.url
        assert int(sub[1].replace(",", "")) == figure.rows, figure.url


@pytest.mark.parametrize("key", REPORTS)
def test_the_number_of_queries_does_not_grow_with_the_rows(
    told: Cast, world: World, client: Client, key, django_assert_max_num_queries
):
    client.force_login(told.priya)
    client.get(f"/reports/{key}/", PERIOD | {"full": "1"})
    with django_assert_max_num_queries(60) as few:
        client.get(f"/reports/{key}/", PERIOD | {"full": "1"})
    for number in range(20):
        world.sold(START + number * HOUR, source=f"source-{number}", campaign=world.campaign(f"campaign-{number}"))
    world.write()
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(f"/reports/{key}/", PERIOD | {"full": "1"})
