"""Move a lead through its stages and write the ledger: the only place that does either."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django_fsm import TransitionNotAllowed

from config.accounts.models import User
from config.web.errors import Conflict
from leads.models import Lead, StageEntry
from sla import businesstime
from sla.stages import FORWARD, IN_HANDS, QUALIFYING, RANK, Stage
from sla.terms import Terms

TRANSITIONS: dict[str, str] = {
    Stage.KNOWN: "identify",
    Stage.ENGAGED: "engage",
    Stage.MQL: "qualify_by_marketing",
    Stage.PQL: "qualify_by_product",
    Stage.TAL: "accept_by_telequalification",
    Stage.TQL: "qualify_by_telephone",
    Stage.SAL: "accept_by_sales",
    Stage.SQL: "qualify_by_sales",
    Stage.OPPORTUNITY: "open_opportunity",
    Stage.WON: "win",
    Stage.LOST: "lose",
    Stage.NURTURE: "nurture",
    Stage.DISQUALIFIED: "disqualify",
}
BACKWARD: dict[str, str] = {
    Stage.ENGAGED: "fall_back",
    Stage.MQL: "return_to_marketing_qualified",
    Stage.PQL: "return_to_product_qualified",
}


@dataclass(frozen=True)
class Move:
    """Why a lead moves: at which instant, by whom (None: the system), for what cause, under which terms."""

    at: datetime
    cause: str
    terms: Terms
    by: User | None = None
    score: int | None = None


def transition(lead: Lead, stage: str, terms: Terms) -> None:
    """Change the stage in memory by the state machine. Raises Conflict where it does not allow it."""
    lead.terms = terms
    behind = RANK.get(stage, -1) < RANK.get(lead.stage, -1)
    back = stage in BACKWARD and (behind or lead.stage == Stage.DISQUALIFIED)
    name = BACKWARD[stage] if back else TRANSITIONS[stage]
    before = lead.stage
    try:
        getattr(lead, name)()
    except TransitionNotAllowed as error:
        raise Conflict(
            "wrong_stage", f"A lead cannot go from {terms.label(before)} to {terms.label(stage)}.", stage=before
        ) from error


def first_entries(lead: Lead, path: list[str], move: Move) -> list[StageEntry]:
    """The ledger of a lead that is being made: it passes through `path` at one instant and stays in the last."""
    entries = []
    for index, stage in enumerate(path):
        if index:
            transition(lead, stage, move.terms)
        last = index == len(path) - 1
        entries.append(
            StageEntry(
                lead_id=lead.pk,
                stage=stage,
                entered_at=move.at,
                left_at=None if last else move.at,
                left_to="" if last else path[index + 1],
                by=move.by,
                cause=move.cause if last else "intake",
                version_id=move.terms.version_id or None,
                score=move.score,
                working_seconds=None if last else 0,
            )
        )
    lead.stage_since = move.at
    return entries


def untimed_entry(lead: Lead, at: datetime) -> StageEntry:
    """The ledger of a lead whose segment has no agreement in force: known, and waiting for one."""
    lead.stage_since = at
    return StageEntry(lead=lead, stage=Stage.KNOWN, entered_at=at, cause="intake")


LEDGER = """
WITH closed AS (
    UPDATE leads_stageentry
    SET left_at = GREATEST(%(at)s, entered_at), left_to = %(stage)s, working_seconds = %(working)s
    WHERE lead_id = %(lead)s AND left_at IS NULL
    RETURNING left_at
)
INSERT INTO leads_stageentry (lead_id, stage, entered_at, by_id, cause, version_id, score, left_to, is_first)
SELECT %(lead)s, %(stage)s, COALESCE((SELECT left_at FROM closed), %(at)s), %(by)s, %(cause)s, %(version)s, %(score)s, '',
       NOT EXISTS (SELECT 1 FROM leads_stageentry WHERE lead_id = %(lead)s AND stage = %(stage)s)
RETURNING entered_at
"""


def enter(lead: Lead, stage: str, move: Move) -> bool:
    """Bring a locked lead into a stage and write the ledger. False when it is there already or the stage is off."""
    if lead.stage == stage or not move.terms.stage_enabled(stage):
        return False
    working = working_seconds(move.terms, lead.stage_since, move.at)
    transition(lead, stage, move.terms)
    parameters: dict[str, Any] = {
        "lead": lead.pk,
        "stage": stage,
        "at": move.at,
        "working": working,
        "by": move.by.pk if move.by else None,
        "cause": move.cause[:60],
        "version": move.terms.version_id or None,
        "score": move.score,
    }
    with connection.cursor() as cursor:
        cursor.execute(LEDGER, parameters)
        lead.stage_since = cursor.fetchone()[0]
    lead.version_id = move.terms.version_id or None
    lead.save(update_fields=["stage", "stage_since", "version"])
    return True


def reopen(lead: Lead) -> None:
    """A locked lead that was closed goes on. Raises Conflict where its person has come back by themselves: one lead of a
    person is open in a segment, and of two who begin one at the same instant the database lets one."""
    if lead.closed_at is None:
        return
    lead.closed_at, lead.closed_reason = None, ""
    try:
        with transaction.atomic():
            lead.save(update_fields=["closed_at", "closed_reason", "stage"])
    except IntegrityError as error:
        raise Conflict("came_back", "This person has come back by themselves; work with the new lead.") from error


def enter_through(lead: Lead, stages: tuple[str, ...], move: Move) -> None:
    """Enter stages one after the other at one instant, skipping those switched off and those already passed."""
    for stage in stages:
        if RANK.get(stage, 99) > RANK.get(lead.stage, -1) or lead.stage not in RANK:
            enter(lead, stage, move)


def bring_back(lead: Lead, stage: str, move: Move) -> None:
    """Let a locked lead stand again where it stood when it was handed over: through the door of qualification it once
    came in by, then forward, all at one instant."""
    if lead.stage == stage:
        return
    if lead.stage not in IN_HANDS or RANK[lead.stage] > RANK.get(stage, -1):
        enter(lead, _door(lead, move.terms), move)
    enter_through(lead, (stage,), move)


def _door(lead: Lead, terms: Terms) -> str:
    """The qualifying stage by which this lead came in before, if it is still switched on."""
    passed = StageEntry.objects.filter(lead=lead, stage__in=QUALIFYING).order_by("-id").values_list("stage", flat=True)
    return next((stage for stage in passed if stage in terms.qualifying_stages), terms.qualifying_stages[0])


def working_seconds(terms: Terms, since: datetime, until: datetime) -> float | None:
    """Working time between two instants by the agreement's first calendar; None where it has none."""
    calendar = terms.default_calendar()
    if calendar is None or until <= since:
        return 0.0 if calendar else None
    return businesstime.between(terms.calendar(calendar.key), since, until)


def path_between(first: str, last: str, terms: Terms) -> list[str]:
    """The enabled stages from `first` to `last`; the qualifying stages are two doors, so only `last` among them."""
    low, high = RANK[first], RANK[last]
    doors = {Stage.MQL, Stage.PQL} - {last}
    return [
        code
        for code in FORWARD[low : high + 1]
        if code in (first, last) or (terms.stage_enabled(code) and code not in doors)
    ]
