"""What every page needs: the navigation for this person, the company's name, the theme, unread notices."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from config.web.start import NAVIGATION

THEMES = ("auto", "light", "dark")
PRESENCE_TEMPLATES = ("accounts/presence_control.html", "components/nothing.html")  # the first that exists
UNREAD_SHOWN = 100  # more are shown as 99+, so nothing further is counted


def page(request: HttpRequest) -> dict[str, Any]:
    """Lazy where it costs something: a fragment that shows no navigation does not pay for it."""
    actor = getattr(request, "actor", None) or None
    return {
        "actor": actor,
        "company_name": settings.COMPANY_NAME,
        "theme": _theme(request, actor),
        "presence_templates": PRESENCE_TEMPLATES,
        "zone": timezone.get_current_timezone_name(),
        "navigation": SimpleLazyObject(lambda: NAVIGATION.sections(actor, request.path)),
        "unread_notices": SimpleLazyObject(lambda: _unread(actor)),
    }


def _theme(request: HttpRequest, actor: Any) -> str:
    """This browser's choice, else the person's own, else the system's."""
    chosen = request.COOKIES.get("theme") or (actor.user.theme if actor else "")
    return chosen if chosen in THEMES else "auto"


def _unread(actor: Any) -> int:
    if actor is None:
        return 0
    return len(actor.user.notices.unread().values_list("pk")[:UNREAD_SHOWN])
