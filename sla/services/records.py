"""The record of a version: its canonical content with hash and signatures, as every export carries it, and read back."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.web.errors import Refusal
from sla.models import Version
from sla.services.compiling import canonical, content_hash, terms_of

KIND, FORMAT = "handoff-agreement", 1
FENCE = "```json handoff-agreement"
ATTACHMENT = "agreement-record.json"
LONGEST = 5 * 2**20  # bytes; an agreement has about fifty thousand

Record = dict[str, Any]


class Unreadable(Refusal):
    """The file is not an export of ours, or is broken."""

    def __init__(self, message: str):
        super().__init__("unreadable", message, fields={"file": message})


@dataclass(frozen=True)
class Carried:
    """A record as a file carried it. `words` is the text that stands around it in Markdown, `data` a PDF as it came."""

    record: Record
    form: str  # "markdown", "json", "pdf"
    words: str = ""
    data: bytes = b""

    @property
    def is_whole(self) -> bool:
        """Whether the content has the hash it states."""
        return str(self.record.get("content_hash")) == content_hash(self.record["content"])


def record_of(version: Version) -> Record:
    """Plain JSON values: what was agreed, and what stands under it."""
    terms = terms_of(version)
    return {
        "kind": KIND,
        "format": FORMAT,
        "version": str(version.public_id),
        "state": str(version.state),
        "revision": version.revision,
        "content_hash": terms.content_hash,
        "effective_at": version.effective_at.isoformat() if version.effective_at else None,
        "signatures": [
            {
                "side": row.side,
                "signer": row.signer_name,
                "signed_at": row.signed_at.isoformat(),
                "revision": row.revision,
                "content_hash": row.content_hash,
            }
            for row in version.signatures.filter(voided_at=None).order_by("signed_at", "id")
        ],
        "content": dict(terms.content),
    }


def as_line(record: Record) -> str:
    """The record on one line, always spelled the same."""
    return canonical(record)


def read(data: bytes, name: str = "") -> Carried:
    """The record in an exported file of any form. Raises Unreadable with what is wrong."""
    if len(data) > LONGEST:
        raise Unreadable("This file is too large to be an agreement.")
    if data.startswith(b"%PDF"):
        return Carried(_checked(_from_pdf(data)), "pdf", data=data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("This is neither text in UTF-8 nor a PDF.") from error
    if text.lstrip().startswith("{"):
        return Carried(_checked(_loads(text)), "json")
    return _from_markdown(text)


def _from_markdown(text: str) -> Carried:
    lines = text.replace("\r\n", "\n").split("\n")
    try:
        start = lines.index(FENCE)
        end = lines.index("```", start)
    except ValueError as error:
        raise Unreadable("This file carries no record of an agreement: the block at its end is missing.") from error
    record = _checked(_loads("\n".join(lines[start + 1 : end])))
    return Carried(record, "markdown", "\n".join(lines[:start]).strip())


def _from_pdf(data: bytes) -> Any:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        found = PdfReader(io.BytesIO(data)).attachments.get(ATTACHMENT)
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"This PDF cannot be read: {error}") from error
    if not found:
        raise Unreadable("This PDF carries no record of an agreement.")
    return _loads(bytes(found[0]).decode("utf-8", errors="replace"))


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The record in this file is broken: {error}") from error


def _checked(found: Any) -> Record:
    """A record of the form we write; whether it is true is another question."""
    if not isinstance(found, Mapping) or found.get("kind") != KIND:
        raise Unreadable("This is not an agreement exported by Handoff.")
    if found.get("format") != FORMAT:
        raise Unreadable(f"This record has the format {found.get('format')!r}; this release reads {FORMAT}.")
    if not isinstance(found.get("content"), Mapping) or not isinstance(found.get("signatures"), list):
        raise Unreadable("The record in this file is incomplete.")
    if not all(isinstance(row, Mapping) for row in found["signatures"]):
        raise Unreadable("The signatures in this file are not as we write them.")
    return dict(found)
