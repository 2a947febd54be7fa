"""What marketing asks of leads in nurture."""

from __future__ import annotations

from django import forms

from config.web.forms import Form


class PostponeForm(Form):
    return_on = forms.DateField(label="Back on", widget=forms.DateInput())


class ReviveForm(Form):
    return_on = forms.DateField(label="Back on", widget=forms.DateInput())
    note = forms.CharField(
        label="What should marketing know?", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
