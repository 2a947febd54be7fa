"""Terms in, document out: the sections in their order, numbered, each left out where there is nothing to say."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterable

from sla.document import closing, lead, process, promises
from sla.document.blocks import Clause, Document, Section
from sla.terms import Terms
from sla.words.basics import function_label

_numbers: OrderedDict[str, dict[str, str]] = OrderedDict()
NUMBERS_KEPT = 64

SECTIONS: tuple[Callable[[Terms], Iterable[Section]], ...] = (
    process.parties,
    lead.stages,
    lead.definitions,
    lead.customers,
    process.procedure,
    promises.by_side,
    promises.escalations,
    process.calendars,
    process.attempts,
    process.reasons,
    process.routes,
    process.messages,
    closing.own_clauses,
    closing.questions_answered,
    closing.review,
    lead.scoring,
    process.outcomes,
    process.questions,
    process.scripts,
    process.holidays,
)


def clause_number(terms: Terms, anchor: str) -> str:
    """The number under which an anchor stands in the document of these terms ("8.1"), "" where it has none."""
    known = _numbers.get(terms.content_hash)
    if known is None:
        document = compose(terms)
        known = {anchor: document.number_of(anchor) for anchor in document.anchors}
        if terms.content_hash:
            _numbers[terms.content_hash] = known
            while len(_numbers) > NUMBERS_KEPT:
                _numbers.popitem(last=False)
    return known.get(anchor, "")


def compose(terms: Terms) -> Document:
    """The whole document of one version's terms. Anchors depend on keys alone, numbers on the order."""
    sections = [section for make in SECTIONS for section in make(terms) if section.clauses]
    numbered = _numbered(sections)
    numbers = {clause.anchor: clause.number for section in numbered for clause in section.clauses}
    return Document(
        title=str(terms.content["agreement"]),
        subtitle=" · ".join(part for part in (f"Version {terms.number}", str(terms.content["title"])) if part),
        purpose=str(terms.content["summary"]).strip(),
        summary=promises.summary(terms, numbers),
        sections=numbered,
        signing=tuple((side, function_label(side)) for side in terms.signing_sides),
    )


def _numbered(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Sections 1, 2, 3 with clauses 1.1, 1.2; annexes A, B with clauses A.1."""
    bodies, annexes, numbered = 0, 0, []
    for section in sections:
        if section.is_annex:
            number, annexes = chr(ord("A") + annexes), annexes + 1
        else:
            bodies += 1
            number = str(bodies)
        clauses = tuple(_with_number(clause, f"{number}.{i}") for i, clause in enumerate(section.clauses, 1))
        numbered.append(dataclasses.replace(section, number=number, clauses=clauses))
    return tuple(numbered)


def _with_number(clause: Clause, number: str) -> Clause:
    return dataclasses.replace(clause, number=number)
