"""Terms that promise: commitments of each side, the steps when one is at risk, and the calendars they are timed by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from config.accounts.choices import Function
from config.accounts.models import validate_time_zone
from sla.history import keep_history
from sla.metrics import METRICS, Unit
from sla.models.agreement import validate_criteria
from sla.models.taxonomy import frost
from sla.models.termrow import TermRow, once_per_version
from sla.stages import CHOICES


def validate_week(value: object) -> None:
    from sla.calendars import week_problems

    problems = week_problems(value)
    if problems:
        raise ValidationError(problems)


def validate_exceptions(value: object) -> None:
    from sla.calendars import exception_problems

    problems = exception_problems(value)
    if problems:
        raise ValidationError(problems)


@keep_history
class CalendarTerm(TermRow):
    """Working hours that promises are counted in: several ranges per weekday, public holidays, own exceptions.

    `week` is {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], …}; an end before its start runs past midnight.
    `exceptions` is {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []}: those hours replace the weekday's.
    """

    section: ClassVar[str] = "calendars"

    name = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    week = models.JSONField(validators=[validate_week])
    holiday_country = models.CharField(max_length=2, blank=True)
    holiday_region = models.CharField(max_length=12, blank=True)
    exceptions = models.JSONField(default=dict, blank=True, validators=[validate_exceptions])

    class Meta(TermRow.Meta):
        constraints = once_per_version("calendar")
        triggers = frost

    def to_term(self) -> dict[str, Any]:
        """The public holidays are written out, so that the signed text fixes them and a library cannot change them."""
        from sla.calendars import listed_holidays

        return super().to_term() | {
            "holidays": listed_holidays(self.holiday_country, self.holiday_region, self.version)
        }


class Comparison(models.TextChoices):
    AT_MOST = "at_most", "at most"
    AT_LEAST = "at_least", "at least"


class Period(models.TextChoices):
    HANDOFF = "handoff", "each handoff"
    WEEK = "week", "a week"
    MONTH = "month", "a month"
    QUARTER = "quarter", "a quarter"
    YEAR = "year", "a year"


class CountsIn(models.TextChoices):
    CALENDAR = "calendar", "the calendar's hours"
    PERSON = "person", "the calendar's hours less the owner's absences"
    CALLABLE = "callable", "hours in which the desk is open and the lead may be called"


@keep_history
class Commitment(TermRow):
    """Who promises what. `metric` names how it is measured; a timed one starts a clock on each handoff."""

    section: ClassVar[str] = "commitments"

    name = models.CharField(max_length=100)
    side = models.CharField(max_length=24, choices=Function)
    metric = models.CharField(max_length=40, choices=[(key, metric.label) for key, metric in METRICS.items()])
    stage = models.CharField(max_length=12, choices=CHOICES, blank=True, help_text="For counts and costs by stage.")
    comparison = models.CharField(max_length=8, choices=Comparison, default=Comparison.AT_MOST)
    target = models.DecimalField(max_digits=14, decimal_places=2, validators=[MinValueValidator(0.01)])
    unit = models.CharField(max_length=20, choices=Unit)
    count = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="How many attempts, where the promise is a number of them within the time.",
    )
    cutoff = models.TimeField(
        null=True,
        blank=True,
        help_text="For 'by a time of day': received before this, answered the same day.",
    )
    answer_by = models.TimeField(null=True, blank=True)
    period = models.CharField(max_length=8, choices=Period, default=Period.HANDOFF)
    calendar = models.SlugField(max_length=60, blank=True, help_text="Key of the calendar it is counted in.")
    counts_in = models.CharField(max_length=8, choices=CountsIn, default=CountsIn.CALENDAR)
    scope = models.JSONField(
        default=dict, blank=True, validators=[validate_criteria], help_text="For which leads; empty: for all."
    )
    to_function = models.CharField(
        max_length=24, choices=Function, blank=True, help_text="For timed promises: on handoffs to whom."
    )
    must_meet_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="What share of handoffs must keep it.",
    )
    warn_percent = models.PositiveSmallIntegerField(
        default=90,
        help_text="For figures: warn when the period's forecast is below this share of the target.",
    )
    pausable = models.BooleanField(default=False)
    skips_lead_holidays = models.BooleanField(
        default=False, help_text="Public holidays of the lead's own country do not count."
    )
    text = models.TextField(blank=True, help_text="Further words for the document.")

    class Meta(TermRow.Meta):
        constraints = once_per_version("commitment")
        triggers = frost


@keep_history
class EscalationStep(TermRow):
    """What happens when a share of the time has gone."""

    section: ClassVar[str] = "escalations"

    class Action(models.TextChoices):
        TELL_OWNER = "tell_owner", "tell the owner"
        TELL_MANAGER = "tell_manager", "tell the team's manager"
        TELL_GIVER = "tell_giver", "tell who handed it over"
        REASSIGN = "reassign", "pass it to a colleague"
        PULL_BACK = "pull_back", "pull it back to the giver's team"

    commitment = models.SlugField(max_length=60, help_text="Key of the commitment.")
    at_percent = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(1000)])
    action = models.CharField(max_length=12, choices=Action)

    class Meta(TermRow.Meta):
        constraints = [
            *once_per_version("escalation"),
            models.UniqueConstraint(
                fields=["version", "commitment", "at_percent", "action"], name="sla_escalation_step_once"
            ),
        ]
        triggers = frost

    def __str__(self) -> str:
        return f"{self.commitment} at {self.at_percent} %: {self.get_action_display()}"
