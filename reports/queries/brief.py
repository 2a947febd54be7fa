"""What an executive asks first: is there enough pipeline for the period, and what becomes of deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, Sum

from leads.models import Opportunity
from reports.company import today
from reports.database import alias
from reports.facts import ALL
from reports.intervals import Rate
from reports.periods import Kind, Period, containing
from reports.queries import reading
from reports.scope import Scope


@dataclass(frozen=True)
class Pipeline:
    """`due` is the open pipeline expected to close in the period; `undated` the part without a date."""

    period: Period
    due: Decimal
    due_count: int
    open_amount: Decimal
    open_count: int
    undated: int
    won_rate: Rate

    @property
    def needed_coverage(self) -> float | None:
        """How many times the target must be in the pipeline at one's own win rate."""
        return 1 / self.won_rate.value if self.won_rate.value else None


def pipeline(scope: Scope, period: Period, now: datetime) -> Pipeline:
    """Open pipeline due in the period's quarter, and the win rate of the last year."""
    rows = Opportunity.objects.using(alias()).open()
    if scope.segment is not None:
        rows = rows.filter(lead__segment=scope.segment)
    due = Q(expected_close_on__gte=period.first_on, expected_close_on__lt=period.until_on)
    found = rows.aggregate(
        due=Sum("base_amount", filter=due), due_count=Count("pk", filter=due), whole=Sum("base_amount"),
        count=Count("pk"), undated=Count("pk", filter=Q(expected_close_on=None)),
    )  # fmt: skip
    tally = reading.tally({"ended": ALL}, scope, [containing(Kind.LAST_365, today(now))], now)
    won = tally.of("ended", marks=["won"]).n
    return Pipeline(
        period, found["due"] or Decimal(0), found["due_count"], found["whole"] or Decimal(0), found["count"],
        found["undated"], Rate(won, tally.of("ended").n),
    )  # fmt: skip
