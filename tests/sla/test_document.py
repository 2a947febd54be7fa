"""The agreement as a document: everything agreed stands in it, in plain words, under numbers that people can point at."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction

from sla.document import Document, Table, compose
from sla.models import Clause, Commitment, Reason, Route
from sla.presets import PRESETS
from sla.sections import KINDS
from sla.services.compiling import draft_terms
from sla.terms import Terms
from tests.cast import Cast, assemble
from tests.sla.rows import full_draft

pytestmark = pytest.mark.django_db


def text_of(document: Document) -> str:
    """Everything a reader sees, one block a line."""
    lines = [document.title, document.subtitle, document.purpose]
    for side, table in document.summary:
        lines += [side, *(" | ".join(row.cells) for row in table.rows), table.caption]
    for section in document.sections:
        lines += [f"{section.number} {section.heading}", section.intro]
        for clause in section.clauses:
            lines.append(f"{clause.number} {clause.heading}")
            for block in clause.blocks:
                lines += block_lines(block)
    return "\n".join(lines)


def block_lines(block: Any) -> list[str]:
    if isinstance(block, Table):
        return [" | ".join(row.cells) for row in block.rows]
    if block.kind == "facts":
        return [f"{label}: {value}" for label, value in block.pairs]
    return list(block.items) if block.kind == "bullets" else [block.text]


@pytest.fixture
def terms(cast: Cast) -> Terms:
    return draft_terms(full_draft(cast))


def test_it_holds_every_part_an_agreement_needs(terms: Terms):
    document = compose(terms)
    headings = [section.heading for section in document.sections]
    for part in (
        "Parties and roles",
        "What we call a lead",
        "When a lead enters a stage",
        "How a lead is handed over, step by step",
        "What Marketing promises",
        "What Telequalification promises",
        "What Sales promises",
        "When time runs out",
        "Working hours",
        "How often we try",
        "Reasons, and what becomes of the lead",
        "Where leads go, and which go around",
        "One message to the customer",
        "Questions and answers",
        "Review and change",
    ):
        assert part in headings
    assert [section.number for section in document.body] == [str(n) for n in range(1, len(document.body) + 1)]
    assert [section.number for section in document.annexes] == list("ABCDE")


def test_every_term_can_be_pointed_at(terms: Terms):
    document = compose(terms)
    for kind in KINDS.values():
        for row in terms.content[kind.section]:
            anchor = f"{kind.anchor}:{row['key']}"
            if kind.section == "stages" and not row["is_enabled"]:
                continue
            assert document.number_of(anchor), f"{anchor} stands nowhere in the document"


def test_clauses_are_numbered_within_their_section(terms: Terms):
    for section in compose(terms).sections:
        expected = [f"{section.number}.{place}" for place in range(1, len(section.clauses) + 1)]
        assert [clause.number for clause in section.clauses] == expected


def test_a_promise_reads_as_a_sentence_beside_its_figures(terms: Terms):
    clause = compose(terms).clause("commitment:sales-decision")
    assert clause is not None
    assert clause.words[0] == "Sales accepts or rejects each TQL handed to it within 8 working hours."
    assert (
        "Time counts in office hours: Mon to Fri 9:00 to 17:00, Berlin time, public holidays of Germany excluded."
        in (clause.words)
    )
    assert "At least 95 % of these handoffs must keep it." in clause.words
    facts = dict(clause.facts)
    assert facts["Target"] == "8 working hours"
    assert facts["Key"] == "sales-decision"


def test_the_first_page_answers_who_owes_what_by_when(terms: Terms):
    document = compose(terms)
    table = {side: {row.cells[0]: row.cells for row in found.rows} for side, found in document.summary}
    assert list(table) == ["Marketing", "Telequalification", "Sales"]
    assert table["Telequalification"]["First call"][1:4] == ("60 working minutes", "each MQL it gets", "95 %")
    assert table["Marketing"]["Share of pipeline"][1:3] == (
        "At least 40 % a quarter",
        "new pipeline that marketing is the source of",
    )
    assert table["Sales"]["Leads won"][1:3] == ("At least 5 % a quarter", "leads handed over to it that it wins")
    hours = {side: found.caption for side, found in document.summary}
    assert hours["Sales"] == (
        "Working time is Mon to Fri 9:00 to 17:00, Berlin time, public holidays of Germany excluded."
    )
    assert "telephone hours are Mon to Fri 8:30 to 18:00" in hours["Telequalification"]
    for side in table:
        for cells in table[side].values():
            assert all(cells[:3]), f"{side}: {cells} leaves a question open"
            assert document.clause(f"commitment:{key_of(terms, side, cells[0])}").number == cells[-1]


def key_of(terms: Terms, side: str, name: str) -> str:
    return next(item.key for item in terms.commitments if item.name == name and item.side == side.lower())


def test_responsibilities_reasons_routes_messages_and_faq_stand_in_it(terms: Terms):
    said = text_of(compose(terms))
    for part in (
        "Finds and warms leads, keeps the definitions and the score",
        "Outside the ideal customer profile | To nurture; comes back after 180 days | The attribute meant | Marketing",
        "This is a route-around rule",
        "We make the agreement between your teams run by itself" if "We make" in said else "One agreement, both sides.",
        "May I reject a lead I do not like?",
        "The parties review this agreement every 3 months",
        "Telequalification tries at least 6 times within 14 days",
        "Leads from fairs are handed over within the week.",
    ):
        assert part in said


def test_conditions_use_the_names_that_people_know(terms: Terms):
    said = text_of(compose(terms))
    assert "leads for which intent is one of Demo, Trial, Pricing" in said
    assert "demo request, trial start, contact form or product login was seen" in said
    assert not re.search(r"\b(person|company|lead)\.[a-z_]+", said), "a field's technical name"


def test_what_is_changed_in_the_terms_changes_in_the_words(cast: Cast):
    version = full_draft(cast)
    Commitment.objects.filter(version=version, key="sales-decision").update(target=1, unit="working_hours")
    Reason.objects.filter(version=version, key="duplicate").update(goes_to="giver")
    Route.objects.filter(version=version).update(goes_around=False)
    Clause.objects.filter(version=version).update(text="First.\n\nSecond.")
    document = compose(draft_terms(version))
    said = text_of(document)
    assert "within 1 working hour." in said
    assert "Duplicate or already owned | Back to whoever handed it over" in said
    assert "route-around" not in said
    assert "First.\nSecond." in said


def test_it_is_made_of_the_terms_alone(terms: Terms, django_assert_num_queries: Any):
    with django_assert_num_queries(0):
        assert compose(terms) == compose(terms)


def test_every_preset_reads_well(db: None):
    for key in PRESETS:
        with transaction.atomic():
            cast = assemble(key)
            document = compose(cast.terms)
            said = text_of(document)
            transaction.set_rollback(True)
        assert document.summary, key
        for wrong in (r"\bNone\b(?! yet)", "[{}]", r"\(a condition that cannot be read", r"(?<![|])  (?![|])", r" \."):
            assert not re.search(wrong, said), f"{key}: {wrong!r}"
        for section in document.sections:
            for clause in section.clauses:
                for sentence in clause.words:
                    assert sentence[0].isupper() or sentence[0].isdigit(), f"{key}: {sentence}"
                    assert sentence.rstrip()[-1] in ".!?:”", f"{key}: {sentence}"
