"""A version as a file, a draft from a file, and a file checked against the record."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from config.web.access import MEMBERS, allow
from config.web.errors import Refusal
from config.web.http import PortalRequest
from sla import reading
from sla.access import DRAFTERS
from sla.forms.files import ExportedFile, ImportedDraft
from sla.links import version_url
from sla.models import Version
from sla.services import exporting, importing, verifying


def _attached(content: bytes | str, version: Version, ending: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{exporting.file_name(version, ending)}"'
    return response


@allow(MEMBERS)
@require_GET
def pdf(request: PortalRequest, public_id: UUID) -> HttpResponse:
    version = reading.find(public_id, request.actor)
    return _attached(exporting.as_pdf(version, at=timezone.now()), version, "pdf", "application/pdf")


@allow(MEMBERS)
@require_GET
def markdown(request: PortalRequest, public_id: UUID) -> HttpResponse:
    version = reading.find(public_id, request.actor)
    return _attached(exporting.as_markdown(version), version, "md", "text/markdown; charset=utf-8")


@allow(MEMBERS)
@require_GET
def record(request: PortalRequest, public_id: UUID) -> HttpResponse:
    version = reading.find(public_id, request.actor)
    return _attached(exporting.as_json(version), version, "json", "application/json")


@allow(DRAFTERS)
@require_http_methods(["GET", "HEAD", "POST"])
def import_draft(request: PortalRequest) -> HttpResponse:
    """Nothing is written unless every term of the file is in order."""
    form = ImportedDraft(
        request.POST or None, request.FILES or None, initial={"agreement": request.GET.get("agreement")}
    )
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].record["content"]
        try:
            version = importing.draft_from_content(form.cleaned_data["agreement"], content, by=request.user)
        except Refusal as refusal:
            problems = refusal.facts.get("problems") or [refusal.message]
        else:
            messages.success(request, f"{version} is a draft now. See what it changes before you propose it.")
            if not form.cleaned_data["file"].is_whole:
                messages.warning(
                    request, "The file was edited after it was exported: its content is not what its hash states."
                )
            return redirect(version_url(version.public_id))
    context = {"form": form, "problems": problems, "crumbs": [("Agreements", reverse("agreements"))]}
    return render(request, "sla/import.html", context, status=422 if problems or form.errors else 200)


@allow(MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: PortalRequest) -> HttpResponse:
    """The same check as `manage.py verify_agreement`."""
    form = ExportedFile(request.POST or None, request.FILES or None)
    verdict = None
    if request.method == "POST" and form.is_valid():
        verdict = verifying.verify(form.cleaned_data["file"], at=timezone.now())
    context = {"form": form, "verdict": verdict, "crumbs": [("Agreements", reverse("agreements"))]}
    return render(request, "sla/verify.html", context, status=422 if form.errors else 200)
