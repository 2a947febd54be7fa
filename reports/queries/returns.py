"""What marketing money bought: leads by stage, pipeline and revenue, by campaign; and which touches brought the money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from reports.company import today
from reports.database import fetch
from reports.facts import FACTS, Narrowed, select
from reports.facts.money import MARKETING
from reports.periods import Period
from reports.queries import costs, reading
from reports.queries.reading import ALL
from reports.queries.tally import Tally, instants, parameters
from reports.scope import Scope

ZERO = Decimal(0)


@dataclass(frozen=True)
class Bought:
    """What a campaign (0: none was given) cost and brought in a period."""

    campaign: int
    cost: Decimal
    leads: int
    stages: Mapping[str, int]
    pipeline: Decimal
    opened: int
    revenue: Decimal
    won: int

    def per(self, stage: str) -> Decimal | None:
        number = self.stages.get(stage, 0)
        return self.cost / number if number and self.cost else None

    @property
    def return_percent(self) -> Decimal | None:
        """What came back beyond the money spent, in percent of it."""
        return (self.revenue - self.cost) / self.cost * 100 if self.cost else None


@dataclass
class Spent:
    """`parts` are the costs and revenue of weeks or months, in the order of `periods`."""

    whole: Bought
    campaigns: Sequence[Bought]
    periods: Sequence[Period] = field(default_factory=list)
    parts: Sequence[Bought] = field(default_factory=list)


def spent(stages: Sequence[str], scope: Scope, period: Period, now: datetime) -> Spent:
    """The period's costs and what came in it, of all and by campaign; costs only of days that have gone."""
    monthly = costs.monthly(scope, period, now)
    tally = reading.tally(_needs(stages), scope, [period], now, split="campaign")
    until = today(now)
    known = {int(value) for fact in ("arrival", "entry", "opened", "ended") for value in tally.splits(fact)}
    campaigns = [
        _bought(campaign, monthly.of(period, until=until, campaign=campaign), tally, str(campaign))
        for campaign in sorted(known | set(monthly.campaigns))
    ]
    whole = _bought(0, monthly.of(period, until=until), tally, None)
    return Spent(whole, [one for one in campaigns if one.cost or one.leads or one.stages or one.opened or one.won])


def course(scope: Scope, period: Period, now: datetime) -> Spent:
    """Costs, pipeline and revenue by week or month of the period."""
    parts = period.parts()
    monthly = costs.monthly(scope, period, now)
    tally = reading.tally(_needs(()), scope, parts, now)
    until = today(now)
    found = [_bought(0, monthly.of(part, until=until), tally, None, bucket) for bucket, part in enumerate(parts)]
    return Spent(_bought(0, monthly.of(period, until=until), tally, None), [], parts, found)


def _needs(stages: Sequence[str]) -> dict[str, Narrowed]:
    ours = Narrowed(keys=[MARKETING])
    needs = {"arrival": ALL, "opened": ours, "ended": Narrowed(keys=[MARKETING], marks=["won"])}
    return needs | ({"entry": Narrowed(keys=list(stages))} if stages else {})


def _bought(campaign: int, cost: Decimal, tally: Tally, split: str | None, bucket: int | None = None) -> Bought:
    stages: dict[str, int] = {}
    for cell, count in tally.where("entry", split=split, bucket=bucket):
        stages[cell.key] = stages.get(cell.key, 0) + count.n
    opened, won = (tally.of(fact, split=split, bucket=bucket) for fact in ("opened", "ended"))
    leads = tally.of("arrival", split=split, bucket=bucket).n
    return Bought(campaign, cost, leads, stages, opened.whole, opened.n, won.part, won.n)


# --- touches ----------------------------------------------------------------------------------------------------------

# A touch is a lead's coming by a campaign, and every deed that names one, of the person, before the deal was opened.
TOUCHES = """
WITH deal AS ({deals}),
touch AS (
    SELECT DISTINCT deal.item_id, deal.amount, seen.campaign_id, seen.at
    FROM deal JOIN leads_lead own ON own.id = deal.lead_id
    JOIN leads_lead every ON every.person_id = own.person_id
    CROSS JOIN LATERAL (
        SELECT every.campaign_id, every.received_at AS at WHERE every.campaign_id IS NOT NULL
        UNION ALL
        SELECT campaign.id, deed.occurred_at FROM leads_activity deed
        JOIN leads_campaign campaign
            ON campaign.key = COALESCE(deed.properties ->> 'campaign', deed.properties ->> 'utm_campaign')
        WHERE deed.lead_id = every.id AND deed.properties ?| ARRAY['campaign', 'utm_campaign']
    ) seen
    WHERE seen.at <= deal.opened_at
),
placed AS (
    SELECT item_id, amount, campaign_id,
        row_number() OVER (PARTITION BY item_id ORDER BY at, campaign_id) AS place,
        row_number() OVER (PARTITION BY item_id ORDER BY at DESC, campaign_id DESC) AS place_from_end,
        count(*) OVER (PARTITION BY item_id) AS touches
    FROM touch
)
SELECT COALESCE(placed.campaign_id, 0),
    COALESCE(sum(deal.amount) FILTER (WHERE place = 1 OR place IS NULL), 0),
    COALESCE(sum(deal.amount) FILTER (WHERE place_from_end = 1 OR place IS NULL), 0),
    COALESCE(sum(deal.amount / COALESCE(touches, 1)), 0),
    count(*) FILTER (WHERE place IS NOT NULL)
FROM deal LEFT JOIN placed ON placed.item_id = deal.item_id GROUP BY 1
"""


@dataclass(frozen=True)
class Credit:
    """A campaign's share of an amount by each way of giving credit; campaign 0: deals that no campaign touched."""

    campaign: int
    first: Decimal
    last: Decimal
    even: Decimal
    touches: int


def credits(fact_name: str, scope: Scope, period: Period, now: datetime) -> list[Credit]:
    """Of `opened` (pipeline) or `ended` (revenue, won only): the amounts of deals from leads, by the touches before."""
    fact = FACTS[fact_name]
    narrowed = Narrowed(keys=[MARKETING], marks=["won"] if fact_name == "ended" else [])
    first, until = instants([period])
    within = scope.between(first, until)
    columns = {
        "lead_id": fact.lead, "item_id": fact.item_id, "amount": "COALESCE(o.base_amount, 0)",
        "opened_at": "COALESCE(o.opened_at, o.created_at)",
    }  # fmt: skip
    deals = select(fact, columns, within, narrowed)
    rows = fetch(TOUCHES.format(deals=deals), parameters(within, narrowed, now))
    return sorted((Credit(*row) for row in rows), key=lambda one: (-one.even, one.campaign))
