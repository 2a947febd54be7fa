"""Why this clock, and why it was broken: a panel on each handoff."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from config.web.access import MEMBERS, allow
from config.web.forms import Form
from config.web.http import PortalRequest
from leads.models import Handoff
from sla.models import BreachCause, Clock
from sla.services import excuses
from sla.services.explaining import Explanation, explain


class CauseForm(Form):
    """Why a promise was broken, as one side says."""

    cause = forms.ChoiceField(choices=BreachCause.Cause.choices, widget=forms.RadioSelect, label="Why was it late?")
    note = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), label="In a few words"
    )


def visible(request: PortalRequest, public_id: str) -> tuple[Handoff, Clock]:
    """A clock whose handoff this person may see; anybody else's is not found."""
    clock = get_object_or_404(Clock, public_id=public_id)
    handoff = get_object_or_404(
        Handoff.objects.visible_to(request.actor).select_related("lead__person", "to_team"), pk=clock.subject
    )
    return handoff, clock


def sides_of(handoff: Handoff) -> frozenset[str]:
    return frozenset({handoff.from_function, handoff.to_function})


@allow(MEMBERS)
@require_GET
def clock_panel(request: PortalRequest, public_id: str) -> HttpResponse:
    """The explanation of one clock, as a page or as a panel for htmx."""
    handoff, clock = visible(request, public_id)
    return shown(request, handoff, clock, CauseForm())


def shown(request: PortalRequest, handoff: Handoff, clock: Clock, form: CauseForm) -> HttpResponse:
    explanation = explain(clock, timezone.now())
    template = "leads/clocks/panel.html" if request.htmx else "leads/clocks/page.html"
    context = {
        "handoff": handoff,
        "crumbs": crumbs(handoff),
        "why": explanation,
        "form": form,
        "may_name": may_name(request, handoff, explanation),
        "may_decide": may_decide(request, handoff, explanation),
    }
    return render(request, template, context)


def crumbs(handoff: Handoff) -> list[tuple[str, str]]:
    """Whose lead it is, and the handoff that the clock times."""
    lead = handoff.lead
    return [
        (lead.person.name, reverse("lead", args=[lead.public_id])),
        (f"Handoff to {handoff.to_team.name}", reverse("handoff", args=[handoff.public_id])),
    ]


def may_name(request: PortalRequest, handoff: Handoff, why: Explanation) -> bool:
    open_question = why.cause is None or why.cause.decided_at is None
    return is_late(why) and open_question and request.actor.works_in(*sides_of(handoff))


def may_decide(request: PortalRequest, handoff: Handoff, why: Explanation) -> bool:
    if why.cause is None or why.cause.decided_at is not None:
        return False
    return request.actor.manages(*(sides_of(handoff) - {why.cause.proposed_side}))


def is_late(why: Explanation) -> bool:
    return why.state in ("breached", "met_late") or why.clock.breached_at is not None


@allow(MEMBERS)
@require_POST
def clock_cause(request: PortalRequest, public_id: str) -> HttpResponse:
    """One side names the cause of a breach."""
    handoff, clock = visible(request, public_id)
    form = CauseForm(request.POST)
    if form.is_valid():
        excuses.propose(
            clock.pk,
            cause=form.cleaned_data["cause"],
            note=form.cleaned_data["note"],
            by=request.user,
            sides=sides_of(handoff),
            at=timezone.now(),
        )
        form = CauseForm()
    return shown(request, handoff, clock, form)


@allow(MEMBERS)
@require_POST
def clock_excuse(request: PortalRequest, public_id: str) -> HttpResponse:
    """The other side's manager grants the excuse, or refuses it."""
    handoff, clock = visible(request, public_id)
    excused = request.POST.get("excused") == "yes"
    excuses.decide(clock.pk, excused=excused, by=request.user, sides=sides_of(handoff), at=timezone.now())
    return shown(request, handoff, clock, CauseForm())
