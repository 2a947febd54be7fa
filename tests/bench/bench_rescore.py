"""All leads scored anew after a change of rules, against the best single statement for the same totals.

Size by HANDOFF_BENCH_LEADS and HANDOFF_BENCH_ACTIVITIES; by itself 200,000 leads and 4 million activities.
"""

from __future__ import annotations

import os
import time
from typing import Any

from django.db import connection

from tests.bench.crowd import gather
from tests.bench.report import fresh_database
from tests.cast import NOW, Cast, assemble

LEADS = int(os.environ.get("HANDOFF_BENCH_LEADS", 200_000))
ACTIVITIES = int(os.environ.get("HANDOFF_BENCH_ACTIVITIES", 4_000_000))
ROUNDS = 3

# The three-in-a-box rules written by hand: every activity read once, totals stored where they differ. No log, no persona,
# no next moment of decay, nothing of definitions or stages.
PLAIN = """
WITH rules (no, type, grp, points, at_most, half_life) AS (VALUES
    (1, 'page_view', 'web', 1, 20, 30), (2, 'pricing_page', 'web', 10, 3, 30), (3, 'careers_page', 'web', -20, 2, 90),
    (4, 'email_click', 'content', 3, 5, 30), (5, 'content_download', 'content', 8, 4, 60),
    (6, 'webinar', 'content', 10, 3, 60), (7, 'demo_request', 'intent', 60, 1, 90),
    (8, 'trial_start', 'intent', 50, 1, 90), (9, 'contact_form', 'intent', 30, 1, 60)
), ranked AS (
    SELECT a.lead_id, r.grp, r.at_most,
        sign(points)::int * (abs(points) >> least(date_part('day', %(at)s - a.occurred_at)::int / r.half_life, 30)) AS worth,
        row_number() OVER (PARTITION BY a.lead_id, r.no ORDER BY a.occurred_at DESC) AS rank
    FROM leads_activity a JOIN rules r USING (type)
    WHERE a.occurred_at <= %(at)s AND a.lead_id IS NOT NULL
), grouped AS (
    SELECT lead_id, greatest(least(coalesce(sum(worth) FILTER (WHERE grp = 'web'), 0), 40), -40) AS web,
        least(coalesce(sum(worth) FILTER (WHERE grp = 'content'), 0), 50) AS content,
        least(coalesce(sum(worth) FILTER (WHERE grp = 'intent'), 0), 100) AS intent
    FROM ranked WHERE rank <= at_most GROUP BY lead_id
), totals AS (
    SELECT l.id,
        greatest(least(CASE WHEN c.employees BETWEEN 50 AND 5000 THEN 20 ELSE 0 END
            + CASE WHEN lower(c.industry) IN ('software', 'manufacturing', 'logistics', 'retail', 'finance') THEN 15 ELSE 0 END, 40), -40)
        + greatest(least(CASE WHEN lower(p.seniority) IN ('head', 'director', 'vp', 'c-level') THEN 20 ELSE 0 END
            + CASE p.mail_kind WHEN 'company' THEN 5 WHEN 'free' THEN -10 ELSE 0 END
            + CASE WHEN p.job_title ILIKE '%%student%%' THEN -30 ELSE 0 END, 30), -30) AS fit,
        coalesce(g.web + g.content + g.intent, 0) AS engagement
    FROM leads_lead l JOIN leads_person p ON p.id = l.person_id LEFT JOIN leads_company c ON c.id = l.company_id
    LEFT JOIN grouped g ON g.lead_id = l.id
    WHERE l.closed_at IS NULL
)
UPDATE leads_leadscore s SET fit = totals.fit, engagement = totals.engagement, total = totals.fit + totals.engagement,
    scored_at = %(at)s
FROM totals WHERE s.lead_id = totals.id
"""
RESET = (
    "UPDATE leads_leadscore SET fit = 0, engagement = 0, total = 0, points = '{}', times = '{}', version_id = NULL, rescore_at = NULL, admit_at = NULL",
    "DELETE FROM leads_scorechange",
    "DELETE FROM leads_rescoring",
    # New points leave most people and companies what they were; every fifth gets another grade.
    "UPDATE leads_lead SET fit_grade = '' WHERE id % 5 = 0",
    "VACUUM ANALYZE leads_leadscore, leads_scorechange, leads_lead",
)


def reset() -> None:
    with connection.cursor() as cursor:
        for statement in RESET:
            cursor.execute(statement)


def totals() -> dict[int, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lead_id, fit, engagement FROM leads_leadscore")
        return {row[0]: row[1:] for row in cursor.fetchall()}


def once(act: Any) -> float:
    reset()
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def run() -> list[dict[str, Any]]:
    fresh_database()
    from leads.services import rescoring

    cast: Cast = assemble()
    gather(cast, leads=LEADS, activities=ACTIVITIES)

    def plain() -> None:
        with connection.cursor() as cursor:
            cursor.execute(PLAIN, {"at": NOW})

    def ours() -> None:
        rescoring.renew(NOW)

    by_hand, whole = [], []
    for _ in range(ROUNDS):
        by_hand.append(once(plain))
        wanted = totals()
        whole.append(once(ours))
        assert totals() == wanted, "both give every lead the same points"
    best, mine = min(by_hand), min(whole)
    return [
        {
            "name": f"re-scoring {LEADS:,} leads, {ACTIVITIES:,} deeds",
            "ours": mine,
            "reference": best,
            "ratio": mine / best,
            "demanded": 3.0,
            "unit": "s",
            "better": "lower",
            "note": "with the log, personas, grades, changes and the leads lifted; the reference stores totals only",
        }
    ]
