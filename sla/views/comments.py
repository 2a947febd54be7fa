"""Remarks in the margin of a version, clause by clause."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.web.access import MEMBERS, allow
from config.web.errors import Refusal
from config.web.http import PortalRequest
from sla import reading
from sla.access import negotiates
from sla.links import version_url
from sla.models import Comment, Version
from sla.reading import Reading, outline
from sla.services import commenting
from sla.views.documents import crumbs


@allow(MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The remarks on one clause (`?clause=`) with a form; a POST begins a thread, or answers in one (`thread`)."""
    version = reading.find(public_id, request.actor)
    anchor = request.POST.get("clause") or request.GET.get("clause") or commenting.WHOLE
    problem = ""
    if request.method == "POST":
        try:
            _write(request, version, anchor)
        except Refusal as refusal:
            if "text" not in refusal.fields:
                raise
            problem = refusal.message
        else:
            if not request.htmx:
                return redirect(version_url(public_id, "" if anchor == commenting.WHOLE else anchor))
    written = request.method == "POST" and _beside_clauses(request, version)
    context = _thread_context(request, version, anchor) | {"problem": problem, "written": written}
    template = "sla/comments_dialog.html" if request.htmx else "sla/comments.html"
    return render(request, template, context, status=422 if problem else 200)


def _beside_clauses(request: PortalRequest, version: Version) -> bool:
    """Whether the remarks were opened over the document, whose margins then have to follow."""
    here = urlsplit(request.htmx.current_url or "").path if request.htmx else ""
    return here != reverse("agreement_comments", args=[version.public_id])


def _write(request: PortalRequest, version: Version, anchor: str) -> None:
    text, at = request.POST.get("text", ""), timezone.now()
    if thread := request.POST.get("thread"):
        commenting.reply(_find(version, thread).pk, text, by=request.user, at=at)
    else:
        commenting.comment(version.pk, anchor, text, by=request.user, at=at)


def _find(version: Version, public_id: str) -> Comment:
    try:
        wanted = UUID(public_id)
    except ValueError as error:
        raise Http404("No such remark") from error
    row = version.comments.filter(public_id=wanted).first()
    if row is None:
        raise Http404("No such remark")
    return row


@allow(MEMBERS)
@require_POST
def resolve(request: PortalRequest, public_id: UUID, comment_id: UUID) -> HttpResponse:
    version = reading.find(public_id, request.actor)
    row = commenting.resolve(_find(version, str(comment_id)).pk, by=request.user, at=timezone.now())
    if not request.htmx:
        messages.success(request, "Settled.")
        return redirect(version_url(public_id, row.anchor))
    if request.htmx.target == "dialog-fill":
        return render(
            request,
            "sla/comments_dialog.html",
            _thread_context(request, version, row.anchor) | {"written": _beside_clauses(request, version)},
        )
    return render(request, "sla/margins.html", _margin_context(request, version))


@allow(MEMBERS)
@require_GET
def margins(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The margins of all clauses, to be put in place after somebody has written."""
    return render(request, "sla/margins.html", _margin_context(request, reading.find(public_id, request.actor)))


def _margin_context(request: PortalRequest, version: Version) -> dict[str, Any]:
    found = Reading(version, request.actor, timezone.now())
    threads = found.threads()
    return {"version": version, "outline": outline(found.document, threads), "whole": threads.get("document", [])}


def _thread_context(request: PortalRequest, version: Version, anchor: str) -> dict[str, Any]:
    found = Reading(version, request.actor, timezone.now())
    threads = found.threads()
    clause = found.document.clause(anchor)
    if clause is None and anchor != commenting.WHOLE:
        raise Http404("No such clause")
    return {
        "version": version,
        "clause": clause,
        "anchor": clause.anchor if clause else anchor,
        "clause_threads": threads.get(clause.anchor if clause else anchor, []),
        "outline": outline(found.document, threads),
        "whole": threads.get("document", []),
        "may_settle": negotiates(request.actor),
        "closed": version.state == "withdrawn",
        "in_force": found.standing.is_in_force,
        "crumbs": crumbs(version, (str(version), version_url(version.public_id))),
    }
