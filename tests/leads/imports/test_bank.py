"""The bank's telephone campaign: how often each client was tried, for how long, and with what success."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from config.accounts.models import User
from leads.models import Attempt, Lead
from leads.services import audit
from reports.periods import span
from reports.queries import speed
from reports.scope import Scope
from sla.stages import Stage
from tests.leads.imports import realdata
from tests.leads.imports.realdata import reference

pytestmark = [*realdata.real_data, pytest.mark.django_db]

BY_ATTEMPTS = """
WITH tried AS (
    SELECT l.id, l.stage = 'tql' AS converted, count(a.id) AS tries
    FROM leads_lead l JOIN leads_attempt a ON a.lead_id = l.id AND a.undone_at IS NULL GROUP BY l.id
)
SELECT CASE WHEN tries <= 5 THEN tries::text WHEN tries <= 10 THEN '6-10' WHEN tries <= 20 THEN '11-20' ELSE '21+' END,
       count(*), count(*) FILTER (WHERE converted) FROM tried GROUP BY 1
"""
PER_CLIENT = """
SELECT count(*), min(n), percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY n), avg(n), max(n)
FROM (SELECT count(*) AS n FROM leads_attempt GROUP BY lead_id) t
"""
TALK = """
SELECT count(*), min(s), percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY s), avg(s), max(s)
FROM (SELECT a.talk_seconds AS s FROM leads_attempt a JOIN leads_lead l ON l.id = a.lead_id
      WHERE a.talk_seconds IS NOT NULL AND (%(stage)s = '' OR l.stage = %(stage)s)) t
"""
BY_ATTRIBUTE = """
SELECT coalesce(attributes ->> %(name)s, 'unknown'), count(*), count(*) FILTER (WHERE stage = 'tql')
FROM leads_lead GROUP BY 1
"""
BY_MONTH = """
SELECT to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM'), count(*), count(*) FILTER (WHERE stage = 'tql')
FROM leads_lead GROUP BY 1
"""


def asked(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def rates(rows: list[tuple[Any, ...]], known: dict[str, dict[str, Any]]) -> None:
    assert {name: (count, won) for name, count, won in rows} == {
        name: (row["n"], row["converted"]) for name, row in known.items()
    }
    for name, count, won in rows:
        assert won / count == pytest.approx(known[name]["rate"], abs=1e-6)


def spread(row: tuple[Any, ...], known: dict[str, float]) -> None:
    count, least, (quarter, median, three, ninth), mean, most = row
    assert (count, least, most) == (known["n"], known["min"], known["max"])
    for ours, name in ((quarter, "p25"), (median, "median"), (three, "p75"), (ninth, "p90"), (mean, "mean")):
        assert float(ours) == pytest.approx(known[name], abs=1e-3), name


def test_the_campaign(client: Client):
    """One test, for the file is large and every process that has a share of the tests would bring it in anew."""
    known = reference("bank_marketing")
    [run] = realdata.import_bank()
    look_again()
    assert (run.rows, run.created, run.failed) == (known["rows"], known["rows"], 0)
    assert Lead.objects.filter(stage=Stage.TQL).count() == known["subscribed"]
    assert Attempt.objects.count() == known["contact_attempts_total"]
    rates(asked(BY_ATTEMPTS), known["rate_by_attempts"])
    spread(asked(PER_CLIENT)[0], known["attempts_per_client"])
    for stage, name in (("", "all"), (str(Stage.TQL), "yes"), (str(Stage.DISQUALIFIED), "no")):
        spread(asked(TALK, stage=stage)[0], known["duration_seconds"][name])
    for name in ("contact", "poutcome", "job"):
        rates(asked(BY_ATTRIBUTE, name=name), known[f"rate_by_{name}"])
    rates(asked(BY_MONTH), known["rate_by_rebuilt_year_month"])
    found = speed.lead_tries(Scope(), span(date(2008, 1, 1), date(2010, 12, 31)), timezone.now())
    rates([(one.code, one.count, one.qualified.part) for one in found if one.count], known["rate_by_attempts"])
    client.force_login(User.objects.create_superuser("root@example.com", None, name="Root"))
    asked_for = {"by": "span", "from": "2008-01-01", "to": "2010-12-31", "section": "tries"}
    shown = realdata.tables_of(client.get("/api/v1/reports/speed", asked_for).json())["lead-tries"]
    rates(
        [(row["tries"]["text"], row["count"]["value"], row["qualified"]["part"]) for row in shown],
        known["rate_by_attempts"],
    )
    assert not [finding.rule.key for finding in audit.run() if not finding.clean]


def look_again() -> None:
    """Nobody else sees the rows of a test, so nobody else counts them for the planner."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
