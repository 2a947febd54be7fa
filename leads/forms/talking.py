"""Comments and files on a lead."""

from __future__ import annotations

from typing import Any

from django import forms

from config.web.forms import Form
from leads.services.talking import LONGEST, MOST_BYTES


class CommentForm(Form):
    text = forms.CharField(
        label="Comment", max_length=LONGEST, help_text="@ and a name tells that person.",
        widget=forms.Textarea(attrs={"rows": 3, "data-mentions": "mentions"}),
    )  # fmt: skip


class Files(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once."""

    widget = Files

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given:
            raise forms.ValidationError("Choose a file first.")
        return [super(FilesField, self).clean(one, initial) for one in given]


class FilesForm(Form):
    upload = FilesField(
        label="Files", help_text=f"Up to {MOST_BYTES // 1024 // 1024} MB each.", widget=Files(attrs={"multiple": True})
    )
