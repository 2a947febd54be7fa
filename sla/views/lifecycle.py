"""Proposing, signing, taking back, withdrawing and confirming a version: each a page that asks, and a POST that acts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.accounts.choices import Function
from config.web.access import MANAGERS, MEMBERS, allow
from config.web.errors import Conflict, Refusal
from config.web.http import PortalRequest
from sla import reading
from sla.access import DRAFTERS, sides_of
from sla.differences import Differences, compare
from sla.links import edit_url, version_url
from sla.reading import Reading
from sla.services import acknowledging, commenting, versions
from sla.services.compiling import terms_of
from sla.views.documents import crumbs


def _reading(request: PortalRequest, public_id: UUID) -> Reading:
    return Reading(reading.find(public_id, request.actor), request.actor, timezone.now())


def differences_from_before(found: Reading) -> Differences | None:
    """What a signer compares: the version in force against this one."""
    other = found.compared_with
    return compare(terms_of(other), found.terms) if other else None


@allow(DRAFTERS)
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """What is missing, what changes and who must sign; then the draft is offered."""
    found = _reading(request, public_id)
    version = found.version
    if version.state != "draft":
        raise Conflict("not_a_draft", f"{version} is {found.standing.label.lower()}.", url=version_url(public_id))
    refusal = None
    if request.method == "POST":
        revision = request.POST.get("revision", "")
        try:
            versions.propose(
                version.pk, by=request.user, at=found.at, revision=int(revision) if revision.isdigit() else None
            )
        except Refusal as error:
            if error.code != "incomplete":
                raise
            refusal = error
        else:
            messages.success(request, f"{version} is proposed. Every side has been asked to sign.")
            return redirect(version_url(public_id))
    gaps = versions.missing(version, found.at)
    context = {
        "reading": found,
        "version": version,
        "document": found.document,
        "blocking": [(gap, edit_url(version.pk, gap.anchor)) for gap in gaps if gap.blocks],
        "warnings": [(gap, edit_url(version.pk, gap.anchor)) for gap in gaps if not gap.blocks],
        "differences": differences_from_before(found),
        "compared": found.compared_with,
        "refusal": refusal,
        "crumbs": crumbs(version, (str(version), version_url(public_id))),
    }
    return render(request, "sla/propose.html", context, status=422 if refusal else 200)


@allow(MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """What is signed, by its hash, and what it changes; then the signature."""
    found = _reading(request, public_id)
    version = found.version
    side = request.POST.get("side") or request.GET.get("side") or _only_side(request, found)
    if request.method == "POST":
        signed = versions.sign(
            version.pk,
            side=side,
            by=request.user,
            at=found.at,
            content_hash=request.POST.get("content_hash", ""),
        )
        done = "Every side has signed." if signed.state == "signed" else "The other sides have been told."
        messages.success(request, f"You have signed {version} for {Function(side).label}. {done}")
        return redirect(version_url(public_id))
    if version.state != "proposed":
        raise Conflict("not_proposed", f"{version} is {found.standing.label.lower()}.", url=version_url(public_id))
    lines = found.signature_lines()
    context = {
        "reading": found,
        "version": version,
        "document": found.document,
        "lines": lines,
        "line": next((line for line in lines if line.side == side and line.mine), None),
        "differences": differences_from_before(found),
        "compared": found.compared_with,
        "open_remarks": commenting.open_remarks(version),
        "crumbs": crumbs(version, (str(version), version_url(public_id))),
    }
    return render(request, "sla/sign.html", context)


def _only_side(request: PortalRequest, found: Reading) -> str:
    """The side this person signs for, where there is no doubt."""
    signing = [side for side in sides_of(request.actor) if side in found.terms.signing_sides]
    return signing[0] if signing else ""


@allow(DRAFTERS)
@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Back to the desk; says first whose signatures that voids."""
    found = _reading(request, public_id)
    if request.method == "POST":
        why = request.POST.get("why", "").strip() or "Reopened for changes"
        version = versions.reopen(found.version.pk, by=request.user, at=found.at, reason=why)
        messages.success(request, f"{version} is a draft again. Whoever was asked to sign has been told.")
        return redirect(edit_url(version.pk))
    context = _asking(found, "reopen", found.version.state in ("proposed", "withdrawn"))
    return render(request, "sla/confirm.html", context)


@allow(DRAFTERS)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """No longer offered; kept for the record."""
    found = _reading(request, public_id)
    if request.method == "POST":
        version = versions.withdraw(found.version.pk, by=request.user, at=found.at)
        messages.success(request, f"{version} is withdrawn.")
        return redirect(reverse("agreement_history", args=[version.agreement.public_id]))
    context = _asking(found, "withdraw", found.version.state in ("draft", "proposed"))
    return render(request, "sla/confirm.html", context)


def _asking(found: Reading, act: str, possible: bool) -> dict[str, object]:
    version = found.version
    if not possible:
        raise Conflict(
            "wrong_state", f"{version} is {found.standing.label.lower()}.", url=version_url(version.public_id)
        )
    return {
        "version": version,
        "act": act,
        "lines": [line for line in found.signature_lines() if line.signature],
        "back": version_url(version.public_id),
        "crumbs": crumbs(version, (str(version), version_url(version.public_id))),
    }


# --- confirming ----------------------------------------------------------------------------------------------------


@allow(MEMBERS)
@require_POST
def acknowledge(request: PortalRequest, public_id: UUID) -> HttpResponse:
    version = reading.find(public_id, request.actor)
    acknowledging.acknowledge(version, by=request.user, at=timezone.now())
    messages.success(request, f"Thank you. It is on record that you have read {version}.")
    return redirect(version_url(public_id))


@allow(MANAGERS)
@require_GET
def readers(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Who has confirmed the version, who has not."""
    found = _reading(request, public_id)
    rows = acknowledging.readers(found.version)
    context = {
        "version": found.version,
        "standing": found.standing,
        "missing": [row for row in rows if row.at is None],
        "confirmed": [row for row in rows if row.at is not None],
        "total": len(rows),
        "crumbs": crumbs(found.version, (str(found.version), version_url(public_id))),
    }
    return render(request, "sla/readers.html", context)


@allow(MANAGERS)
@require_POST
def remind_readers(request: PortalRequest, public_id: UUID) -> HttpResponse:
    version = reading.find(public_id, request.actor)
    missing, asked = acknowledging.remind_now(version, by=request.user, at=timezone.now())
    if asked:
        people = "One person of your teams has" if asked == 1 else f"{asked} people of your teams have"
        messages.success(request, f"{people} been asked. Nobody is asked twice a day.")
    elif missing:
        messages.info(request, "All who have not confirmed it have been asked today. Nobody is asked twice a day.")
    else:
        messages.info(request, "Everybody of your teams has confirmed it.")
    return redirect(reverse("agreement_readers", args=[public_id]))
