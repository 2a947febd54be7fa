"""How the company wants its reports, and how often a person wants them by mail."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.web.access import ADMINS, MEMBERS, allow
from config.web.forms import Form, ModelForm
from config.web.http import PortalRequest
from reports import periods
from reports.company import Agreed, company_zone
from reports.models import DigestWish, ReportSettings
from reports.services import digest as digests
from reports.services import settings as services


class SettingsForm(ModelForm):
    class Meta:
        model = ReportSettings
        fields: ClassVar = ["first_weekday", "baseline_percent", "target_percent"]


class WishForm(Form):
    every = forms.ChoiceField(label="Send me the one page", choices=DigestWish.Every.choices, widget=forms.RadioSelect)


@allow(ADMINS)
@require_http_methods(["GET", "POST"])
def settings(request: PortalRequest) -> HttpResponse:
    """The week's first day and the lines figures are held against; zone and fiscal year are shown with their place."""
    form = SettingsForm(request.POST or None, instance=ReportSettings.current())
    if request.method == "POST" and form.is_valid():
        services.change(**form.cleaned_data)
        messages.success(request, "The reports follow the new settings.")
        return redirect("reports_settings")
    agreed = Agreed.read(timezone.now())
    context = {"form": form, "zone": company_zone().key, "fiscal": periods.MONTHS[agreed.fiscal_month - 1]}
    return render(request, "reports/settings.html", context)


@allow(MEMBERS)
@require_http_methods(["GET", "POST"])
def digest(request: PortalRequest) -> HttpResponse:
    """One's own wish for the figures by mail."""
    form = WishForm(request.POST or None, initial={"every": digests.wish_of(request.user)})
    if request.method == "POST" and form.is_valid():
        digests.choose(request.user, form.cleaned_data["every"])
        messages.success(request, "Kept.")
        return redirect("reports_digest")
    return render(request, "reports/digest.html", {"form": form})
