"""The console: one lead, everything known about it, the number behind its gate, and one key for each outcome."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.accounts.choices import PresenceState
from config.accounts.services import presence
from config.web.access import allow
from config.web.errors import Refusal
from config.web.http import PortalRequest
from config.web.wording import local
from leads.services import claiming, clearing, console, drafts, scores
from leads.services.choosing import source_label
from leads.services.console import Sheet
from leads.services.gates import NO_CONSENT, NO_NUMBER, Clearance
from leads.views.callers import CALLERS, manages, workable
from leads.views.console_forms import QUESTION
from leads.views.queue import undo_bar


@allow(CALLERS)
@require_GET
@never_cache
def console_page(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The whole call on one screen. A lead in nobody's hand, or another's, is shown without its number."""
    at = timezone.now()
    handoff = workable(request, public_id)
    if handoff.version_id is None:
        return redirect("queue")
    sheet = console.sheet(handoff, rep=request.user, at=at)
    if sheet.is_mine:
        claiming.holding(handoff.pk, by=request.user, at=at)
        keep_refusals(sheet)
    return render(request, "leads/console/console.html", context_of(request, sheet))


def keep_refusals(sheet: Sheet) -> None:
    if sheet.clearance and sheet.clearance.stops:
        with transaction.atomic():
            clearing.keep(sheet.handoff, sheet.clearance, by=sheet.rep)


def context_of(request: PortalRequest, sheet: Sheet) -> dict[str, Any]:
    terms, lead = sheet.terms, sheet.lead
    urls = {
        name: reverse(f"console_{name}", args=[sheet.handoff.public_id])
        for name in (
            "take",
            "hold",
            "leave",
            "draft",
            "dial",
            "line",
            "when",
            "override",
            "ask",
            "consent",
            "number",
            "wait",
        )
    }
    score = getattr(lead, "score", None)
    return {
        "now": sheet.at,
        "sheet": sheet,
        "clearance": sheet.clearance,
        "lead": lead,
        "person": lead.person,
        "company": lead.company,
        "stage_label": terms.label(lead.stage),
        "clock": sheet.clocks[0] if sheet.clocks else None,
        "clock_label": terms.commitment(sheet.clocks[0].commitment).name if sheet.clocks else "",
        "facts": _facts(sheet),
        "deeds": console.named_deeds(sheet.deeds, terms, sheet.at),
        "score": score,
        "score_lines": scores.log_of(score) if score else (),
        "urls": urls,
        "may_manage": manages(request.actor, sheet.handoff),
        "undo": undo_bar(request, sheet.at),
        "next_key": sheet.free_key("n"),
        "note_key": sheet.free_key("m"),
        "call_key": sheet.free_key("t"),
        "undo_key": sheet.free_key("u"),
        "wait_key": sheet.free_key("w"),
        "outcomes": _outcomes(sheet),
        "steps": [way for way in _ways_on(sheet) if sheet.is_mine or way["kind"] == "override"],
        "question_prefix": QUESTION,
    }


def _facts(sheet: Sheet) -> list[tuple[str, Any]]:
    person, company, lead = sheet.lead.person, sheet.lead.company, sheet.lead
    found = [
        ("Role", person.job_title),
        ("Company", company.name if company else ""),
        ("Industry", company.industry if company else ""),
        ("Employees", f"{company.employees:,}" if company and company.employees else ""),
        ("Place", ", ".join(part for part in (person.city, person.country) if part)),
        (
            "Source",
            " · ".join(
                p
                for p in (source_label(lead.source) if lead.source else "", lead.campaign.name if lead.campaign else "")
                if p
            ),
        ),
        ("E-mail", sheet.addresses.get("email", "")),
    ]
    return [(label, value) for label, value in found if value]


def _outcomes(sheet: Sheet) -> list[dict[str, Any]]:
    """The outcome keys in their groups, each with where it is sent; those of a try that cannot be made are shut."""
    return [
        {
            "name": name,
            "keys": [
                {
                    "term": key.term,
                    "asks": key.asks,
                    "tone": key.tone,
                    "shut": sheet.is_shut and key.term.counts_as_attempt and not key.term.real_contact,
                    "url": reverse("console_outcome", args=[sheet.handoff.public_id, key.term.key]),
                }
                for key in keys
            ],
        }
        for name, keys in sheet.keys
    ]


def _ways_on(sheet: Sheet) -> list[dict[str, str]]:
    """What can be done about what the gate says: each offered, none left to be guessed."""
    clearance = sheet.clearance
    if clearance is None:
        return []
    codes = {stop.code for stop in clearance.stops}
    ways = []
    if clearance.free_again_at:
        ways.append({"kind": "wait", "label": f"Back to the queue until {local(clearance.free_again_at, 'short')}"})
    if NO_CONSENT in codes:
        ways.append({"kind": "consent", "label": "They have consented"})
    if NO_NUMBER in codes:
        ways.append({"kind": "number", "label": "Add a number"})
    if clearance.can_be_overridden:
        ways.append({"kind": "override", "label": "Call all the same"})
    return ways


@allow(CALLERS)
@require_POST
def console_take(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Take this lead in hand; who was slower learns who has it."""
    at = timezone.now()
    handoff = workable(request, public_id)
    with transaction.atomic():
        claiming.claim(handoff.pk, by=request.user, at=at)
    presence.set_state(request.user, PresenceState.AVAILABLE, at=at)
    return redirect("console", handoff.public_id)


@allow(CALLERS)
@require_POST
def console_hold(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The page is open and looked at: 204 while the lead is this rep's, 409 once it is not."""
    handoff = workable(request, public_id)
    held = claiming.holding(handoff.pk, by=request.user, at=timezone.now())
    return HttpResponse(status=204 if held else 409)


@allow(CALLERS)
@require_POST
def console_leave(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The page goes away. The lead is free in some seconds, unless the page comes back."""
    claiming.going(workable(request, public_id).pk, by=request.user, at=timezone.now())
    return HttpResponse(status=204)


@allow(CALLERS)
@require_POST
def console_draft(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Notes and answers, saved as they are typed."""
    handoff = workable(request, public_id)
    given = request.POST
    answers = {key.removeprefix(QUESTION): value for key, value in given.items() if key.startswith(QUESTION)}
    drafts.save(
        handoff.pk,
        by=request.user,
        at=timezone.now(),
        note=given.get("call_note"),
        answers=answers or None,
        next_step=given.get("next_step"),
    )
    return HttpResponse(status=204)


# --- the gate ------------------------------------------------------------------------------------------------------------


def _after(request: PortalRequest, public_id: UUID, found: Clearance | None = None) -> HttpResponse:
    if found is not None and not found.is_clear:
        messages.warning(request, "Something else still stops the call.")
    return redirect("console", public_id)


@allow(CALLERS)
@require_POST
def console_override(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """A manager lets the call be made; a rep asks for it."""
    at = timezone.now()
    handoff = workable(request, public_id)
    if not manages(request.actor, handoff):
        return console_ask(request, public_id)
    found = clearing.override(handoff.pk, by=request.user, at=at, reason=request.POST.get("reason", ""))
    messages.success(request, "The call may be made within the hour. Your reason is on record.")
    return _after(request, public_id, found)


@allow(CALLERS)
@require_POST
def console_ask(request: PortalRequest, public_id: UUID) -> HttpResponse:
    handoff = workable(request, public_id)
    url = reverse("console", args=[handoff.public_id])
    told = clearing.ask_manager(handoff.pk, by=request.user, at=timezone.now(), url=url)
    messages.success(request, "Your manager has been asked." if told else "Your manager has been asked already.")
    return redirect("console", public_id)


@allow(CALLERS)
@require_POST
def console_consent(request: PortalRequest, public_id: UUID) -> HttpResponse:
    handoff = workable(request, public_id)
    claiming.must_hold(handoff.pk, by=request.user)
    clearing.note_consent(handoff.pk, by=request.user, at=timezone.now(), source=request.POST.get("source", ""))
    messages.success(request, "Their consent is on record.")
    return redirect("console", public_id)


@allow(CALLERS)
@require_POST
def console_number(request: PortalRequest, public_id: UUID) -> HttpResponse:
    handoff = workable(request, public_id)
    claiming.must_hold(handoff.pk, by=request.user)
    try:
        clearing.add_number(handoff.pk, by=request.user, at=timezone.now(), number=request.POST.get("number", ""))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "The number is added.")
    return redirect("console", public_id)


@allow(CALLERS)
@require_POST
def console_wait(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Back into the queue until nothing stops the call; then the next lead."""
    from leads.views.queue import bring_next

    at = timezone.now()
    handoff = workable(request, public_id)
    item = clearing.wait(handoff.pk, by=request.user, at=at)
    messages.info(request, f"Back in the queue until {local(item.callable_from, 'short')}.")
    return bring_next(request, at)
