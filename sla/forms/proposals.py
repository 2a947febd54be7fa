"""Asking for a change of the agreement in one's own words."""

from __future__ import annotations

from django import forms

from config.web.forms import Form
from sla.document import Document

WHOLE = ("document", "The agreement as a whole")


class ChangeWanted(Form):
    """`clause` is the anchor of one of the document's clauses."""

    clause = forms.ChoiceField(label="About")
    words = forms.CharField(
        label="What should the next version say instead, and why?",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: object, document: Document, **kwargs: object):
        super().__init__(*args, **kwargs)
        sections = [
            (
                f"{section.number} {section.heading}",
                [(one.anchor, f"{one.number} {one.heading}") for one in section.clauses],
            )
            for section in document.sections
        ]
        self.fields["clause"].choices = [WHOLE, *sections]  # type: ignore[attr-defined]
