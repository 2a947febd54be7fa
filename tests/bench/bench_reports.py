"""Reports: each query against the best plain SQL for the same figures; the default dashboards among few leads and many.

`HANDOFF_BENCH_LEADS` says how many leads the many are. Figures read from the roll-ups are those of the default pages.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from tests.bench.report import fresh_database, interleaved, measure
from tests.cast import DAY, NOW, assemble

FEW = 10_000
MANY = int(os.environ.get("HANDOFF_BENCH_LEADS", "1000000"))

PLAIN: dict[str, str] = {
    "funnel": """
        SELECT furthest, now, count(*) FROM (
            SELECT max(CASE e.stage WHEN 'anonymous' THEN 1 WHEN 'known' THEN 2 WHEN 'engaged' THEN 3 WHEN 'mql' THEN 4 WHEN 'pql' THEN 5
                    WHEN 'tal' THEN 6 WHEN 'tql' THEN 7 WHEN 'sal' THEN 8 WHEN 'sql' THEN 9 WHEN 'opportunity' THEN 10 WHEN 'won' THEN 11 END) AS furthest,
                max(e.stage) FILTER (WHERE e.left_at IS NULL) AS now, bool_or(e.stage = 'lost') AS lost, max(l.closed_reason) AS why
            FROM leads_stageentry s JOIN leads_stageentry e ON e.lead_id = s.lead_id JOIN leads_lead l ON l.id = s.lead_id
            WHERE s.is_first AND s.stage = 'mql' AND s.entered_at >= %(from)s AND s.entered_at < %(until)s GROUP BY s.id
        ) x GROUP BY 1, 2
    """,
    "promises": """
        SELECT c.commitment, CASE WHEN c.breached_at IS NOT NULL OR (c.state = 'running' AND c.breaches_at < %(now)s)
            THEN CASE WHEN b.excused THEN 'excused' ELSE 'broken' END ELSE c.state END, count(*)
        FROM sla_clock c JOIN leads_handoff h ON h.id = c.subject JOIN sla_version v ON v.id = c.version_id
        JOIN sla_agreement a ON a.id = v.agreement_id LEFT JOIN sla_breachcause b ON b.clock_id = c.id
        WHERE NOT c.imported_late AND NOT h.imported AND c.started_at >= %(from)s AND c.started_at < %(until)s AND a.segment_id = %(segment)s
        GROUP BY 1, 2
    """,
    "speed": """
        SELECT CASE WHEN s IS NULL THEN 'none' WHEN s <= 300 THEN '5' WHEN s <= 900 THEN '15' WHEN s <= 1800 THEN '30' WHEN s <= 3600 THEN '60'
            WHEN s <= 14400 THEN '240' WHEN s <= 86400 THEN '1440' ELSE 'later' END, result, count(*)
        FROM (SELECT extract(epoch FROM first_attempt_at - offered_at) AS s,
                CASE WHEN outcome IN ('qualified', 'opportunity') THEN 'q' WHEN first_contact_at IS NOT NULL THEN 'c' || state
                    WHEN first_attempt_at IS NOT NULL THEN 't' || state ELSE 'w' END AS result
            FROM leads_handoff WHERE state <> 'withdrawn' AND outcome <> 'merged' AND NOT (imported AND first_attempt_at IS NULL)
            AND to_function = 'telequalification' AND offered_at >= %(from)s AND offered_at < %(until)s) x GROUP BY 1, 2
    """,
    "rejections": """
        SELECT h.reason, COALESCE(c.state, 'none'), l.source, count(*) FROM leads_handoff h JOIN leads_lead l ON l.id = h.lead_id
        LEFT JOIN leads_contest c ON c.handoff_id = h.id
        WHERE h.state = 'rejected' AND h.decided_at >= %(from)s AND h.decided_at < %(until)s GROUP BY 1, 2, 3
    """,
    "returns": """
        SELECT COALESCE(l.campaign_id, 0), s.stage, count(*) FROM leads_stageentry s JOIN leads_lead l ON l.id = s.lead_id
        WHERE s.is_first AND s.stage IN ('mql', 'tal', 'tql', 'sal', 'opportunity', 'won') AND s.entered_at >= %(from)s
        AND s.entered_at < %(until)s GROUP BY 1, 2
    """,
    "capacity": """
        SELECT date_trunc('week', offered_at AT TIME ZONE 'Europe/Berlin'), count(*) FROM leads_handoff
        WHERE state <> 'withdrawn' AND outcome <> 'merged' AND to_function = 'telequalification' AND offered_at >= %(from)s
        AND offered_at < %(until)s GROUP BY 1
    """,
    "touches": """
        WITH touch AS (
            SELECT DISTINCT o.id, o.base_amount, t.campaign_id, t.at
            FROM leads_opportunity o JOIN leads_lead own ON own.id = o.lead_id JOIN leads_lead l ON l.person_id = own.person_id,
            LATERAL (SELECT l.campaign_id, l.received_at AS at WHERE l.campaign_id IS NOT NULL UNION ALL
                SELECT c.id, a.occurred_at FROM leads_activity a JOIN leads_campaign c ON c.key = a.properties ->> 'campaign'
                WHERE a.lead_id = l.id) t
            WHERE o.opened_at >= %(from)s AND o.opened_at < %(until)s AND NOT o.self_sourced AND t.at <= o.opened_at
        ), placed AS (
            SELECT *, row_number() OVER (PARTITION BY id ORDER BY at) AS first, row_number() OVER (PARTITION BY id ORDER BY at DESC) AS last,
                count(*) OVER (PARTITION BY id) AS touches FROM touch
        )
        SELECT campaign_id, sum(base_amount) FILTER (WHERE first = 1), sum(base_amount) FILTER (WHERE last = 1),
            sum(base_amount / touches), count(*) FROM placed GROUP BY 1
    """,
}  # fmt: skip


def run() -> list[dict[str, Any]]:
    url = fresh_database()
    assert url
    few = dashboards(FEW)
    fresh_database()
    queries: list[dict[str, Any]] = []
    many = dashboards(MANY, queries)
    return queries + [
        {
            "name": f"reports: {name} at {MANY:,} leads against {FEW:,}", "ours": many[name] * 1000, "reference": few[name] * 1000,
            "ratio": many[name] / few[name], "demanded": 2.0, "unit": "ms", "better": "lower",
        }
        for name in many
    ]  # fmt: skip


def dashboards(leads: int, queries: list[dict[str, Any]] | None = None) -> dict[str, float]:
    """Median seconds of the default pages over so many leads, read from the roll-ups."""
    from reports.services import rollups
    from tests.bench.market import open_market

    cast = assemble(since=NOW - 400 * DAY)
    open_market(cast, leads)
    began = time.perf_counter()
    cells = rollups.rebuild(NOW)
    print(f"  {leads:,} leads rolled up into {cells:,} cells in {time.perf_counter() - began:.0f} s", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    if queries is not None:
        queries += against_plain(cast)
    return {name: measure(act) for name, act in pages(cast).items()}


def pages(cast: Any) -> dict[str, Callable[[], object]]:
    """What the page makes at once; parts that come later are each a query of their own."""
    from config.accounts.actor import Actor
    from reports import asked as asking
    from reports.catalogue import REPORTS
    from reports.database import snapshot

    def page(key: str) -> Callable[[], object]:
        report = REPORTS[key]

        def show() -> object:
            with snapshot():
                asked = asking.read(
                    {},
                    Actor.of(cast.eva),
                    NOW,
                    filters=report.filters,
                    usual=report.usual,
                    kinds=report.kinds,
                    extra=report.extra,
                )
                return [section.build(asked) for section in report.sections if not section.later]

        return show

    return {key: page(key) for key in ("scoreboard", "funnel")}


def against_plain(cast: Any) -> list[dict[str, Any]]:
    from reports.facts import ALL, Narrowed
    from reports.periods import Kind, containing
    from reports.queries import reading, returns, speed
    from reports.scope import Scope

    period = containing(Kind.LAST_90, NOW.date())
    from reports.company import company_zone

    begin, until = period.bounds(company_zone())
    values = {"from": begin, "until": until, "now": NOW, "segment": cast.segment.pk}

    def slow(needs: Any, split: str = "", periods: Any = (period,), scope: Scope | None = None) -> object:
        return reading.slowly(needs, scope or Scope(), periods, NOW, split)

    stages = ["mql", "tal", "tql", "sal", "opportunity", "won"]
    ours: dict[str, Callable[[], object]] = {
        "funnel": lambda: slow({"progress": Narrowed(keys=["mql"])}),
        "promises": lambda: slow({"promise": ALL}, scope=Scope(segment=cast.segment.pk)),
        "speed": lambda: speed.bands("telequalification", Scope(), period, NOW),
        "rejections": lambda: slow({"rejection": ALL}, "source"),
        "returns": lambda: slow({"entry": Narrowed(keys=stages)}, "campaign"),
        "capacity": lambda: slow(
            {"supply": Narrowed(keys=["telequalification"])}, periods=tuple(period.cut(Kind.WEEK))
        ),
        "touches": lambda: returns.credits("opened", Scope(), period, NOW),
    }

    def plain(name: str) -> Callable[[], object]:
        def ask() -> object:
            with connection.cursor() as cursor:
                cursor.execute(PLAIN[name], values)
                return cursor.fetchall()

        return ask

    found = []
    for name, act in ours.items():
        mine, hand = interleaved(act, plain(name))
        found.append({
            "name": f"reports: {name}, 90 days of {MANY:,} leads, plain SQL", "ours": mine * 1000, "reference": hand * 1000,
            "ratio": mine / hand, "demanded": 1.5, "unit": "ms", "better": "lower",
        })  # fmt: skip
    return found
