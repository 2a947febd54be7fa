"""What a later file tells of leads whose end was unknown: their ledgers go on, set-based, and keep every true date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from config.web.copying import copy_in
from leads.imports.context import Context
from leads.imports.pasts import Past, Step, cause_of
from leads.imports.vocabulary import Vocabulary
from leads.models import Handoff, Lead, NurtureSpell, StageEntry
from leads.models.handoff import OPEN_HANDOFF
from leads.services.chronicle import OUTCOME_UNKNOWN
from sla.stages import CLOSED, Stage

CLOSE_ENTRIES = """
UPDATE leads_stageentry e SET left_at = v.at, left_to = v.stage
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS v(id, at, stage) WHERE e.id = v.id
"""
MOVE_LEADS = """
UPDATE leads_lead l SET stage = v.stage, stage_since = v.since, closed_at = v.closed, closed_reason = v.reason
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[])
    AS v(id, stage, since, closed, reason) WHERE l.id = v.id
"""


@dataclass(frozen=True)
class Onward:
    """A lead and the steps it took since, in their order; the last is where it stands."""

    lead: Lead
    steps: tuple[Step, ...]
    reason: str

    @property
    def last(self) -> Step:
        return self.steps[-1]


def in_hands(lead_ids: Iterable[int]) -> set[int]:
    """Which of these leads are in an open handoff here."""
    rows = Handoff.objects.filter(lead__in=list(lead_ids), state__in=OPEN_HANDOFF)
    return set(rows.values_list("lead_id", flat=True))


def renewed(context: Context, words: Vocabulary, lead: Lead, past: Past, reason: str) -> bool:
    """Carry on one lead whose end was unknown, by what its source says now. False where there is nothing new."""
    if lead.closed_reason != OUTCOME_UNKNOWN or in_hands([lead.pk]):
        return False
    known = set(StageEntry.objects.filter(lead=lead).values_list("stage", flat=True))
    steps = tuple(step for step in past.steps if step.stage not in known)
    if not steps:
        return False
    extend([Onward(lead, steps, words.reason(reason))], words, context.at)
    return True


def extend(onwards: list[Onward], words: Vocabulary, at: datetime) -> None:
    """Write the further steps of many leads. Must run in a transaction, the leads locked."""
    ledgers: dict[int, list[StageEntry]] = {onward.lead.pk: [] for onward in onwards}
    for entry in StageEntry.objects.filter(lead__in=ledgers).order_by("entered_at", "id"):
        ledgers[entry.lead_id].append(entry)
    fresh: list[StageEntry] = []
    closing: list[tuple[int, datetime, str]] = []
    moves: list[tuple[int, str, datetime, datetime | None, str]] = []
    for onward in onwards:
        entries, joint = _further(onward, ledgers[onward.lead.pk], words)
        fresh += entries
        closing.append(joint)
        moves.append(_standing(onward, entries[-1].entered_at))
    _run(CLOSE_ENTRIES, closing)
    copy_in(fresh)
    _run(MOVE_LEADS, moves)
    NurtureSpell.objects.filter(lead__in=ledgers, left_at=None).update(left_at=at, left_cause="import")


def _run(statement: str, rows: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def _further(
    onward: Onward, ledger: list[StageEntry], words: Vocabulary
) -> tuple[list[StageEntry], tuple[int, datetime, str]]:
    """The entries to add, the last one open, and how the entry that is open now ends.

    Steps before the whole ledger take their true place in front of it, and the lead comes back to where it stands
    at the end; the ledger between its ends cannot be rewritten, so a step dated inside it comes after its last entry.
    """
    first, last = ledger[0], ledger[-1]
    seen = {entry.stage for entry in ledger}
    segment = onward.lead.segment_id

    def entry(step: Step, at: datetime) -> StageEntry:
        made = StageEntry(
            lead=onward.lead, stage=step.stage, entered_at=at, cause=cause_of(step, onward.reason)[:60],
            version_id=words.version_at(segment, at), is_first=step.stage not in seen,
        )  # fmt: skip
        seen.add(step.stage)
        return made

    before = [entry(step, step.at) for step in onward.steps if step.at < first.entered_at]
    after = [entry(step, max(step.at, last.entered_at)) for step in onward.steps if step.at >= first.entered_at]
    if not after or after[-1].stage != onward.last.stage:
        after.append(entry(onward.last, last.entered_at))
    _join(before, first.entered_at, first.stage)
    _join(after, None, "")
    return [*before, *after], (last.pk, after[0].entered_at, after[0].stage)


def _join(entries: list[StageEntry], until: datetime | None, then: str) -> None:
    for place, entry in enumerate(entries):
        following = entries[place + 1] if place + 1 < len(entries) else None
        entry.left_at = following.entered_at if following else until
        entry.left_to = following.stage if following else then


def _standing(onward: Onward, entered_at: datetime) -> tuple[int, str, datetime, datetime | None, str]:
    """Where the lead stands after its last step: closed, in an opportunity, or as unknown as before."""
    stage = onward.last.stage
    if stage in CLOSED:
        return onward.lead.pk, stage, entered_at, entered_at, cause_of(onward.last, onward.reason).rpartition(":")[2]
    if stage == Stage.OPPORTUNITY:
        return onward.lead.pk, stage, entered_at, None, ""
    return onward.lead.pk, stage, entered_at, entered_at, OUTCOME_UNKNOWN
