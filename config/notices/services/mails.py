"""A mail that carries one notice, or a digest of several."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from config.accounts.models import User
from config.notices.models import Notice
from config.notices.services.links import make_link

MOST_SHOWN = 40  # the rest is in the portal


@dataclass(frozen=True)
class Button:
    label: str
    url: str


@dataclass(frozen=True)
class Item:
    """A notice as mails and chats show it."""

    notice: Notice
    url: str
    buttons: list[Button]


def compose(recipient: User, notices: Sequence[Notice], at: datetime) -> EmailMultiAlternatives:
    """HTML and text, every link absolute. The same notices make a mail with the same Message-ID, however often it is
    sent: mail programs and people recognise a repeat."""
    with timezone.override(recipient.time_zone):
        context = _context(recipient, notices, at)
        text = render_to_string("mail/notice.txt", context)
        html = render_to_string("mail/notice.html", context)
    mail = EmailMultiAlternatives(
        subject=subject_of(notices),
        body=text,
        to=[formataddr((" ".join(recipient.name.split()), recipient.email))],
        headers={
            "Message-ID": message_id(notices),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    mail.attach_alternative(html, "text/html")
    return mail


def subject_of(notices: Sequence[Notice]) -> str:
    if len(notices) == 1:
        return notices[0].title
    return f"{len(notices)} notices: {notices[0].title}"


def message_id(notices: Sequence[Notice]) -> str:
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    if len(notices) == 1:
        return f"<notice-{notices[0].public_id}@{host}>"
    ids = ",".join(sorted(str(notice.public_id) for notice in notices))
    return f"<digest-{hashlib.sha256(ids.encode()).hexdigest()[:32]}@{host}>"


def items(recipient: User, notices: Sequence[Notice], at: datetime) -> list[Item]:
    return [
        Item(
            notice,
            absolute("notice_open", notice.public_id),
            _buttons(recipient, notice, at),
        )
        for notice in notices[:MOST_SHOWN]
    ]


def _buttons(recipient: User, notice: Notice, at: datetime) -> list[Button]:
    """Only for what can still be decided: a digest may come after the time for it is over."""
    return [
        Button(action["label"], make_link(recipient, action["verb"], action["subject"], expires_at))
        for action in notice.actions
        if (expires_at := datetime.fromisoformat(action["expires_at"])) > at
    ]


def _context(recipient: User, notices: Sequence[Notice], at: datetime) -> dict[str, object]:
    shown = items(recipient, notices, at)
    return {
        "recipient": recipient,
        "subject": subject_of(notices),
        "items": shown,
        "has_buttons": any(item.buttons for item in shown),
        "is_digest": len(notices) > 1,
        "more": max(0, len(notices) - MOST_SHOWN),
        "company_name": settings.COMPANY_NAME,
        "site_url": settings.SITE_URL,
        "notices_url": absolute("notices"),
        "preferences_url": absolute("notice_preferences"),
    }


def absolute(name: str, *arguments: object) -> str:
    return f"{settings.SITE_URL}{reverse(name, args=arguments)}"
