"""People who may be one: proposed, looked at side by side, merged or kept apart."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from config.accounts.choices import Function
from config.web.access import MANAGERS, allow, either, of
from config.web.errors import Refusal
from config.web.forms import Form
from config.web.http import PortalRequest
from config.web.paging import keyset
from leads import normalise
from leads.models import ContactKind, ContactPoint, Lead, MergeProposal, Person
from leads.services import merging
from leads.views.labels import stage_label

KEEPS_ORDER = either(MANAGERS, of(Function.MARKETING))
STATES = (("open", "To decide"), ("merged", "Merged"), ("apart", "Two people"))
LABELS = {"company": "Company", "email": "E-mail", "phone": "Phone"} | {
    name: name.replace("_", " ").capitalize() for name in merging.FIELDS
}


class PairForm(Form):
    """Two addresses that somebody knows to be one person's."""

    one = forms.CharField(max_length=254, label="One e-mail address")
    other = forms.CharField(max_length=254, label="The other")

    def clean_one(self) -> Person:
        return _person(self.cleaned_data["one"])

    def clean_other(self) -> Person:
        return _person(self.cleaned_data["other"])


def _person(address: str) -> Person:
    try:
        found = ContactPoint.objects.filter(kind=ContactKind.EMAIL, normalised=normalise.email(address)).first()
    except ValidationError as error:
        raise forms.ValidationError(error.messages) from error
    if found is None:
        raise forms.ValidationError("Nobody has this address.")
    return found.person


@allow(KEEPS_ORDER)
@require_GET
def duplicates(request: PortalRequest) -> HttpResponse:
    """The pairs, newest first; those to decide before all others."""
    return _list(request, PairForm())


def _list(request: PortalRequest, form: PairForm, status: int = 200) -> HttpResponse:
    state = request.GET.get("state", "open")
    state = state if state in dict(STATES) else "open"
    rows = MergeProposal.objects.filter(state=state).select_related("keep__company", "drop__company", "decided_by")
    context = {
        "state": state,
        "tabs": [
            {"label": label, "url": f"{reverse('duplicates')}?state={code}", "active": code == state}
            for code, label in STATES
        ],
        "page": keyset(rows, by="proposed_at", descending=True, cursor=request.GET.get("cursor", "")),
        "form": form,
    }
    return render(request, "leads/duplicates/duplicates.html", context, status=status)


@allow(KEEPS_ORDER)
@require_POST
def duplicates_find(request: PortalRequest) -> HttpResponse:
    """Look through everybody for likely pairs."""
    found = merging.propose_likely(timezone.now())
    messages.success(
        request, f"{found} new pair{'s' if found != 1 else ''} to look at." if found else "Nothing new was found."
    )
    return redirect("duplicates")


@allow(KEEPS_ORDER)
@require_POST
def duplicates_propose(request: PortalRequest) -> HttpResponse:
    form = PairForm(request.POST)
    if form.is_valid():
        one, other = form.cleaned_data["one"], form.cleaned_data["other"]
        try:
            made = merging.propose(one, other, by=request.user, at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("duplicate", made.public_id)
    return _list(request, form, status=422)


@allow(KEEPS_ORDER)
@require_GET
def duplicate(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Both side by side, and what merging would make of them. Choices are in the address, so the page works as a link."""
    found = get_object_or_404(
        MergeProposal.objects.select_related("keep__company", "drop__company", "decided_by"), public_id=public_id
    )
    swap, take = request.GET.get("swap") == "1", request.GET.getlist("take")
    preview = merging.preview(found, swap=swap, take=take)
    context = {
        "proposal": found,
        "preview": preview,
        "swap": swap,
        "take": take,
        "rows": [(LABELS[row.name], row) for row in [*preview.shown, *preview.rows] if row.keep or row.drop],
        "clashes": [(clash, stage_label(clash.goes_on)) for clash in preview.clashes],
        "leads": [(lead, stage_label(lead)) for lead in preview.leads],
    }
    return render(request, "leads/duplicates/duplicate.html", context)


@allow(KEEPS_ORDER)
@require_POST
def duplicate_merge(request: PortalRequest, public_id: UUID) -> HttpResponse:
    found = get_object_or_404(MergeProposal, public_id=public_id)
    kept = merging.merge(
        found.pk,
        by=request.user,
        at=timezone.now(),
        swap=request.POST.get("swap") == "1",
        take=request.POST.getlist("take"),
    )
    messages.success(request, f"Merged. {kept.name} has both histories now.")
    lead = Lead.objects.filter(person=kept).order_by("closed_at", "-pk").first()
    return redirect("lead", lead.public_id) if lead else redirect("duplicates")


@allow(KEEPS_ORDER)
@require_POST
def duplicate_apart(request: PortalRequest, public_id: UUID) -> HttpResponse:
    found = get_object_or_404(MergeProposal, public_id=public_id)
    merging.keep_apart(found.pk, by=request.user, at=timezone.now())
    messages.success(request, "Noted: they are two people, and are not proposed again.")
    return redirect("duplicates")
