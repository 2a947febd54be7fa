"""A lead's score explained: every point, its place in the grid, its course; what to ask next; and who wants to hear of it."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.web.access import MEMBERS, READERS, allow
from config.web.charts import Chart, Series
from config.web.errors import Refusal
from config.web.forms import Form
from config.web.http import PortalRequest
from config.web.wording import local
from leads import scoring
from leads.models import Campaign, Lead, ScoreChange, ScoreWatch
from leads.services import cases, dryrun, judging, overview, profiling, scores, watching
from leads.services.cases import Case
from sla.models import Segment
from sla.services.compiling import in_force

CHANGES = 60


class WatchForm(Form):
    direction = forms.ChoiceField(
        choices=ScoreWatch.Direction.choices, initial=ScoreWatch.Direction.BOTH, label="When it"
    )
    points = forms.IntegerField(min_value=1, max_value=1000, initial=10, label="by at least")
    threshold = forms.IntegerField(required=False, min_value=-1000, max_value=10_000, label="and passes")


class WideWatchForm(WatchForm):
    segment = forms.ModelChoiceField(
        Segment.objects.active(), required=False, to_field_name="key", empty_label="Any segment"
    )
    source = forms.CharField(required=False, max_length=60, label="Source")
    campaign = forms.ModelChoiceField(
        Campaign.objects.all(), required=False, to_field_name="key", empty_label="Any campaign"
    )


def _lead(request: PortalRequest, public_id: UUID) -> Lead:
    visible = Lead.objects.visible_to(request.actor)
    return get_object_or_404(
        visible.select_related("person", "company__usage", "segment", "campaign", "score"), public_id=public_id
    )


@allow(MEMBERS)
@require_GET
def lead_score(request: PortalRequest, public_id: UUID) -> HttpResponse:
    at = timezone.now()
    lead = _lead(request, public_id)
    terms = in_force(at).terms_for(lead.segment_id)
    score = getattr(lead, "score", None)
    context = {
        "lead": lead,
        "terms": terms,
        "score": score,
        "stage": terms.label(lead.stage) if terms else lead.stage,
        "reads": READERS.allows(request.actor),
    }
    if terms is not None and score is not None:
        case = Case(lead, cases.addresses_of(lead.person_id), cases.deeds_of(lead.pk), terms, at)
        wanted = overview.wanted_engagement(terms)
        lines = scores.log_of(score)
        persona = next((p for p in terms.personas if p.key == lead.persona), None)
        changes = list(ScoreChange.objects.filter(lead=lead).order_by("-at", "-id")[:CHANGES])
        context |= {
            "fit": [line for line in lines if line.dimension == scoring.FIT],
            "engagement": [line for line in lines if line.dimension == scoring.ENGAGEMENT],
            "wanted": wanted,
            "grid": [
                (
                    grade,
                    [
                        (level, grade == lead.fit_grade and level == scoring.level(score.engagement, wanted))
                        for level in scoring.LEVELS
                    ],
                )
                for grade in overview.GRADES
            ],
            "persona": persona,
            "threshold": terms.points_asked(*terms.qualifying_stages),
            "profiles": [judging.ideal_fit(case.facts, profile) for profile in terms.ideal_customers],
            "asks": profiling.next_questions(lead, at)[:4],
            "why_not": dryrun.why_not(case) if lead.stage in ("known", "engaged") else [],
            "changes": [(change, watching.words_of(change.cause)) for change in changes],
            "chart": _chart(changes, lead) if len(changes) > 1 else None,
            "watch": ScoreWatch.objects.filter(user=request.user, lead=lead).first(),
            "form": WatchForm(),
        }
    return render(request, "leads/scores/score.html", context)


def _chart(changes: list[ScoreChange], lead: Lead) -> Chart:
    ordered = changes[::-1]
    return Chart(
        "line",
        f"Score of {lead.person.name}",
        [local(change.at, "short") for change in ordered],
        [
            Series("Score", [change.total for change in ordered]),
            Series("Fit", [change.fit for change in ordered], dashed=True),
            Series("Engagement", [change.engagement for change in ordered], dashed=True),
        ],
        unit="points",
    )


@allow(MEMBERS)
@require_POST
def lead_watch(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Have oneself told when this lead's score moves, or no longer."""
    lead = _lead(request, public_id)
    if request.POST.get("stop"):
        ScoreWatch.objects.filter(user=request.user, lead=lead).delete()
        messages.success(request, "You will not hear of this score any more.")
        return redirect("lead_score", public_id)
    form = WatchForm(request.POST)
    if not form.is_valid():
        raise Refusal(
            "invalid",
            "The figures do not fit.",
            fields={name: " ".join(map(str, e)) for name, e in form.errors.items()},
        )
    watching.watch(request.user, at=timezone.now(), lead=lead, **form.cleaned_data)
    messages.success(request, "You will be told.")
    return redirect("lead_score", public_id)


@allow(MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def watches(request: PortalRequest) -> HttpResponse:
    """Whose scores I watch: single leads, or all of a segment, source or campaign."""
    form = WideWatchForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            watching.watch(request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "You will be told.")
            return redirect("watches")
    mine = ScoreWatch.objects.filter(user=request.user).select_related("lead__person", "segment", "campaign")
    return render(
        request, "leads/scores/watches.html", {"form": form, "mine": mine}, status=422 if form.errors else 200
    )


@allow(MEMBERS)
@require_POST
def watch_remove(request: PortalRequest, watch: int) -> HttpResponse:
    if not watching.unwatch(watch, by=request.user):
        raise Http404
    messages.success(request, "You will not hear of it any more.")
    return redirect("watches")
