"""A row of a file of deals: its stage, money, dates, product, company, owner and lead, each found or reported missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from leads import normalise
from leads.imports.context import Context
from leads.imports.records import Record
from leads.imports.vocabulary import Vocabulary
from leads.models import Company, OpportunityStage, Product
from leads.services.nurture import local_date

CENT = Decimal("0.01")
MOST = Decimal("999999999999.99")
STAGES: dict[str, str] = {
    **{str(code): str(code) for code in OpportunityStage},
    **{str(label).lower(): str(code) for code, label in OpportunityStage.choices},
    "closed won": "won",
    "closedwon": "won",
    "closed lost": "lost",
    "closedlost": "lost",
    "open": "discovery",
}
NEXT_STEP = "See how this imported deal stands"


@dataclass(frozen=True)
class Terms:
    """What a row says of a deal itself."""

    name: str
    stage: str
    amount: Decimal | None
    currency: str
    rate: Decimal
    opened_at: datetime | None
    closed_at: datetime | None
    expected_close_on: date | None
    probability: int | None
    reason: str
    note: str
    next_step: str
    next_step_on: date
    self_sourced: bool

    @property
    def is_over(self) -> bool:
        return self.stage in (OpportunityStage.WON, OpportunityStage.LOST)

    @property
    def base_amount(self) -> Decimal | None:
        return None if self.amount is None else (self.amount * self.rate).quantize(CENT)


def terms_of(context: Context, words: Vocabulary, record: Record) -> Terms | None:
    """The deal's terms; None, with faults, where they do not hold together."""
    values = record.values
    stage = _stage(context, record)
    closed_at: datetime | None = values.get("closed_at")
    over = stage in (OpportunityStage.WON, OpportunityStage.LOST)
    if over and closed_at is None:
        record.fault(context.heading("closed_at"), "A deal that is won or lost needs the day it closed.")
    elif over and closed_at is not None and closed_at > context.at:
        record.fault(context.heading("closed_at"), "This deal is over, but its closing day lies in the future.")
    amount, currency, rate = money(context, record)
    expected = values.get("expected_close_on")
    today = local_date(context.at)
    return Terms(
        name=_name(record),
        stage=stage,
        amount=amount,
        currency=currency,
        rate=rate,
        opened_at=values.get("opened_at"),
        closed_at=closed_at if over else None,
        expected_close_on=expected or (local_date(closed_at) if closed_at else None),
        probability=min(values["probability"], 100) if "probability" in values else None,
        reason=words.reason(values.get("reason", "")),
        note=values.get("note", ""),
        next_step=values.get("next_step", NEXT_STEP)[:160],
        next_step_on=max(values.get("next_step_on", today), today),
        self_sourced=values.get("self_sourced", False),
    )


def _stage(context: Context, record: Record) -> str:
    named = str(record.values.get("stage", "discovery"))
    found = STAGES.get(named.strip().lower())
    if found is None:
        record.fault(context.heading("stage"), f"{named!r} is no stage of a deal. Say which stage it stands for.")
    return found or "discovery"


def _name(record: Record) -> str:
    values = record.values
    parts = [values.get("name") or values.get("company") or "", "" if values.get("name") else values.get("product", "")]
    named = ": ".join(part for part in parts if part)
    return (named or str(values.get("external_id") or values.get("email") or "Imported deal"))[:160]


def money(context: Context, record: Record) -> tuple[Decimal | None, str, Decimal]:
    """Amount, currency and rate to the company's currency, with a fault where another currency lacks its rate."""
    values = record.values
    currency = values.get("currency", settings.COMPANY_CURRENCY)
    amount: Decimal | None = values.get("amount")
    rate: Decimal | None = values.get("rate")
    if amount is not None and amount > MOST:
        record.fault(context.heading("amount"), f"{amount} is too large an amount.")
    if rate is None and currency != settings.COMPANY_CURRENCY and amount is not None:
        words = (
            f"This amount is in {currency}: give the rate to {settings.COMPANY_CURRENCY}, by a column or for all rows."
        )
        record.fault(context.heading("currency"), words)
    return None if amount is None else amount.quantize(CENT), currency, rate or Decimal(1)


# --- products ----------------------------------------------------------------------------------------------------------


class Products:
    """Products by key, name or another spelling; blanks, case and signs make no difference."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        for product in Product.objects.all():
            for word in (product.key, product.name, *product.also_called):
                self._known.setdefault(_plain(word), product.pk)

    def find(self, named: str) -> int | None:
        return self._known.get(_plain(named))


def _plain(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())


# --- companies ---------------------------------------------------------------------------------------------------------


class Companies:
    """The companies that rows name: by domain, or by a name that only one company has; new ones are kept to be written."""

    def __init__(self, context: Context):
        self.context = context
        self.fresh: list[Company] = []
        self._by_domain: dict[str, Company] = {}
        self._by_name: dict[str, list[Company]] = {}

    def load(self, records: Iterable[Record]) -> None:
        """Look up those of a batch; two queries."""
        self._by_domain, self._by_name, self.fresh = {}, {}, []
        rows = list(records)
        domains = {domain_of(row) for row in rows} - {None}
        names = {name_of(row) for row in rows} - {""}
        for company in Company.objects.filter(domain__in=domains):
            self._by_domain[company.domain or ""] = company
        for company in Company.objects.filter(name__in=names):
            self._by_name.setdefault(company.name, []).append(company)

    def of(self, record: Record) -> Company | None:
        """The company of a row, made where it is new; None where the row names none."""
        found = self.find(record)
        if found is not None:
            return found
        name, domain = name_of(record), domain_of(record)
        if not name and not domain:
            return None
        company = Company(name=name or domain or "", domain=domain, created_at=self.context.at)
        fill(company, record)
        self.fresh.append(company)
        if domain:
            self._by_domain[domain] = company
        self._by_name.setdefault(company.name, []).append(company)
        return company

    def find(self, record: Record) -> Company | None:
        domain = domain_of(record)
        if domain and domain in self._by_domain:
            return self._by_domain[domain]
        namesakes = [c for c in self._by_name.get(name_of(record), []) if not (domain and c.domain)]
        return namesakes[0] if len(namesakes) == 1 else None


def name_of(record: Record) -> str:
    return normalise.text(record.values.get("company", ""), 160)


def domain_of(record: Record) -> str | None:
    return normalise.company_domain("", record.values.get("website", ""))


def fill(company: Company, record: Record) -> bool:
    """Take over what a row says of a company. True where that changed anything."""
    values = record.values
    said: dict[str, Any] = {
        "industry": normalise.text(values.get("industry", ""), 80),
        "employees": values.get("employees"),
        "revenue": values.get("revenue"),
        "country": normalise.country_code(values.get("company_country", "")),
        "region": normalise.text(values.get("company_region", ""), 80),
        "city": normalise.text(values.get("city", ""), 80),
    }
    before = [getattr(company, name) for name in said] + [dict(company.attributes)]
    for name, value in said.items():
        if value not in (None, ""):
            setattr(company, name, value)
    company.attributes = company.attributes | record.own("company_attributes")
    return before != [getattr(company, name) for name in said] + [company.attributes]
