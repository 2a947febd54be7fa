"""Facts of the ledger: who came, who entered which stage, and how far they got from there."""

from __future__ import annotations

from leads.services.chronicle import OUTCOME_UNKNOWN
from reports.facts.base import Fact
from sla.stages import FORWARD, Stage

UNKNOWN = "unknown"  # where a lead is whose end was never told
HANDED = "EXISTS (SELECT 1 FROM leads_handoff t WHERE t.lead_id = {lead} AND t.to_team_id = %(scope_team)s)"
HANDED_JOIN = "JOIN (SELECT DISTINCT lead_id, to_team_id FROM leads_handoff) handed ON handed.lead_id = {lead}"

ARRIVAL = Fact(
    name="arrival",
    item="lead",
    words="leads received",
    source="leads_lead lead",
    lead="lead.id",
    item_id="lead.id",
    at="lead.received_at",
    key="COALESCE(lead.campaign_id, 0)::text",
    team_condition=HANDED.format(lead="lead.id"),
    team_join=HANDED_JOIN.format(lead="lead.id"),
    version="lead.version_id",
    reads_lead=True,
)

ENTRY = Fact(
    name="entry",
    item="lead",
    words="leads that reached a stage for the first time",
    source="leads_stageentry s",
    base="s.is_first",
    lead="s.lead_id",
    item_id="s.lead_id",
    at="s.entered_at",
    key="s.stage",
    version="s.version_id",
    team_condition=HANDED.format(lead="s.lead_id"),
    team_join=HANDED_JOIN.format(lead="s.lead_id"),
    rolled=False,  # the roll-ups count them as the cohorts of `progress`
)

REENTRY = Fact(
    name="reentry",
    item="entry",
    words="returns to a stage",
    source="leads_stageentry s",
    base="NOT s.is_first",
    lead="s.lead_id",
    item_id="s.id",
    at="s.entered_at",
    key="s.stage",
    version="s.version_id",
    team_condition=HANDED.format(lead="s.lead_id"),
    team_join=HANDED_JOIN.format(lead="s.lead_id"),
)


def rank_sql(column: str) -> str:
    """The place of a stage on the way forward, from 1; NULL for those beside it."""
    places = " ".join(f"WHEN '{code.value}' THEN {place}" for place, code in enumerate(map(Stage, FORWARD), 1))
    return f"CASE {column} {places} END"


FORWARD_ARRAY = "ARRAY[" + ", ".join(f"'{Stage(code).value}'" for code in FORWARD) + "]::text[]"
HIGHEST = f"({FORWARD_ARRAY})[max({rank_sql('e.stage')})]"
PRESENT = "max(e.stage) FILTER (WHERE e.left_at IS NULL)"
# A lost deal stays lost for this cohort while the lead waits in nurture for another time.
NOW = (
    f"CASE WHEN lead.closed_reason = '{OUTCOME_UNKNOWN}' THEN '{UNKNOWN}' "
    f"WHEN bool_or(e.stage = 'won') THEN 'won' "
    f"WHEN bool_or(e.stage = 'lost') AND {PRESENT} IN ('lost', 'nurture', 'disqualified', 'engaged') THEN 'lost' "
    f"ELSE {PRESENT} END"
)

PROGRESS = Fact(
    name="progress",
    item="lead",
    words="leads by how far they got",
    source="leads_stageentry s JOIN leads_stageentry e ON e.lead_id = s.lead_id "
    "JOIN leads_lead lead ON lead.id = s.lead_id",
    base="s.is_first",
    lead="s.lead_id",
    item_id="s.lead_id",
    at="s.entered_at",
    key="s.stage",
    mark=HIGHEST,
    state=NOW,
    version="s.version_id",
    team_condition=HANDED.format(lead="s.lead_id"),
    team_join=HANDED_JOIN.format(lead="s.lead_id"),
    group="s.id, lead.id",
    reads_lead=True,
)

FACTS = (ARRIVAL, ENTRY, REENTRY, PROGRESS)
