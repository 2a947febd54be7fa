"""Reports as files, with the period and filters of the page they were asked for on."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest
from reports.catalogue import REPORTS
from reports.database import from_snapshot
from reports.exports import files
from reports.views.pages import asked_of


@allow(MEMBERS)
@require_GET
@from_snapshot
def export(request: PortalRequest, key: str, ending: str) -> HttpResponse:
    """The whole report, slow parts too."""
    report, form = REPORTS.get(key), files.FORMATS.get(ending)
    if report is None or form is None:
        raise Http404("No such file")
    asked = asked_of(request, report)
    kind, write = form
    response = HttpResponse(write(report, asked, files.build(report, asked)), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{files.file_name(report, asked, ending)}"'
    return response
