"""What a document is made of. Plain data: drawn as HTML, typst and Markdown elsewhere.

Pure: standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Paragraph:
    """`lead` is what the clause comes down to; `small` is beside the point."""

    text: str
    weight: Literal["lead", "plain", "small"] = "plain"
    kind: str = "paragraph"


@dataclass(frozen=True)
class Bullets:
    items: tuple[str, ...]
    ordered: bool = False
    kind: str = "bullets"


@dataclass(frozen=True)
class Facts:
    """Label and value, such as the parts of a persona."""

    pairs: tuple[tuple[str, str], ...]
    kind: str = "facts"


@dataclass(frozen=True)
class Row:
    """A row of a table; with an anchor where it is a term of its own that can be pointed at."""

    cells: tuple[str, ...]
    anchor: str = ""


@dataclass(frozen=True)
class Table:
    """`caption` stands below it."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    kind: str = "table"


Block = Paragraph | Bullets | Facts | Table


@dataclass(frozen=True)
class Clause:
    """One numbered paragraph. `anchor` is "section:key" and stays the same in every version; `facts` are its terms."""

    anchor: str
    heading: str
    blocks: tuple[Block, ...]
    facts: tuple[tuple[str, str], ...] = ()
    number: str = ""

    def anchors(self) -> Iterator[str]:
        yield self.anchor
        for block in self.blocks:
            if isinstance(block, Table):
                yield from (row.anchor for row in block.rows if row.anchor)

    @property
    def words(self) -> list[str]:
        return [block.text for block in self.blocks if isinstance(block, Paragraph)]


@dataclass(frozen=True)
class Section:
    anchor: str
    heading: str
    clauses: tuple[Clause, ...]
    intro: str = ""
    number: str = ""
    is_annex: bool = False


@dataclass(frozen=True)
class Document:
    """`summary` is who owes what by when, one table a side, before everything else."""

    title: str
    subtitle: str
    purpose: str
    summary: tuple[tuple[str, Table], ...]
    sections: tuple[Section, ...]
    signing: tuple[tuple[str, str], ...]  # code and name of each side that signs
    _clauses: dict[str, Clause] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for section in self.sections:
            for clause in section.clauses:
                for anchor in clause.anchors():
                    self._clauses.setdefault(anchor, clause)

    def clause(self, anchor: str) -> Clause | None:
        """The clause an anchor stands in: its own, or that of the table it is a row of."""
        return self._clauses.get(anchor)

    def number_of(self, anchor: str) -> str:
        found = self.clause(anchor)
        return found.number if found else ""

    @property
    def body(self) -> list[Section]:
        return [section for section in self.sections if not section.is_annex]

    @property
    def annexes(self) -> list[Section]:
        """They are part of what is signed, and stand after the signatures."""
        return [section for section in self.sections if section.is_annex]

    @property
    def anchors(self) -> frozenset[str]:
        return frozenset(self._clauses)
