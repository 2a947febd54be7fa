"""The rows of an imported life: its stages, who had it, how often it was tried, and how it stands now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models

from config.accounts.choices import Function
from leads.imports.context import NOTHING_SAID, Context
from leads.imports.pasts import Past, cause_of
from leads.imports.records import Record
from leads.imports.vocabulary import Vocabulary
from leads.models import Attempt, AttemptChannel, Handoff, HandoffState, LeadScore, Outcome, OwnerSpell, StageEntry
from leads.services.chronicle import Chronicle, set_state
from leads.services.nurture import DEFAULT_DAYS, local_date
from sla.stages import Stage

if TYPE_CHECKING:
    from leads.imports.offering import Offering

WITH_SALES = (Stage.TQL, Stage.SAL, Stage.SQL, Stage.OPPORTUNITY, Stage.WON, Stage.LOST)
DEAL_STAGES = (Stage.OPPORTUNITY, Stage.WON, Stage.LOST)
MOST_ATTEMPTS = 500
DESK, SALES = str(Function.TELEQUALIFICATION), str(Function.SALES)


# --- owners ------------------------------------------------------------------------------------------------------------


def owners_of(record: Record, past: Past | None = None) -> list[tuple[str, str]]:
    """The people a row names, with the function in which they had the lead."""
    values = record.values
    named = [(values.get("owner.telequalification", ""), DESK), (values.get("owner.sales", ""), SALES)]
    if "owner" in values:
        sold = past is not None and past.at(*WITH_SALES) is not None
        named.append((values["owner"], SALES if sold else DESK))
    return [(name, function) for name, function in named if name]


def owners_known(context: Context, record: Record) -> bool:
    """Whether everybody a row names is known, or will be made; else a fault beside the column that names them."""
    context.members.ask(owners_of(record)) if context.dry else None
    for target in ("owner", "owner.telequalification", "owner.sales"):
        name = record.values.get(target)
        if name and not context.members.knows(name):
            record.fault(context.heading(target), f"Nobody here is known as {name!r}.")
    return not record.faults


def queue_known(context: Context, words: Vocabulary, record: Record) -> bool:
    """Whether the call queue that a row names is one of ours; else a fault."""
    name = record.values.get("queue")
    if name and words.queue(name) is None:
        record.fault(context.heading("queue"), f"No call queue here is called {name!r}.")
    return not record.faults


def _owner(context: Context, record: Record, past: Past, function: str) -> int | None:
    return next((context.members.find(name) for name, f in owners_of(record, past) if f == function), None)


# --- the whole ---------------------------------------------------------------------------------------------------------


def stays_open(context: Context, past: Past) -> bool:
    """Whether the lead will be open once it is written: then nobody else may pursue the same person."""
    if past.is_closed or past.unknown_end:
        return False
    return not past.is_in_hands or context.plan.options.open_leads == "offer"


def finished(
    context: Context, words: Vocabulary, life: Chronicle, past: Past, record: Record, offering: Offering | None
) -> list[models.Model]:
    """Tell the whole past and give every row, ready to be written."""
    reason = words.reason(record.values.get("reason", NOTHING_SAID))
    parked = past.stage == Stage.NURTURE
    for step in past.steps[:-1] if parked else past.steps:
        life.enter(step.stage, step.at, cause=cause_of(step, reason))
    if "activity.type" in record.values:
        at = record.values.get("activity.at") or past.received_at
        life.did(record.values["activity.type"], at, context.source.key)
    handoff = _handoffs(context, words, life, past, record, reason)
    life.rows += attempts(context, words, record, life, handoff, past)
    if parked:
        day = max(local_date(context.at), local_date(past.end_at) + timedelta(days=DEFAULT_DAYS))
        life.park(past.steps[-1].at, kind="recycled", reason=reason, return_on=day)
    life.lead.owner_id = _owner(context, record, past, SALES) if past.stage == Stage.WON else None
    unknown = past.unknown_end or (past.is_in_hands and not (offering and offering.take_up(life, past, record)))
    rows = life.finish(context.at, unknown_end=unknown)
    if past.is_early and not unknown:
        rows.append(unscored(life, context.at))
    for row in rows:
        if isinstance(row, Handoff | StageEntry) and row.version_id is None:
            begun = row.offered_at if isinstance(row, Handoff) else row.entered_at
            row.version_id = words.version_at(life.lead.segment_id, begun)
    return rows


def unscored(life: Chronicle, at: datetime) -> LeadScore:
    """A score yet to be worked out: the scheduled rescoring takes it up at once."""
    return LeadScore(lead=life.lead, fit=0, engagement=0, total=0, scored_at=at, rescore_at=at)


# --- who had it --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leg:
    """One imported passing of a lead: to whom, from when to when, and how it ended ("" where nobody knows)."""

    function: str
    team_id: int
    user_id: int | None
    since: datetime
    until: datetime
    outcome: str
    stage: str
    queue_id: int | None = None


def _handoffs(
    context: Context, words: Vocabulary, life: Chronicle, past: Past, record: Record, reason: str
) -> Handoff | None:
    """The passings that the named owners prove. Marked as imported: they count in nobody's figures."""
    last = None
    for leg in [*waited(words, record, past, _owner(context, record, past, DESK)), *legs(context, record, past)]:
        last = imported_handoff(life.lead, leg, reason)
        life.rows.append(last)
        if leg.user_id is not None:
            life.rows.append(OwnerSpell(handoff=last, user_id=leg.user_id, from_at=leg.since, until_at=leg.until))
    return last


def waited(words: Vocabulary, record: Record, past: Past, caller: int | None) -> list[Leg]:
    """The wait in a call queue that a row tells of: to the first call, or to when the lead went away."""
    values = record.values
    queue = words.queue(values.get("queue", ""))
    if queue is None:
        return []
    since = values.get("queue.entered_at") or past.received_at
    ends = [values.get("attempts.first_at"), values.get("queue.left_at"), since]
    until = max(since, next(end for end in ends if end is not None))
    return [Leg(DESK, queue.team_id, caller, since, until, "", Stage.MQL, queue.pk)]


def legs(context: Context, record: Record, past: Past) -> list[Leg]:
    found = []
    to_sales = past.at(*WITH_SALES)
    desk, seller = (_owner(context, record, past, function) for function in (DESK, SALES))
    if "queue" in record.values:
        desk = None  # the wait in the queue says who had it
    stays = stays_open(context, past) and past.is_in_hands
    if desk is not None and (to_sales or not stays):
        until = to_sales or past.end_at
        since = min(past.at(Stage.MQL, Stage.PQL) or past.received_at, until)
        outcome = Outcome.QUALIFIED if to_sales else _outcome(past)
        found.append((DESK, desk, since, until, outcome, Stage.MQL))
    if seller is not None and not stays:
        since = to_sales or past.at(Stage.MQL, Stage.PQL) or past.received_at
        until = max(since, past.at(*DEAL_STAGES) or past.end_at)
        outcome = Outcome.OPPORTUNITY if past.at(*DEAL_STAGES) else _outcome(past)
        found.append((SALES, seller, since, until, outcome, Stage.TQL if past.at(Stage.TQL) else Stage.MQL))
    teams = [(leg, context.members.team(leg[0], leg[1])) for leg in found]
    return [Leg(leg[0], team, leg[1], leg[2], leg[3], str(leg[4]), leg[5]) for leg, team in teams if team is not None]


def _outcome(past: Past) -> str:
    if past.stage == Stage.DISQUALIFIED:
        return Outcome.DISQUALIFIED
    return Outcome.RECYCLED if past.stage == Stage.NURTURE else ""


def imported_handoff(lead: models.Model, leg: Leg, reason: str) -> Handoff:
    handoff = Handoff(
        lead=lead,
        from_function=Function.MARKETING if leg.function == DESK else Function.TELEQUALIFICATION,
        to_function=leg.function,
        to_team_id=leg.team_id,
        to_user_id=leg.user_id,
        queue_id=leg.queue_id,
        stage=leg.stage,
        offered_at=leg.since,
        created_at=leg.since,
        imported=True,
        route="import",
    )
    if leg.outcome:
        set_state(handoff, HandoffState.CLOSED)
        handoff.closed_at, handoff.outcome = leg.until, leg.outcome
        handoff.reason = reason if leg.outcome == Outcome.DISQUALIFIED else ""
    else:
        set_state(handoff, HandoffState.WITHDRAWN)
        handoff.decided_at, handoff.note = leg.until, "Imported; what became of it is not known."
    return handoff


# --- how often it was tried ----------------------------------------------------------------------------------------------


def attempts(
    context: Context, words: Vocabulary, record: Record, life: Chronicle, handoff: Handoff | None, past: Past
) -> list[Attempt]:
    """The tries that a row counts. Only the first and the last may be dated; the others are marked as undated."""
    values = record.values
    count = values.get("attempts.count", 0)
    first_at, last_at = values.get("attempts.first_at"), values.get("attempts.last_at")
    count = max(count, bool(first_at) + bool(last_at and last_at != first_at), bool("attempts.disposition" in values))
    if count > MOST_ATTEMPTS:
        record.fault(
            context.heading("attempts.count"), f"{count} attempts cannot be meant; at most {MOST_ATTEMPTS} can."
        )
        return []
    if not count:
        return []
    by = handoff.to_user_id if handoff else None
    some = last_at or first_at or past.received_at
    made = [_attempt(life, handoff, by, some, dated=False) for _ in range(count)]
    if first_at:
        made[0].at, made[0].details = first_at, {"imported": True}
        if handoff is not None and handoff.first_attempt_at is None:
            handoff.first_attempt_at = first_at
    last = made[-1]
    if last_at or count == 1:
        last.details = {"imported": True} if last_at or first_at else last.details
    tell_outcome(words, last, values.get("attempts.disposition", ""), values.get("attempts.talk_seconds"))
    last.handling_seconds = values.get("attempts.handling_seconds")
    for attempt in made:
        attempt.channel = _channel(values.get("attempts.channel", ""))
    return made


def _attempt(life: Chronicle, handoff: Handoff | None, by: int | None, at: datetime, *, dated: bool) -> Attempt:
    return Attempt(
        lead=life.lead, handoff=handoff, by_id=by, at=at, disposition=NOTHING_SAID, created_at=at, settles_at=at,
        settled_at=at, details={"imported": True} if dated else {"imported": True, "undated": True},
    )  # fmt: skip


def tell_outcome(words: Vocabulary, attempt: Attempt, named: str, talk_seconds: int | None) -> None:
    """The outcome of a try in the agreement's terms where they know it; talk says that somebody answered."""
    term = words.disposition(named) if named else None
    attempt.talk_seconds = talk_seconds
    if term is not None:
        attempt.disposition, attempt.counts = term.key, term.counts_as_attempt
        attempt.human_answered, attempt.real_contact = term.human_answered, term.real_contact
    else:
        attempt.disposition = named or NOTHING_SAID
        attempt.human_answered = attempt.real_contact = bool(talk_seconds)


def _channel(named: str) -> str:
    return named.lower() if named.lower() in AttemptChannel.values else AttemptChannel.CALL
