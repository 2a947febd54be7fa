"""Is an exported document what was signed? Its record against ours, its words against its record."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from sla.models import Version
from sla.services.compiling import content_hash
from sla.services.exporting import as_pdf, markdown_words
from sla.services.records import Carried, Record
from sla.standing import standing_of
from sla.terms import Terms

FIRST = datetime(2020, 1, 1, tzinfo=UTC)  # no file was made before, and by our clock none later than a day from now
DAY = timedelta(days=1)


class Outcome(IntEnum):
    """What the command exits with."""

    IN_FORCE = 0  # as recorded, and in force
    ALTERED = 1  # something in the file is not as it is recorded
    UNREADABLE = 2  # no record in it
    NOT_IN_FORCE = 3  # as recorded, but superseded, planned, proposed, withdrawn or a draft


@dataclass(frozen=True)
class Finding:
    holds: bool
    words: str


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    findings: list[Finding]
    version: Version | None
    not_checked: str = ""

    @property
    def holds(self) -> bool:
        return self.outcome in (Outcome.IN_FORCE, Outcome.NOT_IN_FORCE)


def verify(carried: Carried, *, at: datetime) -> Verdict:
    """Every check with what it found; the first that fails does not stop the others."""
    record = carried.record
    version = Version.objects.select_related("agreement").filter(content_hash=record.get("content_hash") or "-").first()
    findings = [*_content(record, version), *_signatures(record, version), *_words(carried)]
    not_checked = ""
    if carried.form == "pdf" and version is not None and all(finding.holds for finding in findings):
        pages, not_checked = _pages(carried, version, at)
        findings += pages
    if version is not None:
        standing = standing_of(version, at)
        findings.append(Finding(True, f"{version}: {standing.label.lower()}."))
        as_recorded = Outcome.IN_FORCE if standing.is_in_force else Outcome.NOT_IN_FORCE
    else:
        as_recorded = Outcome.ALTERED
    good = all(finding.holds for finding in findings)
    return Verdict(as_recorded if good else Outcome.ALTERED, findings, version, not_checked)


def _content(record: Record, version: Version | None) -> Iterator[Finding]:
    stated, true = str(record.get("content_hash")), content_hash(record["content"])
    if stated == true:
        yield Finding(True, f"The content has the hash it states: {true}.")
    else:
        yield Finding(False, f"The content was altered: its hash is {true}, and it states {stated}.")
    if version is None:
        yield Finding(False, "No version with this hash was ever proposed or signed here.")
    elif content_hash(version.compiled or {}) != true:
        yield Finding(False, f"The content differs from that of {version}, whose hash it states.")
    else:
        yield Finding(True, f"The content is that of {version}, letter by letter.")


def _signatures(record: Record, version: Version | None) -> Iterator[Finding]:
    stated = {_signature(row) for row in record["signatures"]}
    if version is None:
        return
    ours = {
        (row.side, row.signer_name, row.signed_at.isoformat(), row.revision, row.content_hash)
        for row in version.signatures.filter(voided_at=None)
    }
    for side, signer, at, *_ in sorted(map(_printable, stated & ours)):
        yield Finding(True, f"Signed by {signer} for {side} on {_moment(at)}.")
    for side, signer, at, *_ in sorted(map(_printable, stated - ours)):
        yield Finding(False, f"We have no such signature: {signer} for {side} on {_moment(at)}.")
    for side, signer, at, *_ in sorted(map(_printable, ours - stated)):
        yield Finding(False, f"A signature is missing in the file: {signer} for {side} on {_moment(at)}.")
    if not ours and not stated:
        yield Finding(True, "Nobody has signed it.")


def _moment(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%-d %B %Y at %H:%M:%S} UTC"
    except ValueError:
        return text


def _signature(row: Any) -> tuple[Any, ...]:
    return tuple(_plain(row.get(name)) for name in ("side", "signer", "signed_at", "revision", "content_hash"))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int) else repr(value)


def _printable(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(str(part) for part in row)


def _words(carried: Carried) -> Iterator[Finding]:
    """The words for people must be those that the record says; somebody might have changed only them."""
    if carried.form != "markdown":
        return
    try:
        expected = markdown_words(
            carried.record, Terms(0, str(carried.record.get("content_hash")), carried.record["content"])
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        yield Finding(False, "The record is not complete enough to be put into words.")
        return
    if _lines(expected) == _lines(carried.words):
        yield Finding(True, "The words say what the record says.")
        return
    pairs = zip(_lines(expected), _lines(carried.words), strict=False)
    found = next(((a, b) for a, b in pairs if a != b), ("(the rest is missing or was added)", ""))
    yield Finding(False, f"The words are not those of the record. It says: {found[0]!r}; the file says: {found[1]!r}.")


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines() if line.strip()]


def _pages(carried: Carried, version: Version, at: datetime) -> tuple[list[Finding], str]:
    """The printed pages against those we print for the same instant, and what is left open."""
    if carried.record.get("state") != version.state:
        return (
            [],
            "It was printed before it came to stand as it does now, so only the record was checked, not the pages.",
        )
    try:
        printed_at, said = _printed(carried.data)
    except Exception as error:  # noqa: BLE001 - a broken PDF breaks its reader in many ways
        return [Finding(False, f"Its pages cannot be read: {error}")], ""
    if printed_at is None or printed_at.tzinfo is None or not FIRST <= printed_at <= at + DAY:
        return [Finding(False, "It does not say rightly when it was printed.")], ""
    ours = as_pdf(version, at=printed_at)
    if ours == carried.data:
        return [Finding(True, "It is, byte for byte, what is printed here.")], ""
    _, expected = _printed(ours)
    if said == expected:
        left = "The file was saved anew since it was printed: drawings and layout were not compared."
        return [Finding(True, "The printed words say what the record says.")], left
    return [Finding(False, f"The printed words are not those of the record. {_first_difference(expected, said)}")], ""


def _printed(data: bytes) -> tuple[datetime | None, list[str]]:
    """When a PDF was made, and its words."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    words = [word for page in reader.pages for word in page.extract_text().split()]
    return (reader.metadata.creation_date if reader.metadata else None), words


def _first_difference(expected: list[str], said: list[str]) -> str:
    at = next(
        (n for n, (a, b) in enumerate(zip(expected, said, strict=False)) if a != b), min(len(expected), len(said))
    )
    near = slice(max(at - 4, 0), at + 8)
    return f"It says: {' '.join(expected[near])!r}; the file says: {' '.join(said[near])!r}."
