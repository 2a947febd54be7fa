"""Facts of the opportunities, in the company's currency: opened, and ended."""

from __future__ import annotations

from reports.facts.base import Fact

MARKETING, SELF, OTHER = "marketing", "self", "other"
# From a lead: marketing's. Found by sales themselves: self-sourced. Brought in without a lead: neither.
ORIGIN = f"CASE WHEN o.self_sourced THEN '{SELF}' WHEN o.lead_id IS NOT NULL THEN '{MARKETING}' ELSE '{OTHER}' END"
STAGE = "CASE WHEN o.stage IN ('won', 'lost') THEN o.stage ELSE 'open' END"
SOURCE = "leads_opportunity o LEFT JOIN leads_handoff h ON h.id = o.handoff_id LEFT JOIN leads_lead lead ON lead.id = o.lead_id"
# A deal without a lead belongs to no segment; it is counted in the one that takes whatever fits no other.
HOLDER = "COALESCE(o.lead_id, -o.id)"
OF_HOLDERS = "(o.lead_id = ANY(%(holders)s) OR (o.lead_id IS NULL AND o.id = ANY(%(deals)s)))"
SEGMENT = "COALESCE(lead.segment_id, (SELECT id FROM sla_segment WHERE is_default))"

OPENED = Fact(
    name="opened",
    item="opportunity",
    words="opportunities opened",
    source=SOURCE,
    base="o.opened_at IS NOT NULL",
    lead="o.lead_id",
    item_id="o.id",
    at="o.opened_at",
    key=ORIGIN,
    mark=STAGE,
    part=f"CASE WHEN {ORIGIN} = '{MARKETING}' THEN COALESCE(o.base_amount, 0) ELSE 0 END",
    whole="COALESCE(o.base_amount, 0)",
    team="h.to_team_id",
    user="o.owner_id",
    version="h.version_id",
    segment=SEGMENT,
    holder=HOLDER,
    holder_condition=OF_HOLDERS,
    imported="COALESCE(h.imported, FALSE)",
    reads_lead=True,
)

ENDED = Fact(
    name="ended",
    item="opportunity",
    words="opportunities won or lost",
    source=SOURCE,
    base="o.closed_at IS NOT NULL AND o.stage IN ('won', 'lost')",
    lead="o.lead_id",
    item_id="o.id",
    at="o.closed_at",
    key=ORIGIN,
    mark="o.stage",
    state="CASE WHEN o.handoff_id IS NOT NULL THEN 'handed' ELSE 'none' END",
    part="CASE WHEN o.stage = 'won' THEN COALESCE(o.base_amount, 0) ELSE 0 END",
    whole="COALESCE(o.base_amount, 0)",
    team="h.to_team_id",
    user="o.owner_id",
    version="h.version_id",
    segment=SEGMENT,
    holder=HOLDER,
    holder_condition=OF_HOLDERS,
    imported="COALESCE(h.imported, FALSE)",
    reads_lead=True,
    more={"product": "COALESCE(o.product_id, 0)::text", "lost_reason": "o.lost_reason"},
)

FACTS = (OPENED, ENDED)
