"""X Education's leads with their own 37 columns: what converts, by source, origin and last activity."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from config.accounts.models import User
from leads.models import CustomField, Lead
from leads.services import audit
from reports.periods import span
from reports.queries import funnel
from reports.queries.choices import source_label
from reports.scope import Scope
from sla.stages import FORWARD, Stage
from tests.leads.imports import realdata
from tests.leads.imports.realdata import reference

pytestmark = [*realdata.real_data, pytest.mark.django_db]

ALL = span(date(2017, 12, 1), date(2018, 1, 31))
BY_ATTRIBUTE = """
SELECT coalesce(attributes ->> %s, '(blank)'), count(*), count(*) FILTER (WHERE stage = 'won')
FROM leads_lead GROUP BY 1
"""


@pytest.fixture(scope="module", autouse=True)
def x_education(filled: Any) -> Iterator[list[Any]]:
    with filled(realdata.import_x_education) as runs:
        yield runs


def by_attribute(name: str) -> dict[str, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(BY_ATTRIBUTE, [name])
        return {value: (count, won) for value, count, won in cursor.fetchall()}


def counts(rows: dict[str, dict[str, Any]]) -> dict[str, tuple[int, int]]:
    return {name: (row["n"], row["converted"]) for name, row in rows.items()}


def test_every_row_went_in(x_education):
    assert [(run.rows, run.created, run.failed) for run in x_education] == [(9240, 9240, 0)]


def test_conversion_by_source():
    known = reference("x_education")
    found = funnel.by_dimension(FORWARD, Stage.KNOWN, Scope(), ALL, timezone.now(), "source")
    by_source = {name or "(blank)": (one.cohort, one.step(Stage.WON).reached) for name, one in found.items()}
    assert by_source == counts(known["conversion_by_lead_source_raw"])
    for name, one in found.items():
        rate = known["conversion_by_lead_source_raw"][name or "(blank)"]["rate"]
        assert one.overall(len(one.steps) - 1).value == pytest.approx(rate, abs=1e-6)


def test_the_whole_and_who_is_not_called_lost():
    known = reference("x_education")
    found = funnel.funnel(FORWARD, Stage.KNOWN, Scope(), ALL, timezone.now())
    assert (found.cohort, found.step(Stage.WON).reached) == (known["rows"], known["converted"])
    assert found.overall(len(found.steps) - 1).value == pytest.approx(known["overall_conversion"], abs=1e-6)
    assert not Lead.objects.filter(stage=Stage.LOST).exists()


@pytest.mark.parametrize(
    ("column", "figures"),
    [("Lead Origin", "conversion_by_lead_origin"), ("Last Activity", "conversion_by_last_activity")],
)
def test_conversion_by_own_fields(column, figures):
    assert by_attribute(column) == counts(reference("x_education")[figures])


def test_an_untouched_drop_down_says_nothing():
    known = reference("x_education")
    for name, selects in known["select_placeholders"].items():
        missing = Lead.objects.exclude(attributes__has_key=name).count()
        assert missing == selects + known["blanks"][name], name


def test_own_fields_are_declared_with_their_kinds():
    kinds = dict(CustomField.objects.filter(holder="lead").values_list("key", "kind"))
    assert kinds["Total Time Spent on Website"] == CustomField.Kind.NUMBER
    assert kinds["Page Views Per Visit"] == CustomField.Kind.NUMBER
    assert kinds["Do Not Email"] == CustomField.Kind.YES_NO
    assert kinds["Tags"] == CustomField.Kind.TEXT


def test_time_on_site_by_conversion():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (stage = 'won')::int::text, count(v), percentile_cont(0.5) WITHIN GROUP (ORDER BY v), avg(v) FROM ("
            "SELECT stage, (attributes ->> 'Total Time Spent on Website')::float v FROM leads_lead) t GROUP BY 1"
        )
        found = {key: row for key, *row in cursor.fetchall()}
    for key, (count, median, mean) in found.items():
        known = reference("x_education")["time_on_site_by_converted"][key]
        assert count == known["n"]
        assert median == pytest.approx(known["median"], abs=1e-3)
        assert mean == pytest.approx(known["mean"], abs=1e-3)


def test_audit_is_clean():
    assert not [finding.rule.key for finding in audit.run() if not finding.clean]


def test_the_page_shows_conversion_by_source(client: Client):
    known = reference("x_education")["conversion_by_lead_source_raw"]
    client.force_login(User.objects.create_superuser("root@example.com", None, name="Root"))
    asked_for = {
        "by": "span", "from": ALL.first_on.isoformat(), "to": ALL.last_on.isoformat(), "start": "known", "split": "source",
    }  # fmt: skip
    assert client.get("/reports/funnel/", asked_for).status_code == 200
    tables = realdata.tables_of(client.get("/api/v1/reports/funnel", asked_for).json())
    # By name and number, for “Google” and “google” are two sources that read alike.
    shown = {(row["value"]["text"], row["cohort"]["value"]): row["to-won"]["value"] for row in tables["split"]}
    assert len(shown) == len(known)
    for name, one in known.items():
        rate = shown[source_label("" if name == "(blank)" else name), one["n"]]
        assert rate / 100 == pytest.approx(one["rate"], abs=1e-6)
