"""Facts of the handoffs: decided, completed, worked, ended, booked, rejected."""

from __future__ import annotations

from reports.facts.base import Fact

ACCEPTED, REJECTED = "accepted", "rejected"
UNCONTESTED = "uncontested"

DECISION = Fact(
    name="decision",
    item="handoff",
    words="handoffs decided",
    source="leads_handoff h",
    base="h.decided_at IS NOT NULL AND h.state IN ('accepted', 'closed', 'rejected')",
    lead="h.lead_id",
    item_id="h.id",
    at="h.decided_at",
    key="h.to_function",
    mark=f"CASE h.state WHEN 'rejected' THEN '{REJECTED}' ELSE '{ACCEPTED}' END",
    part="(h.state <> 'rejected')::int",
    team="h.to_team_id",
    user="COALESCE(h.decided_by_id, h.to_user_id)",
    version="h.version_id",
    imported="h.imported",
    more={"rep": "COALESCE(h.decided_by_id, 0)::text", "giver": "COALESCE(h.from_user_id, 0)::text"},
)

COMPLETENESS = Fact(
    name="completeness",
    item="handoff",
    words="handoffs by how complete they were",
    source="leads_handoff h",
    base="NOT h.imported AND h.packet -> 'completeness' ->> 'needed' <> '0'",
    lead="h.lead_id",
    item_id="h.id",
    at="h.offered_at",
    key="h.from_function",
    mark="CASE WHEN jsonb_array_length(h.packet -> 'completeness' -> 'missing') = 0 THEN 'complete' ELSE 'lacking' END",
    part="(h.packet -> 'completeness' ->> 'filled')::int",
    whole="(h.packet -> 'completeness' ->> 'needed')::int",
    team="h.from_team_id",
    user="h.from_user_id",
    version="h.version_id",
)

BARS = (
    "(SELECT b.id AS version_id, d ->> 'stage' AS stage, min((d ->> 'minimum_score')::int) AS score "
    "FROM sla_version b, jsonb_array_elements(b.compiled -> 'definitions') d "
    "WHERE b.compiled IS NOT NULL AND d ->> 'minimum_score' IS NOT NULL GROUP BY 1, 2)"
)
CARRIED = (
    "EXISTS (SELECT 1 FROM leads_stageentry e WHERE e.lead_id = h.lead_id AND e.stage = h.stage"
    " AND e.cause = 'catapult' AND e.entered_at <= h.offered_at)"
)
SCORE = "(h.packet -> 'score' ->> 'total')::int"

THRESHOLD = Fact(
    name="threshold",
    item="handoff",
    words="handoffs by their score",
    source=f"leads_handoff h JOIN {BARS} bar ON bar.version_id = h.version_id AND bar.stage = h.stage",
    base="NOT h.imported AND h.from_function = 'marketing' AND h.packet -> 'score' IS NOT NULL",
    lead="h.lead_id",
    item_id="h.id",
    at="h.offered_at",
    key="h.stage",
    mark=f"CASE WHEN {SCORE} >= bar.score THEN 'reached' WHEN {CARRIED} THEN 'carried' ELSE 'below' END",
    part=f"({SCORE} >= bar.score OR {CARRIED})::int",
    team="h.to_team_id",
    user="h.to_user_id",
    version="h.version_id",
)

UNREACHED = Fact(
    name="unreached",
    item="handoff",
    words="handoffs closed without having spoken with the lead",
    source="leads_handoff h LEFT JOIN leads_attempt a ON a.handoff_id = h.id AND a.counts AND a.undone_at IS NULL",
    base="h.state = 'closed' AND h.first_contact_at IS NULL AND h.outcome <> 'merged' AND NOT h.imported",
    lead="h.lead_id",
    item_id="h.id",
    at="h.closed_at",
    key="h.to_function",
    mark="LEAST(count(a.id), 99)::text",
    part="count(a.id)",
    team="h.to_team_id",
    user="h.to_user_id",
    version="h.version_id",
    group="h.id",
)

OUTCOME = Fact(
    name="outcome",
    item="handoff",
    words="accepted handoffs brought to an outcome",
    source="leads_handoff h",
    base="h.state = 'closed' AND h.outcome <> 'merged'",
    lead="h.lead_id",
    item_id="h.id",
    at="h.closed_at",
    key="h.to_function",
    mark="h.outcome",
    part="(h.outcome = 'opportunity')::int",
    team="h.to_team_id",
    user="h.to_user_id",
    version="h.version_id",
    imported="h.imported",
)

# A lead handed to sales ends when it is rejected, closed without a deal, or its deal is won or lost.
ENDING = Fact(
    name="ending",
    item="handoff",
    words="handed-over leads that came to an end",
    source="leads_handoff h LEFT JOIN leads_opportunity o ON o.handoff_id = h.id",
    base="h.to_function IN ('sales', 'business_development') AND (h.state = 'rejected' OR o.closed_at IS NOT NULL "
    "OR (h.state = 'closed' AND h.outcome IN ('recycled', 'disqualified')))",
    lead="h.lead_id",
    item_id="h.id",
    at="COALESCE(o.closed_at, h.closed_at, h.decided_at)",
    key="h.to_function",
    mark="CASE WHEN o.closed_at IS NOT NULL THEN o.stage WHEN h.state = 'rejected' THEN 'rejected' ELSE h.outcome END",
    part="COALESCE((o.stage = 'won')::int, 0)",
    team="h.to_team_id",
    user="COALESCE(o.owner_id, h.to_user_id)",
    version="h.version_id",
    imported="h.imported",
)

MEETING = Fact(
    name="meeting",
    item="handoff",
    words="booked meetings",
    source="leads_handoff h CROSS JOIN LATERAL (VALUES (h.to_function, h.to_team_id, h.to_user_id), "
    "(h.from_function, h.from_team_id, h.from_user_id)) side (function, team_id, user_id)",
    base="h.meeting_at IS NOT NULL AND h.state IN ('offered', 'accepted', 'closed')",
    lead="h.lead_id",
    item_id="h.id",
    at="h.meeting_at",
    key="side.function",
    team="side.team_id",
    user="side.user_id",
    version="h.version_id",
    imported="h.imported",
)

REJECTION = Fact(
    name="rejection",
    item="handoff",
    words="handoffs rejected",
    source="leads_handoff h LEFT JOIN leads_contest contest ON contest.handoff_id = h.id",
    base="h.state = 'rejected'",
    lead="h.lead_id",
    item_id="h.id",
    at="h.decided_at",
    key="h.reason",
    mark=f"COALESCE(contest.state, '{UNCONTESTED}')",
    team="h.to_team_id",
    user="h.decided_by_id",
    version="h.version_id",
    imported="h.imported",
    more={
        "rep": "COALESCE(h.decided_by_id, 0)::text",
        "giver": "COALESCE(h.from_user_id, 0)::text",
        "giver_function": "h.from_function",
        "function": "h.to_function",
        "attribute": "h.reason_attribute",
    },
)

# What a team was given to work on, whatever became of it.
SUPPLY = Fact(
    name="supply",
    item="handoff",
    words="leads handed to a team",
    source="leads_handoff h",
    base="h.state <> 'withdrawn' AND h.outcome <> 'merged'",
    lead="h.lead_id",
    item_id="h.id",
    at="h.offered_at",
    key="h.to_function",
    team="h.to_team_id",
    user="h.to_user_id",
    version="h.version_id",
    imported="h.imported",
)

FACTS = (SUPPLY, DECISION, COMPLETENESS, THRESHOLD, UNREACHED, OUTCOME, ENDING, MEETING, REJECTION)
