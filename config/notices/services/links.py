"""Links in mails that let one person decide one thing, without signing in, once.

An app above registers what can be done:

    register_verb("accept_handoff", describe=describe_accept, act=accept)

and names the verb in a notice's `Action`. The link carries a signed id and nothing else. Opening it only asks, for
mail scanners open every link; only the button's POST acts, and uses the link up in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from django import forms
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from config.accounts.models import User
from config.notices.models import ActionLink
from config.web.errors import Conflict, Refusal

SALT = "notices.action-link"


class Description(TypedDict):
    """What the confirmation page shows, and it should show little: whoever holds the mail sees it."""

    title: str
    button: str
    done: NotRequired[str]  # what the page afterwards says has happened
    facts: NotRequired[list[tuple[str, Any]]]
    form: NotRequired[type[forms.Form]]  # asked before acting, such as a reason


Describe = Callable[[str, User], Description]
Act = Callable[[str, User, dict[str, Any], datetime], str]


@dataclass(frozen=True)
class Verb:
    """`describe(subject, user)` may raise a Refusal when there is nothing left to decide.

    `act(subject, user, data, at)` does it as that person, with `data` from the form, and returns where to look now.
    """

    describe: Describe
    act: Act


_verbs: dict[str, Verb] = {}


class NotUsable(Refusal):
    """The link itself is the reason: unknown (404), used up or expired (410)."""

    def __init__(self, code: str, message: str, status: int, **facts: Any):
        super().__init__(code, message, **facts)
        self.status = status


def register_verb(name: str, *, describe: Describe, act: Act) -> None:
    _verbs[name] = Verb(describe, act)


def make_link(user: User, verb: str, subject: str, expires_at: datetime) -> str:
    """The absolute address that lets this person do this one thing until then.

    Asking again for the same gives the same link while it is unused, so that a mail sent twice is twice the same.
    """
    if verb not in _verbs:
        raise LookupError(f"No app has registered the verb {verb!r}")
    wanted = {"user": user, "verb": verb, "subject": subject, "expires_at": expires_at}
    link = ActionLink.objects.filter(**wanted, used_at=None).first() or ActionLink.objects.create(**wanted)
    return f"{settings.SITE_URL}{reverse('action_link', args=[token_of(link)])}"


def token_of(link: ActionLink) -> str:
    return _signer().sign(link.public_id.hex)


def find(token: str) -> ActionLink:
    """The link of a token, whatever state it is in. A bad signature, and a person who left, are as if it never was."""
    try:
        public_id = UUID(hex=_signer().unsign(token))
    except (signing.BadSignature, ValueError):
        raise _unknown() from None
    link = ActionLink.objects.select_related("user").filter(public_id=public_id, user__is_active=True).first()
    if link is None or link.verb not in _verbs:
        raise _unknown()
    return link


def check_usable(link: ActionLink, at: datetime) -> None:
    if link.used_at is not None:
        raise _used(link.used_at)
    if link.expires_at <= at:
        raise NotUsable("link_expired", "This link is too old to be used.", 410, expired_at=link.expires_at)


def describe(link: ActionLink) -> Description:
    return _verbs[link.verb].describe(link.subject, link.user)


def use(link: ActionLink, data: dict[str, Any], at: datetime) -> str:
    """Act, once: of two who press at the same time the second waits for the first, then finds the link used.

    If the verb refuses, the link stays as it was.
    """
    with transaction.atomic():
        unused = ActionLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=at)
        if not unused.update(used_at=at):
            check_usable(ActionLink.objects.get(pk=link.pk), at)
            raise Conflict("link_changed", "This link changed while you used it. Open it again.")
        return _verbs[link.verb].act(link.subject, link.user, data, at)


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT)


def _unknown() -> NotUsable:
    return NotUsable(
        "link_unknown", "This link leads nowhere. It may have been cut off; try it from the mail again.", 404
    )


def _used(used_at: datetime) -> NotUsable:
    return NotUsable("link_used", "This link has been used; it works once.", 410, used_at=used_at)
