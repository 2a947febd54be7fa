"""A version as a file: Markdown and PDF for people, each carrying the record that proves it; JSON for programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import typst

from config.accounts.choices import Function
from sla.document import Block, Document, Paragraph, Section, Table, compose
from sla.document.closing import moment_words
from sla.models import Version
from sla.services.compiling import terms_of
from sla.services.records import ATTACHMENT, FENCE, Record, as_line, record_of
from sla.standing import Standing, standing_of
from sla.terms import Terms
from sla.words.basics import function_label

TEMPLATE = Path(__file__).resolve().parents[1] / "typst" / "agreement.typ"
KIND_OF_PDF: Literal["a-3b"] = "a-3b"  # kept for decades, and may carry files


def file_name(version: Version, ending: str) -> str:
    """ "lead-agreement-emea-v2.pdf"."""
    from django.utils.text import slugify

    return f"{slugify(version.agreement.name) or 'agreement'}-v{version.number}.{ending}"


def as_json(version: Version) -> str:
    return json.dumps(record_of(version), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


# --- Markdown ------------------------------------------------------------------------------------------------------


def as_markdown(version: Version) -> str:
    """The document in words, its signatures, and at the end the record as one fenced line."""
    record = record_of(version)
    return f"{markdown_words(record, terms_of(version))}\n\n{FENCE}\n{as_line(record)}\n```\n"


def markdown_words(record: Record, terms: Terms) -> str:
    """Everything before the record. Made from the record alone, so that it can be checked against it."""
    return "\n".join(_markdown(record, terms, compose(terms))).strip()


def _markdown(record: Record, terms: Terms, document: Document) -> Iterator[str]:
    yield f"# {_escaped(document.title)}"
    yield ""
    yield f"{_escaped(document.subtitle)}. Segment {_escaped(terms.content['segment']['name'])}."
    if document.purpose:
        yield from ("", _escaped(document.purpose))
    yield from ("", "## Who owes what by when")
    for side, table in document.summary:
        yield from ("", f"### {_escaped(side)}", "", *_table(table))
        if table.caption:
            yield from ("", _escaped(table.caption))
    for section in document.body:
        yield from _section_lines(section)
    yield from ("", "## Signatures", "", *_signatures(record, terms))
    for section in document.annexes:
        yield from _section_lines(section)
    yield from (
        "",
        "## Record",
        "",
        "The line below is what was signed, letter by letter; the hash is its fingerprint.",
    )
    yield from ("", f"SHA-256: `{record['content_hash']}`")


def _section_lines(section: Section) -> Iterator[str]:
    yield from ("", f"## {'Annex ' if section.is_annex else ''}{section.number}. {_escaped(section.heading)}")
    if section.intro:
        yield from ("", _escaped(section.intro))
    for clause in section.clauses:
        yield from ("", f"### {clause.number} {_escaped(clause.heading)}")
        for block in clause.blocks:
            yield from ("", *_block(block))


def _block(block: Block) -> Iterable[str]:
    match block.kind:
        case "paragraph":
            assert isinstance(block, Paragraph)
            return [f"**{_escaped(block.text)}**" if block.weight == "lead" else _escaped(block.text)]
        case "table":
            assert isinstance(block, Table)
            return _table(block)
        case "bullets":
            return [f"- {_escaped(item)}" for item in block.items]  # type: ignore[union-attr]
    return [f"- {_escaped(label)}: {_escaped(value)}" for label, value in block.pairs]  # type: ignore[union-attr]


def _table(table: Table) -> list[str]:
    rows = [table.headers, ("---",) * len(table.headers), *(row.cells for row in table.rows)]
    return ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]


def _signatures(record: Record, terms: Terms) -> list[str]:
    given = {row["side"]: row for row in record["signatures"]}
    lines = []
    for side in terms.signing_sides:
        row = given.get(side)
        said = f"{_escaped(row['signer'])}, {row['signed_at']}, revision {row['revision']}" if row else "not signed"
        lines.append(f"- {function_label(side)}: {said}")
    return lines


def _escaped(text: str) -> str:
    """Text that Markdown would read as markup, kept as text; on one line."""
    line = " ".join(str(text).split())
    for letter in "\\`*_[]<>#|":
        line = line.replace(letter, f"\\{letter}")
    return line


def _cell(text: str) -> str:
    return text if text == "---" else _escaped(text)


# --- PDF -----------------------------------------------------------------------------------------------------------


def as_pdf(version: Version, *, at: datetime) -> bytes:
    """The document set like a contract, with page numbers, signatures, the hash, and the record attached. At the same
    instant it is the same, byte for byte, for the file names the instant as its date of creation."""
    record, terms = record_of(version), terms_of(version)
    data = pdf_data(version, record, terms, at)
    return bytes(
        typst.compile(
            TEMPLATE.read_bytes(),
            sys_inputs={
                "document": json.dumps(data, ensure_ascii=False),
                "record": as_line(record),
                "name": ATTACHMENT,
            },
            ignore_system_fonts=True,
            pdf_standards=KIND_OF_PDF,
            timestamp=int(at.astimezone(UTC).timestamp()),
        )
    )


def pdf_data(version: Version, record: Record, terms: Terms, at: datetime) -> dict[str, Any]:
    """What the template sets, as plain JSON values."""
    document = compose(terms)
    standing = standing_of(version, at)
    given = {row["side"]: row for row in record["signatures"]}
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "segment": terms.content["segment"]["name"],
        "purpose": document.purpose,
        "standing": _standing_words(standing, at, terms),
        "is_final": version.state == "signed",
        "summary": [{"side": side, "table": dataclasses.asdict(table)} for side, table in document.summary],
        "sections": [_section(section) for section in document.sections],
        "signatures": [
            {
                "side": function_label(side),
                "signer": given[side]["signer"] if side in given else "",
                "at": moment_words(datetime.fromisoformat(given[side]["signed_at"]), terms) if side in given else "",
                "revision": given[side]["revision"] if side in given else "",
            }
            for side in terms.signing_sides
            if side in Function.values
        ],
        "hash": record["content_hash"],
        "revision": version.revision,
        "public_id": str(version.public_id),
        "printed": moment_words(at, terms),
    }


def _section(section: Section) -> dict[str, Any]:
    found = dataclasses.asdict(section)
    for clause in found["clauses"]:
        clause["facts"] = [list(pair) for pair in clause["facts"]]
    return found


def _standing_words(standing: Standing, at: datetime, terms: Terms) -> str:
    """As it stood at `at`, whatever is signed later."""
    words = standing.label
    if standing.since is not None:
        words += f" from {moment_words(standing.since, terms)}"
    if standing.until is not None and standing.until <= at:
        words += f" until {moment_words(standing.until, terms)}"
    return words
