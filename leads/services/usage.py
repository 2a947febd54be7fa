"""How the product is used comes in event by event: counted by day and user, rolled up to the company, and a deed of the
person's lead, which may so become product-qualified by a definition of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from config.web.errors import Refusal
from leads import normalise
from leads.models import Company, ContactKind, ContactPoint, Handoff, IntakeKey, IntakeSource, Lead, UsageKind
from leads.services import intake, rescoring
from leads.services.inputs import Deed, LeadInput
from leads.services.nurture import local_date
from sla.criteria import fields_of
from sla.services.compiling import in_force
from sla.terms import Terms

LEADS_AT_ONCE = 50  # open leads of one company that a change of its use scores anew
ROLL_UP = """
INSERT INTO leads_companyusage (company_id, active_users_7d, active_users_30d, active_days_30d, events_30d, features_30d,
    activated_users, expansions_90d, seats, first_used_on, last_used_on, counted_on)
SELECT company_id,
    count(DISTINCT user_key) FILTER (WHERE day > %(today)s::date - 7 AND user_key <> ''),
    count(DISTINCT user_key) FILTER (WHERE day > %(today)s::date - 30 AND user_key <> ''),
    count(DISTINCT day) FILTER (WHERE day > %(today)s::date - 30),
    coalesce(sum(times) FILTER (WHERE day > %(today)s::date - 30), 0),
    count(DISTINCT name) FILTER (WHERE day > %(today)s::date - 30 AND kind = 'depth'),
    count(DISTINCT user_key) FILTER (WHERE kind = 'activation' AND user_key <> ''),
    coalesce(sum(times) FILTER (WHERE day > %(today)s::date - 90 AND kind = 'expansion'), 0),
    (array_agg(quantity ORDER BY day DESC, id DESC) FILTER (WHERE quantity IS NOT NULL AND name IN ('seats', 'product_seats')))[1],
    min(day), max(day), %(today)s
FROM leads_usageday WHERE {which} GROUP BY company_id
ON CONFLICT (company_id) DO UPDATE SET active_users_7d = excluded.active_users_7d,
    active_users_30d = excluded.active_users_30d, active_days_30d = excluded.active_days_30d,
    events_30d = excluded.events_30d, features_30d = excluded.features_30d, activated_users = excluded.activated_users,
    expansions_90d = excluded.expansions_90d, seats = excluded.seats, first_used_on = excluded.first_used_on,
    last_used_on = excluded.last_used_on, counted_on = excluded.counted_on
"""
COUNT_DAY = """
INSERT INTO leads_usageday (company_id, day, user_key, name, kind, times, quantity)
VALUES (%(company)s, %(day)s, %(user)s, %(name)s, %(kind)s, 1, %(quantity)s)
ON CONFLICT (company_id, day, user_key, name) DO UPDATE SET times = leads_usageday.times + 1,
    kind = excluded.kind, quantity = coalesce(excluded.quantity, leads_usageday.quantity)
"""


@dataclass(frozen=True)
class UsageInput:
    """One use of the product, as sent. Whose: an e-mail address, or a company's domain with the product's own user id."""

    name: str
    kind: str
    occurred_at: datetime
    email: str = ""
    domain: str = ""
    company: str = ""
    user_key: str = ""
    quantity: int | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    external_id: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Counted:
    """What became of it: the lead it is a deed of, if its person is known by address, and the handoff it led to."""

    company: Company | None
    lead: Lead | None
    handoff: Handoff | None
    repeated: bool = False


@transaction.atomic
def receive(source: IntakeSource, given: UsageInput, *, at: datetime) -> Counted:
    """Take one use in, once by its external id. Raises Refusal naming the fields that are wrong."""
    address, domain = _checked(given)
    if given.external_id and not _first_time(source, given, at):
        return Counted(None, None, None, repeated=True)
    lead, handoff = _deed(source, given, address, at) if address else (None, None)
    company = lead.company if lead is not None and lead.company else _company(domain, given)
    if company is not None:
        _count(company, given, _user_key(given, address), at)
        handoff = _score_anew(company, at, but=lead) or handoff
        if lead is not None:
            lead = Lead.objects.get(pk=lead.pk)
    return Counted(company, lead, handoff)


def _checked(given: UsageInput) -> tuple[str, str | None]:
    faults: dict[str, str] = {}
    address = ""
    try:
        address = normalise.email(given.email)
    except ValidationError as error:
        faults["email"] = str(error.messages[0])
    domain = normalise.company_domain(address, given.domain)
    if not address and not domain and "email" not in faults:
        faults["email"] = "Say whose use it is: an e-mail address, or the domain of a company."
    if given.kind not in UsageKind.values:
        faults["kind"] = f"One of {', '.join(UsageKind.values)}."
    if not given.name.strip():
        faults["name"] = "What was done, such as product_activated."
    if faults:
        raise Refusal("invalid", " ".join(f"{name}: {words}" for name, words in faults.items()), fields=faults)
    return address, domain


def _first_time(source: IntakeSource, given: UsageInput, at: datetime) -> bool:
    return IntakeKey.objects.get_or_create(
        source=source,
        kind=IntakeKey.Kind.USAGE,
        external_id=given.external_id,
        defaults={"raw": dict(given.raw), "received_at": at},
    )[1]


def _deed(source: IntakeSource, given: UsageInput, address: str, at: datetime) -> tuple[Lead, Handoff | None]:
    """The use as a deed of the person's lead; somebody we did not know becomes one."""
    deed = Deed(
        given.name, given.occurred_at, {"kind": given.kind, "quantity": given.quantity} | dict(given.properties)
    )
    received = intake.receive(
        source,
        LeadInput(email=address, company=given.company, website=given.domain, activities=(deed,), source="product"),
        at=at,
    )
    return received.lead, received.handoff


def _company(domain: str | None, given: UsageInput) -> Company | None:
    if domain is None:
        return None
    name = normalise.text(given.company, 160) or domain
    return Company.objects.get_or_create(domain=domain, defaults={"name": name})[0]


def _user_key(given: UsageInput, address: str) -> str:
    """The product's own id of the user, or the person's: an address is personal data and stands with the person alone."""
    if given.user_key or not address:
        return normalise.text(given.user_key, 120)
    point = ContactPoint.objects.filter(kind=ContactKind.EMAIL, normalised=address).select_related("person").first()
    return str(point.person.public_id) if point else ""


def _count(company: Company, given: UsageInput, user_key: str, at: datetime) -> None:
    day: date = local_date(min(given.occurred_at, at))
    values: dict[str, Any] = {
        "company": company.pk,
        "day": day,
        "user": user_key,
        "name": given.name[:60],
        "kind": given.kind,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT_DAY, values | {"quantity": given.quantity})
        cursor.execute(
            ROLL_UP.format(which="company_id = %(company)s"), {"today": local_date(at), "company": company.pk}
        )


def recount_all(at: datetime) -> int:
    """Count every company's use anew as of today, where the days that count have moved on. Returns how many companies."""
    today = local_date(at)
    which = "company_id IN (SELECT company_id FROM leads_companyusage WHERE last_used_on >= %(since)s AND counted_on < %(today)s)"
    with connection.cursor() as cursor:
        cursor.execute(ROLL_UP.format(which=which), {"today": today, "since": today - timedelta(days=100)})
        return int(cursor.rowcount)


def looks_at_usage(terms: Terms) -> bool:
    """Whether any rule, definition or persona of these terms asks how the company uses the product."""
    conditions = [rule.criteria for rule in terms.score_rules] + [persona.criteria for persona in terms.personas]
    for definition in terms.definitions:
        conditions += [definition.criteria, definition.exclusions]
    return any(name.startswith("company_usage.") for condition in conditions for name in fields_of(condition))


def _score_anew(company: Company, at: datetime, *, but: Lead | None) -> Handoff | None:
    """The company's open leads whose terms look at its use. `but` has a new deed of its own, yet the use it was scored by
    was counted before it."""
    segments = [segment for segment, _, terms in in_force(at).rows if looks_at_usage(terms)]
    if not segments:
        return None
    leads = Lead.objects.filter(company=company, closed_at=None, segment__in=segments).order_by("id")
    handoff = None
    for lead_id in list(leads.values_list("pk", flat=True)[:LEADS_AT_ONCE]):
        made = rescoring.rescore(lead_id, at=at, cause="product use")
        if but is not None and lead_id == but.pk:
            handoff = made
    return handoff
