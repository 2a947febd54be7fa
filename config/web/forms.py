"""Forms that render by the field component: `{{ form }}` for the whole, `{% field form.name %}` for one field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting

from config.web.errors import Refusal


class PortalRenderer(TemplatesSetting):
    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


NO_WORDS = "---------"  # what Django puts there


class FormMixin:
    """An empty choice has words; a verb's refusal is shown beside the fields it names, else above the form."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # type: ignore[attr-defined]
            if isinstance(field, forms.ModelChoiceField) and field.empty_label == NO_WORDS:
                field.empty_label = "Choose" if field.required else "None"

    def refuse(self, refusal: Refusal) -> None:
        for name, message in refusal.fields.items():
            self.add_error(name if name in self.fields else None, message)  # type: ignore[attr-defined]
        if not refusal.fields:
            self.add_error(None, refusal.message)  # type: ignore[attr-defined]


class Form(FormMixin, forms.Form):
    default_renderer = PortalRenderer


class ModelForm(FormMixin, forms.ModelForm):
    default_renderer = PortalRenderer
