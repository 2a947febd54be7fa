"""Tell people something, once each, by the channels and at the times they want."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from config.accounts.models import User
from config.notices import kinds, timing
from config.notices.models import Digest, Notice, NoticeDelivery, Preference, Urgency
from config.outbox.services.events import News, publish

TITLE_LENGTH = 200
KEY_LENGTH = 140  # leaves room for the recipient's id
ACTION_LIFE = timedelta(days=7)
LIVE_TOPIC = "notice.new"
PEOPLE_PER_EVENT = 500  # what PostgreSQL passes on to open pages must be short

When = Callable[[Preference], datetime]


@dataclass(frozen=True)
class Action:
    """A button of the mail: a single-use link to a verb that an app registered with `links.register_verb`."""

    label: str
    verb: str
    subject: str
    expires_at: datetime | None = None  # None: a week after the notice


def tell(
    recipients: Iterable[User | int],
    kind: str,
    title: str,
    *,
    body: str = "",
    url: str = "",
    urgency: str = Urgency.SOON,
    dedupe_key: str,
    subject: str = "",
    actions: Iterable[Action] = (),
    at: datetime,
) -> list[Notice]:
    """Tell each recipient; returns the notices that are new.

    Whoever was told before under the same `dedupe_key` is not told again, so a sweep may repeat itself. Must run
    inside the transaction that makes the matter true: nothing is sent here, a sweep delivers what is committed.
    `url` is a path of this portal. `subject` names whom or what it is about, for `forget`. Costs the same number of
    queries for one recipient as for a thousand.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("tell() belongs inside the transaction whose outcome it reports")
    if len(dedupe_key) > KEY_LENGTH:
        raise ValueError(f"dedupe_key has {len(dedupe_key)} characters; at most {KEY_LENGTH} fit")
    may_wait = urgency != Urgency.NOW
    return _store(
        _people(recipients),
        Notice(
            kind=kind,
            title=_one_line(title),
            body=body,
            url=url,
            urgency=urgency,
            dedupe_key=dedupe_key,
            subject=subject,
            actions=[_as_json(action, at) for action in actions],
            created_at=at,
        ),
        lambda preference: timing.deliver_at(at, preference.wishes, may_wait=may_wait),
        digests=may_wait,
    )


def send_test(user: User, at: datetime) -> Notice:
    """A notice by every channel the person has, at once whatever the hour: they are waiting for it."""
    with transaction.atomic():
        notice = Notice(
            kind=kinds.TEST,
            title="This is a test notice",
            body="If you can read this, notices reach you here.",
            urgency=Urgency.NOW,
            dedupe_key=f"test:{at.timestamp()}",
            created_at=at,
        )
        return _store(_people([user]), notice, lambda preference: at, digests=False)[0]


def _people(recipients: Iterable[User | int]) -> list[User]:
    """Each once, with their preference. Those whose account is switched off are told nothing."""
    ids = {person.pk if isinstance(person, User) else person for person in recipients}
    # Always in the same order, so that two who tell the same people do not wait for each other crosswise.
    return list(User.objects.filter(pk__in=ids, is_active=True).select_related("notice_preference").order_by("pk"))


def _store(people: list[User], model: Notice, when: When, *, digests: bool) -> list[Notice]:
    """Copy the model notice for each person, with its deliveries and one live event. Four statements."""
    copies = {person.pk: _copy_for(person, model) for person in people}
    Notice.objects.bulk_create(copies.values(), ignore_conflicts=True)
    # A conflict is passed over in silence; what was stored is what carries an id that we made.
    ours = Notice.objects.filter(public_id__in=[copy.public_id for copy in copies.values()])
    stored = {notice.recipient_id: notice for notice in ours}
    told = [person for person in people if person.pk in stored]
    NoticeDelivery.objects.bulk_create(
        delivery for person in told for delivery in _deliveries(stored[person.pk], Preference.of(person), when, digests)
    )
    if told:
        publish(*_live_news([person.pk for person in told], model.created_at))
    return [stored[person.pk] for person in told]


def _copy_for(person: User, model: Notice) -> Notice:
    return Notice(
        recipient=person,
        kind=model.kind,
        title=model.title,
        body=model.body,
        url=model.url,
        urgency=model.urgency,
        subject=model.subject,
        actions=model.actions,
        dedupe_key=f"{model.dedupe_key}:{person.pk}",
        created_at=model.created_at,
    )


def _deliveries(notice: Notice, preference: Preference, when: When, digests: bool) -> list[NoticeDelivery]:
    channels = preference.channels_for(notice.kind)
    if not channels:
        return []
    in_digest, next_at = digests and preference.digest != Digest.OFF, when(preference)
    return [NoticeDelivery(notice=notice, channel=channel, digest=in_digest, next_at=next_at) for channel in channels]


def _live_news(ids: list[int], at: datetime) -> list[News]:
    groups = [ids[start : start + PEOPLE_PER_EVENT] for start in range(0, len(ids), PEOPLE_PER_EVENT)]
    return [News(LIVE_TOPIC, "", at, users=group) for group in groups]


def _as_json(action: Action, at: datetime) -> dict[str, str]:
    expires_at = action.expires_at or at + ACTION_LIFE
    return {
        "label": action.label,
        "verb": action.verb,
        "subject": action.subject,
        "expires_at": expires_at.isoformat(),
    }


def _one_line(title: str) -> str:
    """Titles become mail subjects: one line, not longer than the column."""
    line = " ".join(title.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"


def mark_read(user: User, public_id: UUID, at: datetime) -> Notice | None:
    """Mark one notice of this person read; returns it, or None if there is no such notice of theirs."""
    notice = Notice.objects.filter(recipient=user, public_id=public_id).first()
    if notice is not None and notice.read_at is None:
        Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=at)
    return notice


def mark_all_read(user: User, at: datetime) -> int:
    return Notice.objects.filter(recipient=user).unread().update(read_at=at)


def forget(subject: str) -> int:
    """Blank what notices say about a subject, for somebody's right to erasure. That they were told remains."""
    about = Notice.objects.filter(subject=subject)
    return about.update(title="About somebody who was erased", body="", url="", actions=[])
