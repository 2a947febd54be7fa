"""Leads in marketing's care: why they are there, and when they come back."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from leads.models.handoff import Handoff
from leads.models.lead import Lead


class NurtureSpell(models.Model):
    """One spell in nurture. While it is open the lead has a return date, so that none is forgotten."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="nurture_spells")
    handoff = models.ForeignKey(Handoff, on_delete=models.PROTECT, null=True, related_name="nurture_spells")
    kind = models.CharField(max_length=12)  # rejected, recycled, disqualified, lost, expired
    reason = models.CharField(max_length=60)
    note = models.TextField(blank=True)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    return_on = models.DateField()
    left_at = models.DateTimeField(null=True)
    left_cause = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("-entered_at",)
        constraints = [
            models.UniqueConstraint(fields=["lead"], condition=models.Q(left_at=None), name="leads_one_open_nurture")
        ]
        indexes = [models.Index(fields=["return_on"], condition=models.Q(left_at=None), name="leads_nurture_returns")]

    def __str__(self) -> str:
        return f"{self.lead_id} until {self.return_on}"
