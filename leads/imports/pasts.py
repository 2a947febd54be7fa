"""What a row tells of a lead's past: which stages, when, and how it ended. Dates the source lacks are not made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads.imports.records import UNKNOWN, Record
from sla.stages import BEFORE_QUALIFICATION, CLOSED, IN_HANDS, RANK, Stage

DATED, UNDATED = "imported", "imported:undated"
ENDS = (Stage.WON, Stage.LOST, Stage.DISQUALIFIED, Stage.NURTURE)
BEFORE_THESE = (Stage.WON, Stage.LOST)  # whoever was won or lost had an opportunity, dated or not


@dataclass(frozen=True)
class Step:
    """A stage and when it was entered; `dated` is False where the source says only that it was."""

    stage: str
    at: datetime
    dated: bool = True


@dataclass(frozen=True)
class Past:
    """`steps` are in the order of the stages, the last is where the lead stands. `unknown_end`: the source says so."""

    received_at: datetime
    steps: tuple[Step, ...]
    unknown_end: bool = False

    @property
    def stage(self) -> str:
        return self.steps[-1].stage

    @property
    def is_closed(self) -> bool:
        return self.stage in CLOSED

    @property
    def is_in_hands(self) -> bool:
        return self.stage in IN_HANDS or self.stage == Stage.OPPORTUNITY

    @property
    def is_early(self) -> bool:
        return self.stage in BEFORE_QUALIFICATION

    def at(self, *stages: str) -> datetime | None:
        """When the first of these stages was entered, as far as the source says."""
        return min((step.at for step in self.steps if step.stage in stages), default=None)

    @property
    def end_at(self) -> datetime:
        return max(step.at for step in self.steps)


def past_of(record: Record) -> Past | None:
    """The row's past; None, with a fault, where no date says when the lead came in."""
    values = record.values
    told = {name.partition(".")[2]: at for name, at in values.items() if name.startswith("entered.")}
    stage = values.get("stage", "")
    came_in = values.get("received_at") or min(told.values(), default=None) or values.get("stage_at")
    if came_in is None:
        record.fault("", "No date says when this lead came in. Map a column to one, or give one date for all rows.")
        return None
    unknown_end = stage == UNKNOWN
    final = stage if stage and not unknown_end else _furthest(told)
    steps = [Step(name, at) for name, at in sorted(told.items(), key=lambda item: _rank(item[0])) if name != final]
    if "received_at" in values and Stage.KNOWN not in told and final != Stage.KNOWN and final != Stage.ANONYMOUS:
        steps.insert(0, Step(Stage.KNOWN, came_in))
    at = told.get(final) or values.get("stage_at")
    since: datetime = at or max([came_in, *told.values()])
    dated = bool(at) or final in (Stage.KNOWN, Stage.ANONYMOUS)
    if final in BEFORE_THESE and Stage.OPPORTUNITY not in told:
        steps.append(Step(Stage.OPPORTUNITY, since, dated=False))
    steps.append(Step(final, since, dated))
    return Past(came_in, tuple(steps), unknown_end)


def _furthest(told: dict[str, Any]) -> str:
    """Where a lead stands of which only dates are told: at the end that came last, else as far as it got."""
    ends = [stage for stage in told if stage in ENDS]
    if ends:
        return max(ends, key=lambda stage: told[stage])
    return max(told, key=_rank, default=Stage.KNOWN)


def _rank(stage: str) -> int:
    return RANK.get(stage, len(RANK))


def cause_of(step: Step, reason: str) -> str:
    """The ledger's cause; for an end it carries the reason, as a live one does."""
    if step.stage == Stage.WON:
        return "won"
    if step.stage in (Stage.LOST, Stage.DISQUALIFIED):
        return f"{step.stage}:{reason}"
    return DATED if step.dated else UNDATED
