"""The request as our views see it: with the actor, and what htmx says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from config.accounts.actor import Actor
    from config.accounts.models import User


class PortalRequest(HttpRequest):
    """Only for annotations: Django makes the real one, middleware adds these."""

    actor: Actor
    user: User
    htmx: HtmxDetails
