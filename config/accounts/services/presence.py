"""What people are doing now: set by themselves or by their calls, kept alive by their open pages, offline by silence.

Each change is a row, so that a person's own day can be shown and staffing can be reckoned; nobody is ranked by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.dispatch import Signal

from config.accounts.choices import BREAK_REASONS, PresenceState
from config.accounts.models import Membership, Presence, PresenceChange, User
from config.outbox.services.events import tell_pages
from config.web.errors import Refusal

SILENT_AFTER = timedelta(minutes=5)  # pages say every minute that they are open
SIGNED_OFF = "Signed off"  # chosen, not merely silent: an open page does not undo it
LIVE_TOPIC = "presence.changed"

# Sent with user, state, at, inside the transaction of the change.
presence_changed = Signal()


@transaction.atomic
def set_state(user: User, state: str, *, at: datetime, reason: str = "") -> Presence:
    """What the person does from `at` on. A break names one of the reasons; setting the same again changes nothing."""
    if state not in PresenceState.values:
        raise Refusal("unknown_state", "There is no such state.", fields={"state": "Choose one of the list."})
    if state == PresenceState.BREAK and reason not in BREAK_REASONS:
        raise Refusal("reason_needed", "Say what the break is for.", fields={"reason": "Choose one of the list."})
    presence, made = Presence.objects.select_for_update().get_or_create(
        user=user, defaults={"state": state, "reason": reason, "since_at": at, "seen_at": at}
    )
    presence.seen_at = max(presence.seen_at, at)
    changed = made or (presence.state, presence.reason) != (state, reason)
    if changed:
        presence.state, presence.reason, presence.since_at = state, reason, at
        PresenceChange.objects.create(user=user, state=state, reason=reason, at=at)
    presence.save(update_fields=["state", "reason", "since_at", "seen_at"])
    if changed:
        presence_changed.send(sender=None, user=user, state=state, at=at)
        tell_pages(LIVE_TOPIC, subject=str(user.public_id), teams=_teams_of(user.pk), users=[user.pk])
    return presence


def _teams_of(user_id: int) -> list[int]:
    return list(Membership.objects.active().filter(user_id=user_id).values_list("team_id", flat=True))


@transaction.atomic
def seen(user: User, *, at: datetime) -> Presence | None:
    """A page of theirs is open. Who had fallen silent is available again, unless they had signed off."""
    Presence.objects.filter(user=user).update(seen_at=at)
    presence = Presence.objects.filter(user=user).first()
    if presence is None or (presence.state == PresenceState.OFFLINE and presence.reason != SIGNED_OFF):
        return set_state(user, PresenceState.AVAILABLE, at=at)
    return presence


def state_at(presence: Presence | None, at: datetime) -> str:
    """The state as it is at `at`, whether or not a sweep has noted the silence."""
    if presence is None or presence.seen_at < at - SILENT_AFTER:
        return PresenceState.OFFLINE
    return str(presence.state)


SWEEP = """
    WITH silent AS (
        SELECT user_id, seen_at FROM accounts_presence
        WHERE state <> 'offline' AND seen_at < %(since)s FOR UPDATE SKIP LOCKED
    ), turned AS (
        UPDATE accounts_presence p SET state = 'offline', reason = '', since_at = silent.seen_at
        FROM silent WHERE p.user_id = silent.user_id RETURNING p.user_id, p.since_at
    )
    INSERT INTO accounts_presencechange (user_id, state, reason, at)
    SELECT user_id, 'offline', '', since_at FROM turned RETURNING user_id
"""


@transaction.atomic
def sweep(at: datetime) -> int:
    """Note as offline whoever fell silent, from when they were last seen. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(SWEEP, {"since": at - SILENT_AFTER})
        gone = [row[0] for row in cursor.fetchall()]
    if gone:
        teams = Membership.objects.active().filter(user__in=gone).values_list("team_id", flat=True).distinct()
        tell_pages(LIVE_TOPIC, teams=list(teams))
    return len(gone)


@dataclass(frozen=True)
class Spell:
    """One stretch of one state."""

    state: str
    reason: str
    from_at: datetime
    until_at: datetime

    @property
    def seconds(self) -> float:
        return (self.until_at - self.from_at).total_seconds()


def spells(user: User, since: datetime, until: datetime) -> list[Spell]:
    """A person's own day: what they did between two instants, in order. Two queries."""
    changes = PresenceChange.objects.filter(user=user, at__lte=until).order_by("-at", "-id")
    before = changes.filter(at__lt=since).first()
    rows = [*([before] if before else []), *reversed(changes.filter(at__gte=since))]
    ends = [row.at for row in rows[1:]] + [until]
    return [
        Spell(row.state, row.reason, max(row.at, since), end)
        for row, end in zip(rows, ends, strict=True)
        if end > max(row.at, since)
    ]
