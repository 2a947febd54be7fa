"""A person's callbacks as a calendar feed behind a secret address, which can be taken back at any time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from config.accounts.models import User, token_hash
from leads.ics import Appointment, calendar
from leads.models import CalendarFeed, Callback
from leads.services import callbacks

LENGTH = timedelta(minutes=15)
NOTED_EVERY = timedelta(hours=1)
PREFIX = "hc_"


@transaction.atomic
def open_feed(user: User, at: datetime) -> str:
    """A new secret for the person's feed; the address before it stops working. Returns the secret, kept nowhere."""
    token = PREFIX + secrets.token_urlsafe(24)
    CalendarFeed.objects.update_or_create(
        user=user, defaults={"token_hash": token_hash(token), "created_at": at, "last_used_at": None}
    )
    return token


def close_feed(user: User) -> bool:
    """The address stops working. False when there was none."""
    return bool(CalendarFeed.objects.filter(user=user).delete()[0])


def feed_of(token: str, at: datetime) -> str | None:
    """The calendar behind a secret; None where there is none, or its person has left."""
    found = (
        CalendarFeed.objects.select_related("user")
        .filter(token_hash=token_hash(token), user__is_active=True)
        .first()
    )  # fmt: skip
    if found is None:
        return None
    if found.last_used_at is None or found.last_used_at < at - NOTED_EVERY:
        CalendarFeed.objects.filter(pk=found.pk).update(last_used_at=at)
    mine = [appointment(one) for one in callbacks.open_of([found.user_id])]
    return calendar(f"Callbacks of {found.user.name}", mine, at=at)


def appointment(callback: Callback) -> Appointment:
    """One callback. The number stays behind its gate: the link leads to the console."""
    lead = callback.handoff.lead
    company = f", {lead.company}" if lead.company else ""
    path = reverse("console", args=[callback.handoff.public_id])
    return Appointment(
        uid=f"{callback.public_id}@handoff",
        starts_at=callback.due_at,
        length=LENGTH,
        title=f"Call back {lead.person.name}{company}",
        text=callback.note,
        url=f"{settings.SITE_URL}{path}",
        changed_at=callback.created_at,
        alarm=callbacks.REMINDED_BEFORE,
    )
