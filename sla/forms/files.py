"""Files that people hand in: an exported agreement to import or to check."""

from __future__ import annotations

from django import forms

from config.web.forms import Form
from sla.models import Agreement
from sla.services.records import LONGEST, Carried, Unreadable, read


class ExportedFile(Form):
    """`cleaned_data["file"]` is the record the file carries."""

    file = forms.FileField(
        label="Exported agreement", help_text="Markdown, PDF or JSON as the portal exports it, up to 5 MB."
    )

    def clean_file(self) -> Carried:
        given = self.cleaned_data["file"]
        if given.size > LONGEST:
            raise forms.ValidationError("This file is too large to be an agreement.")
        try:
            return read(given.read(), given.name)
        except Unreadable as error:
            raise forms.ValidationError(error.message) from error


class ImportedDraft(ExportedFile):
    agreement = forms.ModelChoiceField(
        Agreement.objects.select_related("segment"),
        label="Becomes a draft of",
        empty_label=None,
        help_text="Teams and people are found by their names. Nothing is in force before it is signed anew.",
    )

    field_order = ("agreement", "file")
