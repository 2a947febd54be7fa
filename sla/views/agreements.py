"""All agreements, the succession of one agreement's versions, and the version in force of a segment."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest
from sla import reading
from sla.access import may_draft, visible_to
from sla.links import version_url
from sla.models import Version
from sla.standing import standings


@allow(MEMBERS)
@require_GET
def agreements(request: PortalRequest) -> HttpResponse:
    """What is in force, what is being negotiated, and what waits for this person."""
    at = timezone.now()
    rows = reading.overviews(request.actor, at)
    context = {
        "rows": rows,
        "to_sign": [version for row in rows for version in row.to_sign],
        "may_draft": may_draft(request.actor),
    }
    return render(request, "sla/agreements.html", context)


@allow(MEMBERS)
@require_GET
def in_force(request: PortalRequest, segment: str) -> HttpResponse:
    """A lasting address of the version in force in a segment."""
    found = Version.objects.in_force(timezone.now()).filter(agreement__segment__key=segment).first()
    if found is None:
        raise Http404("Nothing is in force in this segment")
    return redirect(version_url(found.public_id))


@allow(MEMBERS)
@require_GET
def history(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Every version of an agreement this person may see, the newest first, with when each held."""
    agreement = reading.find_agreement(public_id)
    versions = list(
        visible_to(request.actor)
        .filter(agreement=agreement)
        .defer("compiled")
        .select_related("created_by", "proposed_by")
        .prefetch_related("signatures")
        .order_by("-number")
    )
    where = standings(versions, timezone.now())
    rows = []
    for version in versions:
        version.agreement = agreement
        given = [row for row in version.signatures.all() if row.voided_at is None]
        rows.append({"version": version, "standing": where[version.pk], "signatures": given})
    context = {
        "agreement": agreement,
        "rows": rows,
        "may_draft": may_draft(request.actor),
        "crumbs": [("Agreements", reverse("agreements"))],
    }
    return render(request, "sla/history.html", context)
