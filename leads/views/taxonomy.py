"""The agreed words beside the leads they are about, and what a version would do to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.accounts.choices import Function
from config.web.access import MANAGERS, MEMBERS, READERS, allow
from config.web.http import PortalRequest
from leads.services import choosing, overview, profiling
from leads.services import impact as effects
from sla import reading
from sla.access import may_draft
from sla.links import edit_url, version_url
from sla.models import Segment
from sla.services.compiling import in_force
from sla.terms import Terms


def segments_in_force(at: datetime) -> list[tuple[Segment, Terms]]:
    """Every segment with the terms it stands under, in the order in which they are tried."""
    current = in_force(at)
    found = Segment.objects.in_bulk(current.segment_ids)
    return [(found[pk], terms) for pk, _, terms in current.rows]


def chosen(request: PortalRequest, rows: list[tuple[Segment, Terms]]) -> tuple[Segment, Terms]:
    return next((row for row in rows if row[0].key == request.GET.get("segment")), rows[-1])


@allow(MEMBERS)
@require_GET
def taxonomy(request: PortalRequest) -> HttpResponse:
    """Stages with their definitions, owners and reviews; grades, personas; how many leads stand in each."""
    at = timezone.now()
    rows = segments_in_force(at)
    if not rows:
        return render(request, "leads/taxonomy/none.html")
    segment, terms = chosen(request, rows)
    context = {
        "segments": [row[0] for row in rows],
        "segment": segment,
        "terms": terms,
        "found": overview.of_segment(segment.pk, terms, at),
        "owners": {function.value: function.label for function in Function},
        "reads": READERS.allows(request.actor),
        "none": choosing.NOT_GIVEN,
    }
    return render(request, "leads/taxonomy/taxonomy.html", context)


@allow(READERS)
@require_GET
def missing(request: PortalRequest) -> HttpResponse:
    """Which unfilled field holds back how many leads from the next stage, and what to ask."""
    at = timezone.now()
    rows = segments_in_force(at)
    if not rows:
        return render(request, "leads/taxonomy/none.html")
    segment, terms = chosen(request, rows)
    stages = [(stage, terms.label(stage)) for stage in terms.qualifying_stages]
    stage = next((code for code, _ in stages if code == request.GET.get("stage")), stages[0][0])
    gaps = profiling.overall(segment.pk, terms, stage, at)
    context = {
        "segments": [row[0] for row in rows],
        "segment": segment,
        "terms": terms,
        "stages": stages,
        "stage": stage,
        "label": terms.label(stage),
        "gaps": gaps,
        "best": gaps[0] if gaps and gaps[0].alone else None,
    }
    return render(request, "leads/taxonomy/missing.html", context)


@allow(MANAGERS)
@require_GET
def version_impact(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """What a version does to the leads that are here, by itself or as a part of the pages that propose and sign it."""
    version = reading.find(public_id, request.actor)
    found = effects.of(version, timezone.now())
    context = {
        "version": version,
        "found": found,
        "edit": edit_url(version.pk) if version.is_draft and may_draft(request.actor) else "",
        "crumbs": [("Agreements", "/agreement/"), (str(version), version_url(public_id))],
    }
    template = "leads/taxonomy/impact_part.html" if request.htmx else "leads/taxonomy/impact.html"
    return render(request, template, context)
