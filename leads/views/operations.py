"""The operators' page: queue depths, last runs, failures."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from config.outbox.health import report
from config.web.access import ADMINS, allow
from config.web.http import PortalRequest
from leads.services import operating


@allow(ADMINS)
@require_GET
def operations(request: PortalRequest) -> HttpResponse:
    now = timezone.now()
    return render(
        request, "leads/operations/page.html", {"found": operating.overview(now), "health": report(now), "now": now}
    )


@allow(ADMINS)
@require_POST
def operations_retry(request: PortalRequest) -> HttpResponse:
    """Everything that was given up or set aside is tried again."""
    tried = operating.retry_all(timezone.now())
    messages.success(request, f"{tried} will be tried again." if tried else "Nothing had been given up.")
    return redirect("operations")
