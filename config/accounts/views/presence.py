"""The control in the bar by which people say what they are doing, and the sign of life that their pages give."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from config.accounts.choices import PresenceState
from config.accounts.models import Presence
from config.accounts.services import presence
from config.accounts.templatetags.presence import presence_of
from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest


@allow(MEMBERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def control(request: PortalRequest) -> HttpResponse:
    """The control by itself; a POST chooses a state."""
    if request.method == "POST":
        state, _, reason = request.POST.get("state", "").partition(":")
        if state == PresenceState.OFFLINE:
            reason = presence.SIGNED_OFF
        presence.set_state(request.user, state, at=timezone.now(), reason=reason)
        if not request.htmx:
            return redirect(_back(request))
    request.user.presence = Presence.objects.get_or_create(user=request.user)[0]
    return render(request, "accounts/presence.html", {"presence_now": presence_of(request.actor)})


@allow(MEMBERS)
@require_POST
def alive(request: PortalRequest) -> HttpResponse:
    """A page is open and looked at."""
    presence.seen(request.user, at=timezone.now())
    return HttpResponse(status=204)


def _back(request: PortalRequest) -> str:
    back = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if back and ours else "home"
