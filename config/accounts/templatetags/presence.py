"""The presence of the person who looks at the page, for the bar: costs no query, for it comes with the session's user."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from config.accounts.actor import Actor
from config.accounts.choices import BREAK_REASONS, Function
from config.accounts.models import Presence
from config.accounts.services import presence

register = template.Library()

SHOWN_TO = (Function.TELEQUALIFICATION, Function.SALES, Function.BUSINESS_DEVELOPMENT)


@register.simple_tag
def presence_of(actor: Actor | None) -> dict[str, Any] | None:
    """What the control shows, or None for who has none: leads are given only to those who call and sell."""
    if not actor or not actor.works_in(*SHOWN_TO):
        return None
    try:
        found: Presence | None = actor.user.presence
    except Presence.DoesNotExist:
        found = None
    return {
        "state": presence.state_at(found, timezone.now()),
        "since": found.since_at if found else None,
        "reason": found.reason if found else "",
        "breaks": BREAK_REASONS,
    }
