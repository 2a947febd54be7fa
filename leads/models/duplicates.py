"""Duplicates are proposed, and merged only by a person's decision."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from config.web.ids import uuid7
from leads.models.people import Person


class MergeProposal(models.Model):
    """Two people who may be one, and why we think so."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        MERGED = "merged", "Merged"
        APART = "apart", "Two people"

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    keep = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="merge_proposals_keep", db_index=False)
    drop = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="merge_proposals_drop")
    why = models.CharField(max_length=200)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    record = models.JSONField(default=dict)  # what was moved, so that the merge can be understood later

    class Meta:
        ordering = ("-proposed_at",)
        constraints = [
            models.UniqueConstraint(fields=["keep", "drop"], name="leads_merge_proposed_once"),
            models.CheckConstraint(condition=~models.Q(keep=models.F("drop")), name="leads_merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.keep_id} and {self.drop_id}"
