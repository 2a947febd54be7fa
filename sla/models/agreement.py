"""The agreement of a segment, its versions, who signed them, and what was said about them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from config.accounts.choices import Function
from config.web.ids import uuid7
from sla.criteria import check_criteria
from sla.history import keep_history
from sla.models.frost import never_truncated


def validate_criteria(value: object) -> None:
    problems = check_criteria(value)
    if problems:
        raise ValidationError(problems)


class SegmentQuerySet(models.QuerySet["Segment"]):
    def active(self) -> SegmentQuerySet:
        return self.filter(is_active=True)


class Segment(models.Model):
    """A part of the market with its own agreement. Segments are tried in order; the first that matches takes the lead."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    criteria = models.JSONField(default=dict, blank=True, validators=[validate_criteria])
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ("is_default", "position", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="sla_one_default_segment"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Agreement(models.Model):
    """What the teams of one segment have agreed, as a succession of versions."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    segment = models.OneToOneField(Segment, on_delete=models.PROTECT, related_name="agreement")
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ("segment__position", "segment_id")

    def __str__(self) -> str:
        return self.name


class VersionState(models.TextChoices):
    DRAFT = "draft", "Draft"
    PROPOSED = "proposed", "Proposed"
    SIGNED = "signed", "Signed"
    WITHDRAWN = "withdrawn", "Withdrawn"


class VersionQuerySet(models.QuerySet["Version"]):
    def signed(self) -> VersionQuerySet:
        return self.filter(state=VersionState.SIGNED)

    def in_force(self, at: datetime) -> VersionQuerySet:
        """The version in force of each agreement at `at`: the latest signed one that has taken effect."""
        return (
            self.signed()
            .filter(effective_at__lte=at)
            .order_by("agreement_id", "-effective_at")
            .distinct("agreement_id")
        )


# A signed version never changes. One that is offered changes only by being withdrawn, taken back to the desk, or signed
# by everybody who must; the drafts beside it change freely.
VERSION_FROST = pgtrigger.Trigger(
    name="signed_is_frozen",
    operation=pgtrigger.Update | pgtrigger.Delete,
    when=pgtrigger.Before,
    func="""
        IF OLD.state = 'signed' THEN
            RAISE EXCEPTION 'version % is signed and cannot change', OLD.id;
        END IF;
        IF TG_OP = 'DELETE' THEN
            IF OLD.state <> 'draft' THEN
                RAISE EXCEPTION 'version % is % and stays on record', OLD.id, OLD.state;
            END IF;
            RETURN OLD;
        END IF;
        IF OLD.state <> 'draft' AND NEW.state <> 'draft' AND (
            (OLD.agreement_id, OLD.number, OLD.title, OLD.summary, OLD.revision, OLD.planned_at,
             OLD.review_every_months, OLD.fiscal_year_start_month, OLD.currency, OLD.settles_contests,
             OLD.reject_alarm_percent, OLD.admission_per_day, OLD.compiled, OLD.content_hash)
            IS DISTINCT FROM
            (NEW.agreement_id, NEW.number, NEW.title, NEW.summary, NEW.revision, NEW.planned_at,
             NEW.review_every_months, NEW.fiscal_year_start_month, NEW.currency, NEW.settles_contests,
             NEW.reject_alarm_percent, NEW.admission_per_day, NEW.compiled, NEW.content_hash)
        ) THEN
            RAISE EXCEPTION 'version % is % and its terms cannot change', OLD.id, OLD.state;
        END IF;
        IF NEW.state = 'signed' AND (OLD.state <> 'proposed' OR EXISTS (
            SELECT FROM jsonb_array_elements(NEW.compiled -> 'parties') AS party
            WHERE (party ->> 'signs')::boolean AND NOT EXISTS (
                SELECT FROM sla_signature AS given
                WHERE given.version_id = NEW.id AND given.side = party ->> 'function' AND given.voided_at IS NULL
                  AND given.revision = NEW.revision AND given.content_hash = NEW.content_hash
            )
        )) THEN
            RAISE EXCEPTION 'version % is not signed by every side', OLD.id;
        END IF;
        RETURN NEW;
    """,
)


@keep_history
class Version(ConcurrentTransitionMixin, models.Model):
    """One numbered state of an agreement: drafted, proposed, signed.

    In force and superseded are derived from `effective_at`, never stored. `compiled` is the canonical JSON made on
    proposing; the running system reads nothing else. `revision` counts edits and guards against lost updates.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=120, blank=True)
    summary = models.TextField(blank=True, help_text="What this version changes, and why, in a few words.")
    state = FSMField(max_length=9, default=VersionState.DRAFT, choices=VersionState.choices, protected=True)
    revision = models.PositiveIntegerField(default=1)
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="drafts")
    planned_at = models.DateTimeField(
        "takes effect", null=True, blank=True, help_text="Leave empty to take effect with the last signature."
    )
    effective_at = models.DateTimeField(null=True, blank=True, editable=False)
    review_every_months = models.PositiveSmallIntegerField(default=3)
    fiscal_year_start_month = models.PositiveSmallIntegerField(default=1)
    currency = models.CharField(max_length=3, default="EUR")
    settles_contests = models.CharField(
        max_length=24,
        choices=Function,
        default=Function.MANAGEMENT,
        help_text="Whose manager settles a contested rejection when the receiver does not take it back.",
    )
    reject_alarm_percent = models.PositiveSmallIntegerField(
        default=30, help_text="When one reason takes this share of a source's handoffs, a change is proposed."
    )
    admission_per_day = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many leads a day are let over the threshold after new rules take effect; empty: all at once.",
    )
    compiled = models.JSONField(null=True, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, blank=True, editable=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    signed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ("agreement_id", "-number")
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="sla_version_number_once"),
            models.UniqueConstraint(
                fields=["agreement", "effective_at"],
                condition=models.Q(state="signed"),
                name="sla_one_version_in_force",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="signed")
                | models.Q(effective_at__gte=models.F("signed_at"), compiled__isnull=False),
                name="sla_signed_is_complete",
            ),
            models.CheckConstraint(
                condition=models.Q(fiscal_year_start_month__range=(1, 12)), name="sla_fiscal_month_of_year"
            ),
        ]
        triggers = [VERSION_FROST, never_truncated()]

    def __str__(self) -> str:
        return f"{self.agreement} v{self.number}"

    @transition(field=state, source=VersionState.DRAFT, target=VersionState.PROPOSED)
    def propose(self) -> None:
        """Offered for signature; its content is compiled and hashed by the caller."""

    @transition(field=state, source=[VersionState.PROPOSED, VersionState.WITHDRAWN], target=VersionState.DRAFT)
    def reopen(self) -> None:
        """Back to the desk: signatures given so far are void."""

    @transition(field=state, source=[VersionState.DRAFT, VersionState.PROPOSED], target=VersionState.WITHDRAWN)
    def withdraw(self) -> None:
        """No longer offered; kept for the record."""

    @transition(field=state, source=VersionState.PROPOSED, target=VersionState.SIGNED)
    def conclude(self) -> None:
        """The last party has signed."""

    @property
    def is_draft(self) -> bool:
        return bool(self.state == VersionState.DRAFT)


class Signature(models.Model):
    """One side's signature under exactly one content: revision, hash and time are named. Never deleted."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=24, choices=Function)
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signatures")
    signer_name = models.CharField(max_length=120)
    revision = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("signed_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["version", "side"],
                condition=models.Q(voided_at=None),
                name="sla_one_signature_per_side",
            ),
            models.UniqueConstraint(
                fields=["version", "signer"],
                condition=models.Q(voided_at=None),
                name="sla_nobody_signs_twice",
            ),
        ]
        triggers = [
            never_truncated(),
            pgtrigger.Trigger(
                name="signature_fits",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM sla_version
                        WHERE id = NEW.version_id AND state = 'proposed' AND revision = NEW.revision
                          AND content_hash = NEW.content_hash
                    ) THEN
                        RAISE EXCEPTION 'version % is not offered for signature in this form', NEW.version_id;
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="signature_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    IF TG_OP = 'UPDATE' AND OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL
                       AND (NEW.version_id, NEW.side, NEW.signer_id, NEW.revision, NEW.content_hash, NEW.signed_at)
                         = (OLD.version_id, OLD.side, OLD.signer_id, OLD.revision, OLD.content_hash, OLD.signed_at)
                       AND NOT EXISTS (SELECT 1 FROM sla_version WHERE id = OLD.version_id AND state = 'signed')
                    THEN RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'signature % cannot be changed or removed', OLD.id;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signer_name} for {self.get_side_display()}"


class Comment(models.Model):
    """A remark on one clause of a version, with replies and a resolved state."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="comments", db_index=False)
    anchor = models.CharField(max_length=120)  # the clause's stable key, such as "commitment:first-call"
    reply_to = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("created_at",)
        indexes: ClassVar = [models.Index(fields=["version", "anchor"], name="sla_comment_by_anchor")]

    def __str__(self) -> str:
        return f"{self.author} on {self.anchor}"


class Acknowledgement(models.Model):
    """A person confirms having read the version in force."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="acknowledgements", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="acknowledgements")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "user"], name="sla_acknowledged_once")]

    def __str__(self) -> str:
        return f"{self.user} has read {self.version}"
