"""Files and the API carry the figures of the page; saved views bring them back."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.test import Client
from openpyxl import load_workbook

from reports.catalogue import REPORTS
from reports.exports import files
from reports.models import SavedView
from tests.cast import HOUR, NOW, Cast
from tests.reports.stories import World

PERIOD = {"by": "span", "from": "2026-02-01", "to": "2026-02-28"}
START = NOW - 20 * 24 * HOUR


@pytest.fixture
def told(cast: Cast, world: World, client: Client) -> Cast:
    world.sold(START, 3000)
    world.mql(START, source="=HYPERLINK(1)")
    world.write()
    client.force_login(cast.mara)
    return cast


@pytest.mark.parametrize("key", REPORTS)
@pytest.mark.parametrize("ending", files.FORMATS)
def test_every_report_comes_as_every_file(told, client: Client, key, ending):
    answer = client.get(f"/reports/{key}/file.{ending}", PERIOD)
    assert answer.status_code == 200
    assert f"{key}-2026-02-01-to-2026-02-28.{ending}" in answer["Content-Disposition"]
    start = {"csv": b"\xef\xbb\xbfReport,", "xlsx": b"PK", "pdf": b"%PDF"}[ending]
    assert answer.content.startswith(start)


def test_the_figures_are_the_same_everywhere(told, client: Client):
    answer = client.get("/api/v1/reports/funnel", PERIOD | {"section": "steps"}).json()
    table = next(block for block in answer["sections"][0]["blocks"] if block["kind"] == "table")
    reached = [row["reached"]["value"] for row in table["rows"]]
    assert reached == [2, 1, 1, 1, 1, 1]
    assert answer["period"]["until_on"] == "2026-03-01"
    rows = list(csv.reader(io.StringIO(client.get("/reports/funnel/file.csv", PERIOD).content.decode("utf-8-sig"))))
    first = rows.index(["Steps"])
    assert rows[first + 1][:2] == ["Stage", "Reached"]
    assert [int(row[1]) for row in rows[first + 2 : first + 8]] == reached
    book = load_workbook(io.BytesIO(client.get("/reports/funnel/file.xlsx", PERIOD).content))
    assert [row[1] for row in book["Steps"].iter_rows(min_row=2, values_only=True)] == reached


def test_a_source_never_becomes_a_formula(told, client: Client):
    text = client.get("/reports/funnel/file.csv", PERIOD).content.decode()
    assert "\n=HYPERLINK" not in text
    assert "'=HYPERLINK(1)" in text
    book = load_workbook(io.BytesIO(client.get("/reports/funnel/file.xlsx", PERIOD).content))
    cells = [cell for row in book["By source"].iter_rows() for cell in row if cell.value == "=HYPERLINK(1)"]
    assert cells
    assert all(cell.data_type == "s" for cell in cells)


def test_the_api_refuses_what_the_page_would_only_warn_of(told, client: Client):
    answer = client.get("/api/v1/reports/funnel", {"by": "fortnight"})
    assert answer.status_code == 422
    assert "fortnight" in answer.json()["error"]["message"]
    assert client.get("/api/v1/reports/nothing").status_code == 404
    for given, wrong in (
        ({"period": "week"}, "period"), ({"by": "span", "from": "2026-03-02"}, "from"), ({"section": "stepz"}, "section"),
        ({"by": "last-30", "from": "2026-03-02"}, "from"), ({"persn": "x"}, "persn"),
        ({"by": "week", "from": "2026-03-02", "to": "2026-03-08"}, "to"),
        ({"by": "week", "from": "2026-03-02", "back": "1"}, "back"),
    ):  # fmt: skip
        answer = client.get("/api/v1/reports/funnel", given)
        assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {wrong})
    assert {row["key"] for row in client.get("/api/v1/reports").json()["results"]} == set(REPORTS)


def test_a_view_is_kept_shared_opened_and_taken_away(told, client: Client):
    kept = client.post("/reports/funnel/keep/", {"name": "Mine", "query": "?by=last-30&source=web&full=1"})
    view = SavedView.objects.get()
    assert view.query == "by=last-30&source=web"
    assert kept["Location"] == "/reports/funnel/?by=last-30&source=web"
    client.post("/reports/funnel/keep/", {"name": "Mine", "query": "by=week"})
    view.refresh_from_db()
    assert (SavedView.objects.count(), view.query) == (1, "by=week")
    address = f"/reports/views/{view.public_id}/"
    assert client.get(address)["Location"] == "/reports/funnel/?by=week"
    client.force_login(told.sam)
    assert client.get(address).status_code == 404
    client.force_login(told.mara)
    client.post("/reports/funnel/keep/", {"name": "Mine", "query": "by=week", "is_shared": "1"})
    client.force_login(told.sam)
    assert client.get(address).status_code == 302
    assert "Mine" in client.get("/reports/funnel/").content.decode()
    assert client.post(f"{address}remove/").status_code == 404
    client.force_login(told.mara)
    client.post(f"{address}remove/")
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_is_refused(told, client: Client):
    client.post("/reports/funnel/keep/", {"name": "  ", "query": ""})
    assert not SavedView.objects.exists()


def test_json_is_json(told, client: Client):
    for key in REPORTS:
        json.dumps(client.get(f"/api/v1/reports/{key}", PERIOD).json())
