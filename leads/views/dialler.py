"""The telephone line on the console: asking the telephone system for a call, and what it says of it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.web.access import allow
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
