"""Apply a version to open handoffs: look first, then say why."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.web.access import MANAGERS, allow
from config.web.errors import Refusal
from config.web.forms import Form
from config.web.http import PortalRequest
from leads.services import amending
from sla.models import Version


class WhyForm(Form):
    why = forms.CharField(label="Why is open work counted anew?", max_length=300, help_text="Kept with each clock.")


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def version_apply(request: PortalRequest, public_id: str) -> HttpResponse:
    version = get_object_or_404(Version.objects.select_related("agreement"), public_id=public_id, state="signed")
    now = timezone.now()
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            count = amending.apply(version, by=request.user, at=now, why=form.cleaned_data["why"])
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(
                request,
                f"{count} open handoff{'s are' if count != 1 else ' is'} being counted by {version}; look again in a moment.",
            )
            return redirect("version_apply", public_id=public_id)
    found = amending.preview(version, now)
    return render(request, "leads/amending/page.html", {"version": version, "found": found, "form": form, "now": now})
