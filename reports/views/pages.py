"""The pages of the reports. All share one frame: a period, filters, sections of which slow ones come after the page."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest
from reports import asked as asking
from reports.asked import Asked
from reports.catalogue import REPORTS
from reports.database import from_snapshot
from reports.documents.base import Report, Section
from reports.models import SavedView
from reports.periods import LABELS

ENDINGS = (("pdf", "PDF, for paper"), ("xlsx", "XLSX, a sheet for each table"), ("csv", "CSV"))


def asked_of(request: PortalRequest, report: Report) -> Asked:
    return asking.read(
        request.GET, request.actor, timezone.now(),
        filters=report.filters, usual=report.usual, kinds=report.kinds, extra=report.extra,
    )  # fmt: skip


def frame(request: PortalRequest, report: Report, asked: Asked) -> dict[str, Any]:
    """What the frame of a report's page needs."""
    return {
        "report": report,
        "asked": asked,
        "choices": report.choices(asked) if report.choices else (),
        "kinds": [(kind, LABELS[kind]) for kind in report.kinds],
        "saved": SavedView.objects.visible_to(request.actor).filter(report=report.key),
        "endings": ENDINGS,
        "full_query": asked.query(full="1"),
    }


@allow(MEMBERS)
@require_GET
@from_snapshot
def page(request: PortalRequest, key: str) -> HttpResponse:
    """A report. `full` makes slow sections at once too: for printing, and where scripts do not run."""
    report = REPORTS[key]
    asked = asked_of(request, report)
    full = request.GET.get("full") == "1"
    sections = [
        (section, None if section.later and not full else section.build(asked), asks(section, asked))
        for section in report.sections
    ]
    return render(request, "reports/report.html", frame(request, report, asked) | {"sections": sections, "full": full})


@allow(MEMBERS)
@require_GET
@from_snapshot
def part(request: PortalRequest, key: str, section: str) -> HttpResponse:
    """One section, for the page that asks for it later or with another choice."""
    report = REPORTS.get(key)
    found = report.section(section) if report else None
    if report is None or found is None:
        raise Http404("No such part")
    asked = asked_of(request, report)
    context = {"report": report, "asked": asked, "section": found, "blocks": found.build(asked)}
    return render(request, "reports/section.html", context | {"asks": asks(found, asked)})


def asks(section: Section, asked: Asked) -> Any:
    return section.asks(asked) if section.asks else ()
