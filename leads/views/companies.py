"""The page of one company: its people, its leads, its opportunities, how it uses the product."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest
from config.web.paging import keyset
from leads.models import Company, Lead, Opportunity
from leads.services import searching, wordings
from leads.views.leads import lines_of

SHOWN = 25


@allow(MEMBERS)
@require_GET
@never_cache
def company(request: PortalRequest, public_id: UUID) -> HttpResponse:
    found = get_object_or_404(
        searching.companies_of(request.actor).defer(None).select_related("owner", "usage"), public_id=public_id
    )
    leads = Lead.objects.visible_to(request.actor).filter(company=found, merged_into=None)
    page = keyset(
        leads.for_lists().select_related("owner").defer("attributes"),
        descending=True, cursor=request.GET.get("cursor", ""), size=SHOWN,
    )  # fmt: skip
    deals = Opportunity.objects.visible_to(request.actor).filter(company=found).select_related("owner").order_by("-id")
    context = {
        "company": found,
        "facts": facts_of(found),
        "usage": usage_of(found),
        "page": page,
        "lines": lines_of(page.rows),
        "deals": deals.distinct()[:SHOWN],
    }
    return render(request, "leads/companies/page.html", context)


def facts_of(company: Company) -> list[tuple[str, Any]]:
    """What is known of it, its own fields last."""
    facts = [
        ("Domain", company.domain),
        ("Industry", company.industry),
        ("Employees", None if company.employees is None else f"{company.employees:,}"),
        ("Revenue", None if company.revenue is None else f"{company.revenue:,.0f}"),
        ("Country", company.country),
        ("Region", company.region),
        ("City", company.city),
        ("Account owner", company.owner),
    ]
    own = [(wordings.deed(key), value) for key, value in company.attributes.items() if value not in (None, "", [], {})]
    return [(label, value) for label, value in facts if value not in (None, "")] + own


def usage_of(company: Company) -> list[tuple[str, Any]]:
    usage = getattr(company, "usage", None)
    if usage is None:
        return []
    return [
        ("Active users, 30 days", usage.active_users_30d),
        ("Days of use, 30 days", usage.active_days_30d),
        ("Users who got going", usage.activated_users),
        ("Features used, 30 days", usage.features_30d),
        ("Expansions, 90 days", usage.expansions_90d),
        ("Seats", usage.seats),
        ("First used", usage.first_used_on),
        ("Last used", usage.last_used_on),
    ]
