"""What a handoff under a version means: which promises begin with it, and when each would fall due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sla.businesstime import NeverOpen
from sla.metrics import METRICS
from sla.openhours import BadCalendar
from sla.terms import CommitmentTerms, Terms
from sla.timing import schedule
from sla.words import at_risk_words, commitment_words, function_label
from sla.words.promises import is_timed
from sla.words.taxonomy import leads_handed_to

BEGINS = {
    "decision": "with the handoff",
    "first_attempt": "with the handoff",
    "attempts": "with the handoff",
    "disposition": "with the acceptance",
    "first_contact": "with the acceptance",
    "next_step": "with the step before",
    "contest": "with a rejection",
}


@dataclass(frozen=True)
class Promise:
    """`due_at` is when it would fall due if its clock began at the moment asked about; None in a broken calendar."""

    commitment: CommitmentTerms
    side: str
    begins: str
    words: tuple[str, ...]
    at_risk: str
    due_at: datetime | None
    number: str = ""  # of the clause


@dataclass(frozen=True)
class Leg:
    """A handoff to one function."""

    function: str
    label: str
    leads: str
    promises: tuple[Promise, ...]


def promised_on(terms: Terms, at: datetime, number_of: Callable[[str], str]) -> list[Leg]:
    """For each receiving function of the parties: the timed promises on a handoff to it. `number_of` names clauses."""
    legs = []
    for party in terms.parties:
        promises = tuple(
            _promise(item, terms, at, number_of(f"commitment:{item.key}"))
            for item in terms.commitments
            if is_timed(item) and item.to_function == party.function
        )
        if promises:
            label = function_label(party.function)
            legs.append(Leg(party.function, label, leads_handed_to(party.function, terms), promises))
    return legs


def _promise(item: CommitmentTerms, terms: Terms, at: datetime, number: str) -> Promise:
    return Promise(
        commitment=item,
        side=function_label(item.side),
        begins=BEGINS.get(METRICS[item.metric].clock, "with the handoff"),
        words=tuple(commitment_words(item, terms)),
        at_risk=at_risk_words(item, terms),
        due_at=due_at(item, terms, at),
        number=number,
    )


def due_at(item: CommitmentTerms, terms: Terms, start: datetime) -> datetime | None:
    """When a clock that begins at `start` would fall due; None where the calendar cannot be used yet."""
    if item.calendar not in terms.calendars:
        return None
    try:
        return schedule(terms.calendar(item.calendar), start, item, terms).due_at
    except (BadCalendar, NeverOpen, ValueError):
        return None
