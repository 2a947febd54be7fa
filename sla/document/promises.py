"""What each side promises, and what happens when time runs out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sla import words
from sla.document.blocks import Clause, Paragraph, Row, Section, Table
from sla.document.lead import paragraphs
from sla.metrics import METRICS
from sla.terms import CommitmentTerms, Terms
from sla.words.basics import capital
from sla.words.promises import action_words, is_timed, moment_words
from sla.words.taxonomy import leads_handed_to

AFTER_ACCEPTANCE = ("disposition", "first_contact")


def sides(terms: Terms) -> list[str]:
    """The sides that promise something, in the order of the parties."""
    order = [party.function for party in terms.parties]
    promising = {item.side for item in terms.commitments}
    return [*(side for side in order if side in promising), *sorted(promising.difference(order))]


def _of(side: str, terms: Terms) -> list[CommitmentTerms]:
    return [item for item in terms.commitments if item.side == side]


def by_side(terms: Terms) -> Iterator[Section]:
    for side in sides(terms):
        clauses = tuple(
            Clause(
                f"commitment:{item.key}",
                item.name,
                paragraphs(words.commitment_words(item, terms)),
                facts=tuple(words.commitment_facts(item, terms)),
            )
            for item in _of(side, terms)
        )
        yield Section(f"commitments-{side}", f"What {words.function_label(side)} promises", clauses)


def summary(terms: Terms, numbers: Mapping[str, str]) -> tuple[tuple[str, Table], ...]:
    """Who owes what by when: one short table a side, each row naming its clause."""
    tables = []
    for side in sides(terms):
        rows = tuple(
            Row(
                (
                    item.name,
                    capital(words.due_words(item, terms.currency)),
                    _for_whom(item, terms),
                    words.percent_words(item.must_meet_percent) if is_timed(item) else "",
                    numbers.get(f"commitment:{item.key}", ""),
                ),
                anchor=f"commitment:{item.key}",
            )
            for item in _of(side, terms)
        )
        headers = ("Promise", "By when, or how much", "Of what", "Must keep it", "Clause")
        tables.append((words.function_label(side), Table(headers, rows, caption=_hours(side, terms))))
    return tuple(tables)


def _hours(side: str, terms: Terms) -> str:
    """The hours in which this side's times count, so that the table says by when all alone."""
    keys = dict.fromkeys(item.calendar for item in _of(side, terms) if is_timed(item))
    hours = {key: words.calendar_words(terms.calendars[key]) for key in keys if key in terms.calendars}
    said = list(hours.values())
    if len(said) < 2:
        return f"Working time is {said[0]}." if said else ""
    named = [f"{terms.calendars[key].name.lower()} are {text}" for key, text in hours.items()]
    return f"Working time is counted in the hours that each clause names: {'; '.join(named)}."


def _for_whom(item: CommitmentTerms, terms: Terms) -> str:
    if item.scope:
        return f"leads for which {words.criteria_words(item.scope)}"
    if item.stage and not is_timed(item):
        return f"leads reaching {terms.label(item.stage)}"
    if not is_timed(item):
        return METRICS[item.metric].of if item.metric in METRICS else ""
    noun = leads_handed_to(item.to_function, terms)
    if item.metric in AFTER_ACCEPTANCE:
        return f"each {noun} it accepts"
    if item.to_function == item.side:
        return f"each {noun} it gets"
    return f"each {noun} rejected by {words.function_label(item.to_function)}"


def escalations(terms: Terms) -> Iterator[Section]:
    clauses = []
    for item in terms.commitments:
        steps = sorted(terms.steps_of(item.key), key=lambda step: step.at_percent)
        if not steps:
            continue
        rows = tuple(
            Row(
                (
                    f"{step.at_percent} %",
                    capital(moment_words(step.at_percent, item)),
                    capital(action_words(step.action)),
                ),
                anchor=f"escalation:{step.key}",
            )
            for step in steps
        )
        clauses.append(
            Clause(
                f"escalations:{item.key}",
                f"{words.function_label(item.side)}: {item.name}",
                (Table(("Time used", "That is", "Then"), rows),),
            )
        )
    breach = Clause(
        "escalations:breach",
        "A broken promise",
        (
            Paragraph(
                "A promise is broken when more working time has passed than was agreed; exactly at the deadline it is "
                "still kept. The breach is stored with its own moment and cannot be undone by a late answer.",
                "lead",
            ),
            Paragraph(
                "The person who holds the lead and the managers of both sides are told at once. Either side may name "
                "the cause; if the other side grants it, the breach is excused. Figures are shown with and without "
                "excused breaches."
            ),
        ),
    )
    yield Section("escalations", "When time runs out", (breach, *clauses))
