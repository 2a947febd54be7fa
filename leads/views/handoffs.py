"""The page of one handoff, and everything that can be done with it, one by one or many at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.web.access import MEMBERS, allow
from config.web.errors import Refusal
from config.web.http import PortalRequest
from leads.forms.handoffs import SayForm
from leads.models import Handoff
from leads.services import late, questions
from leads.views import handoffs_detail
from leads.views.answers import done
from leads.views.handoffs_acts import ACTS, Act, acts_for


@allow(MEMBERS)
@require_GET
@never_cache
def handoff(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The whole page; for the inbox, which asks by htmx, the detail alone."""
    detail = handoffs_detail.load(request.actor, public_id, timezone.now())
    if detail is None:
        raise Http404
    detail.acts = acts_for(detail)
    part = request.htmx and request.htmx.target in ("detail", "handoff")
    template = "leads/handoffs/detail.html" if part else "leads/handoffs/page.html"
    # What renews itself on a page of its own keeps that page's heading.
    return render(request, template, {"detail": detail, "alone": not part or request.GET.get("alone") == "1"})


@allow(MEMBERS)
@require_http_methods(["GET", "POST"])
@never_cache
def handoff_act(request: PortalRequest, public_id: UUID, act: str) -> HttpResponse:
    """GET asks what the act needs, in a dialog or on a page; POST does it."""
    found = ACTS.get(act)
    if found is None:
        raise Http404
    rows: Any = getattr(Handoff.objects, found.rows)(request.actor)
    rows = rows.select_related("lead__person", "lead__company", "to_team", "to_user", "contest")
    subject = rows.filter(public_id=public_id).first()
    if subject is None:
        raise late.lost(request.actor, public_id) or Http404
    form_class = found.form(subject, request.actor)
    if request.method == "POST":
        form = form_class(request.POST) if form_class else None
        if form is None or form.is_valid():
            answer = _do(request, found, subject, form)
            if answer is not None:
                return answer
    else:
        form = form_class(initial={"reason": request.GET.get("reason", "")}) if form_class else None
    return _ask(request, found, subject, form)


def _do(request: PortalRequest, act: Act, subject: Handoff, form: Form | None) -> HttpResponse | None:
    """Do it; None when a rule refused and the form can say which field was wrong."""
    data = form.cleaned_data if form else {}
    try:
        url = act.do(subject, data, request.user, timezone.now())
    except Refusal as refusal:
        if form is None or refusal.status != Refusal.status:
            raise
        form.refuse(refusal)  # type: ignore[attr-defined]
        return None
    return done(request, act.done, url=url or reverse("handoff", args=[subject.public_id]), go=url is not None)


def _ask(request: PortalRequest, act: Act, subject: Handoff, form: Form | None) -> HttpResponse:
    template = "leads/handoffs/act_dialog.html" if request.htmx else "leads/handoffs/act_page.html"
    context = {
        "act": act,
        "handoff": subject,
        "form": form,
        "action": reverse("handoff_act", args=[subject.public_id, act.key]),
        "back": reverse("handoff", args=[subject.public_id]),
        "has_reasons": hasattr(form, "asks"),
    }
    return render(request, template, context, status=422 if form is not None and form.is_bound else 200)


@allow(MEMBERS)
@require_POST
def handoff_say(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """A word in the thread, from whoever sees the handoff; the answer, where the giver says that it is."""
    subject = get_object_or_404(Handoff.objects.visible_to(request.actor), public_id=public_id)
    form = SayForm(request.POST)
    if not form.is_valid():
        raise Refusal("empty", "Write a few words.", fields={"text": "A few words."})
    act, said = questions.say, "Sent."
    if form.cleaned_data["answers"]:
        get_object_or_404(Handoff.objects.given_by(request.actor), public_id=public_id)
        act, said = questions.answer, "Answered."
    act(subject.pk, by=request.user, at=timezone.now(), text=form.cleaned_data["text"])
    return done(request, said, url=reverse("handoff", args=[subject.public_id]))
