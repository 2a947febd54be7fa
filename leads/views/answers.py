"""How a page answers an act that was done: htmx stays where it is and hears what changed, a plain form moves on."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from config.web.http import PortalRequest


def done(request: PortalRequest, text: str, *, url: str, go: bool = False, level: str = "success") -> HttpResponse:
    """Say that it is done. `url` is where a plain form goes on; with `go` htmx leaves the page for it too.

    Staying, the dialog closes, a toast says it, and whatever listens for `work:changed` fetches itself anew.
    """
    if request.htmx and not go:
        response = HttpResponse(status=204)
        trigger_client_event(response, "dialog:close", {})
        trigger_client_event(response, "toast", {"level": level, "text": text})
        trigger_client_event(response, "work:changed", {})
        return response
    getattr(messages, level)(request, text)
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
