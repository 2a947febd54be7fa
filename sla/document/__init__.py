"""The agreement as a document: numbered sections and clauses with stable anchors, words beside the machine's terms.

`compose(terms)` gives one structure that the page, the print, the PDF and the Markdown file all draw from.
"""

from sla.document.blocks import Block, Bullets, Clause, Document, Facts, Paragraph, Row, Section, Table
from sla.document.compose import compose

__all__ = [
    "Block",
    "Bullets",
    "Clause",
    "Document",
    "Facts",
    "Paragraph",
    "Row",
    "Section",
    "Table",
    "compose",
]
