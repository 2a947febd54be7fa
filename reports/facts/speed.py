"""Facts of the answer to handed-over leads: how soon the first try came, when leads arrive, how many tries they took."""

# ruff: noqa: S608 - the statements are made here, of names known here; values are bound

from __future__ import annotations

from collections.abc import Sequence

from reports.facts.base import Fact
from reports.facts.ledger import HANDED

# Upper ends in minutes, each band up to and with its end; what is beyond the last is "later", what was never tried "none".
BANDS: tuple[int, ...] = (5, 15, 30, 60, 240, 1440)
LATER, NONE = "later", "none"
BAND_CODES: tuple[str, ...] = (*(f"within-{end}" for end in BANDS), LATER)
TRY_BANDS: tuple[tuple[str, int, int], ...] = (
    *((str(n), n, n) for n in range(6)), ("6-10", 6, 10), ("11-20", 11, 20), ("21+", 21, 10**6),
)  # fmt: skip

QUALIFIED, CONTACTED, TRIED, WAITING = "qualified", "contacted", "tried", "waiting"
CONTACTED_OPEN, TRIED_OPEN = "contacted-open", "tried-open"
REACHED = (QUALIFIED, CONTACTED, CONTACTED_OPEN)
ENDED = (QUALIFIED, CONTACTED, TRIED)

IS_OPEN = "h.state IN ('offered', 'accepted')"
# Whoever was qualified has been reached, even where history brought no call with it.
RESULT = (
    f"CASE WHEN h.outcome IN ('qualified', 'opportunity') THEN '{QUALIFIED}' "
    f"WHEN h.first_contact_at IS NOT NULL THEN CASE WHEN {IS_OPEN} THEN '{CONTACTED_OPEN}' ELSE '{CONTACTED}' END "
    f"WHEN h.first_attempt_at IS NOT NULL THEN CASE WHEN {IS_OPEN} THEN '{TRIED_OPEN}' ELSE '{TRIED}' END "
    f"ELSE '{WAITING}' END"
)
# History that tells no attempts says nothing about speed.
BASE = "h.state <> 'withdrawn' AND h.outcome <> 'merged' AND NOT (h.imported AND h.first_attempt_at IS NULL)"
WALL_SECONDS = "extract(epoch FROM h.first_attempt_at - h.offered_at)"
WORKING_SECONDS = "c.used_seconds"
WITH_CLOCK = (
    "leads_handoff h LEFT JOIN sla_clock c ON c.subject = h.id AND c.kind = 'first_attempt' "
    "AND c.state IN ('met', 'met_late')"
)


def _bands(seconds: str, ends: Sequence[int] = BANDS) -> str:
    cases = " ".join(f"WHEN {seconds} <= {end * 60} THEN 'within-{end}'" for end in ends)
    return f"CASE WHEN {seconds} IS NULL THEN '{NONE}' {cases} ELSE '{LATER}' END"


def _try_bands(count: str) -> str:
    cases = " ".join(f"WHEN {count} BETWEEN {low} AND {high} THEN '{code}'" for code, low, high in TRY_BANDS)
    return f"CASE {cases} END"


def _fact(
    name: str, words: str, *, source: str = "leads_handoff h", mark: str, state: str = RESULT, **more: str
) -> Fact:
    return Fact(
        name=name, item="handoff", words=words, source=source, base=BASE, lead="h.lead_id", item_id="h.id",
        at="h.offered_at", key="h.to_function", mark=mark, state=state, team="h.to_team_id",
        user="COALESCE(h.to_user_id, h.decided_by_id)", version="h.version_id", imported="h.imported", rolled=False,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


RESPONSE = _fact("response", "handoffs by how soon they were first tried", mark=_bands(WALL_SECONDS))
RESPONSE_WORKING = _fact(
    "response_working",
    "handoffs by working time to the first try",
    source=WITH_CLOCK,
    mark=_bands(WORKING_SECONDS),
)
MOMENT = _fact(
    "moment",
    "handoffs by when they arrived",
    source=WITH_CLOCK,
    mark="extract(isodow FROM h.offered_at AT TIME ZONE %(zone)s)::int::text",
    state="extract(hour FROM h.offered_at AT TIME ZONE %(zone)s)::int::text",
)
TRIES = _fact(
    "tries",
    "handoffs by how often they were tried",
    source="leads_handoff h LEFT JOIN leads_attempt a ON a.handoff_id = h.id AND a.counts AND a.undone_at IS NULL",
    mark=_try_bands("count(a.id)"),
    group="h.id",
)

# By lead instead of by handoff: history that was brought in tells attempts without saying who was handed the lead.
QUALIFIED_STAGES = "('tql', 'sal', 'sql', 'opportunity', 'won')"
LEAD_TRIES = Fact(
    name="lead_tries",
    item="lead",
    words="leads by how often they were tried",
    source="leads_lead lead JOIN leads_attempt a ON a.lead_id = lead.id AND a.counts AND a.undone_at IS NULL",
    lead="lead.id",
    item_id="lead.id",
    at="lead.received_at",
    mark=_try_bands("count(a.id)"),
    state="CASE WHEN EXISTS (SELECT 1 FROM leads_stageentry e WHERE e.lead_id = lead.id AND e.stage IN "
    f"{QUALIFIED_STAGES}) THEN '{QUALIFIED}' WHEN bool_or(a.real_contact) THEN '{CONTACTED}' ELSE '{TRIED}' END",
    version="lead.version_id",
    team_condition=HANDED.format(lead="lead.id"),
    group="lead.id",
    reads_lead=True,
    rolled=False,
)

FACTS = (RESPONSE, RESPONSE_WORKING, MOMENT, TRIES, LEAD_TRIES)
