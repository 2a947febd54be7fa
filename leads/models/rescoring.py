"""Re-scoring after new rules took effect, and who wants to hear of scores that move."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from leads.models.campaign import Campaign
from leads.models.lead import Lead
from sla.models import Segment, Version


class Rescoring(models.Model):
    """What a version's rules made of a segment's open leads once they took effect: the record of one run.

    It may be interrupted and resumed: what is left to score is found by the version each score names.
    """

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+")
    version = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="rescoring")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    scored = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)  # out of stages that were switched off
    lifted = models.PositiveIntegerField(default=0)  # now meet a definition of a qualifying stage
    next_turn = models.DateTimeField(null=True)  # of the next lead that is lifted

    class Meta:
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.version}: {self.scored} scored"


class ScoreWatch(models.Model):
    """A person asks to be told when scores move: of one lead, or of a segment's, a source's or a campaign's leads."""

    class Direction(models.TextChoices):
        UP = "up", "rises"
        DOWN = "down", "falls"
        BOTH = "both", "rises or falls"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="score_watches")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, null=True, blank=True, related_name="score_watches")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=60, blank=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    direction = models.CharField(max_length=4, choices=Direction, default=Direction.BOTH)
    points = models.PositiveSmallIntegerField(default=10, help_text="Only when the score moves by at least this much.")
    threshold = models.IntegerField(
        null=True, blank=True, help_text="Only when it passes this many points; empty: any move counts."
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["user", "lead"], condition=models.Q(lead__isnull=False), name="leads_watch_lead_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} watches {self.lead or self.source or self.segment or 'all leads'}"
