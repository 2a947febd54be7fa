"""The audit of all leads, for who runs the portal: each rule, who breaks it, and how the nights before went."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.web.access import ADMINS, allow
from config.web.http import PortalRequest
from leads.models import AuditRun, Lead
from leads.services import audit as auditing
from leads.services.audit import Finding

SHOWN = 30


@dataclass(frozen=True)
class Line:
    """A rule with the first leads that break it."""

    finding: Finding
    leads: list[Lead]


@allow(ADMINS)
@require_GET
@never_cache
def audit(request: PortalRequest) -> HttpResponse:
    runs = list(AuditRun.objects.select_related("by")[:SHOWN])
    latest = runs[0] if runs else None
    findings = auditing.shown(latest) if latest else [Finding(rule, 0, ()) for rule in auditing.RULES]
    wanted = {public_id for finding in findings for public_id in finding.examples}
    rows = Lead.objects.filter(public_id__in=wanted).select_related("person", "company").defer("attributes")
    found = {str(lead.public_id): lead for lead in rows} if wanted else {}
    lines = [Line(finding, [found[key] for key in finding.examples if key in found]) for finding in findings]
    return render(request, "leads/audit/page.html", {"latest": latest, "runs": runs, "lines": lines})


@allow(ADMINS)
@require_POST
def audit_run(request: PortalRequest) -> HttpResponse:
    """Ask every rule now."""
    kept, _ = auditing.record(timezone.now(), by=request.user)
    if kept.broken:
        messages.error(request, f"{kept.broken} of {len(auditing.RULES)} rules are broken.")
    else:
        messages.success(request, f"All {len(auditing.RULES)} rules hold for {kept.leads:,} leads.")
    return redirect("audit")
