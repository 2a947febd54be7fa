"""Saved views: keep one, open it, take one's own away."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from config.web.access import MEMBERS, allow
from config.web.errors import Refusal
from config.web.http import PortalRequest
from reports.catalogue import REPORTS
from reports.models import SavedView
from reports.services import views as services


def address(view: SavedView) -> str:
    return f"{reverse(REPORTS[view.report].url_name)}?{view.query}"


@allow(MEMBERS)
@require_POST
def view_save(request: PortalRequest, key: str) -> HttpResponse:
    if key not in REPORTS:
        raise Http404("No such report")
    query = request.POST.get("query", "")
    try:
        view = services.save(
            key, request.POST.get("name", ""), query, is_shared=bool(request.POST.get("is_shared")), by=request.user
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect(f"{reverse(REPORTS[key].url_name)}?{query.lstrip('?')}")
    messages.success(request, f"“{view.name}” is kept{' for everybody' if view.is_shared else ''}.")
    return redirect(address(view))


@allow(MEMBERS)
@require_GET
def view_open(request: PortalRequest, public_id: str) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.visible_to(request.actor), public_id=public_id)
    if view.report not in REPORTS:
        raise Http404("That report is no more")
    return redirect(address(view))


@allow(MEMBERS)
@require_POST
def view_remove(request: PortalRequest, public_id: str) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.filter(owner=request.user), public_id=public_id)
    report = REPORTS.get(view.report)
    services.remove(view)
    messages.success(request, f"“{view.name}” is taken away.")
    return redirect(report.url_name if report else "reports_scoreboard")
