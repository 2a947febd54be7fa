"""Who is away when. Known absences keep new leads away, and do not count where the agreement counts a person's hours."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from config.accounts.models import Absence, User
from config.outbox.services.events import News, publish
from config.web.errors import Conflict


@transaction.atomic
def add(user: User, *, from_at: datetime, until_at: datetime, reason: str, by: User, at: datetime) -> Absence:
    """Note an absence. One that overlaps another is a conflict: extend that one instead."""
    User.objects.select_for_update().get(pk=user.pk)
    clash = Absence.objects.filter(user=user, from_at__lt=until_at, until_at__gt=from_at).first()
    if clash is not None:
        raise Conflict("overlaps", f"{user.name} is already away then: {clash.reason or 'no reason given'}.")
    absence = Absence.objects.create(user=user, from_at=from_at, until_at=until_at, reason=reason)
    facts = {"from": from_at.isoformat(), "until": until_at.isoformat(), "by": by.name}
    publish(News("absence.added", str(user.public_id), at, facts))
    return absence


@transaction.atomic
def remove(absence: Absence, *, by: User, at: datetime) -> None:
    """Take an absence back. What it has already kept out of a clock stays out."""
    facts = {"from": absence.from_at.isoformat(), "until": absence.until_at.isoformat(), "by": by.name}
    publish(News("absence.removed", str(absence.user.public_id), at, facts))
    absence.delete()
