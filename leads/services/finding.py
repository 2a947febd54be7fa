"""Find a lead by what a system or a person knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from config.web.errors import Refusal
from leads import normalise
from leads.models import ContactKind, IntakeKey, IntakeSource, Lead


def lead_of(source: IntakeSource, named: Mapping[str, Any]) -> Lead:
    """The lead that a system means by public id, its own external id, or e-mail; the open one before a closed one.

    Raises Refusal (404 in the API) when there is none.
    """
    leads = Lead.objects.all()
    if named.get("lead"):
        found = leads.filter(public_id=named["lead"]).first()
    elif named.get("lead_external_id"):
        key = IntakeKey.objects.filter(
            source=source, kind=IntakeKey.Kind.LEAD, external_id=named["lead_external_id"]
        ).first()
        found = key.lead if key else None
    else:
        found = _by_email(str(named.get("email", "")))
    if found is None:
        raise Refusal("unknown_lead", "No such lead has been sent.", fields={"lead": "Send the lead first."})
    return found


def _by_email(address: str) -> Lead | None:
    try:
        normalised = normalise.email(address)
    except ValidationError as error:
        raise Refusal("invalid", "This is not an e-mail address.", fields={"email": str(error.messages[0])}) from error
    return (
        Lead.objects.filter(
            person__contact_points__kind=ContactKind.EMAIL, person__contact_points__normalised=normalised
        )
        .order_by("closed_at", "-id")
        .first()
    )
