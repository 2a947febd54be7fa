"""Opportunities with their amounts, dates and stages, and every change of these."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from config.accounts.models import Membership
from config.web.ids import uuid7
from leads.models.handoff import Handoff
from leads.models.lead import Lead
from leads.models.people import Company, Person

if TYPE_CHECKING:
    from config.accounts.actor import Actor


class OpportunityStage(models.TextChoices):
    DISCOVERY = "discovery", "Discovery"
    PROPOSAL = "proposal", "Proposal"
    NEGOTIATION = "negotiation", "Negotiation"
    WON = "won", "Won"
    LOST = "lost", "Lost"


OPEN_OPPORTUNITY = (OpportunityStage.DISCOVERY, OpportunityStage.PROPOSAL, OpportunityStage.NEGOTIATION)
OPPORTUNITY_COLOUR = {
    OpportunityStage.DISCOVERY: "azure",
    OpportunityStage.PROPOSAL: "indigo",
    OpportunityStage.NEGOTIATION: "orange",
    OpportunityStage.WON: "green",
    OpportunityStage.LOST: "red",
}
DEFAULT_PROBABILITY = {
    OpportunityStage.DISCOVERY: 20,
    OpportunityStage.PROPOSAL: 50,
    OpportunityStage.NEGOTIATION: 75,
    OpportunityStage.WON: 100,
    OpportunityStage.LOST: 0,
}


class Product(models.Model):
    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    also_called = models.JSONField(default=list, blank=True, help_text="Other spellings that imports may bring.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class OpportunityQuerySet(models.QuerySet["Opportunity"]):
    def open(self) -> OpportunityQuerySet:
        return self.filter(stage__in=OPEN_OPPORTUNITY)

    def visible_to(self, actor: Actor) -> OpportunityQuerySet:
        if actor.reads_everything:
            return self
        return self.filter(
            models.Q(owner=actor.user)
            | models.Q(handoff__to_team__in=actor.team_ids)
            | models.Q(handoff__from_team__in=actor.team_ids)
        )

    def worked_by(self, actor: Actor) -> OpportunityQuerySet:
        """Opportunities this person may change: their own, and their teams' for who manages those."""
        if actor.is_admin:
            return self
        managed = [seat.team_id for seat in actor.seats if seat.role == "manager"]
        colleagues = Membership.objects.filter(team__in=managed, is_active=True).values("user_id")
        return self.filter(models.Q(owner=actor.user) | models.Q(owner__in=colleagues))


class Opportunity(ConcurrentTransitionMixin, models.Model):
    """A deal being pursued. While open it has an owner and a dated next step."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, null=True, related_name="opportunities")
    handoff = models.ForeignKey(Handoff, on_delete=models.PROTECT, null=True, related_name="opportunities")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="opportunities")
    contacts = models.ManyToManyField(Person, blank=True, related_name="opportunities")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="opportunities", db_index=False
    )
    name = models.CharField(max_length=160)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stage = FSMField(
        max_length=11, default=OpportunityStage.DISCOVERY, choices=OpportunityStage.choices, protected=True
    )
    probability = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3, default="EUR")
    base_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    rate = models.DecimalField(max_digits=14, decimal_places=6, default=1)
    rate_on = models.DateField(null=True)
    expected_close_on = models.DateField(null=True)
    next_step = models.CharField(max_length=160, blank=True)
    next_step_on = models.DateField(null=True)
    self_sourced = models.BooleanField(default=False)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    lost_reason = models.CharField(max_length=60, blank=True)
    lost_note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "opportunities"
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=models.Q(stage__in=OPEN_OPPORTUNITY, lead__isnull=False),
                name="leads_one_open_opportunity",
            ),
            models.CheckConstraint(
                condition=~models.Q(stage=OpportunityStage.LOST) | ~models.Q(lost_reason=""),
                name="leads_lost_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(stage__in=OPEN_OPPORTUNITY) | models.Q(closed_at__isnull=False),
                name="leads_ended_opportunity_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "stage", "expected_close_on"], name="leads_opportunity_by_owner"),
            models.Index(fields=["opened_at"], name="leads_opportunity_by_time"),
            models.Index(fields=["closed_at"], name="leads_opportunity_by_close"),
            models.Index(
                fields=["next_step_on", "id"],
                condition=models.Q(stage__in=OPEN_OPPORTUNITY),
                name="leads_opportunity_next",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN_OPPORTUNITY

    # Only `leads/services/opportunities.py` calls these.
    @transition(field=stage, source=list(OPEN_OPPORTUNITY), target=OpportunityStage.DISCOVERY)
    def _to_discovery(self) -> None: ...

    @transition(field=stage, source=list(OPEN_OPPORTUNITY), target=OpportunityStage.PROPOSAL)
    def _to_proposal(self) -> None: ...

    @transition(field=stage, source=list(OPEN_OPPORTUNITY), target=OpportunityStage.NEGOTIATION)
    def _to_negotiation(self) -> None: ...

    @transition(field=stage, source=list(OPEN_OPPORTUNITY), target=OpportunityStage.WON)
    def _win(self, at: datetime) -> None:
        self.closed_at, self.probability = at, 100

    @transition(field=stage, source=list(OPEN_OPPORTUNITY), target=OpportunityStage.LOST)
    def _lose(self, at: datetime, reason: str, note: str) -> None:
        self.closed_at, self.probability, self.lost_reason, self.lost_note = at, 0, reason, note


class OpportunityChange(models.Model):
    """Append-only: what changed on an opportunity, for roll-in and roll-out between periods."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    field = models.CharField(max_length=20)
    before = models.CharField(max_length=160, blank=True)
    after = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering = ("at", "id")
        indexes = [models.Index(fields=["opportunity", "at"], name="leads_opp_change_by_opp")]

    def __str__(self) -> str:
        return f"{self.field}: {self.before} to {self.after}"
