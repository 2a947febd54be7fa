"""Connected systems in the admin: sources with their token, key pages, own fields and campaigns."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from config.accounts.adminaccess import NOBODY, ActorAdminMixin
from config.accounts.choices import Function
from config.accounts.shownonce import ShownOnceMixin
from config.web.access import of
from leads.models import Campaign, CustomField, IntakeSource, KeyPage


class LinesField(forms.CharField):
    """A list of words, one on each line."""

    def __init__(self, **kwargs: Any):
        super().__init__(required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


class SourceForm(forms.ModelForm):
    visit_origins = LinesField(
        label="Sites that may send visits", help_text="One on each line, such as https://www.example.com."
    )

    class Meta:
        model = IntakeSource
        fields = ("key", "name", "default_lead_source", "visit_origins", "is_active")

    def clean_visit_origins(self) -> list[str]:
        origins = []
        for given in self.cleaned_data["visit_origins"]:
            parts = urlsplit(given)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/") or parts.query:
                raise forms.ValidationError(f"{given!r} is not a site's address, such as https://www.example.com.")
            origins.append(f"{parts.scheme}://{parts.netloc.lower()}")
        return origins


@admin.register(IntakeSource)
class IntakeSourceAdmin(ActorAdminMixin, ShownOnceMixin, ModelAdmin):
    """A system that may send leads and activities. Its token is shown when it is made, and never again."""

    delete_rule = NOBODY  # what it has sent names it; one that is no longer wanted is switched off
    form = SourceForm
    list_display = ("name", "key", "default_lead_source", "has_token", "is_active", "last_used_at")
    list_filter = ("is_active",)
    search_fields = ("name", "key")
    readonly_fields = ("visit_key", "created_at", "last_used_at")
    fields = ("name", "key", "default_lead_source", "is_active", "visit_origins", *readonly_fields)
    shown_as = "Token"
    actions = ("new_token", "new_visit_key")

    @display(description="Has a token", boolean=True)
    def has_token(self, source: IntakeSource) -> bool:
        return bool(source.token_hash)

    def save_model(self, request: HttpRequest, obj: IntakeSource, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            self.show_once(request, obj, obj.issue_token())
        if obj.visit_origins and not obj.visit_key:
            obj.issue_visit_key()

    @admin.action(description="Make a new token; the old one stops working", permissions=["change"])
    def new_token(self, request: HttpRequest, sources: QuerySet[IntakeSource]) -> HttpResponse | None:
        if len(sources) != 1:
            messages.error(request, "Choose one source: the new token is shown once, on its page.")
            return None
        source = sources[0]
        self.show_once(request, source, source.issue_token())
        return redirect("admin:leads_intakesource_change", source.pk)

    @admin.action(description="Make a new visit key; the old one stops working", permissions=["change"])
    def new_visit_key(self, request: HttpRequest, sources: QuerySet[IntakeSource]) -> None:
        for source in sources:
            messages.success(request, f"{source}: the new visit key is {source.issue_visit_key()}.")


@admin.register(KeyPage)
class KeyPageAdmin(ActorAdminMixin, ModelAdmin):
    """Visits to these pages count as deeds of their own; to all others as a page view."""

    change_rule = of(Function.MARKETING, managers=True)
    list_display = ("path", "type")
    search_fields = ("path", "type")


class CustomFieldForm(forms.ModelForm):
    blank_words = LinesField(label='Words that mean "not filled"', help_text="One on each line, such as Select or n/a.")

    class Meta:
        model = CustomField
        fields = ("holder", "key", "label", "kind", "blank_words")


@admin.register(CustomField)
class CustomFieldAdmin(ActorAdminMixin, ModelAdmin):
    """A field of a connected system. From here on conditions, points and routes can look at it."""

    change_rule = of(Function.MARKETING, managers=True)
    delete_rule = NOBODY  # what is agreed may name it
    form = CustomFieldForm
    list_display = ("label", "holder", "key", "kind", "named")
    list_filter = ("holder", "kind")
    search_fields = ("label", "key")

    @display(description="Known to conditions as")
    def named(self, field: CustomField) -> str:
        return field.path

    def get_readonly_fields(self, request: HttpRequest, obj: CustomField | None = None) -> tuple[str, ...]:
        return ("holder", "key") if obj else ()


@admin.register(Campaign)
class CampaignAdmin(ActorAdminMixin, ModelAdmin):
    """What leads came by, and what costs are booked on."""

    change_rule = of(Function.MARKETING, managers=True)
    delete_rule = NOBODY  # leads and costs name it
    list_display = ("name", "key", "channel", "starts_on", "ends_on")
    list_filter = ("channel",)
    search_fields = ("name", "key")

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> tuple[str, ...]:
        return ("key",) if obj else ()  # systems and files name the campaign by it
