"""Each person confirms having read the version in force; who has not is reminded, and their managers see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from config.accounts.actor import Actor
from config.accounts.models import Membership, User
from config.web.errors import Conflict, Forbidden
from sla import parties
from sla.links import version_url
from sla.models import Acknowledgement, Version
from sla.services.compiling import terms_of
from sla.services.telling import tell_about
from sla.standing import Code, standing_of

FIRST_REMINDER = timedelta(days=2)
BETWEEN_REMINDERS = timedelta(days=7)
MOST_REMINDERS = 6  # after that only the managers' page speaks


@dataclass(frozen=True)
class Reader:
    """A person who works under a version, with the team that makes them do so; `at` is empty until they confirm."""

    user: User
    team: str
    team_id: int
    function: str
    at: datetime | None


@transaction.atomic
def acknowledge(version: Version, *, by: User, at: datetime) -> Acknowledgement:
    """The person has read the version in force. Saying so twice is once."""
    standing = standing_of(version, at)
    if not standing.is_in_force:
        successor = standing.successor
        raise Conflict(
            "not_in_force",
            f"{version} is not in force, so there is nothing to confirm."
            if successor is None or standing.code != Code.SUPERSEDED
            else f"{version} has been superseded by {successor}. Read and confirm that one.",
            url=version_url((successor or version).public_id),
            label="Show it",
        )
    return Acknowledgement.objects.get_or_create(version=version, user=by, defaults={"at": at})[0]


def readers(version: Version) -> list[Reader]:
    """Everybody who works under the version, each once, with when they confirmed it: those who have not come first."""
    confirmed = dict(version.acknowledgements.values_list("user_id", "at"))
    rows = parties.members(terms_of(version)).select_related("user", "team").order_by("team__name", "user__name")
    found: dict[int, Reader] = {}
    for row in rows:
        found.setdefault(row.user_id, _reader(row, confirmed.get(row.user_id)))
    return sorted(found.values(), key=lambda reader: (reader.at is not None, reader.team, reader.user.name))


def _reader(row: Membership, at: datetime | None) -> Reader:
    return Reader(row.user, row.team.name, row.team_id, row.team.function, at)


def owes(version: Version, user: User) -> bool:
    """Whether this person works under the version and has not confirmed it yet."""
    if version.acknowledgements.filter(user=user).exists():
        return False
    return parties.members(terms_of(version)).filter(user=user).exists()


@transaction.atomic
def remind_now(version: Version, *, by: User, at: datetime) -> tuple[int, int]:
    """A manager asks everybody of their teams who has not confirmed, at most once a day each. Returns how many have not,
    and how many of these are asked now."""
    actor = Actor.of(by)
    if not actor.is_manager:
        raise Forbidden("not_manager", "Managers remind the people of their teams.")
    missing = [reader for reader in readers(version) if reader.at is None and _may_remind(actor, reader)]
    return len(missing), _remind(version, missing, f"{at:%Y-%m-%d}", at)


def _may_remind(actor: Actor, reader: Reader) -> bool:
    return actor.manages_team(reader.team_id)


def remind(at: datetime) -> int:
    """Remind whoever has not confirmed a version in force: after two days, then weekly. Returns how many people."""
    total = 0
    for version in Version.objects.in_force(at).select_related("agreement__segment"):
        assert version.effective_at is not None
        since = at - version.effective_at - FIRST_REMINDER
        number = since // BETWEEN_REMINDERS
        if since < timedelta(0) or number >= MOST_REMINDERS:
            continue
        missing = [reader for reader in readers(version) if reader.at is None]
        with transaction.atomic():
            _remind(version, missing, f"week {number}", at)
        total += len(missing)
    return total


def _remind(version: Version, missing: Iterable[Reader], key: str, at: datetime) -> int:
    """Returns how many are told now: nobody is told twice under the same key."""
    return tell_about(
        version,
        [reader.user for reader in missing],
        "acknowledge",
        f"Please read and confirm {version}",
        body="It is in force and binds you. Open it, read what concerns you, and confirm at its top.",
        key=key,
        at=at,
    )
