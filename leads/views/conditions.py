"""A condition tried on the leads that are here, in the portal and beside the fields of a draft."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from config.accounts.choices import Function
from config.web.access import MANAGERS, allow, either, of
from config.web.errors import Refusal
from config.web.http import PortalRequest
from leads.fields import known_fields, label_of
from leads.services import trying, vocabulary
from sla import criteria
from sla.models import Segment

DRAFTS = either(MANAGERS, of(Function.MARKETING))
LONGEST = 50_000


def read(text: str) -> tuple[Any, list[str]]:
    """The condition somebody wrote, and what is wrong with it."""
    if len(text) > LONGEST:
        return {}, ["This condition is too long."]
    try:
        value = json.loads(text) if text.strip() else {}
    except ValueError as error:
        return {}, [f"This is not JSON: {error}"]
    problems = criteria.check_criteria(value, known_fields())
    return ({}, problems) if problems else (value, [])


@allow(DRAFTS)
@require_GET
def definition_try(request: PortalRequest) -> HttpResponse:
    """Build a condition and see at once how many leads meet it, who just misses it, and why."""
    text = request.GET.get("criteria", "")
    condition, problems = read(text)
    segment = Segment.objects.filter(key=request.GET.get("segment", "")).first()
    tried = None
    if not problems:
        tried = trying.try_out(
            condition, timezone.now(), actor=request.actor, segment_id=segment.pk if segment else None
        )
    context = {
        "text": text,
        "problems": problems,
        "tried": tried,
        "words": "" if problems or not condition else criteria.in_words(condition, label_of),
        "segments": Segment.objects.active(),
        "segment": segment,
    }
    template = "leads/taxonomy/try_part.html" if request.htmx else "leads/taxonomy/try.html"
    return render(request, template, context, status=422 if problems and not request.htmx else 200)


@allow(DRAFTS)
@require_GET
def condition_vocabulary(request: PortalRequest) -> HttpResponse:
    """What a builder may offer: fields with their known values, ways to compare, deeds."""
    return JsonResponse(vocabulary.of_conditions())


@allow(DRAFTS)
@require_POST
def condition_count(request: PortalRequest) -> HttpResponse:
    """How many open leads meet a condition now, for the builder of a draft; with `near`, some that just miss it."""
    condition, problems = read(request.POST.get("criteria", ""))
    if problems:
        raise Refusal("invalid", " ".join(problems), fields={"criteria": " ".join(problems)})
    segment = Segment.objects.filter(key=request.POST.get("segment", "")).first()
    segment_id, at = segment.pk if segment else None, timezone.now()
    if not request.POST.get("near"):
        found, of_all = trying.count(condition, at, segment_id=segment_id)
        words = criteria.in_words(condition, label_of) if condition else ""
        return JsonResponse({"count": found, "of": of_all, "words": words})
    tried = trying.try_out(condition, at, actor=request.actor, segment_id=segment_id, shown=3)
    misses = [{"name": miss.lead.person.name, "why": list(miss.why)} for miss in tried.misses]
    return JsonResponse({"near": tried.near, "misses": misses})
