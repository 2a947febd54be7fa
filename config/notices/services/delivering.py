"""Send what is due, by mail and chat."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Exists, OuterRef

from config.accounts.models import User
from config.notices import chat, kinds, timing
from config.notices.models import Channel, Notice, NoticeDelivery, Preference
from config.notices.services import mails
from config.outbox.health import Beat
from config.outbox.models import LEASE, RetriedQuerySet

log = logging.getLogger(__name__)

BATCH = 20  # sent one after the other under one lease
RUN_SECONDS = 45.0
BURST = 4  # so many notices of one kind to one person at once are one message: a bad hour is not an hour of mails
MARGIN = 30.0  # seconds before the lease ends in which nothing new is begun


@dataclass
class Parcel:
    """What goes out as one message: a notice by itself, or all that a person's digest holds."""

    recipient: User
    channel: str
    deliveries: list[NoticeDelivery] = field(default_factory=list)

    @property
    def notices(self) -> list[Notice]:
        return [delivery.notice for delivery in self.deliveries]


def deliver_due(now: datetime, beat: Beat) -> None:
    """Send everything due. Rows are leased, not locked, while a mail server is waited for; many workers may run."""
    started = time.monotonic()
    while taken := claim(now):
        # A lease counts from `now`, whichever lap of this loop took it.
        Round(now, beat, until=started + LEASE.total_seconds() - MARGIN).send(parcels(taken))
        if time.monotonic() - started > RUN_SECONDS:
            break


def claim(now: datetime) -> list[NoticeDelivery]:
    singles = _with_people().filter(digest=False).lease(now, BATCH)
    return singles + claim_digests(now)


def claim_digests(now: datetime) -> list[NoticeDelivery]:
    """All that is due for some people's digests. Their preference rows serve as locks, for a short moment, so that two
    workers never split one person's digest between them."""
    due = NoticeDelivery.objects.due(now).filter(digest=True)
    waiting = Preference.objects.filter(Exists(due.filter(notice__recipient=OuterRef("pk"))))
    with transaction.atomic(durable=True):
        people = list(waiting.select_for_update(skip_locked=True)[:BATCH].values_list("pk", flat=True))
        if not people:
            return []
        return _with_people().filter(digest=True, notice__recipient__in=people).take(now)


def _with_people() -> RetriedQuerySet:
    return NoticeDelivery.objects.select_related("notice__recipient__notice_preference")


def parcels(deliveries: list[NoticeDelivery]) -> Iterator[Parcel]:
    """A message for each notice; one for a whole digest, and one for a burst of notices of a kind."""
    for together in _grouped((d for d in deliveries if not d.digest), _kind_to):
        for part in [together] if len(together) >= BURST else [[one] for one in together]:
            yield Parcel(part[0].notice.recipient, part[0].channel, part)
    for together in _grouped((d for d in deliveries if d.digest), _to):
        yield Parcel(together[0].notice.recipient, together[0].channel, together)


def _grouped(
    deliveries: Iterable[NoticeDelivery], key: Callable[[NoticeDelivery], Any]
) -> Iterator[list[NoticeDelivery]]:
    ordered = sorted(deliveries, key=lambda delivery: (key(delivery), delivery.notice_id))
    return (list(group) for _, group in groupby(ordered, key=key))


def _to(delivery: NoticeDelivery) -> tuple[int, str]:
    return delivery.notice.recipient_id, delivery.channel


def _kind_to(delivery: NoticeDelivery) -> tuple[int, str, str]:
    return *_to(delivery), delivery.notice.kind


class Round:
    """One lap of sending, over one connection to the mail server; begins nothing after `until` (monotonic)."""

    def __init__(self, now: datetime, beat: Beat, *, until: float):
        self.now = now
        self.beat = beat
        self.until = until
        self.post_office = PostOffice()

    def send(self, parcels: Iterator[Parcel]) -> None:
        try:
            for parcel in parcels:
                if time.monotonic() > self.until:
                    self._postpone(parcel, self.now)
                elif self._still_wanted(parcel):
                    self._send_one(parcel)
        finally:
            self.post_office.close()

    def _still_wanted(self, parcel: Parcel) -> bool:
        """Look again, for hours may have passed: at what was read meanwhile, at changed preferences, at the hour."""
        preference = Preference.of(parcel.recipient)
        for delivery in list(parcel.deliveries):
            channels = preference.channels_for(delivery.notice.kind) if parcel.recipient.is_active else []
            if delivery.notice.read_at is not None or delivery.channel not in channels:
                delivery.drop()
                parcel.deliveries.remove(delivery)
        loud = timing.after_quiet(self.now, preference.wishes)
        if loud > self.now and any(notice.kind != kinds.TEST for notice in parcel.notices):
            self._postpone(parcel, loud)
            return False
        return bool(parcel.deliveries)

    def _send_one(self, parcel: Parcel) -> None:
        try:
            if parcel.channel == Channel.MAIL:
                self.post_office.send(mails.compose(parcel.recipient, parcel.notices, self.now))
            else:
                send_chat(parcel)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one message must not hold up the others
            self._failed(parcel, error)
            return
        for delivery in parcel.deliveries:
            self.beat.handled += delivery.mark_sent(self.now)

    def _failed(self, parcel: Parcel, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        log.warning("Notice by %s to user %s failed: %s", parcel.channel, parcel.recipient.pk, reason)
        self.beat.failed(f"{parcel.channel}: {reason}")
        for delivery in parcel.deliveries:
            delivery.mark_failed(self.now, reason)

    @staticmethod
    def _postpone(parcel: Parcel, at: datetime) -> None:
        for delivery in parcel.deliveries:
            delivery.give_back(at)


class PostOffice:
    """A connection to the mail server, opened when first needed. When it cannot be opened the rest of the round shares
    that failure: every message waiting for the same timeout would keep a worker for minutes."""

    def __init__(self) -> None:
        self.connection: BaseEmailBackend | None = None
        self.unreachable: OSError | None = None

    def send(self, message: EmailMultiAlternatives) -> None:
        if self.unreachable is not None:
            raise self.unreachable
        try:
            if self.connection is None:
                self.connection = self._open()
            self.connection.send_messages([message])
        except OSError:  # SMTP's errors are among these
            self.close()  # what state the conversation is in nobody knows; the next message begins another
            raise

    def _open(self) -> BaseEmailBackend:
        connection = get_connection()
        try:
            connection.open()
        except OSError as error:
            self.unreachable = error
            raise
        return connection

    def close(self) -> None:
        if self.connection is not None:
            connection, self.connection = self.connection, None
            with contextlib.suppress(OSError):
                connection.close()


def send_chat(parcel: Parcel) -> None:
    notices = parcel.notices
    title = notices[0].title if len(notices) == 1 else f"{len(notices)} notices"
    lines = [_line(notice, alone=len(notices) == 1) for notice in notices[: mails.MOST_SHOWN]]
    if len(notices) > mails.MOST_SHOWN:
        lines.append(f"and more: {mails.absolute('notices')}")
    chat.send(Preference.of(parcel.recipient).chat_url, title, "\n".join(lines))


def _line(notice: Notice, *, alone: bool) -> str:
    url = mails.absolute("notice_open", notice.public_id)
    if alone:
        return f"{notice.body}\n{url}".strip()
    return f"{notice.title} {url}"
