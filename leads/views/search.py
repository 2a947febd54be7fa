"""Search from every page: leads and companies by name, e-mail, phone, company."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest
from leads.services import searching
from leads.views.leads import lines_of

LONGEST = 200


@allow(MEMBERS)
@require_GET
@never_cache
def search(request: PortalRequest) -> HttpResponse:
    """What fits. The only lead that fits is opened at once."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    found = searching.search(text, request.actor) if text else searching.Found()
    if found.only is not None and not request.htmx:
        return redirect("lead", found.only.public_id)
    context = {"text": text, "found": found, "lines": lines_of(found.leads)}
    return render(request, "leads/search/page.html", context)
