"""What a company has besides its leads' stories: deals that sales found itself, users of the product, visitors without a
name, people who came twice. All by the ordinary services, at the moments at which it happened."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from config.accounts.choices import Function
from leads.demo.market import Market
from leads.demo.people import Company
from leads.demo.stories import CURRENT_TOOL
from leads.models import ContactPoint, CustomField
from leads.services import opportunities, usage, visits
from leads.services.inputs import Deed, LeadInput
from leads.services.intake import receive
from leads.services.nurture import local_date
from leads.services.opportunities import Deal
from leads.services.usage import UsageInput

OWN_DEALS = 26
USING = 4  # companies in a trial
TWICE = 3  # people who gave another address
KNOWN_VISITOR = "visitor-demo-1"
FEATURES = ("report_built", "teammate_invited", "import_finished")


def own_fields() -> None:
    CustomField.objects.create(holder=CustomField.Holder.LEAD, key=CURRENT_TOOL, label=CURRENT_TOOL)


def own_deals(company: Company, market: Market, rng: random.Random, now: datetime) -> None:
    """Opportunities without a lead: what the contribution of handed-over leads is measured against."""
    sellers = company.reps(Function.SALES)
    for number in range(OWN_DEALS):
        seller = sellers[number % len(sellers)]
        at = now - timedelta(days=rng.uniform(3, 170))
        firm = rng.choice(market.companies)
        deal = Deal(
            name=f"{firm.name}: {company.products[0].name}",
            amount=Decimal(int(rng.lognormvariate(9.5, 0.5) / 100) * 100 + 1000),
            expected_close_on=local_date(at) + timedelta(days=60),
            product=rng.choice(company.products),
            next_step="Meet their buyer",
            next_step_on=local_date(now) + timedelta(days=rng.randrange(1, 9)),
        )
        opened = opportunities.open_self_sourced(deal, by=seller, at=at, company=firm)
        ends_at = at + timedelta(days=rng.uniform(25, 70))
        if ends_at < now and rng.random() < 0.35:
            opportunities.win(opened.pk, by=seller, at=ends_at)
        elif ends_at < now:
            opportunities.lose(opened.pk, by=seller, at=ends_at, reason="lost-no-decision")


def product_use(company: Company, market: Market, rng: random.Random, now: datetime) -> None:
    """Some companies try the product; their use is rolled up on their pages."""
    for firm in rng.sample(market.companies, USING):
        for user in range(rng.randrange(1, 4)):
            first = now - timedelta(days=rng.uniform(3, 25))
            uses = [("signed_in", "activation", first)]
            uses += [
                (rng.choice(FEATURES), "depth", first + (now - first) * rng.random())
                for _ in range(rng.randrange(3, 9))
            ]
            for name, kind, at in sorted(uses, key=lambda use: use[2]):
                given = UsageInput(name, kind, at, domain=firm.domain or "", company=firm.name, user_key=f"user-{user}")
                usage.receive(company.source, given, at=at)


def visitors(company: Company, rng: random.Random, now: datetime) -> None:
    """People on the website whose names nobody knows; one of them gives it a moment later (`comes_forward`)."""
    for visitor in (KNOWN_VISITOR, "visitor-demo-2", "visitor-demo-3"):
        at = now - timedelta(days=rng.uniform(2, 6))
        for page in ("page_view", "page_view", "pricing_page"):
            at += timedelta(minutes=rng.uniform(1, 600))
            visits.receive(company.source, visitor, page, at, at=at, properties={"page": "/" + page.replace("_", "-")})


def comes_forward(company: Company, now: datetime) -> None:
    """A visitor asks for a demo: what they looked at before counts from now on."""
    at = now - timedelta(minutes=9)
    given = LeadInput(
        external_id="demo-visitor", email="hanna.reuter@fjordwerk.example", phone="+493055512345", first_name="Hanna",
        last_name="Reuter", job_title="Head of Marketing", seniority="Head", department="Marketing", country="DE",
        company="Fjordwerk GmbH", website="fjordwerk.example", industry="Software", employees=240, source="direct",
        intent="Demo", visitor=KNOWN_VISITOR, activities=(Deed("demo_request", at),),
    )  # fmt: skip
    receive(company.source, given, at=at)


def comes_twice(company: Company, now: datetime) -> None:
    """People who are here already come by another address: somebody has to look whether they are one."""
    at = now - timedelta(minutes=30)
    phones = ContactPoint.objects.filter(kind="phone", person__company__isnull=False).select_related("person__company")
    for number, point in enumerate(phones.order_by("-person_id")[:TWICE]):
        person = point.person
        given = LeadInput(
            external_id=f"demo-twice-{number}",
            email=f"{person.first_name}.{person.last_name}.{number}@gmx.de".lower(),
            phone=point.value,
            first_name=person.first_name,
            last_name=person.last_name,
            country=person.country,
            company=person.company.name if person.company else "",
            source="webinar",
            activities=(Deed("content_download", at),),
        )
        receive(company.source, given, at=at)
