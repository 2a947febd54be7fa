"""Whom we may call, when: country rules, do-not-call, recorded refusals and overrides. Never legal advice."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from leads.models.handoff import Handoff
from leads.models.people import Person


class CallingRule(models.Model):
    """A country's calling window and limits, as editable data with its source."""

    country = models.CharField(
        max_length=2, unique=True, help_text="ISO code; empty is the default for all others.", blank=True
    )
    window = models.JSONField(
        default=dict, help_text='{"mon": [["09:00", "21:00"]], …} in the called person\'s own time.'
    )
    holidays_closed = models.BooleanField(default=False)
    most_attempts = models.PositiveSmallIntegerField(null=True, blank=True)
    attempts_within_days = models.PositiveSmallIntegerField(default=30)
    rest_days_after_refusal = models.PositiveSmallIntegerField(default=60)
    needs_consent = models.BooleanField(default=False)
    may_override = models.BooleanField(
        default=True, help_text="Whether a manager may override the window and limits, with a reason."
    )
    source = models.TextField(blank=True)
    checked_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("country",)

    def __str__(self) -> str:
        return self.country or "All other countries"


class DoNotCall(models.Model):
    """A number, person or domain that must not be called: a gate on the server, not a label."""

    class Kind(models.TextChoices):
        PHONE = "phone", "Number"
        PERSON = "person", "Person"
        DOMAIN = "domain", "Domain"

    kind = models.CharField(max_length=6, choices=Kind)
    value = models.CharField(max_length=254)  # normalised number, person's public id, or domain
    reason = models.CharField(max_length=160, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-added_at",)
        verbose_name = "do-not-call entry"
        verbose_name_plural = "do-not-call entries"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value"], condition=models.Q(lifted_at=None), name="leads_do_not_call_once"
            )
        ]

    def __str__(self) -> str:
        return self.value


class CallRefusal(models.Model):
    """Append-only: a number that was not shown, and by which rule; or shown all the same, by whose word."""

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, null=True, related_name="call_refusals")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="call_refusals", db_index=False)
    rule = models.CharField(max_length=40)
    words = models.CharField(max_length=200)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    overridden_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    override_reason = models.CharField(max_length=200, blank=True)
    override_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-at",)
        indexes = [
            models.Index(fields=["person", "-at"], name="leads_refusal_by_person"),
            models.Index(
                fields=["handoff", "override_until"],
                condition=models.Q(overridden_by__isnull=False),
                name="leads_refusal_overridden",
            ),
        ]

    def __str__(self) -> str:
        return self.rule
