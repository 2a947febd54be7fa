"""A lead and its deeds as sent, and what is left of them once addresses are normalised and the form is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from config.web.errors import Refusal
from leads import normalise
from leads.models import IntakeSource


@dataclass(frozen=True)
class Deed:
    """One activity as sent."""

    type: str
    occurred_at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LeadInput:
    """A lead as sent, already checked for form; addresses are normalised here."""

    external_id: str = ""
    email: str = ""
    phone: str = ""
    first_name: str = ""
    last_name: str = ""
    job_title: str = ""
    seniority: str = ""
    department: str = ""
    country: str = ""
    city: str = ""
    language: str = ""
    time_zone: str = ""
    company: str = ""
    website: str = ""
    industry: str = ""
    employees: int | None = None
    revenue: Any = None
    company_country: str = ""
    company_region: str = ""
    source: str = ""
    campaign: str = ""
    intent: str = ""
    territory: str = ""
    visitor: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    person_attributes: Mapping[str, Any] = field(default_factory=dict)
    company_attributes: Mapping[str, Any] = field(default_factory=dict)
    activities: tuple[Deed, ...] = ()
    received_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cleaned:
    """Input with normalised addresses."""

    given: LeadInput
    email: str
    phone: str
    country: str
    domain: str | None

    @property
    def raw(self) -> Mapping[str, Any]:
        return self.given.raw


def clean(given: LeadInput, source: IntakeSource) -> Cleaned:
    faults: dict[str, str] = {}
    country = normalise.country_code(given.country)
    if normalise.text(given.country) and not country:
        faults["country"] = f"{given.country!r} is not a country by ISO code or English name."
    address = _checked("email", lambda: normalise.email(given.email), faults)
    number = _checked("phone", lambda: normalise.phone(given.phone, country), faults)
    if not address and not number and not given.external_id and not given.visitor:
        faults.setdefault("email", "A lead needs an e-mail, a phone number, an external id or a visitor.")
    if faults:
        raise Refusal("invalid", " ".join(f"{name}: {words}" for name, words in faults.items()), fields=faults)
    return Cleaned(given, address, number, country, normalise.company_domain(address, given.website))


def _checked(name: str, read: Any, faults: dict[str, str]) -> str:
    try:
        return str(read())
    except ValidationError as error:
        faults[name] = " ".join(error.messages)
        return ""
