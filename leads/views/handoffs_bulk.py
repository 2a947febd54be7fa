"""One act on many handoffs: the same forms, the same reasons, the same demands as on one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from config.web.access import MEMBERS, allow
from config.web.errors import Refusal
from config.web.http import PortalRequest
from leads.models import Handoff
from leads.services import bulk
from leads.views.answers import done
from leads.views.handoffs_acts import ACTS, Act

MANY = ("accept", "reject", "reassign", "recycle", "disqualify", "withdraw", "let-stand")


def picked(parameters: Any) -> list[UUID]:
    """The rows that were picked. Raises Refusal for what is no id."""
    try:
        return [UUID(value) for value in dict.fromkeys(parameters.getlist("pick"))]
    except ValueError:
        raise Refusal("unknown_pick", "What was chosen cannot be read; choose again.") from None


@allow(MEMBERS)
@require_http_methods(["GET", "POST"])
@never_cache
def handoffs_bulk(request: PortalRequest, act: str) -> HttpResponse:
    found = ACTS.get(act) if act in MANY else None
    if found is None:
        raise Http404
    ids = picked(request.GET if request.method == "GET" else request.POST)
    if not ids:
        raise Refusal("nothing_chosen", "Choose at least one lead.")
    rows = list(
        getattr(Handoff.objects, found.rows)(request.actor)
        .filter(public_id__in=ids)
        .select_related("lead__person", "lead__company", "to_team", "to_user")[: bulk.MOST + 1]
    )
    if not rows:
        raise Http404
    form_class = _form_for(found, rows, request)
    # The bar of the list posts the rows alone: what the act asks for is asked then.
    if request.method == "POST" and (form_class is None or "sent" in request.POST):
        form = form_class(request.POST) if form_class else None
        if form is None or form.is_valid():
            return _do(request, found, rows, form, len(ids) - len(rows))
    else:
        form = form_class(initial={"reason": request.GET.get("reason", "")}) if form_class else None
    return _ask(request, found, rows, form)


def _form_for(act: Act, rows: list[Handoff], request: PortalRequest) -> type[Form] | None:
    """The form of the newest: handoffs under an older version are held to their own, and refused by name if it differs."""
    teams = {row.to_team_id for row in rows}
    if act.key == "reassign" and len(teams) > 1:
        raise Refusal("several_teams", "These leads are with several teams; choose those of one.")
    newest = max(rows, key=lambda row: (row.version_id or 0, row.pk))
    form = act.form(newest, request.actor)
    if act.key == "reassign" and form is not None:
        from leads.forms.handoffs import ReassignForm

        return ReassignForm.for_team(newest.to_team_id)
    return form


def _do(request: PortalRequest, act: Act, rows: list[Handoff], form: Form | None, missing: int) -> HttpResponse:
    now, data = timezone.now(), form.cleaned_data if form else {}
    result = bulk.each(rows, lambda row: act.do(row, data, request.user, now))
    if not result.refused and not missing:
        return done(request, f"{act.done} {len(result.done)} leads.", url=_back(request))
    context = {"act": act, "result": result, "missing": missing, "back": _back(request)}
    template = "leads/handoffs/bulk_result_dialog.html" if request.htmx else "leads/handoffs/bulk_result.html"
    response = render(request, template, context)
    if request.htmx:
        response["HX-Trigger-After-Settle"] = "work:changed"
    return response


def _ask(request: PortalRequest, act: Act, rows: list[Handoff], form: Form | None) -> HttpResponse:
    template = "leads/handoffs/act_dialog.html" if request.htmx else "leads/handoffs/act_page.html"
    context = {
        "act": act,
        "handoffs": rows,
        "form": form,
        "action": reverse("handoffs_bulk", args=[act.key]),
        "back": _back(request),
        "has_reasons": hasattr(form, "asks"),
    }
    return render(request, template, context, status=422 if form is not None and form.is_bound else 200)


def _back(request: PortalRequest) -> str:
    return reverse("inbox")
