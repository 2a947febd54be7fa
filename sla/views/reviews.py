"""Proposed changes of an agreement, and its regular review with the draft that answers."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.web.access import MANAGERS, MEMBERS, allow
from config.web.http import PortalRequest
from sla import reading
from sla.access import DRAFTERS, may_draft
from sla.document import compose
from sla.forms.proposals import ChangeWanted
from sla.links import edit_url, proposals_url
from sla.models import Agreement, ChangeProposal
from sla.models.proposals import ProposalOrigin
from sla.services import proposals as proposing
from sla.services import reviewing
from sla.services.compiling import terms_of
from sla.standing import in_force_of

SHOWN = 50


def _crumbs(agreement: Agreement) -> list[tuple[str, str]]:
    return [
        ("Agreements", reverse("agreements")),
        (agreement.name, reverse("agreement_history", args=[agreement.public_id])),
    ]


@allow(MEMBERS)
@require_GET
def proposals(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """What waits, and what became of the others."""
    agreement = reading.find_agreement(public_id)
    version = in_force_of(agreement, timezone.now())
    document = compose(terms_of(version)) if version else None
    rows = agreement.change_proposals.select_related("created_by", "decided_by", "taken_into__agreement")
    context = {
        "agreement": agreement,
        "version": version,
        "open": [(row, document.clause(row.anchor) if document else None) for row in rows.open()],
        "decided": rows.exclude(state="open").order_by("-decided_at")[:SHOWN],
        "may_draft": may_draft(request.actor),
        "crumbs": _crumbs(agreement),
    }
    return render(request, "sla/proposals.html", context)


@allow(MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def propose_change(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Anybody who works under it asks for a change of what is in force; `?clause=` chooses the clause."""
    agreement = reading.find_agreement(public_id)
    version = in_force_of(agreement, timezone.now())
    if version is None:
        raise Http404("Nothing is in force that could be changed")
    document = compose(terms_of(version))
    wanted = document.clause(request.GET.get("clause", ""))
    form = ChangeWanted(
        request.POST or None, document=document, initial={"clause": wanted.anchor if wanted else "document"}
    )
    if request.method == "POST" and form.is_valid():
        proposing.propose_change(
            agreement.segment_id,
            form.cleaned_data["clause"],
            form.cleaned_data["words"].strip(),
            origin=ProposalOrigin.PERSON,
            by=request.user,
            at=timezone.now(),
        )
        messages.success(request, "Proposed. Marketing's managers have been told; it waits for the next draft.")
        return redirect(proposals_url(public_id))
    crumbs = [*_crumbs(agreement), ("Proposed changes", proposals_url(public_id))]
    context = {"agreement": agreement, "version": version, "form": form, "crumbs": crumbs}
    return render(request, "sla/propose_change.html", context, status=422 if form.errors else 200)


@allow(DRAFTERS)
@require_POST
def decline(request: PortalRequest, public_id: UUID, proposal_id: UUID) -> HttpResponse:
    agreement = reading.find_agreement(public_id)
    row = agreement.change_proposals.filter(public_id=proposal_id).first()
    if row is None:
        raise Http404("No such proposal")
    proposing.decline(row.pk, by=request.user, at=timezone.now(), why=request.POST.get("why", ""))
    messages.success(request, "Declined. The figures will not propose the same again for 90 days.")
    return redirect(proposals_url(public_id))


@allow(DRAFTERS)
@require_POST
def draft(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """A draft that carries the chosen proposals (`pick`), or all that wait."""
    agreement = reading.find_agreement(public_id)
    version = reviewing.draft_with(agreement, _chosen(request, agreement), by=request.user, at=timezone.now())
    count = version.taken_proposals.count()
    carried = f"It carries {count} proposal{'' if count == 1 else 's'}." if count else "It says what is in force."
    messages.success(request, f"{version} is a draft now. {carried}")
    return redirect(edit_url(version.pk))


def _chosen(request: PortalRequest, agreement: Agreement) -> list[ChangeProposal]:
    rows = agreement.change_proposals.open()
    if "chosen" not in request.POST:
        return list(rows)
    picked = set(request.POST.getlist("pick"))
    return [row for row in rows if str(row.public_id) in picked]


@allow(MANAGERS)
@require_GET
def review(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """What happened under the version in force, and what is proposed."""
    agreement = reading.find_agreement(public_id)
    context = {
        "agreement": agreement,
        "review": reviewing.review_of(agreement, at=timezone.now()),
        "may_draft": may_draft(request.actor),
        "crumbs": _crumbs(agreement),
    }
    return render(request, "sla/review.html", context)
