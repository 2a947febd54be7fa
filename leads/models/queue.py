"""The telequalification queue: waiting handoffs in callable order, leases, attempts, callbacks."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from config.accounts.models import Team
from config.web.ids import uuid7
from leads.models.handoff import Handoff
from leads.models.lead import Lead
from leads.models.people import ContactPoint, ZoneOrigin
from sla.models.agreement import validate_criteria


class CallQueue(models.Model):
    """A team's queue: which handoffs it takes, tried in order; the first that matches holds the handoff
    (`leads/services/desk.py`)."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="queues")
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(
        default=0,
        help_text="The lower is tried first; of the same position, queues with a condition before one that takes whatever comes.",
    )
    criteria = models.JSONField(default=dict, blank=True, validators=[validate_criteria])
    is_active = models.BooleanField(default=True)
    needs_consent = models.BooleanField(default=False, help_text="Numbers are shown only with consent to calls.")
    service_level_percent = models.PositiveSmallIntegerField(default=90)
    service_level_minutes = models.PositiveSmallIntegerField(default=5)

    class Meta:
        ordering = ("team__name", "position", "id")

    def __str__(self) -> str:
        return self.name


class QueueItem(models.Model):
    """A handoff waiting for a call. Gone once the handoff leaves the queue; the handoff and its attempts are the record.

    `ready` and the callable window are materialised so that one index orders the queue. `promise_at` is the last instant
    at which a call still keeps the soonest promise, to the second; its fraction of a second orders equal promises, those
    with a promised callback first, then by value (`leads/services/places.py`). Windows are renewed at their edges, for all
    rows with the same `hours` at once, and checked again after claiming.
    """

    handoff = models.OneToOneField(Handoff, on_delete=models.CASCADE, primary_key=True, related_name="queue_item")
    queue = models.ForeignKey(CallQueue, on_delete=models.PROTECT, related_name="items", db_index=False)
    ready = models.BooleanField(default=True)
    callable_from = models.DateTimeField()
    callable_until = models.DateTimeField()
    promise_at = models.DateTimeField()
    value = models.IntegerField(default=0)
    hours = models.CharField(max_length=160, default="")  # which hours the window was taken from
    zone = models.CharField(max_length=64, default="UTC")  # the lead's own
    zone_origin = models.CharField(max_length=8, choices=ZoneOrigin, default=ZoneOrigin.TEAM)
    tries = models.PositiveSmallIntegerField(default=0)
    reserved_for = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reserved_from = models.DateTimeField(null=True)
    reserved_until = models.DateTimeField(null=True)  # from then on it is open to the whole team
    is_callback = models.BooleanField(default=False)
    skipped_by = ArrayField(models.BigIntegerField(), default=list)
    skipped_until = models.DateTimeField(null=True)  # until then those who skipped it are not given it again
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="claims", db_index=False
    )
    claimed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    why = models.CharField(max_length=160, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["queue", "promise_at", "handoff"],
                condition=models.Q(ready=True, claimed_by=None),
                name="leads_queue_order",
            ),
            models.Index(
                fields=["queue", "callable_from", "handoff"],
                condition=models.Q(ready=False),
                name="leads_queue_opens",
            ),
            models.Index(fields=["callable_until"], name="leads_queue_closes"),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(claimed_by__isnull=False),
                name="leads_queue_leases",
            ),
            models.Index(
                fields=["claimed_by"], condition=models.Q(claimed_by__isnull=False), name="leads_queue_claims"
            ),
            models.Index(
                fields=["reserved_for", "reserved_from"],
                condition=models.Q(reserved_for__isnull=False),
                name="leads_queue_reserved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handoff_id} in {self.queue_id}"


class AttemptChannel(models.TextChoices):
    CALL = "call", "Call"
    MAIL = "mail", "Mail"
    MESSAGE = "message", "Message"
    MEETING = "meeting", "Meeting"


class Attempt(models.Model):
    """One try to reach a lead, and its outcome. The flags are those of the disposition when it was recorded."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    handoff = models.ForeignKey(Handoff, on_delete=models.PROTECT, null=True, related_name="attempts")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="attempts", db_index=False
    )
    at = models.DateTimeField()
    channel = models.CharField(max_length=7, choices=AttemptChannel, default=AttemptChannel.CALL)
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.SET_NULL, null=True, related_name="+")
    disposition = models.CharField(max_length=60)
    human_answered = models.BooleanField(default=False)
    real_contact = models.BooleanField(default=False)
    counts = models.BooleanField(default=True)
    why_not_counted = models.CharField(max_length=120, blank=True)
    talk_seconds = models.PositiveIntegerField(null=True)
    handling_seconds = models.PositiveIntegerField(null=True)
    note = models.TextField(blank=True)
    details = models.JSONField(default=dict)  # what the effect needs: callback time, reason, answers
    settles_at = models.DateTimeField(null=True)  # until then it can be undone; its effects have the time of `at`
    settled_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "id")
        indexes = [
            models.Index(fields=["lead", "at"], name="leads_attempt_by_lead"),
            models.Index(fields=["by", "at"], name="leads_attempt_by_person"),
            models.Index(
                fields=["settles_at"],
                condition=models.Q(settled_at=None, undone_at=None),
                name="leads_attempt_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.disposition} {self.at:%F %H:%M}"


class Callback(models.Model):
    """A promise to call at a time. Personal first; open to the team once missed."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        OPENED = "opened", "Open to the team"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="callbacks")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, null=True, related_name="callbacks")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="callbacks")
    due_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    time_zone = models.CharField(max_length=64)  # the lead's zone in which it was agreed
    note = models.CharField(max_length=200, blank=True)
    reminded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("due_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["handoff"],
                condition=models.Q(state__in=("waiting", "opened")),
                name="leads_one_open_callback",
            )
        ]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="leads_callback_due")]

    def __str__(self) -> str:
        return f"{self.owner} at {self.due_at:%F %H:%M}"


class ClaimRecord(models.Model):
    """Append-only: who took a lead from the queue, and how it left their hands."""

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="claim_records")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=12, blank=True)  # done, skipped, released, lapsed, moved

    class Meta:
        ordering = ("-claimed_at",)
        indexes = [models.Index(fields=["handoff"], condition=models.Q(released_at=None), name="leads_claim_open")]

    def __str__(self) -> str:
        return f"{self.user_id} took {self.handoff_id}"
