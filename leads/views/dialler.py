"""The telephone line: asking the telephone system for a call, what it says of it, and who is calling just now."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest
from leads.services import dialling
from leads.views.callers import CALLERS, workable


@allow(CALLERS)
@require_POST
def console_dial(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The rep calls: a telephone system is asked by webhook, the presence says so. The link itself dials without one."""
    handoff = workable(request, public_id)
    call = dialling.request(handoff.pk, by=request.user, at=timezone.now())
    return render(request, "leads/console/line.html", {"call": call})


@allow(CALLERS)
@require_GET
@never_cache
def console_line(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Where the call stands."""
    call = dialling.latest_of(workable(request, public_id), request.user)
    return render(request, "leads/console/line.html", {"call": call})


@allow(MEMBERS)
@require_GET
@never_cache
def incoming_call(request: PortalRequest) -> HttpResponse:
    """Who is calling this person, on whatever page they are; nothing while nobody is."""
    found = dialling.incoming_of(request.actor, timezone.now())
    here = urlsplit(request.htmx.current_url or "").path if request.htmx else ""
    taken_at = _where_taken(found) if found else ""
    return render(request, "leads/console/incoming.html", {"found": found, "url": taken_at if taken_at != here else ""})


def _where_taken(found: dialling.Incoming) -> str:
    """The console, where the lead waits in a queue; else its handoff, the lead itself, or whom the number may belong to."""
    if found.handoff is not None:
        in_queue = hasattr(found.handoff, "queue_item")
        return reverse("console" if in_queue else "handoff", args=[found.handoff.public_id])
    if found.lead is not None:
        return reverse("lead", args=[found.lead.public_id])
    return f"{reverse('search')}?{urlencode({'q': found.number})}"
