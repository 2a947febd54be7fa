"""Forms that render by the field component: `{{ form }}` for the whole, `{% field form.name %}` for one field."""

from __future__ import annotations

from django import forms
from django.forms.renderers import TemplatesSetting

from config.web.errors import Refusal


class PortalRenderer(TemplatesSetting):
    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


class RefusableMixin:
    """Shows a verb's refusal where it belongs: beside the fields it names, else above the form."""

    def refuse(self, refusal: Refusal) -> None:
        for name, message in refusal.fields.items():
            self.add_error(name if name in self.fields else None, message)  # type: ignore[attr-defined]
        if not refusal.fields:
            self.add_error(None, refusal.message)  # type: ignore[attr-defined]


class Form(RefusableMixin, forms.Form):
    default_renderer = PortalRenderer


class ModelForm(RefusableMixin, forms.ModelForm):
    default_renderer = PortalRenderer
