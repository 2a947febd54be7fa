"""Refused handoffs: why, over time, by whom and of whom; what became of the contested; what the refused leads had cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from leads.models import CampaignCost
from reports.database import fetch
from reports.facts import FACTS, select
from reports.facts.handoffs import UNCONTESTED
from reports.intervals import Rate
from reports.periods import Kind, Period, containing
from reports.queries import reading
from reports.queries.reading import ALL
from reports.queries.tally import Tally, instants, parameters
from reports.scope import Scope

CENT = Decimal("0.01")
UPHELD, OVERTURNED, TAKEN_BACK, OPEN = "upheld", "overturned", "taken_back", "open"
STANDING = (UNCONTESTED, OPEN, UPHELD)  # those that still count as refused


@dataclass(frozen=True)
class Reason:
    """`course` is its number in each part of the period."""

    key: str
    count: int
    course: Sequence[int]
    contested: int
    upheld: int
    overturned: int


@dataclass(frozen=True)
class Rejections:
    parts: Sequence[Period]
    reasons: Sequence[Reason]
    rejected: int
    decided: Sequence[Rate]  # rejected of decided, for each part

    @property
    def rate(self) -> Rate:
        return Rate(sum(one.part for one in self.decided), sum(one.whole for one in self.decided))


def rejections(scope: Scope, period: Period, now: datetime) -> Rejections:
    """By reason, most frequent first, with their course over weeks or months."""
    parts = period.parts()
    tally = reading.tally({"rejection": ALL, "decision": ALL}, scope, parts, now)
    keys = {cell.key for cell, _ in tally.where("rejection")}
    reasons = [_reason(tally, key, len(parts)) for key in keys]
    decided = [
        Rate(tally.of("decision", marks=("rejected",), bucket=n).n, tally.of("decision", bucket=n).n)
        for n in range(len(parts))
    ]
    reasons.sort(key=lambda one: (-one.count, one.key))
    return Rejections(parts, reasons, sum(one.count for one in reasons), decided)


def _reason(tally: Tally, key: str, parts: int) -> Reason:
    count = lambda *marks: tally.of("rejection", keys=(key,), marks=marks).n  # noqa: E731
    course = [tally.of("rejection", keys=(key,), bucket=bucket).n for bucket in range(parts)]
    total = count()
    return Reason(key, total, course, total - count(UNCONTESTED), count(UPHELD), count(OVERTURNED, TAKEN_BACK))


def by_dimension(scope: Scope, period: Period, now: datetime, split: str) -> dict[str, dict[str, int]]:
    """For each value of a dimension (source, campaign, persona, rep, giver, …): refusals by reason."""
    tally = reading.tally({"rejection": ALL}, scope, [period], now, split=split)
    found: dict[str, dict[str, int]] = {}
    for cell, count in tally.where("rejection"):
        row = found.setdefault(cell.split, {})
        row[cell.key] = row.get(cell.key, 0) + count.n
    return found


def decided_by(scope: Scope, period: Period, now: datetime, split: str) -> dict[str, int]:
    """How many handoffs were decided at all, by the same dimension: what a share is of."""
    tally = reading.tally({"decision": ALL}, scope, [period], now, split=split)
    found: dict[str, int] = {}
    for cell, count in tally.where("decision"):
        found[cell.split] = found.get(cell.split, 0) + count.n
    return found


# --- money ------------------------------------------------------------------------------------------------------------

REFUSED = """
SELECT refused.reason, lead.campaign_id, date_trunc('month', lead.received_at AT TIME ZONE %(zone)s)::date, count(*)
FROM ({rows}) refused JOIN leads_lead lead ON lead.id = refused.lead_id
WHERE refused.mark = ANY(%(standing)s) AND lead.campaign_id IS NOT NULL GROUP BY 1, 2, 3
"""
BROUGHT = """
SELECT campaign_id, date_trunc('month', received_at AT TIME ZONE %(zone)s)::date, count(*) FROM leads_lead
WHERE campaign_id = ANY(%(campaigns)s) AND received_at >= %(from_at)s AND received_at < %(until_at)s GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Wasted:
    """What the refused leads of a reason had cost; `priced` of `count` came from a campaign with costs that month."""

    reason: str
    amount: Decimal
    priced: int


def wasted(scope: Scope, period: Period, now: datetime) -> dict[str, Wasted]:
    """Each refused lead costs its campaign's cost of the month it came in, by all leads that came of it that month.

    Rejections that were overturned or taken back are left out: those leads were worth their money.
    """
    first, until = instants([period])
    fact, within = FACTS["rejection"], scope.between(first, until)
    rows = select(fact, {"lead_id": fact.lead, "reason": fact.key, "mark": fact.mark}, within)
    values = {**parameters(within, ALL, now), "standing": list(STANDING)}
    refused = fetch(REFUSED.format(rows=rows), values)
    prices = _prices({campaign for _, campaign, _, _ in refused}, [month for _, _, month, _ in refused], now)
    found: dict[str, Wasted] = {}
    for reason, campaign, month, count in refused:
        price = prices.get((campaign, month))
        if price is None:
            continue
        before = found.get(reason, Wasted(reason, Decimal(0), 0))
        found[reason] = Wasted(reason, before.amount + price * count, before.priced + count)
    return {key: Wasted(key, one.amount.quantize(CENT), one.priced) for key, one in found.items()}


def _prices(campaigns: set[int], months: Sequence[date], now: datetime) -> dict[tuple[int, date], Decimal]:
    """What one lead of a campaign cost in a month; months without costs are left out."""
    if not campaigns:
        return {}
    whole = Period(min(months), containing(Kind.MONTH, max(months)).until_on)
    first, until = instants([whole])
    values = {"campaigns": sorted(campaigns), "from_at": first, "until_at": until}
    counts = fetch(BROUGHT, {**parameters(Scope(), ALL, now), **values})
    brought = {(campaign, month): count for campaign, month, count in counts}
    costs = CampaignCost.objects.filter(campaign__in=campaigns, month__in=set(months))
    return {
        (campaign, month): amount / brought[campaign, month]
        for campaign, month, amount in costs.values_list("campaign_id", "month", "base_amount")
        if brought.get((campaign, month))
    }
