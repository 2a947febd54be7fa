"""The kinds of terms an agreement is made of, in the document's order: what each is called and how it is pointed at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SectionKind:
    """`section` is the list in the compiled terms, `anchor` the prefix of "commitment:first-call".

    `part` is the page of the draft's form on which its terms are edited.
    """

    section: str
    anchor: str
    heading: str
    one: str
    part: str
    ordered: bool = False  # the order itself is agreed: the first that fits counts


PARTS: dict[str, str] = {
    "head": "Parties and review",
    "lead": "Stages and definitions",
    "points": "Points",
    "promises": "Promises and hours",
    "work": "Procedure, routes, calls",
    "reasons": "Reasons",
    "words": "Messages, questions, FAQ",
}
FIRST_PART = "head"


KINDS: dict[str, SectionKind] = {
    kind.section: kind
    for kind in (
        SectionKind("parties", "party", "Parties and roles", "party", "head"),
        SectionKind("stages", "stage", "Stages", "stage", "lead"),
        SectionKind("definitions", "definition", "Definitions", "definition", "lead", ordered=True),
        SectionKind("ideal_customers", "ideal_customer", "Ideal customers", "ideal customer", "lead"),
        SectionKind("personas", "persona", "Personas", "persona", "lead", ordered=True),
        SectionKind("score_groups", "score_group", "Groups of points", "group of points", "points"),
        SectionKind("score_rules", "score_rule", "Points", "rule", "points"),
        SectionKind("procedure", "procedure", "Handoff procedure", "step", "work", ordered=True),
        SectionKind("commitments", "commitment", "Commitments", "commitment", "promises", ordered=True),
        SectionKind("escalations", "escalation", "When time runs out", "step", "promises"),
        SectionKind("calendars", "calendar", "Working hours", "calendar", "promises"),
        SectionKind("cadences", "cadence", "How often we try", "cadence", "work"),
        SectionKind("dispositions", "disposition", "Outcomes of a call", "outcome", "work"),
        SectionKind("reasons", "reason", "Reasons", "reason", "reasons"),
        SectionKind("routes", "route", "Routes", "route", "work", ordered=True),
        SectionKind("messages", "message", "Key messages", "message", "words"),
        SectionKind("clauses", "clause", "Further clauses", "clause", "words", ordered=True),
        SectionKind("questions", "question", "Qualification questions", "question", "words"),
        SectionKind("scripts", "script", "Scripts", "script", "words"),
        SectionKind("faq", "faq", "Questions and answers", "question", "words"),
    )
}
BY_ANCHOR: dict[str, SectionKind] = {kind.anchor: kind for kind in KINDS.values()}


def part_of(anchor: str) -> str:
    """Where in the draft's form a gap or a clause is mended."""
    prefix = anchor.partition(":")[0]
    kind = BY_ANCHOR.get(prefix) or KINDS.get(prefix)
    return kind.part if kind else FIRST_PART
