"""The page of one lead: where it stands, who holds it, what is promised next, what is known and from where, and
everything that happened; with the comments and files of colleagues."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.accounts.models import Membership
from config.web.access import MEMBERS, allow
from config.web.errors import Refusal
from config.web.http import PortalRequest
from leads.forms.nurture import PostponeForm
from leads.forms.talking import CommentForm, FilesForm
from leads.models import Lead, LeadFile
from leads.services import talking, timeline
from leads.views import lead_detail
from leads.views.answers import done
from leads.views.callers import NURTURERS


def visible(request: PortalRequest, public_id: UUID) -> Lead:
    """A lead this person may open; anybody else's is not found. One that was merged leads to what it became."""
    rows = Lead.objects.visible_to(request.actor).select_related(*lead_detail.WITH)
    return get_object_or_404(rows, public_id=public_id)


@allow(MEMBERS)
@require_GET
@never_cache
def lead(request: PortalRequest, public_id: UUID) -> HttpResponse:
    found = visible(request, public_id)
    if found.merged_into is not None:
        return redirect("lead", found.merged_into.public_id)
    return shown(request, found, CommentForm(), FilesForm())


def shown(
    request: PortalRequest, found: Lead, comment: CommentForm, files: FilesForm, status: int = 200
) -> HttpResponse:
    detail = lead_detail.load(found, request.actor, timezone.now())
    context = {
        "detail": detail,
        "lead": found,
        "history": history(request, found),
        "tabs": tabs(request, found),
        "comment_form": comment,
        "files_form": files,
        "postpone": PostponeForm(),
        "may_nurture": NURTURERS.allows(request.actor),
        "mentions": mentionable(found, request),
    }
    return render(request, "leads/lead/page.html", context, status=status)


def history(request: PortalRequest, found: Lead) -> timeline.Timeline:
    kind = request.GET.get("kind", "")
    try:
        before = datetime.fromisoformat(request.GET["before"]) if request.GET.get("before") else None
    except ValueError:
        before = None
    before = before if before is None or timezone.is_aware(before) else None
    return timeline.read(found, before=before, kind=kind if kind in timeline.KINDS else "")


def tabs(request: PortalRequest, found: Lead) -> list[dict[str, Any]]:
    url, kind = reverse("lead", args=[found.public_id]), request.GET.get("kind", "")
    kinds = [("", "Everything"), *timeline.KINDS.items()]
    return [
        {"label": label, "url": f"{url}?kind={code}#history" if code else f"{url}#history", "active": code == kind}
        for code, label in kinds
    ]


def mentionable(found: Lead, request: PortalRequest) -> list[str]:
    """Names to choose from after an @: the teams that had this lead in hand, and everybody who reads everything."""
    teams = {team for pair in found.handoffs.values_list("to_team", "from_team") for team in pair if team}
    seats = Membership.objects.active().exclude(user=request.user).select_related("user", "team")
    return sorted(
        {
            seat.user.name
            for seat in seats
            if seat.team_id in teams or seat.role != "rep" or seat.team.function in ("marketing", "management")
        }
    )


@allow(MEMBERS)
@require_GET
@never_cache
def lead_history(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The next piece of the history, for htmx; without it the whole page from there on."""
    found = visible(request, public_id)
    context = {"lead": found, "history": history(request, found), "kind": request.GET.get("kind", "")}
    if not request.htmx:
        return redirect(f"{reverse('lead', args=[public_id])}?{request.GET.urlencode()}#history")
    return render(request, "leads/lead/history.html", context)


@allow(MEMBERS)
@require_POST
def lead_comment(request: PortalRequest, public_id: UUID) -> HttpResponse:
    found = visible(request, public_id)
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            row = talking.comment(found.pk, form.cleaned_data["text"], by=request.user, at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"{reverse('lead', args=[public_id])}#comment-{row.pk}")
    return shown(request, found, form, FilesForm(), status=422)


@allow(MEMBERS)
@require_POST
def lead_files(request: PortalRequest, public_id: UUID) -> HttpResponse:
    found = visible(request, public_id)
    form = FilesForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            talking.attach(found.pk, form.cleaned_data["upload"], by=request.user, at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"{reverse('lead', args=[public_id])}#files")
    return shown(request, found, CommentForm(), form, status=422)


def visible_file(request: PortalRequest, public_id: UUID) -> LeadFile:
    rows = LeadFile.objects.filter(lead__in=Lead.objects.visible_to(request.actor)).select_related("lead")
    return get_object_or_404(rows, public_id=public_id)


@allow(MEMBERS)
@require_http_methods(["GET", "HEAD"])
@never_cache
def lead_file(request: PortalRequest, public_id: UUID) -> FileResponse:
    """The file, always as a download: what others brought along is never run as a page of ours."""
    row = visible_file(request, public_id)
    try:
        content = row.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(content, as_attachment=True, filename=row.name, content_type="application/octet-stream")


@allow(MEMBERS)
@require_POST
def lead_file_remove(request: PortalRequest, public_id: UUID) -> HttpResponse:
    row = visible_file(request, public_id)
    talking.remove_file(row.pk, by=request.user, at=timezone.now())
    return done(request, f"{row.name} is gone.", url=f"{reverse('lead', args=[row.lead.public_id])}#files", go=True)
