"""The rows of a draft's terms, edited in place, each with its plain words beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify
from unfold.admin import StackedInline
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget

from config.accounts.adminaccess import ActorAdminMixin
from config.web.access import MANAGERS
from sla.access import DRAFTERS
from sla.admin.layout import FIXED, REFERENCES, lines_for
from sla.admin.widgets import BY_NAME, field_for
from sla.models import TermRow, Version, term_models
from sla.sections import KINDS
from sla.services.compiling import draft_terms
from sla.terms import Terms
from sla.words.fields import field_label, term_name
from sla.words.terms import say

TITLE_LENGTH = 150


def terms_of_draft(version: Version) -> Terms:
    """The draft's terms as they are stored, worked out once a request."""
    found = getattr(version, "_draft_terms", None)
    if found is None:
        found = version._draft_terms = draft_terms(version)  # type: ignore[attr-defined]
    assert isinstance(found, Terms)
    return found


class TermForm(forms.ModelForm):  # type: ignore[type-arg]
    """A term's key is made from its name when it is new, and stays."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].required = False
            self.fields["key"].disabled = bool(self.instance.pk)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "key" in self.fields and not cleaned.get("key"):
            cleaned["key"] = self.instance.key or self._new_key(cleaned)
        return cleaned

    def _new_key(self, cleaned: dict[str, Any]) -> str:
        parts = [cleaned.get(name) for name in ("label", "name", "heading", "question", "function")]
        if not any(parts):
            parts = [cleaned.get("commitment"), str(cleaned.get("at_percent", "")), cleaned.get("action")]
        if not any(parts):
            parts = [str(cleaned.get("text", ""))[:40]]
        return (
            slugify("-".join(str(part) for part in parts if part).replace("_", "-"))[:60]
            or self._meta.model._meta.model_name
        )


class TermFormSet(PaginationInlineFormSet):
    """Each row is titled by its name and what it says; two rows with one key are refused."""

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        form.instance.version = self.instance  # the same object for all rows, with its terms worked out once
        if form.instance.pk:
            form.instance.get_inline_title = title_of(form.instance, terms_of_draft(self.instance))
        return form

    def clean(self) -> None:
        super().clean()
        seen: dict[str, Any] = {}
        for form in self.forms:
            if self._should_delete_form(form) or (not form.has_changed() and not form.instance.pk):
                continue
            key = form.cleaned_data.get("key") or form.instance.key if hasattr(form, "cleaned_data") else ""
            if key and key in seen:
                form.add_error("key" if "key" in form.fields else None, f"Another row has the key {key!r} already.")
            seen[key] = form


def title_of(row: TermRow, terms: Terms) -> str:
    said = say(row.section, row.key, terms)
    name = next(
        (term_name(row.section, term, terms) for term in terms.content[row.section] if term["key"] == row.key), row.key
    )
    words = said[0] if said else ""
    text = f"{name}: {words}" if words and not words.startswith(name) else words or name
    return text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 1]}…"


def words_html(said: Iterable[str], section: str) -> SafeString:
    """Sentences as the preview shows them; `draft.js` renews it while one types."""
    return format_html(
        '<div class="draft-words" data-words data-words-section="{}" aria-live="polite">{}</div>',
        section,
        format_html_join("", "<p>{}</p>", ((text,) for text in said)),
    )


class TermInline(ActorAdminMixin, StackedInline):
    """Base of all: `model` is set by `inline_for`."""

    model: type[TermRow]
    form = TermForm
    formset = TermFormSet
    view_rule = MANAGERS
    change_rule = DRAFTERS
    extra = 0
    collapsible = True
    ordering_field = "position"
    hide_ordering_field = True
    readonly_fields = ("in_words",)
    ordering = ("position", "id")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        names = [f.name for f in self.model._meta.concrete_fields if f.name not in ("id", "version", "key", "position")]
        lines = lines_for(self.model.section, names)
        return [(None, {"fields": [*lines, "in_words", *([] if self.model.section in FIXED else ["key"]), "position"]})]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.model.section not in FIXED and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.model.section not in FIXED and super().has_delete_permission(request, obj)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        self.draft = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        section, name = self.model.section, db_field.name
        kwargs["label"] = field_label(name, section)
        if name in BY_NAME:
            return field_for(name, label=kwargs["label"], help_text=db_field.help_text)
        if (section, name) in REFERENCES:
            return self._reference_field(db_field, REFERENCES[section, name], kwargs["label"])
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if name == "key" and field is not None:
            field.help_text = "Made from the name; it stays the same in every version, so that reports can follow it."
        if name == "position" and field is not None:
            field.required = False
        return field

    def _reference_field(self, db_field: models.Field[Any, Any], section: str, label: str) -> forms.ChoiceField:
        """One of the draft's own terms, by name; a key that is not there any more stays visible."""
        terms = terms_of_draft(self.draft) if self.draft else None
        rows = terms.content[section] if terms else []
        choices = [("", "–")] + [(row["key"], term_name(section, row, terms)) for row in rows]  # type: ignore[arg-type]
        known = {key for key, _ in choices}
        if terms is not None:
            used = {str(row.get(db_field.name) or "") for row in terms.content[self.model.section]}
            choices += [(key, f"{key} (not there)") for key in sorted(used - known)]
        return forms.ChoiceField(
            choices=choices,
            required=not db_field.blank,
            label=label,
            widget=UnfoldAdminSelectWidget(choices=choices),
            help_text=f"A new {KINDS[section].one} can be chosen once it is saved.",
        )

    def in_words(self, row: TermRow) -> SafeString:
        if not row.pk:
            return words_html(["Fill in the fields to read it here."], self.model.section)
        return words_html(say(row.section, row.key, terms_of_draft(row.version)), row.section)

    in_words.short_description = "In words"  # type: ignore[attr-defined]


def inline_for(model: type[TermRow]) -> type[TermInline]:
    kind = KINDS[model.section]
    return type(
        f"{model.__name__}Inline",
        (TermInline,),
        {"model": model, "verbose_name": kind.one, "verbose_name_plural": kind.heading},
    )


INLINES: dict[str, type[TermInline]] = {model.section: inline_for(model) for model in term_models()}


def inlines_of(part: str) -> list[type[TermInline]]:
    """The inlines of one page of the form, in the document's order."""
    return [INLINES[kind.section] for kind in KINDS.values() if kind.part == part]
