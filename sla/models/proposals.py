"""Proposals to change a term: what the figures, or people, say the next version should do differently."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from config.web.ids import uuid7
from sla.models.agreement import Agreement, Version


class ProposalOrigin(models.TextChoices):
    FEEDBACK = "feedback", "What happened to leads"
    REVIEW = "review", "The regular review"
    COMMENT = "comment", "A comment on a clause"
    PERSON = "person", "A person"
    REHEARSAL = "rehearsal", "A rehearsal of past leads"


class ProposalState(models.TextChoices):
    OPEN = "open", "Open"
    TAKEN = "taken", "Taken into a draft"
    DECLINED = "declined", "Declined"


class ChangeProposalQuerySet(models.QuerySet["ChangeProposal"]):
    def open(self) -> ChangeProposalQuerySet:
        return self.filter(state=ProposalState.OPEN)


class ChangeProposal(models.Model):
    """One suggested change of one term. It waits until a draft takes it along, or somebody declines it with a word why.

    `figures` is what it rests on, as {"label": value}; `change` is what a draft may do at once, as
    [{"section": "definitions", "key": "marketing-qualified", "field": "minimum_score", "value": 50}].
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="change_proposals", db_index=False)
    version = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )  # the version that was in force when it was made
    anchor = models.CharField(max_length=120)  # the clause's stable key, such as "definition:marketing-qualified"
    words = models.TextField(max_length=4000)
    figures = models.JSONField(default=dict, blank=True)
    change = models.JSONField(default=list, blank=True)
    origin = models.CharField(max_length=10, choices=ProposalOrigin)
    dedupe_key = models.CharField(max_length=140)
    state = models.CharField(max_length=8, choices=ProposalState, default=ProposalState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision = models.CharField(max_length=400, blank=True)
    taken_into = models.ForeignKey(
        Version, on_delete=models.SET_NULL, null=True, blank=True, related_name="taken_proposals"
    )

    objects = ChangeProposalQuerySet.as_manager()

    class Meta:
        ordering = ("-changed_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "dedupe_key"],
                condition=models.Q(state="open"),
                name="sla_one_open_proposal",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open") | models.Q(decided_at__isnull=False), name="sla_proposal_decided"
            ),
        ]
        indexes = [models.Index(fields=["agreement", "state", "-changed_at"], name="sla_proposal_by_agreement")]

    def __str__(self) -> str:
        return self.words if len(self.words) < 80 else f"{self.words[:79]}…"
