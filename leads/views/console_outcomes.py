"""Recording an outcome: one key, or one short form; then the next lead at once, and ten seconds to take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from config.accounts.choices import PresenceState
from config.accounts.services import presence
from config.web.access import allow
from config.web.errors import Conflict, Refusal
from config.web.http import PortalRequest
from config.web.wording import local
from leads.callback_words import Unclear, understand, understand_day
from leads.services import attempts, claiming, console, drafts
from leads.services.console import Sheet
from leads.services.details import Details
from leads.views.callers import CALLERS, workable
from leads.views.console_forms import FORMS, OutcomeForm, zones_of
from leads.views.queue import bring_next
from sla import businesstime
from sla.terms import DispositionTerms
from sla.words.hours import zone_words

FIELDS = {
    "callback_at": "when",
    "meeting_at": "meeting",
    "return_on": "back",
    "taken_by": "on_line",
    "to_user": "on_line",
}


@allow(CALLERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def console_outcome(request: PortalRequest, public_id: UUID, disposition: str) -> HttpResponse:
    """GET: what the outcome asks for. POST: record it, and bring the next lead."""
    at = timezone.now()
    handoff = workable(request, public_id)
    sheet = console.sheet(handoff, rep=request.user, at=at)
    term = sheet.terms.dispositions.get(disposition)
    if term is None or not term.is_active:
        raise Http404("No such outcome")
    if not sheet.is_mine:
        claiming.must_hold(handoff.pk, by=request.user)
    form = _form(request, sheet, term, at)
    if request.method != "POST":
        return render(request, _template(request), _context(sheet, term, form))
    return _record(request, sheet, term, form, at)


def _template(request: PortalRequest) -> str:
    return "leads/console/outcome.html" if request.htmx else "leads/console/outcome_page.html"


def _form(request: PortalRequest, sheet: Sheet, term: DispositionTerms, at: datetime) -> OutcomeForm:
    kind = FORMS.get(term.effect, OutcomeForm) if console.asks_more(term, sheet.terms) else OutcomeForm
    return kind(request.POST if request.method == "POST" else None, sheet=sheet, term=term, at=at, auto_id="outcome_%s")


def _context(sheet: Sheet, term: DispositionTerms, form: OutcomeForm) -> dict[str, Any]:
    return {
        "sheet": sheet,
        "term": term,
        "form": form,
        "url": reverse("console_outcome", args=[sheet.handoff.public_id, term.key]),
        "when_url": reverse("console_when", args=[sheet.handoff.public_id]),
        "draft_url": reverse("console_draft", args=[sheet.handoff.public_id]),
        "back_url": reverse("console", args=[sheet.handoff.public_id]),
    }


def _record(
    request: PortalRequest, sheet: Sheet, term: DispositionTerms, form: OutcomeForm, at: datetime
) -> HttpResponse:
    """A form that lacks something comes back with it; everything else is recorded and can be undone."""
    if "call_note" in request.POST:
        drafts.save(sheet.handoff.pk, by=request.user, at=at, note=request.POST["call_note"])
    if form.is_valid():
        try:
            attempts.record(
                sheet.handoff.pk,
                by=request.user,
                at=at,
                disposition=term.key,
                details=_with_number(form.details(), sheet),
                undo=attempts.UNDO,
            )
        except Conflict:
            raise
        except Refusal as refusal:
            _show(form, refusal)
        else:
            presence.set_state(request.user, PresenceState.AVAILABLE, at=at)
            return _go_on(request, at)
    response = render(request, _template(request), _context(sheet, term, form), status=422)
    response["HX-Retarget"] = "#outcome-pane"
    return response


def _with_number(details: Details, sheet: Sheet) -> Details:
    from dataclasses import replace

    number = sheet.clearance.number if sheet.clearance else None
    return replace(details, contact_point=number.id) if number else details


def _show(form: OutcomeForm, refusal: Refusal) -> None:
    """A rule's no, beside the field of the form that it is about."""
    placed = {}
    for name, words in refusal.fields.items():
        own = next((n for n in (name, FIELDS.get(name, ""), f"answer-{name}") if n in form.fields), None)
        placed[own] = words
    for own, words in (placed or {None: refusal.message}).items():
        form.add_error(own, words)


def _go_on(request: PortalRequest, at: datetime) -> HttpResponse:
    response = bring_next(request, at)
    if not request.htmx:
        return response
    # A full page follows: htmx is told to go there, instead of putting it into the pane.
    answer = HttpResponse(status=200)
    answer["HX-Redirect"] = response["Location"]
    return answer


# --- natural times, read while they are typed ----------------------------------------------------------------------------


@allow(CALLERS)
@require_GET
def console_when(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """What the words typed so far mean: the moment on both clocks, and whether they may be called then."""
    at = timezone.now()
    sheet = console.sheet(workable(request, public_id), rep=request.user, at=at)
    words = next((value.strip() for name, value in request.GET.dict().items() if name != "kind"), "")
    context: dict[str, Any] = {"words": words}
    try:
        if request.GET.get("kind") == "day":
            context["day"] = understand_day(words, now=at, zone=request.user.time_zone)
        elif words:
            context |= _both_clocks(sheet, words, at)
    except Unclear as error:
        context["problem"] = str(error)
    return render(request, "leads/console/when.html", context)


def _both_clocks(sheet: Sheet, words: str, at: datetime) -> dict[str, Any]:
    from zoneinfo import ZoneInfo

    meant = understand(words, now=at, **zones_of(sheet))
    assert sheet.clearance is not None
    window = sheet.clearance.window
    there = meant.at.astimezone(ZoneInfo(window.zone))
    here = meant.at.astimezone(ZoneInfo(sheet.rep.time_zone))
    warning = ""
    if not businesstime.is_open(window.calendar, meant.at):
        nearest = businesstime.next_opening(window.calendar, meant.at)
        warning = f"Outside the usual hours ({window.in_words}); the next are from {local(nearest, 'short')} on, by your clock."
    return {
        "at": meant.at,
        "here": f"{here:%a} {here.day} {here:%b}, {here:%H:%M}",
        "there": f"{there:%a} {there.day} {there:%b}, {there:%H:%M}",
        "own_zone": zone_words(sheet.rep.time_zone),
        "their_zone": zone_words(window.zone),
        "same": sheet.rep.time_zone == window.zone,
        "note": meant.note,
        "warning": warning,
    }
