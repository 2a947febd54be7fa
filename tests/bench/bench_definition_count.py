"""How many leads meet a definition as it is being written, against the same question in plain SQL."""

from __future__ import annotations

import os
from typing import Any

from django.db import connection

from tests.bench.crowd import gather
from tests.bench.report import fresh_database, interleaved
from tests.cast import NOW, assemble

LEADS = int(os.environ.get("HANDOFF_BENCH_LEADS", 200_000))
ACTIVITIES = int(os.environ.get("HANDOFF_BENCH_ACTIVITIES", 4_000_000))
CRITERIA = {
    "all": [
        {"field": "company.employees", "op": "between", "value": [50, 5000]},
        {"field": "company.industry", "op": "in", "value": ["Software", "Retail"]},
        {"none": [{"field": "person.job_title", "op": "contains", "value": "student"}]},
        {"activity": ["webinar", "content_download"], "at_least": 2, "within_days": 90},
    ]
}
PLAIN = """
SELECT count(*) FROM leads_lead l JOIN leads_person p ON p.id = l.person_id LEFT JOIN leads_company c ON c.id = l.company_id
WHERE l.closed_at IS NULL AND c.employees BETWEEN 50 AND 5000 AND lower(c.industry) IN ('software', 'retail')
  AND lower(p.job_title) NOT LIKE '%%student%%'
  AND l.id IN (SELECT lead_id FROM leads_activity WHERE type IN ('webinar', 'content_download')
               AND occurred_at > %(at)s - interval '90 days' AND occurred_at <= %(at)s GROUP BY 1 HAVING count(*) >= 2)
"""


def run() -> list[dict[str, Any]]:
    fresh_database()
    from leads.services import trying

    gather(assemble(), leads=LEADS, activities=ACTIVITIES)

    def plain() -> int:
        with connection.cursor() as cursor:
            cursor.execute(PLAIN, {"at": NOW})
            row: tuple[int] = cursor.fetchone()
        return row[0]

    def ours() -> int:
        return trying.count(CRITERIA, NOW)[0]

    assert ours() == plain() > 0
    mine, by_hand = interleaved(ours, plain)
    return [
        {
            "name": f"live count over {LEADS:,} leads",
            "ours": mine * 1000,
            "reference": by_hand * 1000,
            "ratio": mine / by_hand,
            "demanded": 2.0,
            "unit": "ms",
            "better": "lower",
        }
    ]
