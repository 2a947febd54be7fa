"""Clocks: the timing of one commitment on one handoff. A clock knows no lead, only the id of what it times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from config.accounts.choices import Function
from config.web.ids import uuid7
from sla.models.agreement import Version


class ClockState(models.TextChoices):
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    MET = "met", "Met"
    BREACHED = "breached", "Breached"
    MET_LATE = "met_late", "Met late"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES = (ClockState.RUNNING, ClockState.PAUSED, ClockState.BREACHED)
SWEPT_STATES = (ClockState.RUNNING, ClockState.BREACHED)
BREACH = "breach"  # the step among the escalation steps that marks the breach itself


class ClockQuerySet(models.QuerySet["Clock"]):
    def open(self) -> ClockQuerySet:
        return self.filter(state__in=OPEN_STATES)

    def breached_at(self, at: datetime) -> ClockQuerySet:
        """Clocks whose promise was broken before `at`, whether or not a sweep has stamped it yet."""
        return self.filter(models.Q(breached_at__lt=at) | models.Q(state=ClockState.RUNNING, breaches_at__lt=at))


class Clock(ConcurrentTransitionMixin, models.Model):
    """`due_at` is what people see; `breaches_at` is what all judging uses; `next_at` is the next step to take.

    `steps_at` and `steps` are parallel: the instants, computed in working time when the clock starts or resumes, at
    which a warning, the breach or an escalation falls due. `steps_done` of them have been taken.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    subject = models.BigIntegerField()  # the id of the handoff it times: opaque here, known to the app above
    kind = models.CharField(max_length=16)  # the metric's clock: decision, first_attempt, …
    side = models.CharField(max_length=24, choices=Function)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="clocks", db_index=False)
    commitment = models.CharField(max_length=60)
    target = models.JSONField()  # {"unit", "value", …} as promised
    timing = models.JSONField()  # the calendar rows used: key, closings, absences, calling window
    state = FSMField(max_length=9, default=ClockState.RUNNING, choices=ClockState.choices, protected=True)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    breaches_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    steps_at = ArrayField(models.DateTimeField(), default=list)
    steps = ArrayField(models.CharField(max_length=32), default=list)
    steps_done = models.PositiveSmallIntegerField(default=0)
    count_needed = models.PositiveSmallIntegerField(default=1)
    count_done = models.PositiveSmallIntegerField(default=0)
    paused_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    used_seconds = models.FloatField(null=True)
    evidence = models.JSONField(default=dict)
    imported_late = models.BooleanField(default=False)
    sweep_failures = models.PositiveSmallIntegerField(default=0)
    sweep_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClockQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(next_at__isnull=False, state__in=SWEPT_STATES),
                name="sla_clock_due",
            ),
            models.Index(fields=["version", "commitment", "started_at"], name="sla_clock_by_commitment"),
            models.Index(fields=["subject"], name="sla_clock_by_subject"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=ClockState.RUNNING)
                | models.Q(due_at__isnull=False, breaches_at__isnull=False),
                name="sla_running_clock_is_due",
            ),
            # A next-step clock is chained, so a handoff has several; every other kind once.
            models.UniqueConstraint(
                fields=["subject", "kind"], condition=~models.Q(kind="next_step"), name="sla_one_clock_a_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=OPEN_STATES) | models.Q(stopped_at__isnull=False),
                name="sla_ended_clock_has_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    # Only `sla/services/clocks.py` calls these; each touches this row alone.
    @transition(field=state, source=ClockState.RUNNING, target=ClockState.PAUSED)
    def _pause(self, at: datetime) -> None:
        self.paused_at, self.due_at, self.breaches_at, self.next_at = at, None, None, None

    @transition(field=state, source=ClockState.PAUSED, target=ClockState.RUNNING)
    def _resume(self) -> None:
        self.paused_at = None

    @transition(field=state, source=ClockState.RUNNING, target=ClockState.BREACHED)
    def _breach(self) -> None:
        self.breached_at = self.breaches_at

    @transition(field=state, source=[ClockState.RUNNING, ClockState.PAUSED], target=ClockState.MET)
    def _meet(self, at: datetime, evidence: dict[str, Any]) -> None:
        self.stopped_at, self.evidence, self.next_at, self.paused_at = at, evidence, None, None

    @transition(field=state, source=ClockState.BREACHED, target=ClockState.MET)
    def _meet_after_all(self, at: datetime, evidence: dict[str, Any]) -> None:
        """Evidence that came late of an act that was in time: the promise was kept, whatever a sweep saw first."""
        self.stopped_at, self.evidence, self.next_at, self.breached_at = at, evidence, None, None

    @transition(field=state, source=ClockState.BREACHED, target=ClockState.MET_LATE)
    def _meet_late(self, at: datetime, evidence: dict[str, Any]) -> None:
        self.stopped_at, self.evidence, self.next_at = at, evidence, None

    @transition(
        field=state,
        source=[ClockState.RUNNING, ClockState.PAUSED, ClockState.BREACHED],
        target=ClockState.CANCELLED,
    )
    def _cancel(self, at: datetime, evidence: dict[str, Any]) -> None:
        self.stopped_at, self.evidence, self.next_at, self.paused_at = at, evidence, None, None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    def state_at(self, at: datetime) -> str:
        """The truth at `at`, whoever has swept: a running clock past `breaches_at` is breached."""
        if self.state == ClockState.RUNNING and self.breaches_at is not None and at > self.breaches_at:
            return ClockState.BREACHED
        return str(self.state)


class ClockEvent(models.Model):
    """Append-only: what a clock went through. A step's event exists once, whatever number of workers sweep.

    Steps that must be acted upon wait with `handled_at` empty until the delivery sweep has told the receivers.
    """

    class Kind(models.TextChoices):
        WARNED = "warned", "Warned"
        BREACHED = "breached", "Breached"
        ESCALATED = "escalated", "Escalated"
        PAUSED = "paused", "Paused"
        RESUMED = "resumed", "Resumed"
        COUNTED = "counted", "Attempt counted"
        MET = "met", "Met"
        MET_LATE = "met_late", "Met late"
        CANCELLED = "cancelled", "Cancelled"
        AMENDED = "amended", "Amended"

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="events", db_index=False)
    kind = models.CharField(max_length=9, choices=Kind)
    at = models.DateTimeField()
    step = models.CharField(max_length=32, blank=True)
    speaks = models.BooleanField(default=False)  # of several steps due at once only the highest does
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    outcome = models.CharField(max_length=160, blank=True, default="", db_default="")  # what came of acting upon it

    class Meta:
        ordering = ("at", "id")
        constraints = [
            models.UniqueConstraint(fields=["clock", "step"], condition=~models.Q(step=""), name="sla_clock_step_once")
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(handled_at=None, next_at__isnull=False),
                name="sla_clock_event_unhandled",
            ),
            models.Index(fields=["clock", "at"], name="sla_clock_event_by_clock"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="clock_event_stays",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(
                    "((OLD.clock_id, OLD.kind, OLD.at, OLD.step, OLD.data)"
                    " IS DISTINCT FROM (NEW.clock_id, NEW.kind, NEW.at, NEW.step, NEW.data))"
                ),
                func="RAISE EXCEPTION 'what a clock went through cannot be rewritten';",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%F %T}"


class ClockPause(models.Model):
    """A span in which the clock stood still, and why. Open while `until_at` is empty."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="pauses")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    resumes_at = models.DateTimeField(null=True)  # the date the lead asked for: resumed by itself then
    reason = models.CharField(max_length=40)
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("from_at",)
        constraints = [
            models.UniqueConstraint(fields=["clock"], condition=models.Q(until_at=None), name="sla_one_open_pause")
        ]
        indexes = [
            models.Index(
                fields=["resumes_at"],
                condition=models.Q(until_at=None, resumes_at__isnull=False),
                name="sla_pause_resumes",
            )
        ]

    def __str__(self) -> str:
        return self.reason


class BreachCause(models.Model):
    """Why a promise was broken, as one side says and the other side grants or refuses."""

    class Cause(models.TextChoices):
        NO_CAPACITY = "no_capacity", "No capacity"
        ABSENCE = "absence", "Absence"
        BAD_DATA = "bad_data", "Bad data"
        CLOCK_WRONG = "clock_wrong", "The clock was wrong"
        GENUINE = "genuine", "Genuine"

    clock = models.OneToOneField(Clock, on_delete=models.CASCADE, related_name="breach_cause")
    cause = models.CharField(max_length=12, choices=Cause)
    note = models.TextField(blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_side = models.CharField(max_length=24, choices=Function)
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    excused = models.BooleanField(null=True)

    class Meta:
        ordering = ("-proposed_at",)

    def __str__(self) -> str:
        return self.get_cause_display()
