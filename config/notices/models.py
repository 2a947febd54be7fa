"""What people are told: one notice per matter and person, delivered in the portal and by their own channels."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from config.notices import kinds
from config.notices.timing import Wishes
from config.outbox.models import DeliveryState, RetriedDelivery
from config.web.ids import uuid7

if TYPE_CHECKING:
    from config.accounts.models import User


class Channel(models.TextChoices):
    MAIL = "mail", "Mail"
    CHAT = "chat", "Chat"


class Urgency(models.TextChoices):
    NOW = "now", "At once"  # a promise is about to be broken: quiet hours are respected, digests are not
    SOON = "soon", "Soon"
    WHENEVER = "whenever", "Whenever"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at=None)


class Notice(models.Model):
    """`dedupe_key` makes telling twice impossible, however often a sweep or a worker repeats itself."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False
    )
    kind = models.CharField(max_length=40)
    urgency = models.CharField(max_length=8, choices=Urgency, default=Urgency.SOON)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=64, blank=True)  # whom or what it is about, so that erasure finds it
    # Buttons of the mail: [{"label", "verb", "subject", "expires_at"}], each to become a single-use link.
    actions = models.JSONField(default=list, blank=True)
    dedupe_key = models.CharField(max_length=160, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notices_by_recipient"),
            models.Index(fields=["recipient"], condition=models.Q(read_at=None), name="notices_unread"),
            models.Index(fields=["subject"], condition=~models.Q(subject=""), name="notices_by_subject"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def kind_label(self) -> str:
        return kinds.label_of(self.kind)


class NoticeDelivery(RetriedDelivery):
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    channel = models.CharField(max_length=4, choices=Channel)
    digest = models.BooleanField(default=False)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "notice deliveries"
        constraints = [models.UniqueConstraint(fields=["notice", "channel"], name="notices_delivery_once")]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(state=DeliveryState.WAITING),
                name="notices_delivery_due",
            ),
            models.Index(
                fields=["failed_at"], condition=~models.Q(state=DeliveryState.SENT), name="notices_delivery_failed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} by {self.channel}: {self.state}"

    @property
    def what(self) -> str:
        return f"{self.notice} by {self.channel}"


class Digest(models.TextChoices):
    OFF = "off", "Each notice by itself"
    HOURLY = "hourly", "Once an hour"
    DAILY = "daily", "Once a day"


def validate_kinds(value: object) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValidationError("A list of kinds of notice.")


class Preference(models.Model):
    """How a person wants to be told. The bell in the portal always rings."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="notice_preference"
    )
    mail = models.BooleanField(default=True)
    chat_url = models.CharField(
        max_length=400, blank=True, help_text="An Apprise address, such as slack://… or msteams://…"
    )
    muted_kinds = models.JSONField(default=list, blank=True, validators=[validate_kinds])
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    quiet_weekends = models.BooleanField(default=False)
    digest = models.CharField(max_length=6, choices=Digest, default=Digest.OFF)

    def __str__(self) -> str:
        return f"Notices of {self.user}"

    @classmethod
    def of(cls, user: User) -> Preference:
        """The person's preference, or what holds for somebody who never chose. Costs a query unless selected."""
        try:
            return user.notice_preference
        except cls.DoesNotExist:
            return cls(user=user)

    def channels_for(self, kind: str) -> list[Channel]:
        """How a notice of this kind leaves the portal; a muted one does not."""
        if kind in self.muted_kinds:
            return []
        wanted = {Channel.MAIL: self.mail, Channel.CHAT: bool(self.chat_url)}
        return [channel for channel, is_wanted in wanted.items() if is_wanted]

    @property
    def wishes(self) -> Wishes:
        """When to deliver, in the person's own time zone."""
        zone, digest = ZoneInfo(self.user.time_zone), Digest(self.digest).value
        return Wishes(zone, self.quiet_from, self.quiet_until, self.quiet_weekends, digest)

    def clean(self) -> None:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValidationError({"quiet_until": "Quiet hours need a beginning and an end."})
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValidationError({"quiet_until": "Quiet hours must end at another time than they begin."})


class ActionLink(models.Model):
    """A link in a mail that opens one decision for one person. Opening it only asks; confirming uses it up."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="action_links")
    verb = models.CharField(max_length=24)
    subject = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"
