"""When a promise falls due, when it is broken, and when each step before and after falls: working time made instants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sla import businesstime
from sla.metrics import Unit
from sla.models.clock import BREACH
from sla.openhours import Calendar, Hours, intersect
from sla.terms import CommitmentTerms, Terms

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Schedule:
    """`due_at` is what people see, `breaches_at` what is judged by; steps are sorted by their instant."""

    due_at: datetime
    breaches_at: datetime
    target_seconds: float
    steps_at: list[datetime]
    steps: list[str]


def hours_for(terms: Terms, timing: dict[str, Any]) -> Hours:
    """The hours a clock counts in: its calendar, less the closings it knows, within the lead's calling window if agreed."""
    closed = [(datetime.fromisoformat(row[0]), datetime.fromisoformat(row[1])) for row in timing.get("closed", ())]
    calendar = terms.calendar(timing["calendar"], closed)
    if timing.get("window"):
        return intersect(calendar, Calendar.from_terms(timing["window"]))
    return calendar


def first_due(hours: Hours, start: datetime, commitment: CommitmentTerms) -> datetime:
    """The instant at which the target is used up, counted from `start` without pauses."""
    value = float(commitment.target)
    match commitment.unit:
        case Unit.WORKING_MINUTES:
            return businesstime.add(hours, start, value * 60)
        case Unit.WORKING_HOURS:
            return businesstime.add(hours, start, value * 3600)
        case Unit.WORKING_DAYS:
            return businesstime.working_days(hours, start, int(value), at_close=False)
        case Unit.CLOSE_OF_BUSINESS:
            return businesstime.working_days(hours, start, int(value), at_close=True)
        case Unit.ROLLED_HOURS:
            return businesstime.rolled(hours, start, value * 60)
        case Unit.TIME_OF_DAY:
            assert commitment.cutoff is not None
            assert commitment.answer_by is not None
            return businesstime.same_day_by(
                hours, start, time.fromisoformat(commitment.cutoff), time.fromisoformat(commitment.answer_by)
            )
    raise ValueError(f"{commitment.unit} is not a unit of time")


def schedule(hours: Hours, start: datetime, commitment: CommitmentTerms, terms: Terms) -> Schedule:
    """A new clock's instants, counted from `start`."""
    due = first_due(hours, start, commitment)
    seconds = businesstime.between(hours, start, due)
    return _with_steps(hours, start, due, seconds, step_names(terms, commitment.key), ())


def reschedule(hours: Hours, start: datetime, seconds: float, steps: Sequence[str], pauses: Sequence[Span]) -> Schedule:
    """A resumed clock's instants: the same working time, over the calendar without the pauses."""
    due = businesstime.add(hours, start, seconds, pauses)
    return _with_steps(hours, start, due, seconds, steps, pauses)


def step_names(terms: Terms, commitment: str) -> list[str]:
    """ "50:tell_owner", …, with the breach itself among them; in the order in which steps of one instant are taken."""
    agreed = [(step.at_percent, f"{step.at_percent}:{step.action}") for step in terms.steps_of(commitment)]
    before = [name for percent, name in sorted(agreed) if percent < 100]
    after = [name for percent, name in sorted(agreed) if percent >= 100]
    return [*before, BREACH, *after]


def percent_of(step: str) -> int:
    return 100 if step == BREACH else int(step.partition(":")[0])


def _with_steps(
    hours: Hours, start: datetime, due: datetime, seconds: float, steps: Sequence[str], pauses: Iterable[Span]
) -> Schedule:
    breaches = businesstime.breaches_at(hours, due)
    spans = list(pauses)
    instants: list[datetime] = []
    for step in steps:
        percent = percent_of(step)
        if percent == 100:
            at = breaches
        else:
            at = businesstime.add(hours, start, seconds * percent / 100, spans)
        # Never before the one before it: a due moment rolled to an opening may lie after the working time's end.
        instants.append(max(at, instants[-1]) if instants else at)
    return Schedule(due, breaches, seconds, instants, list(steps))
