"""Webhook endpoints, and what the outbox holds, in the admin. For admins only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, OuterRef, QuerySet, Subquery, URLField
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from config.accounts.adminaccess import NOBODY, ActorAdminMixin
from config.accounts.shownonce import ShownOnceMixin
from config.outbox.models import DeliveryState, Endpoint, Event, Heartbeat, WebhookDelivery
from config.outbox.services import webhooks

COUNTED = {"waiting_count": DeliveryState.WAITING, "parked_count": DeliveryState.PARKED}


def _number_of(state: DeliveryState) -> Coalesce:
    rows = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state=state).order_by().values("endpoint")
    return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number")), 0)


@admin.register(Endpoint)
class EndpointAdmin(ActorAdminMixin, ShownOnceMixin, ModelAdmin):
    list_display = ("name", "url", "shown_topics", "is_active", "switched_off_why", "waiting", "parked")
    list_filter = ("is_active",)
    search_fields = ("name", "url")
    # The secret is in no form: whoever looks over a shoulder, or signs in later, does not get it.
    fields = ("name", "url", "topics", "is_active", "switched_off_why", "created_at")
    readonly_fields = ("switched_off_why", "created_at")
    formfield_overrides = {
        URLField: {"assume_scheme": "https"},
        ArrayField: {
            "widget": UnfoldAdminTextInputWidget,
            "help_text": "Separated by commas; lead.* takes all that begin so. Leave empty for every topic.",
        },
    }
    shown_as = "Signing secret"
    actions = ("send_test_event", "retry_parked", "renew_secret")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """With counts of what is not sent, each from its own small index; what was sent is too much to count."""
        counts = {name: _number_of(state) for name, state in COUNTED.items()}
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="Topics")
    def shown_topics(self, endpoint: Endpoint) -> str:
        return ", ".join(endpoint.topics) or "all"

    @admin.display(description="Waiting", ordering="waiting_count")
    def waiting(self, endpoint: Any) -> int:
        return endpoint.waiting_count

    @admin.display(description="Parked", ordering="parked_count")
    def parked(self, endpoint: Any) -> int:
        return endpoint.parked_count

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if obj.is_active:
            obj.switched_off_why = ""
        super().save_model(request, obj, form, change)
        if not change:
            self.show_once(request, obj, obj.secret)

    @admin.action(description="Send a test event", permissions=["change"])
    def send_test_event(self, request: HttpRequest, endpoints: QuerySet[Endpoint]) -> None:
        for endpoint in endpoints:
            if endpoint.is_active:
                webhooks.send_test(endpoint, timezone.now())
                messages.success(request, f"A test event for {endpoint} is on its way; see its deliveries.")
            else:
                messages.error(request, f"{endpoint} is switched off.")

    @admin.action(description="Retry parked deliveries", permissions=["change"])
    def retry_parked(self, request: HttpRequest, endpoints: QuerySet[Endpoint]) -> None:
        count = webhooks.retry_parked(endpoints.filter(is_active=True), timezone.now())
        messages.success(request, f"{count} parked deliveries are due again. Endpoints switched off keep theirs.")

    @admin.action(description="Make a new signing secret", permissions=["change"])
    def renew_secret(self, request: HttpRequest, endpoints: QuerySet[Endpoint]) -> None:
        if len(endpoints) != 1:
            messages.error(request, "Choose one endpoint: the new secret is shown once, on its page.")
            return
        endpoint = endpoints[0]
        self.show_once(request, endpoint, webhooks.renew_secret(endpoint))
        messages.warning(request, f"{endpoint} has a new secret. Open its page to see it, once.")


class ReadOnly(ActorAdminMixin, ModelAdmin):
    """Rows that only the portal itself writes."""

    change_rule = NOBODY
    show_full_result_count = False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Those who may see these rows may have them tried again."""
        return self.has_view_permission(request)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly):
    list_display = ("event", "endpoint", "state", "status_code", "attempts", "next_at", "sent_at", "last_error")
    list_filter = ("state", "endpoint")
    list_select_related = ("event", "endpoint")
    actions = ("retry",)

    @admin.action(description="Retry parked", permissions=["retry"])
    def retry(self, request: HttpRequest, deliveries: Any) -> None:
        messages.success(request, f"{deliveries.retry(timezone.now())} deliveries are due again.")


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("topic", "subject", "occurred_at", "handled_at", "parked_at", "attempts", "last_error")
    list_filter = (("handled_at", admin.EmptyFieldListFilter), ("parked_at", admin.EmptyFieldListFilter))
    search_fields = ("topic__startswith", "subject__exact")
    search_help_text = "The beginning of a topic, or a whole subject"
    actions = ("retry",)
    ordering = ("-id",)

    @admin.action(description="Retry parked", permissions=["retry"])
    def retry(self, request: HttpRequest, events: Any) -> None:
        messages.success(request, f"{events.retry(timezone.now())} events are due again.")


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    list_display = ("name", "started_at", "finished_at", "handled", "failures", "last_error_at", "last_error")
