"""What belongs to the telephone desk: the notes of a call in progress, calls by telephone system, calendar feeds, staffing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from config.web.ids import uuid7
from leads.models.handoff import Handoff
from leads.models.intake import IntakeSource
from leads.models.people import ContactPoint
from leads.models.queue import Attempt, CallQueue


class CallDraft(models.Model):
    """What a rep has typed while calling, saved as they type: it becomes part of the attempt, or of the packet.

    It stays with the handoff, so that a colleague who takes over after a lapsed lease reads on where it broke off.
    """

    handoff = models.OneToOneField(Handoff, on_delete=models.CASCADE, primary_key=True, related_name="call_draft")
    note = models.TextField(blank=True, max_length=4000)
    answers = models.JSONField(default=dict)  # question key to what was said
    next_step = models.CharField(max_length=400, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Notes on {self.handoff_id}"


class PhoneCall(models.Model):
    """One call as a telephone system knows it: asked for from the console, or told by the system's own events."""

    class Direction(models.TextChoices):
        OUT = "out", "Outgoing"
        IN = "in", "Incoming"

    class State(models.TextChoices):
        REQUESTED = "requested", "Asked for"
        RINGING = "ringing", "Ringing"
        ANSWERED = "answered", "In the call"
        ENDED = "ended", "Ended"

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    source = models.ForeignKey(IntakeSource, on_delete=models.PROTECT, null=True, related_name="+")
    external_id = models.CharField(max_length=120, blank=True)
    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, null=True, related_name="phone_calls")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.SET_NULL, null=True, related_name="+")
    number = models.CharField(max_length=40, blank=True)  # as the system gave it, where it is nobody's we know
    attempt = models.ForeignKey(Attempt, on_delete=models.SET_NULL, null=True, related_name="phone_calls")
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.OUT)
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    at = models.DateTimeField()
    ringing_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    talk_seconds = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("-at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~models.Q(external_id=""), name="leads_phone_call_once"
            )
        ]
        indexes = [models.Index(fields=["user", "-at"], name="leads_phone_call_by_user")]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.at:%F %H:%M}: {self.get_state_display()}"


class CalendarFeed(models.Model):
    """A person's callbacks as a calendar that other programs subscribe to, by a secret address. Only its hash is kept."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="calendar_feed"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Calendar of {self.user}"


class PlannedReps(models.Model):
    """How many reps are planned to call from a queue in an hour of the week, in the team's own time."""

    queue = models.ForeignKey(CallQueue, on_delete=models.CASCADE, related_name="planned", db_index=False)
    weekday = models.PositiveSmallIntegerField()  # Monday is 0
    hour = models.PositiveSmallIntegerField()
    reps = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("queue", "weekday", "hour")
        verbose_name_plural = "planned reps"
        constraints = [
            models.UniqueConstraint(fields=["queue", "weekday", "hour"], name="leads_planned_once"),
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6, hour__lte=23), name="leads_planned_within_the_week"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reps} on day {self.weekday} at {self.hour}:00"
