"""Maven's CRM: accounts, products, teams and 8,800 opportunities without leads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from config.accounts.models import Membership, Team, User
from leads.models import Company, Opportunity, Product
from leads.services import audit
from reports.periods import Kind, containing
from reports.queries import tally
from reports.queries.tally import Tally
from reports.scope import Scope
from tests.leads.imports import realdata
from tests.leads.imports.realdata import reference

pytestmark = [*realdata.real_data, pytest.mark.django_db]

QUARTERS = [containing(Kind.QUARTER, date(2017, month, 1)) for month in (1, 4, 7, 10)]
DAYS = """
SELECT {what}, count(*), min(d), percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY d), avg(d), max(d)
FROM (SELECT *, extract(epoch FROM closed_at - opened_at)::float8 / 86400 AS d FROM leads_opportunity) o
WHERE stage IN ('won', 'lost') GROUP BY 1
"""


@pytest.fixture(scope="module", autouse=True)
def maven(filled: Any) -> Iterator[list[Any]]:
    with filled(realdata.import_maven) as runs:
        yield runs


def ended(scope: Scope | None = None) -> Tally:
    found = Tally()
    found.absorb(tally.count("ended", scope or Scope(), QUARTERS, timezone.now()))
    return found


def test_every_row_went_in(maven):
    assert [(run.kind, run.rows, run.failed) for run in maven] == [
        ("members", 35, 0), ("companies", 85, 0), ("products", 7, 0), ("deals", 8800, 0)
    ]  # fmt: skip


def test_books(maven):
    known = reference("maven_crm")
    assert Company.objects.count() == known["accounts"]
    assert Product.objects.count() == known["products"]
    assert set(Team.objects.values_list("name", flat=True)) == {"Central", "East", "West"}
    assert Membership.objects.filter(role="rep").count() == 35
    assert Opportunity.objects.filter(company=None).count() == sum(known["blank_account_by_stage"].values())
    assert not Opportunity.objects.filter(product=None).exists()


def test_stages_and_value():
    known = reference("maven_crm")
    named = {"Won": "won", "Lost": "lost", "Engaging": "proposal", "Prospecting": "discovery"}
    for theirs, ours in named.items():
        assert Opportunity.objects.filter(stage=ours).count() == known["by_stage"][theirs]
    # An opportunity that is only being prospected has not been opened: its date is not made up.
    assert Opportunity.objects.filter(opened_at=None).count() == known["by_stage"]["Prospecting"]
    found = ended()
    won, lost = found.of("ended", marks=("won",)), found.of("ended", marks=("lost",))
    assert won.part == known["won_value"]
    assert won.n / (won.n + lost.n) == pytest.approx(known["win_rate_of_closed"], abs=1e-6)
    assert float(won.part / won.n) == pytest.approx(known["avg_won_value"], abs=1e-3)


def test_by_quarter():
    known, found = reference("maven_crm"), ended()
    for bucket, name in enumerate(("2017-Q1", "2017-Q2", "2017-Q3", "2017-Q4")):
        won = found.of("ended", marks=("won",), bucket=bucket)
        lost = found.of("ended", marks=("lost",), bucket=bucket)
        quarter = known["closed_by_quarter"][name]
        assert (won.n, lost.n) == (quarter["won"], quarter["lost"])
        assert won.n / (won.n + lost.n) == pytest.approx(quarter["win_rate"], abs=1e-6)
        assert won.part == known["won_value_by_close_quarter"][name]


def test_by_agent():
    """Each agent's own figures, as their own page asks for them."""
    known = reference("maven_crm")["by_agent"]
    people = {user.name: user.pk for user in User.objects.filter(name__in=known)}
    assert people.keys() == known.keys()
    totals = {
        owner: (count, median)
        for owner, count, _, (_, median, _, _), _, _ in asked(DAYS.format(what="owner_id || '/' || stage"))
    }
    for name, row in known.items():
        found = ended(Scope(user=people[name]))
        won, lost = found.of("ended", marks=("won",)), found.of("ended", marks=("lost",))
        assert (won.n, lost.n, won.part) == (row["won"], row["lost"], row["won_value"]), name
        assert won.n / (won.n + lost.n) == pytest.approx(row["win_rate_of_closed"], abs=1e-6)
        assert Opportunity.objects.filter(owner=people[name]).count() == row["opportunities"]
        assert Opportunity.objects.open().filter(owner=people[name]).count() == row["open"]
        assert totals[f"{people[name]}/won"][1] == pytest.approx(row["median_days_engage_to_won"], abs=1e-3)


def asked(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_days_to_close():
    rows = [*asked(DAYS.format(what="stage")), *asked(DAYS.format(what="'closed'"))]
    assert {row[0] for row in rows} == {"won", "lost", "closed"}
    for what, count, least, (quarter, median, three, ninth), mean, most in rows:
        known = reference("maven_crm")["days_engage_to_close"][what]
        assert (count, least, most) == (known["n"], known["min"], known["max"])
        for ours, name in ((quarter, "p25"), (median, "median"), (three, "p75"), (ninth, "p90"), (mean, "mean")):
            assert ours == pytest.approx(known[name], abs=1e-3), name


def test_audit_is_clean():
    assert not [finding.rule.key for finding in audit.run() if not finding.clean]


def test_the_report_shows_the_known_figures(client: Client):
    """What the page, the files and the API show of the year, by quarter, by agent, and the days to close."""
    known = reference("maven_crm")
    client.force_login(User.objects.create_superuser("root@example.com", None, name="Root"))
    asked_for = {"by": "span", "from": "2017-01-01", "to": "2017-12-31"}
    answer = client.get("/api/v1/reports/deals", asked_for).json()
    tables = realdata.tables_of(answer)
    for row, name in zip(tables["periods"], sorted(known["closed_by_quarter"]), strict=True):
        quarter = known["closed_by_quarter"][name]
        assert (row["won"]["value"], row["lost"]["value"]) == (quarter["won"], quarter["lost"])
        assert row["rate"]["value"] / 100 == pytest.approx(quarter["win_rate"], abs=1e-6)
        assert row["value"]["value"] == known["won_value_by_close_quarter"][name]
    by_state = {row["state"]["text"]: row for row in tables["days"]}
    for label, name in (("Won", "won"), ("Lost", "lost"), ("Both", "closed")):
        days = known["days_engage_to_close"][name]
        assert by_state[label]["count"]["value"] == days["n"]
        for column, value in (
            ("quarter", "p25"),
            ("median", "median"),
            ("three", "p75"),
            ("ninth", "p90"),
            ("mean", "mean"),
        ):
            assert by_state[label][column]["value"] == pytest.approx(days[value], abs=1e-3), value
    agents = {row["value"]["text"]: row for row in tables["compare"]}
    for name, one in known["by_agent"].items():
        if not one["won"] + one["lost"]:
            continue
        row = agents[name]
        assert (row["won"]["value"], row["lost"]["value"], row["amount"]["value"]) == (
            one["won"],
            one["lost"],
            one["won_value"],
        )
        assert row["median"]["value"] == pytest.approx(one["median_days_engage_to_won"], abs=1e-3)
