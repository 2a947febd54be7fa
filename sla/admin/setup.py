"""Segments, their agreements, exceptional closings, and proposed changes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from config.accounts.adminaccess import NOBODY, ActorAdminMixin
from config.web.access import MANAGERS
from sla.access import DRAFTERS
from sla.admin.widgets import CriteriaField
from sla.models import Agreement, ChangeProposal, Closing, Segment
from sla.words.taxonomy import criteria_words


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Exactly one segment takes what fits no other."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        others = Segment.objects.exclude(pk=self.instance.pk)
        if cleaned.get("is_default") and cleaned.get("criteria"):
            self.add_error("criteria", "The default segment takes whatever is left, so it has no conditions.")
        if not cleaned.get("is_default") and not others.filter(is_default=True).exists():
            self.add_error("is_default", "One segment must take what fits no other: make this one the default.")
        if not cleaned.get("is_default") and not cleaned.get("criteria") and "criteria" not in self.errors:
            self.add_error("criteria", "Without conditions it would take every lead, and the ones after it none.")
        if cleaned.get("is_default") and not cleaned.get("is_active"):
            self.add_error("is_active", "The default segment must stay in use.")
        return cleaned


@admin.register(Segment)
class SegmentAdmin(ActorAdminMixin, ModelAdmin):
    """Tried in their order; the first whose conditions a lead meets takes it."""

    view_rule = MANAGERS
    change_rule = DRAFTERS
    delete_rule = NOBODY
    form = SegmentForm
    list_display = ("name", "key", "takes", "is_default", "is_active")
    ordering = ("is_default", "position", "id")
    ordering_field = "position"
    hide_ordering_field = True
    fields = (("name", "key"), "criteria", ("is_default", "is_active"))
    change_form_before_template = "admin/sla/criteria_head.html"

    class Media:
        css = {"all": ("sla/draft.css",)}
        js = ("sla/draft.js",)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "criteria":
            return CriteriaField(
                label="Conditions", required=False, help_text="Which leads belong here.", runs_at_once=True
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key",) if obj else ()  # what is agreed names the segment by it

    def save_model(self, request: HttpRequest, obj: Segment, form: Any, change: bool) -> None:
        """A new default takes over from the old one in the same step."""
        if obj.is_default:
            Segment.objects.filter(is_default=True).exclude(pk=obj.pk).update(is_default=False)
        super().save_model(request, obj, form, change)

    @display(description="Takes leads for which")
    def takes(self, segment: Segment) -> str:
        return "whatever is left" if segment.is_default else criteria_words(segment.criteria)


@admin.register(Agreement)
class AgreementAdmin(ActorAdminMixin, ModelAdmin):
    view_rule = MANAGERS
    change_rule = DRAFTERS
    delete_rule = NOBODY
    list_display = ("name", "segment")
    list_select_related = ("segment",)
    fields = ("name", "segment")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("segment",) if obj and obj.versions.exists() else ()


@admin.register(Closing)
class ClosingAdmin(ActorAdminMixin, ModelAdmin):
    """Clocks that start afterwards do not count these hours; running ones keep what they knew."""

    view_rule = MANAGERS
    change_rule = MANAGERS
    list_display = ("team_or_all", "from_at", "until_at", "reason")
    list_select_related = ("team",)
    list_filter = ("team",)
    fields = ("team", ("from_at", "until_at"), "reason")

    @display(description="Team")
    def team_or_all(self, closing: Closing) -> str:
        return str(closing.team or "Every team")


@admin.register(ChangeProposal)
class ChangeProposalAdmin(ActorAdminMixin, ModelAdmin):
    """To look up; they are decided on the portal's own page."""

    view_rule = DRAFTERS
    change_rule = NOBODY
    list_display = ("agreement", "anchor", "origin", "state", "created_at", "decided_by")
    list_select_related = ("agreement", "decided_by")
    list_filter = ("state", "origin", "agreement")
    search_fields = ("words",)
