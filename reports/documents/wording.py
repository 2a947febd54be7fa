"""What the keys, marks and states of facts are called, for the page of the leads behind a figure."""

from __future__ import annotations

from reports import company
from reports.facts import Fact
from reports.facts import handoffs as on_handoffs
from reports.facts import promises as on_promises
from reports.facts.ledger import UNKNOWN
from sla.stages import LABELS, Stage
from sla.terms import Terms

ITEMS = {
    "lead": ("lead", "leads"),
    "entry": ("return", "returns"),
    "handoff": ("handoff", "handoffs"),
    "promise": ("promise", "promises"),
    "opportunity": ("opportunity", "opportunities"),
    "attempt": ("attempt", "attempts"),
}
MARKS: dict[str, str] = {
    on_promises.MET: "Kept",
    on_promises.BROKEN: "Broken",
    on_promises.EXCUSED: "Broken, excused",
    on_promises.RUNNING: "Undecided",
    on_promises.CANCELLED: "No longer applied",
    on_handoffs.ACCEPTED: "Accepted",
    on_handoffs.REJECTED: "Rejected",
    on_handoffs.UNCONTESTED: "Not contested",
    "open": "Open",
    "taken_back": "Taken back",
    "upheld": "Upheld",
    "overturned": "Overturned",
    "complete": "Complete",
    "lacking": "Something lacking",
    "reached": "At or above the score",
    "carried": "Carried over it by an agreed behaviour",
    "below": "Below the score",
    "qualified": "Qualified and handed on",
    "recycled": "Given back to nurture",
    "disqualified": "Ruled out",
    "marketing": "From leads",
    "self": "Self-sourced",
    "other": "Without a lead",
    "handed": "Handed over",
    "none": "Without a handoff",
    UNKNOWN: "End not known",
}
OF_STAGES = ("progress", "entry", "reentry", "threshold")


def key_label(fact: Fact, key: str, terms: Terms | None) -> str:
    """A key as people read it: a stage, a commitment, a reason, a function."""
    if not key:
        return ""
    if fact.name in OF_STAGES:
        return company.label(terms, key)
    if fact.name == "promise" and terms is not None:
        return next((one.name for one in terms.commitments if one.key == key), key)
    if fact.name == "rejection" and terms is not None and key in terms.reasons:
        return terms.reasons[key].label
    return MARKS.get(key) or key.replace("_", " ").replace("-", " ").capitalize()


def mark_label(fact: Fact, mark: str, terms: Terms | None) -> str:
    if not mark:
        return ""
    if fact.name == "progress" and mark in LABELS:
        return company.label(terms, mark)
    if mark in (Stage.WON, Stage.LOST, Stage.OPPORTUNITY):
        return company.label(terms, mark)
    return MARKS.get(mark) or mark.replace("_", " ").capitalize()


def state_label(fact: Fact, state: str, terms: Terms | None) -> str:
    return MARKS.get(state) or company.label(terms, state) if state else ""


def mark_heading(fact: Fact) -> str:
    return {"progress": "Furthest stage", "rejection": "Contest", "unreached": "Attempts"}.get(fact.name, "Result")


def counted(number: int, item: str) -> str:
    one, many = ITEMS[item]
    return f"{number:,} {one if number == 1 else many}"
