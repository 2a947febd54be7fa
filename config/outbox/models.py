"""Events written in the transaction that made them, and the signed webhooks that carry them out of the house."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from typing import Any, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from django.utils import timezone

from config.outbox import topics
from config.outbox.addresses import private_address_of
from config.web.ids import uuid7

CHANNEL = "handoff_events"

# Seconds until the next try after the n-th failure; after the last one the row is parked and shown.
BACK_OFF = (5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600)

# How long a worker may keep what it took before another may take it: longer than any batch takes to send.
LEASE = timedelta(seconds=180)


def next_try(attempts: int, at: datetime) -> datetime | None:
    """When to try again after so many failures; None when that was the last try."""
    return at + timedelta(seconds=BACK_OFF[attempts - 1]) if attempts <= len(BACK_OFF) else None


class EventQuerySet(models.QuerySet["Event"]):
    def unhandled(self) -> Self:
        return self.filter(handled_at=None, parked_at=None)

    def parked(self) -> Self:
        return self.exclude(parked_at=None)

    def retry(self, at: datetime) -> int:
        """Give parked events their tries back."""
        return self.parked().update(parked_at=None, attempts=0, next_at=at)


class Event(models.Model):
    """Something happened. Append-only but for the columns by which the dispatcher keeps track of its own work.

    `teams` and `users` say whose open pages want to know now; the insert itself notifies them through PostgreSQL.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    topic = models.CharField(max_length=48)
    subject = models.CharField(max_length=64, blank=True)
    payload = models.JSONField(default=dict)
    teams = ArrayField(models.BigIntegerField(), default=list)
    users = ArrayField(models.BigIntegerField(), default=list)
    occurred_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    failed_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = [
            # By id, for the dispatcher takes the oldest first and only a few of those that wait are not due yet.
            models.Index(
                fields=["id"], condition=models.Q(handled_at=None, parked_at=None), name="outbox_event_unhandled"
            ),
            models.Index(fields=["failed_at"], condition=models.Q(handled_at=None), name="outbox_event_failed"),
            models.Index(fields=["subject", "occurred_at"], name="outbox_event_by_subject"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="tell_open_pages",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                declare=[("note", "text")],
                func=f"""
                    IF cardinality(NEW.teams) + cardinality(NEW.users) > 0 THEN
                        note := json_build_object('topic', NEW.topic, 'subject', NEW.subject,
                                                  'teams', NEW.teams, 'users', NEW.users)::text;
                        IF octet_length(note) < 7900 THEN
                            PERFORM pg_notify('{CHANNEL}', note);
                        END IF;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject}"

    def mark_failed(self, at: datetime, error: str) -> None:
        """A subscriber raised: try again later, or park after the last try."""
        self.attempts += 1
        self.failed_at, self.last_error = at, error[:2000]
        again_at = next_try(self.attempts, at)
        if again_at is None:
            self.parked_at = at
        else:
            self.next_at = again_at
        self.save(update_fields=["attempts", "failed_at", "last_error", "parked_at", "next_at"])


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class Endpoint(models.Model):
    """A webhook target. Every delivery is signed as the Standard Webhooks specification says."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500, validators=[URLValidator(schemes=["https", "http"])])
    secret = models.CharField(max_length=80, default=new_secret)
    topics = ArrayField(
        models.CharField(max_length=48), default=list, blank=True, help_text="Leave empty for every topic."
    )
    is_active = models.BooleanField(default=True)
    switched_off_why = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    deliveries: models.Manager[WebhookDelivery]

    class Meta:
        ordering = ("name",)
        verbose_name = "webhook endpoint"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        wrong = [pattern for pattern in self.topics or [] if not topics.is_pattern(pattern)]
        if wrong:
            raise ValidationError({"topics": f"Not a topic, nor a beginning such as lead.*: {', '.join(wrong)}"})
        if self.url and (address := private_address_of(self.url)):
            raise ValidationError({"url": f"This address leads into the company's own network ({address})."})

    def wants(self, topic: str) -> bool:
        """Whether events of this topic go there. Topics that stay inside are not for any endpoint."""
        if not self.is_active or topics.stays_inside(topic):
            return False
        return not self.topics or any(topics.matches(pattern, topic) for pattern in self.topics)


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    PARKED = "parked", "Parked"


class RetriedQuerySet(models.QuerySet[Any]):
    def waiting(self) -> Self:
        return self.filter(state=DeliveryState.WAITING)

    def due(self, now: datetime) -> Self:
        return self.waiting().filter(next_at__lte=now)

    def parked(self) -> Self:
        return self.filter(state=DeliveryState.PARKED)

    def retry(self, at: datetime) -> int:
        """Give parked deliveries their tries back."""
        return self.parked().update(state=DeliveryState.WAITING, attempts=0, next_at=at)

    def lease(self, now: datetime, limit: int) -> list[Any]:
        """Take due rows for this worker alone, by pushing `next_at` forward in a transaction that ends at once.

        Sending happens outside any transaction. A worker that dies simply lets its lease lapse.
        """
        with transaction.atomic(durable=True):
            return self.take(now, limit)

    def take(self, now: datetime, limit: int | None = None) -> list[Any]:
        """`lease`, for a caller that has reasons for a (short) transaction of its own."""
        due = self.due(now).order_by("next_at", "id").select_for_update(skip_locked=True, of=("self",))
        rows, until = list(due[:limit]), now + LEASE
        self.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(next_at=until)
        for row in rows:
            row.next_at = until
        return rows


class RetriedDelivery(models.Model):
    """What every outgoing thing shares: it waits, is sent, or is parked after its last try.

    The marks are for the worker that holds the lease. Once the lease has lapsed and another worker has taken the row,
    they change nothing and say so, lest a late answer undo what the other one wrote.
    """

    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    objects = RetriedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def what(self) -> str:
        """For lists of failures: the thing and its addressee. May read related rows."""
        return str(self)

    def mark_sent(self, at: datetime, **more: Any) -> bool:
        return self._mark(state=DeliveryState.SENT, sent_at=at, last_error="", **more)

    def mark_failed(self, at: datetime, error: str, **more: Any) -> bool:
        """Count the failure; try again later, or park after the last try."""
        tries, again_at = self.attempts + 1, next_try(self.attempts + 1, at)
        outcome = {"state": DeliveryState.PARKED} if again_at is None else {"next_at": again_at}
        return self._mark(attempts=tries, failed_at=at, last_error=error[:2000], **outcome, **more)

    def give_back(self, at: datetime) -> bool:
        """Not tried after all: due again at once, with as many tries left as before."""
        return self._mark(next_at=at)

    def drop(self) -> bool:
        """Not wanted any more."""
        return bool(self._held().delete()[0])

    def _held(self) -> RetriedQuerySet:
        """This row, if the lease it was taken under still holds."""
        return type(self).objects.filter(pk=self.pk, state=DeliveryState.WAITING, next_at=self.next_at)

    def _mark(self, **values: Any) -> bool:
        if not self._held().update(**values):
            return False
        for name, value in values.items():
            setattr(self, name, value)
        return True


class WebhookDelivery(RetriedDelivery):
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    status_code = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "webhook deliveries"
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="outbox_delivery_once")]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at"],
                condition=models.Q(state=DeliveryState.WAITING),
                name="outbox_delivery_due",
            ),
            models.Index(
                fields=["failed_at"], condition=~models.Q(state=DeliveryState.SENT), name="outbox_delivery_failed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}: {self.state}"

    @property
    def what(self) -> str:
        return f"{self.event} to {self.endpoint}"


class Heartbeat(models.Model):
    """The last run of each scheduled job: `/healthz` fails when the clock sweep falls silent."""

    name = models.CharField(max_length=60, primary_key=True)
    first_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    handled = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name} {self.finished_at}"
