"""Facts of the clocks: each timed promise, and whether it was kept. True at any instant, whoever has swept."""

from __future__ import annotations

from reports.facts.base import Fact

MET, BROKEN, EXCUSED, RUNNING, CANCELLED = "met", "broken", "excused", "running", "cancelled"
KEPT = (MET,)
ALL_BROKEN = (BROKEN, EXCUSED)

# The twin of `Clock.state_at` and `Clock.objects.breached_at`: past `breaches_at` a running clock is broken already.
IS_BROKEN = "(c.breached_at IS NOT NULL OR (c.state = 'running' AND c.breaches_at < %(now)s))"
VERDICT = (
    f"CASE WHEN {IS_BROKEN} AND cause.excused THEN '{EXCUSED}' WHEN {IS_BROKEN} THEN '{BROKEN}' "
    f"WHEN c.state = 'met' THEN '{MET}' WHEN c.state = 'cancelled' THEN '{CANCELLED}' ELSE '{RUNNING}' END"
)
# A rejection is contested by the side that gave; every other promise is kept by the side that was given.
IS_GIVERS = "c.kind = 'contest'"

PROMISE = Fact(
    name="promise",
    item="promise",
    words="promises",
    source="sla_clock c JOIN leads_handoff h ON h.id = c.subject "
    "JOIN sla_version v ON v.id = c.version_id JOIN sla_agreement a ON a.id = v.agreement_id "
    "LEFT JOIN sla_breachcause cause ON cause.clock_id = c.id",
    base="NOT c.imported_late AND NOT h.imported",
    lead="h.lead_id",
    item_id="c.id",
    at="c.started_at",
    key="c.commitment",
    mark=VERDICT,
    team=f"CASE WHEN {IS_GIVERS} THEN h.from_team_id ELSE h.to_team_id END",
    user=f"CASE WHEN {IS_GIVERS} THEN h.from_user_id ELSE COALESCE(h.to_user_id, h.decided_by_id) END",
    version="c.version_id",
    segment="a.segment_id",
    more={"used": "c.used_seconds", "side": "c.side"},
)

FACTS = (PROMISE,)
