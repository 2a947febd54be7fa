"""What campaigns cost, day by day: a month's cost lies evenly on its days.

A campaign's cost belongs to segments in the measure of the leads it brought them in that month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from leads.models import CampaignCost
from reports.periods import DAY, Kind, Period, containing, months_of
from reports.queries import reading
from reports.scope import Scope
from sla.models import Segment

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Monthly:
    """The costs of each campaign in each month, in the company's currency."""

    costs: Mapping[tuple[int, date], Decimal]

    def of(self, period: Period, *, until: date, campaign: int | None = None) -> Decimal:
        """What the days of a period cost up to and with the day `until`, of one campaign or of all."""
        if period.first_on > until:
            return Decimal(0)
        gone = Period(period.first_on, min(period.until_on, until + DAY))
        days = {month: (inside, whole) for month, inside, whole in months_of(gone)}
        total = sum(
            (
                amount * days[month][0] / days[month][1]
                for (owner, month), amount in self.costs.items()
                if month in days and campaign in (None, owner)
            ),
            Decimal(0),
        )
        return total.quantize(CENT)

    @property
    def campaigns(self) -> list[int]:
        return sorted({campaign for campaign, _ in self.costs})


def monthly(scope: Scope, period: Period, now: datetime) -> Monthly:
    """The costs of the months a period touches, of the scope's campaign and segment."""
    months = [month for month, _, _ in months_of(period)]
    rows = CampaignCost.objects.filter(month__in=months)
    if scope.campaign is not None:
        rows = rows.filter(campaign_id=scope.campaign)
    costs = {(owner, month): amount for owner, month, amount in rows.values_list("campaign_id", "month", "base_amount")}
    if scope.segment is not None and costs:
        costs = _of_segment(costs, scope.segment, months, now)
    return Monthly(costs)


def _of_segment(
    costs: Mapping[tuple[int, date], Decimal], segment: int, months: Sequence[date], now: datetime
) -> dict[tuple[int, date], Decimal]:
    """Each cost times the segment's share of the leads its campaign brought; of none, all falls to the default one."""
    default = dict(Segment.objects.values_list("pk", "is_default"))
    if len(default) == 1:
        return dict(costs)
    periods = [containing(Kind.MONTH, month) for month in months]
    tally = reading.tally({"arrival": reading.ALL}, Scope(), periods, now, split="segment")
    brought: dict[tuple[int, date], dict[int, int]] = defaultdict(dict)
    for cell, count in tally.cells.items():
        brought[int(cell.key), months[cell.bucket]][int(cell.split)] = count.n
    shared = {}
    for owner, amount in costs.items():
        theirs = brought.get(owner, {})
        total = sum(theirs.values())
        share = Decimal(theirs.get(segment, 0)) / total if total else Decimal(default.get(segment, False))
        shared[owner] = amount * share
    return shared
