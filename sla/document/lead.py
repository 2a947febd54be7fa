"""What a lead is: its stages, the definitions that move it, whom we look for, and the points."""

from __future__ import annotations

from collections.abc import Iterator

from sla import words
from sla.document.blocks import Block, Clause, Facts, Paragraph, Row, Section, Table
from sla.stages import Stage
from sla.terms import Terms
from sla.words.basics import listed, sentence
from sla.words.hours import day_words
from sla.words.process import points_range
from sla.words.taxonomy import long_label, points_words


def paragraphs(said: list[str]) -> tuple[Paragraph, ...]:
    """The first sentence carries the clause; the others follow."""
    return tuple(Paragraph(text, "lead" if place == 0 else "plain") for place, text in enumerate(said))


def stages(terms: Terms) -> Iterator[Section]:
    rows = [
        Row(
            (
                long_label(code, terms),
                " ".join(words.stage_words(stage)),
                words.function_label(stage.owner) if stage.owner else "",
                day_words(stage.review_on) if stage.review_on else "",
            ),
            anchor=f"stage:{code}",
        )
        for code, stage in terms.stages.items()
        if stage.is_enabled
    ]
    path = [terms.label(code) for code in terms.path]
    blocks: list[Block] = [
        Paragraph(sentence(f"A lead moves through these stages: {', '.join(path)}"), "lead"),
        _stage_table(rows),
    ]
    yield Section("stages", "What we call a lead", (Clause("stages:all", "Stages", tuple(blocks)),))


def _stage_table(rows: list[Row]) -> Table:
    """Without the column of reviews where none is planned."""
    headers: tuple[str, ...] = ("Stage", "What it means", "Owner", "Next review")
    if any(row.cells[-1] for row in rows):
        return Table(headers, tuple(rows))
    return Table(headers[:-1], tuple(Row(row.cells[:-1], row.anchor) for row in rows))


def definitions(terms: Terms) -> Iterator[Section]:
    clauses = [
        Clause(
            f"definition:{item.key}",
            item.name,
            paragraphs(words.definition_words(item, terms)),
            facts=tuple(
                (label, value)
                for label, value in (
                    ("Enters", terms.label(item.stage)),
                    ("Points", str(item.minimum_score) if item.minimum_score is not None else ""),
                    ("Key", item.key),
                )
                if value
            ),
        )
        for item in terms.definitions
    ]
    yield Section(
        "definitions",
        "When a lead enters a stage",
        tuple(clauses),
        intro="The portal checks these conditions by itself, at once when something about the lead changes.",
    )


def customers(terms: Terms) -> Iterator[Section]:
    profiles = [
        Clause(f"ideal_customer:{item.key}", item.name, paragraphs(words.ideal_customer_words(item, terms.currency)))
        for item in terms.ideal_customers
    ]
    personas = [
        Clause(f"persona:{item.key}", item.name, (Facts(tuple(words.persona_words(item))),)) for item in terms.personas
    ]
    yield Section("customers", "Whom we look for", (*profiles, *personas))


def scoring(terms: Terms) -> Iterator[Section]:
    clauses = []
    for group in terms.score_groups:
        rows = tuple(
            Row((points_words(rule.points), rule.name, words.rule_words(rule, terms)), anchor=f"score_rule:{rule.key}")
            for rule in terms.score_rules
            if rule.group == group.key
        )
        counted = f"Counts towards {group.dimension}; limited to {points_range(group.minimum, group.maximum)}."
        if group.minimum is None and group.maximum is None:
            counted = f"Counts towards {group.dimension}; without a limit."
        clauses.append(
            Clause(
                f"score_group:{group.key}",
                group.name,
                (Paragraph(counted), Table(("Points", "For", "Meaning"), rows)),
            )
        )
    needed = [
        f"{terms.label(item.stage)} from {item.minimum_score} points"
        for item in terms.definitions
        if item.minimum_score is not None and item.stage in (Stage.MQL, Stage.PQL)
    ]
    yield Section(
        "scoring",
        "Points",
        tuple(clauses),
        intro=sentence(
            f"A lead's score is the sum of these points, each group within its limits{'; ' + listed(needed) if needed else ''}"
        ),
        is_annex=True,
    )
