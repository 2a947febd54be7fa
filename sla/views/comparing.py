"""What two versions of an agreement say differently."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest
from sla import reading
from sla.differences import compare
from sla.links import version_url
from sla.models import Version
from sla.reading import Reading
from sla.services.compiling import terms_of
from sla.standing import standings
from sla.views.documents import crumbs


@allow(MEMBERS)
@require_GET
def differences(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """`?against=` another version of the same agreement; without it, what the reader most likely wants. `?all=1`
    shows what is the same too."""
    found = Reading(reading.find(public_id, request.actor), request.actor, timezone.now())
    other = _against(request.GET.get("against", ""), found)
    stands = standings(found.siblings, found.at)
    context = {
        "version": found.version,
        "standing": found.standing,
        "others": [(sibling, stands[sibling.pk].label) for sibling in found.siblings if sibling.pk != found.version.pk],
        "other": other,
        "differences": compare(terms_of(other), found.terms) if other else None,
        "show_all": bool(request.GET.get("all")),
        "crumbs": crumbs(found.version, (str(found.version), version_url(public_id))),
    }
    return render(request, "sla/differences.html", context)


def _against(wanted: str, found: Reading) -> Version | None:
    if not wanted:
        return found.compared_with
    for sibling in found.siblings:
        if str(sibling.public_id) == wanted:
            return sibling
    raise Http404("No such version of this agreement")
