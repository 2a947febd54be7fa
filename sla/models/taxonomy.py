"""Terms that decide what a lead is: stages, definitions, ideal customers, personas, scoring, routes."""

from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from config.accounts.choices import Function
from config.accounts.models import Team, User
from sla.history import keep_history
from sla.models.agreement import validate_criteria
from sla.models.frost import never_truncated
from sla.models.termrow import TermRow, frozen_unless_draft, once_per_version, validate_texts
from sla.stages import CHOICES, QUALIFYING

frost: list[pgtrigger.Trigger] = [frozen_unless_draft(), never_truncated()]


class Dimension(models.TextChoices):
    FIT = "fit", "Fit"
    ENGAGEMENT = "engagement", "Engagement"


@keep_history
class StageTerm(TermRow):
    """A stage as both sides understand it; `key` is the stage's fixed code."""

    section: ClassVar[str] = "stages"

    label = models.CharField(max_length=40)
    is_enabled = models.BooleanField(default=True)
    words = models.TextField(blank=True, help_text="The written definition, for people.")
    examples = models.TextField(blank=True)
    owner = models.CharField(max_length=24, choices=Function, blank=True)
    review_on = models.DateField(null=True, blank=True)

    class Meta(TermRow.Meta):
        constraints = once_per_version("stage")
        triggers = frost


@keep_history
class Definition(TermRow):
    """What must be true of a lead to enter a stage: words for people, criteria and thresholds for the machine."""

    section: ClassVar[str] = "definitions"

    stage = models.CharField(max_length=12, choices=CHOICES)
    name = models.CharField(max_length=80)
    words = models.TextField(blank=True)
    criteria = models.JSONField(default=dict, blank=True, validators=[validate_criteria])
    required_fields = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_texts],
        help_text="Fields that must be filled before the lead may enter.",
    )
    exclusions = models.JSONField(default=dict, blank=True, validators=[validate_criteria])
    minimum_score = models.IntegerField(null=True, blank=True)
    minimum_fit = models.IntegerField(null=True, blank=True)
    minimum_engagement = models.IntegerField(null=True, blank=True)

    class Meta(TermRow.Meta):
        constraints = once_per_version("definition")
        triggers = frost


@keep_history
class IdealCustomer(TermRow):
    """An ideal customer profile: what kind of company both sides want."""

    section: ClassVar[str] = "ideal_customers"

    name = models.CharField(max_length=80)
    words = models.TextField(blank=True)
    industries = models.JSONField(default=list, blank=True, validators=[validate_texts])
    countries = models.JSONField(default=list, blank=True, validators=[validate_texts])
    regions = models.JSONField(default=list, blank=True, validators=[validate_texts])
    employees_from = models.PositiveIntegerField(null=True, blank=True)
    employees_to = models.PositiveIntegerField(null=True, blank=True)
    revenue_from = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    revenue_to = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)

    class Meta(TermRow.Meta):
        constraints = once_per_version("ideal_customer")
        triggers = frost


@keep_history
class Persona(TermRow):
    """A buyer persona: who the person is, what moves them, how to recognise them. The first match names the lead's."""

    section: ClassVar[str] = "personas"

    name = models.CharField(max_length=80)
    biography = models.TextField(blank=True)
    behaviour = models.TextField(blank=True)
    interests = models.TextField(blank=True)
    needs = models.TextField(blank=True)
    pain_points = models.TextField(blank=True)
    criteria = models.JSONField(default=dict, blank=True, validators=[validate_criteria])

    class Meta(TermRow.Meta):
        constraints = once_per_version("persona")
        triggers = frost


@keep_history
class ScoreGroup(TermRow):
    """Rules that count towards one thing together, capped after decay."""

    section: ClassVar[str] = "score_groups"

    name = models.CharField(max_length=80)
    dimension = models.CharField(max_length=10, choices=Dimension)
    maximum = models.IntegerField(null=True, blank=True)
    minimum = models.IntegerField(null=True, blank=True)

    class Meta(TermRow.Meta):
        constraints = once_per_version("score_group")
        triggers = frost


@keep_history
class ScoreRule(TermRow):
    """Points for an attribute (a condition that holds now) or for each activity of a type.

    An activity's points halve every `half_life_days` whole days. `catapult_to` carries the lead straight to a stage.
    """

    section: ClassVar[str] = "score_rules"

    class Kind(models.TextChoices):
        ATTRIBUTE = "attribute", "Attribute"
        ACTIVITY = "activity", "Activity"

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=9, choices=Kind)
    group = models.SlugField(max_length=60, help_text="Key of the group these points count in.")
    points = models.IntegerField(validators=[MinValueValidator(-1000), MaxValueValidator(1000)])
    criteria = models.JSONField(
        default=dict,
        blank=True,
        validators=[validate_criteria],
        help_text="For an attribute: what must hold. For an activity: which fields of it must match.",
    )
    activity_type = models.SlugField(max_length=60, blank=True)
    at_most = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How many times the latest activities of this rule count at most."
    )
    half_life_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    catapult_to = models.CharField(max_length=12, choices=[c for c in CHOICES if c[0] in QUALIFYING], blank=True)

    class Meta(TermRow.Meta):
        constraints = once_per_version("score_rule")
        triggers = frost


@keep_history
class Route(TermRow):
    """Where a lead goes next. Routes are tried in order; the first whose conditions hold takes it."""

    section: ClassVar[str] = "routes"

    class Leg(models.TextChoices):
        QUALIFIED = "qualified", "Once qualified by marketing"
        TELEQUALIFIED = "telequalified", "Once qualified by telequalification"

    class To(models.TextChoices):
        QUEUE = "queue", "The team's queue: whoever is free"
        ROUND_ROBIN = "round_robin", "The team, in turn by free capacity"
        ACCOUNT_OWNER = "account_owner", "The account's owner"
        PERSON = "person", "One person"

    leg = models.CharField(max_length=14, choices=Leg, default=Leg.QUALIFIED)
    name = models.CharField(max_length=80)
    criteria = models.JSONField(default=dict, blank=True, validators=[validate_criteria])
    to = models.CharField(max_length=14, choices=To, default=To.QUEUE)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    goes_around = models.BooleanField(
        default=False, help_text="A route-around rule: the lead passes a team that would otherwise be next."
    )
    kind = models.CharField(
        max_length=8,
        choices=[("standard", "Standard"), ("warm", "Warm transfer"), ("booked", "Booked meeting")],
        default="standard",
    )

    class Meta(TermRow.Meta):
        constraints = once_per_version("route")
        triggers = frost

    def to_term(self) -> dict[str, Any]:
        return super().to_term() | {
            "team": {"id": str(self.team.public_id), "name": self.team.name, "function": self.team.function},
            "person": {"id": str(self.person.public_id), "name": self.person.name} if self.person else None,
        }
