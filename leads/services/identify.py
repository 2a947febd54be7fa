"""Who a lead is about: people by address, companies by domain, and what is new about those we know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from config.web.onewrite import Writes, reservation
from config.web.prepared import fetch_one
from leads import normalise
from leads.models import Company, ContactKind, ContactPoint, Handoff, IntakeSource, Lead, Person
from leads.services.inputs import Cleaned
from sla.services.compiling import IN_FORCE, InForce, in_force_from

SHARED_BY_MOST = 5  # a number of more people than that is a switchboard's, and no sign of who is who
FRESH = {Company: 1, Person: 1, Lead: 1, Handoff: 1}  # ids drawn with the lookup, for rows that others refer to


@dataclass
class Found:
    """What is already here, from one query, with ids for what is not. `phone_people`: who has the number, none where it
    is a switchboard's."""

    sent_lead: int | None
    person_id: int | None
    phone_people: list[int]
    company_id: int | None
    campaign_id: int | None
    in_force: InForce
    ids: Sequence[int]


def lookup(source: IntakeSource, cleaned: Cleaned, at: datetime) -> Found:
    statement = f"""
        SELECT (SELECT lead_id FROM leads_intakekey
                WHERE source_id = %(source)s AND kind = 'lead' AND external_id = %(key)s AND %(key)s <> ''),
               (SELECT person_id FROM leads_contactpoint
                WHERE kind = 'email' AND normalised = %(email)s AND %(email)s <> ''),
               (SELECT coalesce(array_agg(DISTINCT person_id), '{{}}') FROM (
                    SELECT person_id FROM leads_contactpoint
                    WHERE kind = 'phone' AND normalised = %(phone)s AND %(phone)s <> '' LIMIT %(many)s
                ) AS sharing),
               (SELECT id FROM leads_company WHERE domain = %(domain)s),
               (SELECT id FROM leads_campaign WHERE key = %(campaign)s),
               ({IN_FORCE}),
               {", ".join(reservation(FRESH))}
    """  # noqa: S608 - the only names put in are those of our own tables
    row = fetch_one(
        statement,
        {
            "source": source.pk,
            "key": cleaned.given.external_id,
            "email": cleaned.email,
            "phone": cleaned.phone,
            "many": SHARED_BY_MOST + 1,
            "domain": cleaned.domain,
            "campaign": cleaned.given.campaign,
            "at": at,
        },
    )
    phone_people = sorted(row[2]) if len(row[2]) <= SHARED_BY_MOST else []
    return Found(row[0], row[1], phone_people, row[3], row[4], in_force_from(row[5]), row[6:])


def known_or_new_company(cleaned: Cleaned, found: Found, writes: Writes) -> Company | None:
    if found.company_id is not None:
        known = Company.objects.get(pk=found.company_id)
        fill_company(known, cleaned)
        return known
    company = company_of(cleaned)
    writes.add(company)
    return company


def company_of(cleaned: Cleaned) -> Company | None:
    """The company that a lead names by its name or domain, yet to be stored; None where it names none."""
    given = cleaned.given
    name = normalise.text(given.company, 160) or (cleaned.domain or "")
    if not name:
        return None
    return Company(
        name=name,
        domain=cleaned.domain,
        industry=normalise.text(given.industry, 80),
        employees=given.employees,
        revenue=given.revenue,
        country=normalise.country_code(given.company_country) or cleaned.country,
        region=normalise.text(given.company_region, 80),
        attributes=dict(given.company_attributes),
    )


def fill_company(company: Company, cleaned: Cleaned) -> None:
    """Fill what was not known of a company; what is known stays, whoever else says otherwise."""
    fresh = company_of(cleaned)
    if fresh is None:
        return
    names = ("industry", "employees", "revenue", "country", "region")
    new = [name for name in names if getattr(company, name) in (None, "") and getattr(fresh, name) not in (None, "")]
    for name in new:
        setattr(company, name, getattr(fresh, name))
    if more := {key: value for key, value in fresh.attributes.items() if key not in company.attributes}:
        company.attributes = company.attributes | more
        new.append("attributes")
    if new:
        company.save(update_fields=new)


def person_of(cleaned: Cleaned, company: Company | None) -> Person:
    given = cleaned.given
    return Person(
        first_name=normalise.text(given.first_name, 80),
        last_name=normalise.text(given.last_name, 80),
        handle=normalise.text(given.email, 254).partition("@")[0][:80],
        job_title=normalise.text(given.job_title, 120),
        seniority=normalise.text(given.seniority, 40),
        department=normalise.text(given.department, 80),
        country=cleaned.country,
        city=normalise.text(given.city, 80),
        language=normalise.text(given.language, 8),
        time_zone=given.time_zone,
        time_zone_origin="stated" if given.time_zone else "",
        mail_kind=normalise.mail_kind(cleaned.email),
        company=company,
        attributes=dict(given.person_attributes),
    )


def contact_points_of(cleaned: Cleaned, person: Person) -> list[ContactPoint]:
    points = []
    if cleaned.email:
        value = normalise.text(cleaned.given.email, 254)
        points.append(ContactPoint(person=person, kind=ContactKind.EMAIL, value=value, normalised=cleaned.email))
    if cleaned.phone:
        value = normalise.text(cleaned.given.phone, 254)
        points.append(ContactPoint(person=person, kind=ContactKind.PHONE, value=value, normalised=cleaned.phone))
    return points


def fill(person: Person, cleaned: Cleaned, found: Found) -> None:
    """The latest word wins for what changes in a career; names and places are only filled where they were empty."""
    fresh = person_of(cleaned, None)
    for name in (
        "first_name",
        "last_name",
        "country",
        "city",
        "language",
        "time_zone",
        "time_zone_origin",
        "mail_kind",
    ):
        if not getattr(person, name):
            setattr(person, name, getattr(fresh, name))
    for name in ("job_title", "seniority", "department"):
        if getattr(fresh, name):
            setattr(person, name, getattr(fresh, name))
    person.attributes = person.attributes | fresh.attributes
    if person.company is not None and found.company_id == person.company_id:
        fill_company(person.company, cleaned)
    if person.company is None:
        writes = Writes()
        person.company = known_or_new_company(cleaned, found, writes)
        writes.flush()
        if person.company is not None and person.company.pk is None:
            person.company = Company.objects.filter(domain=cleaned.domain).order_by("-id").first()
    person.save()
    known = set(person.contact_points.values_list("kind", "normalised"))
    fresh_points = [p for p in contact_points_of(cleaned, person) if (p.kind, p.normalised) not in known]
    for point in fresh_points:
        point.is_primary = not any(kind == point.kind for kind, _ in known)
    ContactPoint.objects.bulk_create(fresh_points)
