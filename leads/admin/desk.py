"""The desk in the admin: call queues, country rules, do-not-call; conditions are built with a live count."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display

from config.accounts.adminaccess import NOBODY, ActorAdminMixin
from leads import countries, fields
from leads.models import CallingRule, CallQueue, DoNotCall
from leads.normalise import phone as normalised_phone
from leads.services import trying
from leads.views.callers import DESK_MANAGERS
from leads.widgets import CriteriaBuilder
from sla.admin import preview
from sla.admin.widgets import CriteriaField, WeekField, offer_fields, use_criteria_widget
from sla.words.hours import week_words
from sla.words.taxonomy import criteria_words

use_criteria_widget(CriteriaBuilder)
offer_fields(fields.by_group)
preview.count_definition = lambda definition, segment: trying.count_definition(definition, segment, timezone.now())


class QueueForm(forms.ModelForm):
    """Which handoffs a queue takes is a condition on the lead."""

    criteria = CriteriaField(
        label="Takes leads for which",
        required=False,
        runs_at_once=True,
        help_text="Empty: whatever comes. Holds for leads that come from now on; those that wait are moved on the board.",
    )

    class Meta:
        model = CallQueue
        fields = (
            "team", "name", "position", "criteria", "is_active", "needs_consent", "service_level_percent",
            "service_level_minutes",
        )  # fmt: skip


@admin.register(CallQueue)
class CallQueueAdmin(ActorAdminMixin, ModelAdmin):
    """Tried in their order within a team; the first whose condition a lead meets holds it."""

    view_rule = DESK_MANAGERS
    change_rule = DESK_MANAGERS
    delete_rule = NOBODY  # what was called from it stays told; one that is no longer wanted is switched off
    form = QueueForm
    list_display = ("name", "team", "position", "takes", "promise", "is_active")
    list_filter = ("is_active",)

    @display(description="Takes leads for which")
    def takes(self, queue: CallQueue) -> str:
        return criteria_words(queue.criteria) if queue.criteria else "whatever comes"

    @display(description="Promise")
    def promise(self, queue: CallQueue) -> str:
        return f"{queue.service_level_percent} % within {queue.service_level_minutes} minutes"


class RuleForm(forms.ModelForm):
    """The hours are typed as people say them; a day left empty is closed, all left empty means at any time."""

    window = WeekField(label="Calls are made", help_text="In the called person's own time.")

    class Meta:
        model = CallingRule
        fields = (
            "country", "window", "holidays_closed", "most_attempts", "attempts_within_days", "rest_days_after_refusal",
            "needs_consent", "may_override", "source", "checked_on",
        )  # fmt: skip

    def clean_country(self) -> str:
        code = str(self.cleaned_data.get("country") or "").upper()
        if code and code not in countries.names():
            raise forms.ValidationError("Two letters, such as DE; empty for all other countries.")
        return code

    def clean_window(self) -> dict[str, list[list[str]]]:
        week: dict[str, list[list[str]]] = self.cleaned_data.get("window") or {}
        return week if any(week.values()) else {}


@admin.register(CallingRule)
class CallingRuleAdmin(ActorAdminMixin, ModelAdmin):
    """Country data with its source; never legal advice. Who waits is callable by the rule as it stands, at once."""

    view_rule = DESK_MANAGERS
    form = RuleForm
    list_display = ("__str__", "hours", "most_attempts", "attempts_within_days", "needs_consent", "checked_on")

    @display(description="Calls are made")
    def hours(self, rule: CallingRule) -> str:
        return week_words(rule.window) if rule.window else "at any time"


class DoNotCallForm(forms.ModelForm):
    """Numbers and domains are kept as the gate compares them."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind, value = cleaned.get("kind"), str(cleaned.get("value") or "").strip()
        if kind == DoNotCall.Kind.PHONE:
            try:
                cleaned["value"] = normalised_phone(value)
            except forms.ValidationError as error:
                self.add_error("value", error)
        elif kind == DoNotCall.Kind.DOMAIN:
            cleaned["value"] = (
                value.lower().removeprefix("http://").removeprefix("https://").removeprefix("www.").strip("/")
            )
        return cleaned


@admin.register(DoNotCall)
class DoNotCallAdmin(ActorAdminMixin, ModelAdmin):
    """A gate on the server. An entry is lifted, never deleted: who was not to be called, and when, stays on record."""

    view_rule = DESK_MANAGERS
    change_rule = DESK_MANAGERS
    delete_rule = NOBODY
    form = DoNotCallForm
    fields = ("kind", "value", "reason", "lifted_at")
    list_display = ("value", "kind", "reason", "added_at", "added_by", "lifted_at")
    list_filter = ("kind",)
    search_fields = ("value", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: DoNotCall | None = None) -> tuple[str, ...]:
        return ("kind", "value") if obj else ("lifted_at",)

    def save_model(self, request: HttpRequest, obj: DoNotCall, form: Any, change: bool) -> None:
        if not change:
            obj.added_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
