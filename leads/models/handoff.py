"""One passing of one lead from one team to another, with its packet, its clocks, its questions and its right of reply."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from config.accounts.choices import Function
from config.accounts.models import Team
from config.web.ids import uuid7
from leads.models.lead import Lead
from sla.models import Version
from sla.stages import CHOICES

if TYPE_CHECKING:
    from config.accounts.actor import Actor


class HandoffState(models.TextChoices):
    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
    CLOSED = "closed", "Closed"


HANDOFF_COLOUR = {
    HandoffState.OFFERED: "azure",
    HandoffState.ACCEPTED: "blue",
    HandoffState.REJECTED: "red",
    HandoffState.WITHDRAWN: "secondary",
    HandoffState.EXPIRED: "orange",
    HandoffState.CLOSED: "green",
}
OPEN_HANDOFF = (HandoffState.OFFERED, HandoffState.ACCEPTED)


class Outcome(models.TextChoices):
    QUALIFIED = "qualified", "Qualified and handed on"
    OPPORTUNITY = "opportunity", "Became an opportunity"
    RECYCLED = "recycled", "Given back to nurture"
    DISQUALIFIED = "disqualified", "Ruled out"
    MERGED = "merged", "Merged into another lead"


class HandoffKind(models.TextChoices):
    STANDARD = "standard", "Standard"
    WARM = "warm", "Warm transfer"
    BOOKED = "booked", "Booked meeting"


class HandoffQuerySet(models.QuerySet["Handoff"]):
    def open(self) -> HandoffQuerySet:
        return self.filter(state__in=OPEN_HANDOFF)

    def visible_to(self, actor: Actor) -> HandoffQuerySet:
        if actor.reads_everything:
            return self
        return self.filter(
            models.Q(to_team__in=actor.team_ids) | models.Q(from_team__in=actor.team_ids) | models.Q(to_user=actor.user)
        )

    def decided_by(self, actor: Actor) -> HandoffQuerySet:
        """Handoffs this person may accept, reject or work: theirs, their teams' unowned ones, all for the team's manager."""
        if actor.is_admin:
            return self
        managed = [seat.team_id for seat in actor.seats if seat.role == "manager"]
        return self.filter(
            models.Q(to_user=actor.user)
            | models.Q(to_user=None, to_team__in=actor.team_ids)
            | models.Q(to_team__in=managed)
        )

    def given_by(self, actor: Actor) -> HandoffQuerySet:
        """Handoffs this person's side gave: what they may answer for, take back and contest. Marketing's qualification
        hands over by itself, so there everybody in marketing is the giver."""
        if actor.is_admin:
            return self
        return self.filter(
            models.Q(from_user=actor.user)
            | models.Q(from_team__in=actor.team_ids)
            | models.Q(from_team=None, from_function__in=actor.functions)
        )


class Handoff(ConcurrentTransitionMixin, models.Model):
    """offered → accepted → closed(outcome), or offered → rejected | withdrawn | expired. Pinned to its version for good."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="handoffs", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=8, choices=HandoffKind, default=HandoffKind.STANDARD)
    state = FSMField(max_length=9, default=HandoffState.OFFERED, choices=HandoffState.choices, protected=True)
    from_function = models.CharField(max_length=24, choices=Function)
    to_function = models.CharField(max_length=24, choices=Function)
    from_team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    to_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    from_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="handoffs_received"
    )
    stage = models.CharField(max_length=12, choices=CHOICES)  # the lead's stage when offered
    offered_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    reason = models.CharField(max_length=60, blank=True)  # key of a reason of the pinned version
    reason_attribute = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)
    route = models.CharField(max_length=60, blank=True)
    route_why = models.JSONField(default=list)
    packet = models.JSONField(default=dict)
    meeting_at = models.DateTimeField(null=True)
    first_attempt_at = models.DateTimeField(null=True)
    first_contact_at = models.DateTimeField(null=True)
    queue = models.ForeignKey(  # the call queue it first entered, for how many arrive there and when
        "leads.CallQueue", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    follows = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="followed_by")
    due_at = models.DateTimeField(null=True)  # the soonest promise, for lists; the clocks hold the truth
    imported = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], condition=models.Q(state__in=OPEN_HANDOFF), name="leads_one_open_handoff"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=HandoffState.REJECTED) | ~models.Q(reason=""),
                name="leads_no_rejection_without_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(imported=True) | models.Q(version__isnull=False),
                name="leads_handoff_is_pinned",  # only what was imported from before any agreement has none
            ),
            models.CheckConstraint(
                condition=~models.Q(state=HandoffState.CLOSED)
                | (~models.Q(outcome="") & models.Q(closed_at__isnull=False)),
                name="leads_closed_handoff_has_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["to_team", "due_at", "id"],
                condition=models.Q(state__in=OPEN_HANDOFF),
                name="leads_handoff_team_inbox",
            ),
            models.Index(
                fields=["to_user", "due_at", "id"],
                condition=models.Q(state__in=OPEN_HANDOFF),
                name="leads_handoff_own_inbox",
            ),
            models.Index(fields=["lead", "offered_at"], name="leads_handoff_by_lead"),
            models.Index(fields=["from_team", "state", "-decided_at"], name="leads_handoff_by_giver"),
            models.Index(fields=["offered_at"], name="leads_handoff_by_time"),
            models.Index(
                fields=["queue", "offered_at", "id"],
                condition=models.Q(queue__isnull=False),
                name="leads_handoff_by_queue",
            ),
            models.Index(fields=["from_team", "-id"], name="leads_handoff_given"),
            models.Index(
                fields=["to_team", "-id"],
                condition=models.Q(state=HandoffState.REJECTED),
                name="leads_handoff_rejected",
            ),
        ]

    def __str__(self) -> str:
        return f"Handoff {self.public_id}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_HANDOFF

    # Only `leads/services/handoffs.py` calls these; each touches this row alone.
    @transition(field=state, source=HandoffState.OFFERED, target=HandoffState.ACCEPTED)
    def _accept(self, by: Any, at: datetime, *, owned: bool = True) -> None:
        """`owned`: it becomes the taker's own; one in a queue stays the team's, for whoever calls next."""
        self.decided_by, self.decided_at = by, at
        if owned:
            self.to_user = self.to_user or by

    @transition(field=state, source=HandoffState.OFFERED, target=HandoffState.REJECTED)
    def _reject(self, by: Any, at: datetime, reason: str, attribute: str, note: str) -> None:
        self.decided_by, self.decided_at = by, at
        self.reason, self.reason_attribute, self.note = reason, attribute, note

    @transition(field=state, source=HandoffState.OFFERED, target=HandoffState.WITHDRAWN)
    def _withdraw(self, by: Any, at: datetime, note: str) -> None:
        self.decided_by, self.decided_at, self.note = by, at, note

    @transition(field=state, source=HandoffState.OFFERED, target=HandoffState.EXPIRED)
    def _expire(self, at: datetime, note: str) -> None:
        self.decided_at, self.note = at, note

    @transition(field=state, source=HandoffState.ACCEPTED, target=HandoffState.CLOSED)
    def _close(self, at: datetime, outcome: str, reason: str = "", note: str = "") -> None:
        self.closed_at, self.outcome, self.reason = at, outcome, reason
        self.note = note or self.note


class HandoffMessage(models.Model):
    """The thread between giver and receiver: what is missing, and the answer."""

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asks = models.BooleanField(default=False)
    text = models.TextField(max_length=4000)
    at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("at", "id")
        indexes = [
            models.Index(
                fields=["handoff"], condition=models.Q(asks=True, answered_at=None), name="leads_message_unanswered"
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


class OwnerSpell(models.Model):
    """Who held a handoff, and for how long: the lead waits, not the owner, so its clocks go on."""

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="owner_spells")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey(  # who gave it to them; nobody: the routes, or the agreement
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ("from_at",)

    def __str__(self) -> str:
        return f"{self.user} from {self.from_at:%F %H:%M}"


class Contest(models.Model):
    """The giver's right of reply to a rejection."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        TAKEN_BACK = "taken_back", "Taken back by the receiver"
        UPHELD = "upheld", "Rejection upheld"
        OVERTURNED = "overturned", "Rejection overturned"

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    handoff = models.OneToOneField(Handoff, on_delete=models.PROTECT, related_name="contest")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    comment = models.TextField(max_length=4000)
    contested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    contested_at = models.DateTimeField()
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    settled_note = models.TextField(blank=True)

    class Meta:
        ordering = ("-contested_at",)
        indexes = [models.Index(fields=["-id"], condition=models.Q(state="open"), name="leads_contest_open")]

    def __str__(self) -> str:
        return f"Contest of {self.handoff_id}: {self.get_state_display()}"
