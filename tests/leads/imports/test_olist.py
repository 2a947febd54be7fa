"""Olist's funnel through the importer: 8,000 MQLs and 842 won deals, as their own figures say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from config.accounts.models import Membership, User
from leads.models import Handoff, Lead, Opportunity
from leads.services import audit
from reports.periods import Kind, containing, span
from reports.queries import funnel
from reports.queries.choices import source_label
from reports.scope import Scope
from sla.stages import FORWARD, Stage
from tests.leads.imports import realdata
from tests.leads.imports.realdata import reference

pytestmark = [*realdata.real_data, pytest.mark.django_db]

ALL = span(date(2017, 6, 1), date(2018, 6, 30))
CALENDAR_MONTHS = "to_char(entered_at AT TIME ZONE 'UTC', 'YYYY-MM')"


@pytest.fixture(scope="module", autouse=True)
def olist(filled: Any) -> Iterator[list[Any]]:
    with filled(realdata.import_olist) as runs:
        yield runs


def test_every_row_went_in(olist):
    assert [(run.rows, run.created, run.updated, run.failed) for run in olist] == [(8000, 8000, 0, 0), (842, 842, 0, 0)]


def test_the_funnel():
    known = reference("olist")
    found = funnel.funnel(FORWARD, Stage.MQL, Scope(), ALL, timezone.now())
    assert found.cohort == known["mql_total"]
    assert found.step(Stage.WON).reached == known["won_total"]
    assert found.overall(len(found.steps) - 1).value == pytest.approx(known["overall_conversion"], abs=1e-6)
    assert sum(step.at(Stage.LOST) for step in found.steps) == 0


def test_conversion_by_origin():
    found = funnel.by_dimension(FORWARD, Stage.MQL, Scope(), ALL, timezone.now(), "source")
    by_origin = {name or "(blank)": (one.cohort, one.step(Stage.WON).reached) for name, one in found.items()}
    known = reference("olist")["conversion_by_origin"]
    assert by_origin == {name: (row["n"], row["converted"]) for name, row in known.items()}
    for name, one in found.items():
        assert one.overall(len(one.steps) - 1).value == pytest.approx(known[name or "(blank)"]["rate"], abs=1e-6)


def test_days_to_won():
    known = reference("olist")["days_first_contact_to_won_exact"]
    found = {one.stage: one for one in funnel.times(FORWARD, Stage.MQL, Scope(), ALL, timezone.now())}[Stage.WON]
    assert found.arrived == known["n"]
    assert found.days_median == pytest.approx(known["median"], abs=1e-3)
    assert found.days_ninth == pytest.approx(known["p90"], abs=1e-3)


def test_mqls_by_month():
    for month, count in reference("olist")["mql_by_month"].items():
        period = containing(Kind.MONTH, date.fromisoformat(f"{month}-15"))
        found = funnel.funnel(FORWARD, Stage.MQL, Scope(), period, timezone.now())
        assert found.cohort == count, month


def test_sdrs_and_srs_are_members_with_their_deals():
    known = reference("olist")
    deals = dict(Opportunity.objects.values_list("owner__name").annotate(Count("pk")))
    assert deals == known["deals_per_sr"]
    seats = Membership.objects.values_list("user_id", "team__function")
    sellers = {user for user, function in seats if function == "sales"}
    callers = {user for user, function in seats if function == "telequalification"}
    assert (len(sellers), len(callers)) == (known["sr_count"], known["sdr_count"])
    assert len(sellers & callers) == known["people_who_are_both"]
    assert not User.objects.filter(pk__in=sellers | callers, is_active=True).exists()
    assert Handoff.objects.filter(imported=True, to_function="telequalification").count() == known["won_total"]


def test_what_the_deals_tell_of_the_lead():
    blanks = reference("olist")["blanks_closed_deals"]
    won = Lead.objects.filter(stage=Stage.WON)
    assert won.exclude(attributes__has_key="lead_type").count() == blanks["lead_type"]
    assert won.exclude(attributes__has_key="business_type").count() == blanks["business_type"]
    assert won.exclude(attributes__has_key="has_company").count() == blanks["has_company"]
    assert won.filter(company__attributes__has_key="declared_monthly_revenue").count() == len(won)
    assert not Opportunity.objects.exclude(amount=None).exists()  # the company's revenue is not the deal's


def test_audit_is_clean():
    assert not [finding.rule.key for finding in audit.run() if not finding.clean]


def test_the_page_shows_the_known_figures(client: Client):
    """What people see: the funnel's steps and the comparison of origins, on the page and by API."""
    known = reference("olist")
    client.force_login(User.objects.create_superuser("root@example.com", None, name="Root"))
    asked_for = {"by": "span", "from": "2017-06-01", "to": "2018-06-30", "start": "mql", "split": "source"}
    page = client.get("/reports/funnel/", asked_for).content.decode()
    assert f"{known['mql_total']:,}" in page
    assert f"{known['won_total']:,}" in page
    tables = realdata.tables_of(client.get("/api/v1/reports/funnel", asked_for).json())
    steps = {row["stage"]["text"]: row for row in tables["steps"]}
    assert steps["MQL"]["reached"]["value"] == known["mql_total"]
    assert steps["Won"]["reached"]["value"] == known["won_total"]
    assert steps["Won"]["overall"]["value"] / 100 == pytest.approx(known["overall_conversion"], abs=1e-6)
    origins = {row["value"]["text"]: row for row in tables["split"]}
    assert len(origins) == len(known["conversion_by_origin"])
    for name, one in known["conversion_by_origin"].items():
        row = origins[source_label("" if name == "(blank)" else name)]
        assert row["cohort"]["value"] == one["n"]
        assert row["to-won"]["value"] / 100 == pytest.approx(one["rate"], abs=1e-6)
