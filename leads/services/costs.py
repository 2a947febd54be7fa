"""What campaigns cost: entered by people, sent by programs, or imported (`leads/imports/books.py`); one sum a month."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from config.accounts.models import User
from config.web.errors import Refusal
from leads.models import Campaign, CampaignCost
from leads.services import campaigns
from leads.services.nurture import local_date

CENT = Decimal("0.01")
MOST = Decimal("999999999999.99")


def enter(
    campaign_key: str, month: date, amount: Decimal, *, currency: str = "", rate: Decimal | None = None, note: str = "",
    name: str = "", by: User | None, at: datetime,
) -> CampaignCost:  # fmt: skip
    """A campaign's cost of a month, in place of what was there. `rate` is the company's currency for one of the other.

    A campaign nobody knows is made where a `name` comes with it.
    """
    currency = (currency or settings.COMPANY_CURRENCY).upper()
    _check(amount, currency, rate)
    rate = Decimal(1) if currency == settings.COMPANY_CURRENCY else rate
    assert rate is not None
    with transaction.atomic():
        campaign = _campaign(campaign_key, name)
        values = {
            "amount": amount.quantize(CENT), "currency": currency, "rate": rate, "rate_on": local_date(at),
            "base_amount": (amount * rate).quantize(CENT), "note": note[:160],
        }  # fmt: skip
        cost, _ = CampaignCost.objects.update_or_create(campaign=campaign, month=month.replace(day=1), defaults=values)
    return cost


def _check(amount: Decimal, currency: str, rate: Decimal | None) -> None:
    fields = {}
    if not 0 <= amount <= MOST:
        fields["amount"] = "An amount from 0 on."
    if len(currency) != 3 or not currency.isalpha():
        fields["currency"] = "Three letters, such as EUR."
    elif currency != settings.COMPANY_CURRENCY and (rate is None or rate <= 0):
        fields["rate"] = f"How many {settings.COMPANY_CURRENCY} is one {currency}?"
    if fields:
        raise Refusal("invalid_cost", "The cost cannot be kept like that.", fields=fields)


def _campaign(key: str, name: str) -> Campaign:
    found = campaigns.known([key])
    if found:
        return found[key]
    if not name.strip() or not key.strip() or len(key) > 80:
        raise Refusal("unknown_campaign", "No campaign has this key.", fields={"campaign": f"{key[:80]!r} is unknown."})
    return Campaign.objects.create(key=key, name=name.strip()[:120])


def remove(cost_id: int, *, by: User | None) -> None:
    """Take a month's cost away; nothing happens where there is none."""
    CampaignCost.objects.filter(pk=cost_id).delete()
