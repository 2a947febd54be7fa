"""A dry run: where a lead would go now, and why."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.accounts.models import User
from config.web.access import READERS, allow
from config.web.errors import Refusal
from config.web.forms import Form
from config.web.http import PortalRequest
from leads import normalise
from leads.fields import label_of
from leads.models import Lead
from leads.services import dryrun, vocabulary


class Imagined(Form):
    """Somebody who might come in."""

    email = forms.EmailField(required=False, label="E-mail", initial="someone@acme.example")
    phone = forms.CharField(required=False, max_length=40)
    country = forms.CharField(required=False, max_length=60)
    job_title = forms.CharField(required=False, max_length=120, label="Job title")
    seniority = forms.CharField(required=False, max_length=40)
    department = forms.CharField(required=False, max_length=80)
    company = forms.CharField(required=False, max_length=200)
    company_country = forms.CharField(required=False, max_length=60, label="Company's country")
    region = forms.CharField(required=False, max_length=60)
    industry = forms.CharField(required=False, max_length=80)
    employees = forms.IntegerField(required=False, min_value=0, max_value=10_000_000)
    revenue = forms.DecimalField(required=False, min_value=0, max_digits=16, decimal_places=2)
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        required=False,
        label="Account owner",
        to_field_name="public_id",
        empty_label="Nobody",
    )
    source = forms.CharField(required=False, max_length=60)
    campaign = forms.CharField(required=False, max_length=80)
    intent = forms.CharField(required=False, max_length=40)
    territory = forms.CharField(required=False, max_length=40)
    deeds = forms.MultipleChoiceField(required=False, label="Has done", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)
        for name in dryrun.own_fields(timezone.now()):
            self.fields[name] = forms.CharField(required=False, max_length=200, label=label_of(name))
        kinds = vocabulary.deed_types()
        self.fields["deeds"].choices = [(kind, kind.replace("_", " ").capitalize()) for kind in kinds]  # type: ignore[attr-defined]

    def clean_country(self) -> str:
        return _country(self.cleaned_data["country"])

    def clean_company_country(self) -> str:
        return _country(self.cleaned_data["company_country"])


def _country(given: str) -> str:
    code = normalise.country_code(given)
    if given and not code:
        raise forms.ValidationError("No country by ISO code or English name.")
    return code


@allow(READERS)
@require_GET
def routing_dry_run(request: PortalRequest) -> HttpResponse:
    """Of a lead (`?lead=`), or of somebody made up in the form; nothing is stored and nobody is told."""
    at = timezone.now()
    lead, found, refusal = None, None, None
    asked = "deeds" in request.GET or "email" in request.GET
    form = Imagined(request.GET if asked else None)
    try:
        if request.GET.get("lead"):
            visible = Lead.objects.visible_to(request.actor)
            loaded = visible.select_related("person", "company__usage", "segment", "campaign")
            lead = get_object_or_404(loaded, public_id=_uuid(request.GET["lead"]))
            found = dryrun.of_lead(lead, at)
        elif asked and form.is_valid():
            found = dryrun.of_imagined(form.cleaned_data, form.cleaned_data["deeds"], at)
    except Refusal as error:
        refusal = error
    wrong = bool(form.is_bound and form.errors) or refusal is not None
    context = {"form": form, "lead": lead, "found": found, "refusal": refusal}
    return render(request, "leads/taxonomy/routing.html", context, status=422 if wrong else 200)


def _uuid(text: str) -> str:
    from uuid import UUID

    try:
        return str(UUID(text))
    except ValueError:
        return str(UUID(int=0))
