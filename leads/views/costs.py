"""What campaigns cost, month by month: entered and corrected by marketing and managers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from config.accounts.choices import Function
from config.web.access import MANAGERS, allow, either, of
from config.web.errors import Refusal
from config.web.forms import Form
from config.web.http import PortalRequest
from leads.models import Campaign, CampaignCost
from leads.services import costs

KEEPERS = either(of(Function.MARKETING), MANAGERS)
SHOWN = 100


class MonthField(forms.CharField):
    """A month as browsers' own pickers give it: 2026-03."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2026-03"})

    def clean(self, value: Any) -> date:
        text = str(super().clean(value))
        try:
            return date.fromisoformat(f"{text[:7]}-01")
        except ValueError:
            raise forms.ValidationError("A month such as 2026-03.") from None


class CostForm(Form):
    campaign = forms.ModelChoiceField(Campaign.objects.all(), to_field_name="public_id", required=False)
    new_campaign = forms.CharField(label="Or a new campaign", max_length=80, required=False)
    month = MonthField(label="Month")
    amount = forms.DecimalField(min_value=Decimal(0), max_digits=14, decimal_places=2)
    currency = forms.CharField(min_length=3, max_length=3, required=False)
    rate = forms.DecimalField(
        label="Rate", min_value=Decimal("0.000001"), max_digits=14, decimal_places=6, required=False,
        help_text="Only for another currency: what one of it is in the company's.",
    )  # fmt: skip
    note = forms.CharField(max_length=160, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("campaign") and not data.get("new_campaign"):
            self.add_error("campaign", "Choose a campaign, or name a new one.")
        return data


@allow(KEEPERS)
@require_http_methods(["GET", "POST"])
def campaign_costs(request: PortalRequest) -> HttpResponse:
    """The latest costs, and a form for one month of one campaign; entering a month again replaces it."""
    now = timezone.now()
    form = CostForm(request.POST or None, initial={"currency": settings.COMPANY_CURRENCY, "month": f"{now:%Y-%m}"})
    if request.method == "POST" and form.is_valid():
        try:
            cost = _enter(form.cleaned_data, request, now)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{cost.campaign}, {cost.month:%B %Y}: {cost.amount:,.2f} {cost.currency}.")
            return redirect("campaign_costs")
    rows = CampaignCost.objects.select_related("campaign").order_by("-month", "campaign__name")[: SHOWN + 1]
    context = {"form": form, "rows": rows[:SHOWN], "more": len(rows) > SHOWN, "currency": settings.COMPANY_CURRENCY}
    return render(request, "leads/costs/page.html", context)


def _enter(data: dict[str, Any], request: PortalRequest, now: Any) -> CampaignCost:
    campaign, fresh = data["campaign"], data["new_campaign"].strip()
    key = campaign.key if campaign else fresh
    return costs.enter(
        key, data["month"], data["amount"], currency=data["currency"], rate=data["rate"], note=data["note"],
        name=fresh, by=request.user, at=now,
    )  # fmt: skip


@allow(KEEPERS)
@require_POST
def campaign_cost_remove(request: PortalRequest, cost: int) -> HttpResponse:
    found = get_object_or_404(CampaignCost, pk=cost)
    costs.remove(found.pk, by=request.user)
    messages.success(request, f"{found} is taken away.")
    return redirect("campaign_costs")
