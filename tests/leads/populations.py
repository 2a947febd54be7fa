"""Leads of every odd kind, and criteria of every form: what the twins in Python and SQL are compared over."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from leads.models import Activity, Campaign, Company, CompanyUsage, ContactPoint, CustomField, Lead, LeadScore, Person
from leads.services import judging
from leads.services.nurture import local_date
from sla.criteria import Facts
from sla.models import Segment
from tests.cast import DAY, NOW

WORDS = [
    "Retail",
    " retail ",
    "RETAIL",
    "Ärzte & Söhne",
    "ärzte & söhne",
    "Σίσυφος",
    "",
    "  ",
    "50",
    "50.0",
    "-3",
    "yes",
    "a%b",
    "x'y",
]
VALUES: list[Any] = [
    *WORDS, None, True, False, 50, 50.5, 0, -3, 1e22, 1e-7, "1e3", "NaN", "007", "12.", ["Retail", 50], [], [" "], {"a": 1},
    "2026-03-01", "2026-03-01T10:00:00Z", "12345678901234567890", "\u00a0Retail\u2003", "İzmir", "STRASSE", "straße",
]  # fmt: skip
KEYS = ["Tags", "What is this?", "Größe", "it's"]
TYPES = ["webinar", "pricing_page", "careers_page", "demo_request"]
TOPICS = ["Pricing", "pricing ", "sport", None, 7, ["a"]]


def populate(segment: Segment, count: int = 150, seed: int = 7) -> list[Lead]:
    """Leads with random values in every place criteria look at, and random deeds around `NOW`."""
    rng = random.Random(seed)
    for key in KEYS:
        CustomField.objects.get_or_create(key=key, label=key)
    campaign = Campaign.objects.create(key="fair", name="Fair")
    companies = Company.objects.bulk_create(_company(rng, number) for number in range(count // 4))
    CompanyUsage.objects.bulk_create(_usage(rng, company) for company in companies[::2])
    people = Person.objects.bulk_create(_person(rng) for _ in range(count))
    ContactPoint.objects.bulk_create(point for person in people for point in _points(rng, person))
    leads = Lead.objects.bulk_create(
        Lead(
            person=person,
            company=rng.choice([None, *companies]),
            segment=segment,
            stage=rng.choice(["known", "engaged", "mql", "pql", "nurture"]),
            source=rng.choice(WORDS),
            intent=rng.choice(["Demo", "demo ", ""]),
            territory=rng.choice(WORDS),
            persona=rng.choice(["", "boss"]),
            fit_grade=rng.choice(["", "A", "B"]),
            campaign=rng.choice([None, campaign]),
            cycle=rng.randrange(1, 4),
            attributes=_attributes(rng),
            stage_since=NOW - DAY,
        )
        for person in people
    )
    Activity.objects.bulk_create(deed for lead in leads for deed in _deeds(rng, lead))
    LeadScore.objects.bulk_create(LeadScore(lead=lead, scored_at=NOW) for lead in leads[::3])
    return loaded()


def loaded() -> list[Lead]:
    return list(Lead.objects.select_related("person", "company__usage", "campaign").order_by("pk"))


def facts_by_lead(leads: list[Lead], at: Any = NOW) -> dict[int, Facts]:
    """What the pure functions are given, loaded for all at once."""
    deeds: dict[int, list[Activity]] = {}
    for deed in Activity.objects.filter(lead__isnull=False).order_by("occurred_at"):
        deeds.setdefault(deed.lead_id or 0, []).append(deed)
    addresses: dict[int, dict[str, str]] = {}
    for point in ContactPoint.objects.filter(is_workable=True).order_by("-is_primary", "id"):
        addresses.setdefault(point.person_id, {}).setdefault(point.kind, point.normalised)
    return {
        lead.pk: judging.facts_of(lead, addresses.get(lead.person_id, {}), deeds.get(lead.pk, []), at) for lead in leads
    }


def _attributes(rng: random.Random) -> dict[str, Any]:
    return {key: rng.choice(VALUES) for key in KEYS if rng.random() < 0.8}


def _company(rng: random.Random, number: int) -> Company:
    return Company(
        name=f"Company {number}",
        domain=f"c{number}.example",
        industry=rng.choice(WORDS),
        employees=rng.choice([None, 0, 49, 50, 51, 5000]),
        revenue=rng.choice([None, Decimal("50"), Decimal("50.50"), Decimal("99999999999999.99")]),
        country=rng.choice(["", "DE", "us"]),
        region=rng.choice(WORDS),
        attributes=_attributes(rng),
    )


def _usage(rng: random.Random, company: Company) -> CompanyUsage:
    today = local_date(NOW)
    return CompanyUsage(
        company=company,
        active_users_30d=rng.randrange(60),
        seats=rng.choice([None, 50]),
        first_used_on=rng.choice([None, today - timedelta(days=3)]),
        counted_on=today,
    )


def _person(rng: random.Random) -> Person:
    return Person(
        first_name=rng.choice(WORDS),
        job_title=rng.choice([*WORDS, "Head of Sales", "Student"]),
        seniority=rng.choice(["Head", "junior", ""]),
        country=rng.choice(["", "DE"]),
        mail_kind=rng.choice(["", "free", "company"]),
        attributes=_attributes(rng),
    )


def _points(rng: random.Random, person: Person) -> list[ContactPoint]:
    found = []
    for number in range(rng.randrange(3)):
        domain = rng.choice(["acme.example", "gmail.com"])
        address = f"p{person.pk}.{number}@{domain}"
        found.append(
            ContactPoint(
                person=person,
                kind="email",
                value=address,
                normalised=address,
                is_primary=number == 0,
                is_workable=rng.random() < 0.8,
            )
        )
    if rng.random() < 0.5:
        found.append(ContactPoint(person=person, kind="phone", value="+4930", normalised=f"+4930{person.pk}"))
    return found


def _deeds(rng: random.Random, lead: Lead) -> list[Activity]:
    return [
        Activity(
            lead=lead,
            type=rng.choice(TYPES),
            # Many on the edges of whole days, some in the future.
            occurred_at=NOW
            - rng.choice([-1, 0, 0.5, 1, 7, 14, 29, 30, 31, 60, 61, 90, 400]) * DAY
            + timedelta(microseconds=rng.choice([-1, 0, 0, 1])),
            properties={"topic": rng.choice(TOPICS)} if rng.random() < 0.7 else {},
        )
        for _ in range(rng.choice([0, 0, 1, 3, 8, 20]))
    ]


# --- criteria ------------------------------------------------------------------------------------------------------
FIELD_NAMES = [
    "lead.source", "lead.intent", "lead.territory", "lead.persona", "lead.campaign", "lead.cycle", "lead.qualified_by",
    "person.first_name", "person.job_title", "person.seniority", "person.email", "person.email_domain", "person.phone",
    "person.mail_kind", "company.industry", "company.employees", "company.revenue", "company.country", "company.owner",
    "company_usage.active_users_30d", "company_usage.seats", "company_usage.first_used_on",
    *(f"{holder}.{key}" for holder in ("attributes", "person_attributes", "company_attributes") for key in KEYS),
]  # fmt: skip
SCALARS = st.one_of(
    st.sampled_from(["retail", " RETAIL", "ärzte & Söhne", "ΣΊΣΥΦΟΣ", "50", 50, 50.5, -3, True, False, "yes", "Demo", "head", "a%b", "x'y", "2026-03-01", "acme.example", "DE", "50.0", "re", "ä"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=4).filter(lambda t: t.strip()),
)  # fmt: skip
NUMBERS = st.one_of(st.integers(-10, 6000), st.sampled_from([50, 50.5, "50", " 49.99 ", 1e14, 0]))
DAYS = st.sampled_from(["2026-03-01", "2026-03-02", "2025-12-31"])


@st.composite
def field_leaves(draw: st.DrawFn, names: list[str] = FIELD_NAMES) -> dict[str, Any]:
    from sla.criteria import OPERATORS

    op = draw(st.sampled_from(sorted(OPERATORS)))
    leaf: dict[str, Any] = {"field": draw(st.sampled_from(names)), "op": op}
    takes = OPERATORS[op].takes
    if takes == "range":
        low, high = draw(st.integers(-10, 60)), draw(st.integers(0, 6000))
        leaf["value"] = [low, low + high]
    elif takes != "nothing":
        kind = {"text": SCALARS, "number": NUMBERS, "day": DAYS, "list": st.lists(SCALARS, min_size=1, max_size=3)}
        leaf["value"] = draw(kind[takes])
    return leaf


@st.composite
def behaviours(draw: st.DrawFn) -> dict[str, Any]:
    leaf: dict[str, Any] = {
        "activity": draw(st.one_of(st.sampled_from(TYPES), st.lists(st.sampled_from(TYPES), min_size=1, max_size=2)))
    }
    if draw(st.booleans()):
        leaf["at_least"] = draw(st.integers(1, 4))
    if draw(st.booleans()):
        leaf["within_days"] = draw(st.sampled_from([1, 7, 30, 60, 400]))
    if draw(st.booleans()):
        leaf["where"] = {"topic": draw(st.sampled_from(["pricing", "SPORT", 7, "a"]))}
    return leaf  # fmt: skip


def _grouped(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(parts, min_size=1, max_size=4)
    return st.one_of(
        several.map(lambda found: {"all": found}),
        several.map(lambda found: {"any": found}),
        several.map(lambda found: {"none": found}),
        several.flatmap(lambda found: st.integers(1, len(found)).map(lambda n: {"at_least": n, "of": found})),
    )


CRITERIA = st.recursive(st.one_of(field_leaves(), behaviours()), _grouped, max_leaves=8)
