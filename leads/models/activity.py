"""What leads and visitors did: append-only, at any volume."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils import timezone

from leads.models.lead import Lead


class Visitor(models.Model):
    """An anonymous browser, known by the id its tracking gives; joined to a lead once it gives its e-mail."""

    key = models.CharField(max_length=80, unique=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    lead = models.ForeignKey(Lead, on_delete=models.SET_NULL, null=True, blank=True, related_name="visitors")
    joined_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-last_seen_at",)

    def __str__(self) -> str:
        return self.key


class Activity(models.Model):
    """One deed of a lead, a visitor or a product user. Nothing points at it, so that it may be partitioned."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, null=True, related_name="activities", db_index=False)
    visitor = models.ForeignKey(Visitor, on_delete=models.CASCADE, null=True, related_name="activities", db_index=False)
    type = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=60, blank=True)
    properties = models.JSONField(default=dict)

    class Meta:
        ordering = ("-occurred_at",)
        verbose_name_plural = "activities"
        indexes = [
            models.Index(fields=["lead", "occurred_at"], name="leads_activity_by_lead"),
            models.Index(
                fields=["visitor", "occurred_at"],
                condition=models.Q(visitor__isnull=False),
                name="leads_activity_by_visitor",
            ),
            BrinIndex(fields=["occurred_at"], name="leads_activity_by_time"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="activity_stays",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                # Only joining a visitor's deeds to the lead they turned out to be, or merging two leads, may move one.
                condition=pgtrigger.Condition(
                    "((OLD.type, OLD.occurred_at, OLD.received_at, OLD.properties)"
                    " IS DISTINCT FROM (NEW.type, NEW.occurred_at, NEW.received_at, NEW.properties))"
                ),
                func="RAISE EXCEPTION 'activities are append-only';",
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.occurred_at:%F}"
