"""A lead, the ledger of its stages, and its score with every point's reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils import timezone
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from config.web.ids import uuid7
from leads.models.campaign import Campaign
from leads.models.people import Company, Person
from sla.models import Segment, Version
from sla.stages import BEFORE_QUALIFICATION, CHOICES, IN_HANDS, QUALIFYING, Stage

if TYPE_CHECKING:
    from config.accounts.actor import Actor


class LeadQuerySet(models.QuerySet["Lead"]):
    def visible_to(self, actor: Actor) -> LeadQuerySet:
        """Leads a person may open: all for managers, marketing and executives, else those that came through their teams."""
        if actor.reads_everything:
            return self
        from leads.models.handoff import Handoff

        through = Handoff.objects.filter(lead=models.OuterRef("pk")).filter(
            models.Q(to_team__in=actor.team_ids) | models.Q(from_team__in=actor.team_ids)
        )
        return self.filter(models.Q(owner=actor.user) | models.Exists(through))

    def for_lists(self) -> LeadQuerySet:
        return self.select_related("person", "company", "score", "segment")


def _enabled(stage: str) -> Any:
    def condition(lead: Lead) -> bool:
        return lead.terms.stage_enabled(stage)

    condition.__name__ = f"{stage}_is_switched_on"
    return condition


def _sources(*stages: str) -> list[str]:
    return [str(stage) for stage in stages]


class Lead(ConcurrentTransitionMixin, models.Model):
    """One person's pursuit in one segment. Coming back after it was closed makes a new cycle.

    `terms` must be set (by the services) before a transition: which stages exist is a term of the agreement.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="leads")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, blank=True, related_name="leads")
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="+")
    cycle = models.PositiveSmallIntegerField(default=1)
    stage = FSMField(max_length=12, default=Stage.KNOWN, choices=CHOICES, protected=True)
    stage_since = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=60, blank=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="leads")
    intent = models.CharField(max_length=40, blank=True)
    territory = models.CharField(max_length=40, blank=True)
    persona = models.CharField(max_length=60, blank=True)
    fit_grade = models.CharField(max_length=1, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="leads", db_index=False
    )
    received_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.CharField(max_length=60, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from")

    objects = LeadQuerySet.as_manager()
    terms: Any = None

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["person", "segment"],
                condition=models.Q(closed_at=None),
                name="leads_one_open_lead",
            ),
        ]
        indexes = [
            models.Index(fields=["stage", "-id"], name="leads_lead_by_stage"),
            models.Index(fields=["segment", "stage", "-id"], name="leads_lead_by_segment"),
            models.Index(fields=["owner", "-id"], name="leads_lead_by_owner"),
            models.Index(fields=["source", "-id"], name="leads_lead_by_source"),
            # The list of leads: by when they came in, all of them and the open ones.
            models.Index(fields=["received_at", "id"], name="leads_lead_by_time"),
            models.Index(
                fields=["received_at", "id"], condition=models.Q(closed_at=None), name="leads_lead_open_by_time"
            ),
            models.Index(
                fields=["segment", "id"],
                condition=models.Q(closed_at=None, stage__in=[str(stage) for stage in sorted(BEFORE_QUALIFICATION)]),
                name="leads_lead_unqualified",  # what new rules may lift over the threshold
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    # --- the way forward; only `leads/services/stages.py` calls these -----------------------------------------
    @transition(field=stage, source=[Stage.ANONYMOUS], target=Stage.KNOWN)
    def identify(self) -> None:
        """The lead gave an address."""

    @transition(field=stage, source=_sources(Stage.ANONYMOUS, Stage.KNOWN, Stage.NURTURE), target=Stage.ENGAGED)
    def engage(self) -> None:
        """A first deed of interest."""

    @transition(
        field=stage,
        source=_sources(*BEFORE_QUALIFICATION, Stage.NURTURE, Stage.PQL),
        target=Stage.MQL,
        conditions=[_enabled(Stage.MQL)],
    )
    def qualify_by_marketing(self) -> None:
        """Met the agreed definition by what it did with our marketing."""

    @transition(
        field=stage,
        source=_sources(*BEFORE_QUALIFICATION, Stage.NURTURE, Stage.MQL),
        target=Stage.PQL,
        conditions=[_enabled(Stage.PQL)],
    )
    def qualify_by_product(self) -> None:
        """Met the agreed definition by using the product."""

    @transition(field=stage, source=_sources(*QUALIFYING), target=Stage.TAL, conditions=[_enabled(Stage.TAL)])
    def accept_by_telequalification(self) -> None:
        """Taken on by telequalification."""

    @transition(
        field=stage,
        source=_sources(*QUALIFYING, Stage.TAL),
        target=Stage.TQL,
        conditions=[_enabled(Stage.TQL)],
    )
    def qualify_by_telephone(self) -> None:
        """Qualified on the phone."""

    @transition(
        field=stage,
        source=_sources(*QUALIFYING, Stage.TAL, Stage.TQL),
        target=Stage.SAL,
        conditions=[_enabled(Stage.SAL)],
    )
    def accept_by_sales(self) -> None:
        """Taken on by sales."""

    @transition(
        field=stage,
        source=_sources(*QUALIFYING, Stage.TAL, Stage.TQL, Stage.SAL),
        target=Stage.SQL,
        conditions=[_enabled(Stage.SQL)],
    )
    def qualify_by_sales(self) -> None:
        """Found worth an opportunity by sales."""

    @transition(field=stage, source=_sources(*IN_HANDS, Stage.NURTURE), target=Stage.OPPORTUNITY)
    def open_opportunity(self) -> None:
        """A deal with an amount and a date is being pursued."""

    @transition(field=stage, source=[Stage.OPPORTUNITY], target=Stage.WON)
    def win(self) -> None:
        """Became a customer."""

    @transition(field=stage, source=[Stage.OPPORTUNITY], target=Stage.LOST)
    def lose(self) -> None:
        """The deal was lost, for a reason."""

    # --- aside and back --------------------------------------------------------------------------------------
    @transition(
        field=stage,
        source=_sources(*BEFORE_QUALIFICATION, *IN_HANDS, Stage.OPPORTUNITY, Stage.LOST),
        target=Stage.NURTURE,
    )
    def nurture(self) -> None:
        """Waits in marketing's care until a date or a new deed."""

    @transition(
        field=stage,
        source=_sources(*BEFORE_QUALIFICATION, *IN_HANDS, Stage.OPPORTUNITY, Stage.NURTURE),
        target=Stage.DISQUALIFIED,
    )
    def disqualify(self) -> None:
        """Ruled out, for a reason."""

    @transition(field=stage, source=_sources(*IN_HANDS, Stage.NURTURE), target=Stage.ENGAGED)
    def fall_back(self) -> None:
        """Its stage was switched off, or an overturned decision put it back before qualification."""

    @transition(field=stage, source=_sources(*IN_HANDS, Stage.NURTURE, Stage.DISQUALIFIED), target=Stage.MQL)
    def return_to_marketing_qualified(self) -> None:
        """Back in the hands of those who follow marketing's qualification."""

    @transition(field=stage, source=_sources(*IN_HANDS, Stage.NURTURE, Stage.DISQUALIFIED), target=Stage.PQL)
    def return_to_product_qualified(self) -> None:
        """Back in the hands of those who follow the product's qualification."""


class StageEntry(models.Model):
    """The ledger: one spell of a lead in a stage. Append-only but for the end of the open spell.

    All reports read this table, never a lead's present stage.
    """

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="stage_entries", db_index=False)
    stage = models.CharField(max_length=12, choices=CHOICES)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    left_to = models.CharField(max_length=12, choices=CHOICES, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    cause = models.CharField(max_length=60)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="+")
    score = models.IntegerField(null=True)
    working_seconds = models.FloatField(null=True)
    is_first = models.BooleanField(default=True)  # the lead's first time in this stage: funnels count it once

    class Meta:
        ordering = ("entered_at", "id")
        verbose_name_plural = "stage entries"
        constraints = [
            models.UniqueConstraint(fields=["lead"], condition=models.Q(left_at=None), name="leads_one_open_stage"),
            models.UniqueConstraint(
                fields=["lead", "stage"], condition=models.Q(is_first=True), name="leads_one_first_entry"
            ),
            models.CheckConstraint(
                condition=models.Q(left_at=None) | models.Q(left_at__gte=models.F("entered_at")),
                name="leads_stage_left_after_entry",
            ),
        ]
        indexes = [
            models.Index(fields=["lead", "entered_at"], name="leads_stage_by_lead"),
            models.Index(fields=["stage", "entered_at"], name="leads_stage_by_time"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="ledger_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    IF TG_OP = 'UPDATE' AND OLD.left_at IS NULL
                       AND (OLD.id, OLD.lead_id, OLD.stage, OLD.entered_at, OLD.cause, OLD.is_first)
                         = (NEW.id, NEW.lead_id, NEW.stage, NEW.entered_at, NEW.cause, NEW.is_first)
                       AND OLD.by_id IS NOT DISTINCT FROM NEW.by_id
                    THEN RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'the ledger of stages is append-only';
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.stage} {self.entered_at:%F}"


class LeadScore(models.Model):
    """A lead's score at `scored_at` and the log it is the sum of.

    The log is kept packed, as `leads.scoring.packed` lays it out by the rules and groups of `version`, which nobody can
    change any more: a tenth of the room that words would take. `leads.services.scores.log_of` gives it back in words.
    """

    lead = models.OneToOneField(Lead, on_delete=models.CASCADE, primary_key=True, related_name="score")
    fit = models.IntegerField(default=0)
    engagement = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    points = ArrayField(models.IntegerField(), default=list)
    times = ArrayField(models.IntegerField(), default=list)
    # Signed versions are never deleted, so this needs no constraint to hold; None for scores of an imported past.
    version = models.ForeignKey(
        Version, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    scored_at = models.DateTimeField()
    rescore_at = models.DateTimeField(null=True)  # the next instant at which decay changes a point
    # Its turn, where it met a definition by new rules. Here, for new rules write this row anyway (leads/services/admission.py).
    admit_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["admit_at", "lead"], condition=models.Q(admit_at__isnull=False), name="leads_score_turns"
            ),
            models.Index(
                fields=["rescore_at"], condition=models.Q(rescore_at__isnull=False), name="leads_score_decays"
            ),
            models.Index(fields=["total", "lead"], name="leads_score_by_total"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(total=models.F("fit") + models.F("engagement")), name="leads_score_adds_up"
            )
        ]

    def __str__(self) -> str:
        return str(self.total)


class ScoreChange(models.Model):
    """Append-only: each time a lead's total moved, and what moved it."""

    # A lead's ledger keeps it from ever being deleted, so this needs no constraint to hold, which would look every lead up
    # once more at each commit.
    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="score_changes", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    before = models.IntegerField()
    fit = models.IntegerField()
    engagement = models.IntegerField()
    total = models.IntegerField()
    cause = models.CharField(max_length=80)

    class Meta:
        ordering = ("at", "id")
        indexes = [
            models.Index(fields=["lead", "at"], name="leads_score_change_by_lead"),
            BrinIndex(fields=["at"], name="leads_score_change_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.before} to {self.total}"
