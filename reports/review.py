"""What the agreement's regular review is shown of leads: rejections by reason, and the way through the stages.

The agreement asks whoever registers (`sla/services/reviewing.py`); each figure opens the leads behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from reports import company
from reports.facts import ALL
from reports.measures import Behind
from reports.periods import DAY, Kind, Period
from reports.queries import funnel, reading
from reports.scope import Scope
from reports.sets import LeadSet
from sla.models import Segment
from sla.services.reviewing import Figure, Group, register_review_source
from sla.stages import Stage
from sla.terms import Terms

MOST_REASONS = 12


@register_review_source
def what_became_of_leads(segment_id: int, since: datetime, until: datetime) -> Iterator[Group]:
    """Groups of figures over whole days of the company, from the one on which the version took effect."""
    terms = company.Agreed.read(until).terms(segment_id)
    if terms is None:
        return
    period = Period(company.today(since), company.today(until) + DAY)
    look = _Look(terms, segment_id, period, until)
    yield look.rejections()
    yield look.way()


class _Look:
    """One segment in one stretch of days."""

    def __init__(self, terms: Terms, segment_id: int, period: Period, now: datetime):
        self.terms, self.period, self.now = terms, period, now
        self.scope = Scope(segment=segment_id)
        self.segment = Segment.objects.get(pk=segment_id)

    def rejections(self) -> Group:
        tally = reading.tally({"decision": ALL, "rejection": ALL}, self.scope, [self.period], self.now)
        decided = tally.of("decision").n
        by_reason: dict[str, int] = {}
        for cell, count in tally.where("rejection"):
            by_reason[cell.key] = by_reason.get(cell.key, 0) + count.n
        overturned = tally.of("rejection", marks=["overturned"]).n
        figures = [
            Figure(self._reason(key), count, decided, url=self._behind(Behind("rejection", (key,))))
            for key, count in sorted(by_reason.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_REASONS]
        ]
        sub = f"of {decided:,} handoffs decided from {self._since} on"
        if overturned:
            sub += f"; {overturned:,} overturned after being contested"
        return Group("Rejections by reason", sub, figures)

    def way(self) -> Group:
        """How many of each stage came to the next one."""
        path = company.path(self.terms)
        qualifying = self.terms.qualifying_stages
        start = str(qualifying[0]) if qualifying else str(path[0])
        found = funnel.funnel(path, start, self.scope, self.period, self.now)
        figures = [
            Figure(
                f"{self.terms.label(before.stage)} to {self.terms.label(step.stage)}",
                step.reached,
                before.reached,
                url=self._behind(funnel.reached(start, step.stage)),
            )
            for before, step in zip(found.steps, found.steps[1:], strict=False)
        ]
        label = self.terms.label(Stage(start))
        return Group(
            "Drop-off between stages", f"{found.cohort:,} leads first became {label} from {self._since} on", figures
        )

    @property
    def _since(self) -> str:
        """The day on which the version took effect; reports count whole days."""
        return f"{self.period.first_on:%-d %b %Y}"

    def _reason(self, key: str) -> str:
        reason = self.terms.reasons.get(key)
        return reason.label if reason else key

    def _behind(self, behind: Behind) -> str:
        days = {"by": Kind.SPAN, "from": self.period.first_on, "to": self.period.last_on, "segment": self.segment.key}
        return f"{reverse('reports_leads')}?{urlencode([*LeadSet(behind).pairs(), *days.items()])}"
