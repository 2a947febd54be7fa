"""The builder of conditions in the place of their JSON, wherever the admin edits a condition."""

from __future__ import annotations

from typing import Any

from django.forms.widgets import Script
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sla.admin.widgets import CriteriaWidget


class CriteriaBuilder(CriteriaWidget):
    """The text field inside a builder that writes it, with a live count of the leads that meet it; see `builder.js`."""

    class Media:
        css = {"all": ("handoff/taxonomy.css",)}
        js = (Script("handoff/builder.js", type="module"),)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        return format_html(
            '<div class="builder" data-builder data-vocabulary-url="{}" data-count-url="{}">{}</div>',
            reverse("condition_vocabulary"),
            reverse("condition_count"),
            super().render(name, value, attrs, renderer),
        )
