"""What reports keep for themselves: roll-ups by day, what has changed since, saved views and wishes for digests."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from config.web.ids import uuid7

if TYPE_CHECKING:
    from config.accounts.actor import Actor


class Cell(models.Model):
    """A roll-up: how many rows of a fact a day had, and the sums of their parts and wholes. 0 stands for none.

    Always the sum of what `Holding` keeps for each lead; together with `Stale` it is true at any instant.
    """

    fact = models.CharField(max_length=16)
    day = models.DateField()  # in the company's zone
    segment = models.BigIntegerField(default=0)
    team = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    key = models.CharField(max_length=60, blank=True)
    mark = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=20, blank=True)
    n = models.BigIntegerField()
    part = models.DecimalField(max_digits=20, decimal_places=2)
    whole = models.DecimalField(max_digits=20, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fact", "day", "key", "segment", "team", "version", "mark", "state"], name="reports_cell_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.fact} {self.day} {self.key}: {self.n}"


class Holding(models.Model):
    """What one lead has added to the roll-ups, so that it can be taken out exactly when the lead changes.

    `holder` is the lead's id, or the negative id of an opportunity that has no lead.
    """

    holder = models.BigIntegerField(primary_key=True)
    cells = models.JSONField()

    def __str__(self) -> str:
        return str(self.holder)


class Stale(models.Model):
    """A lead about which something was written since it was rolled up. Database triggers note it in the same transaction.

    A figure is the roll-ups, less what they hold for these leads, plus these leads counted live.
    """

    holder = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.holder)


class RollupState(models.Model):
    """What the roll-ups were made for; while it does not fit, figures are counted over the rows themselves."""

    zone = models.CharField(max_length=64)
    facts = models.CharField(max_length=64)  # a hash of how the facts are counted
    built_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.zone} {self.facts[:8]}"


class ReportSettings(models.Model):
    """What the company decided about its reports, in one row. Zone and fiscal year are said elsewhere, and only there:
    the zone by the deployment, the fiscal year by the agreement."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    first_weekday = models.PositiveSmallIntegerField("a week begins on", choices=Weekday, default=Weekday.MONDAY)
    baseline_percent = models.DecimalField(
        "self-sourced baseline, %", max_digits=5, decimal_places=2, default=Decimal(1),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Of contacts that reps find themselves, how many become opportunities. Published: 1 % at most.",
    )  # fmt: skip
    target_percent = models.DecimalField(
        "target of opportunities from leads, %", max_digits=5, decimal_places=2, default=Decimal(5),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Of qualified leads, how many should become opportunities. Sales leaders ask for 5 to 30 %.",
    )  # fmt: skip

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="reports_settings_once")]

    def __str__(self) -> str:
        return "Settings of the reports"

    @classmethod
    def current(cls) -> ReportSettings:
        """The row, or the defaults while nobody has saved one."""
        return cls.objects.first() or cls()


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, actor: Actor) -> SavedViewQuerySet:
        """One's own, and those that were shared with everybody."""
        return self.filter(models.Q(owner=actor.user) | models.Q(is_shared=True))


class SavedView(models.Model):
    """A report with its period and filters under a name. A moving period stays moving: "last month" is always the last."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views", db_index=False
    )
    report = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000, blank=True)
    is_shared = models.BooleanField("show it to everybody", default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["owner", "report", "name"], name="reports_view_name_once")]

    def __str__(self) -> str:
        return self.name


class DigestWish(models.Model):
    """How often somebody wants the figures by mail. Managers and executives without a row get them each week."""

    class Every(models.TextChoices):
        WEEK = "week", "Every Monday"
        MONTH = "month", "On the first of the month"
        NEVER = "never", "Not at all"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="report_digest"
    )
    every = models.CharField(max_length=5, choices=Every, default=Every.WEEK)

    def __str__(self) -> str:
        return self.get_every_display()
