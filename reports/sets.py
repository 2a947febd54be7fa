"""The leads behind a figure: which rows of which fact, in which period and under which filters, as an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from reports.facts import FACTS, Fact, Narrowed
from reports.measures import Behind
from reports.periods import Period

if TYPE_CHECKING:
    from reports.asked import Asked

LONGEST = 80
MOST = 40


class NoSuchSet(ValueError):
    """The address names something that cannot be listed."""


@dataclass(frozen=True)
class LeadSet:
    """Rows of a fact. The period and the page's filters stand beside it in the address."""

    behind: Behind

    @property
    def fact(self) -> Fact:
        return FACTS[self.behind.fact]

    @property
    def narrowed(self) -> Narrowed:
        return Narrowed(self.behind.keys, self.behind.marks, self.behind.states)

    def pairs(self) -> list[tuple[str, str]]:
        found = [("of", self.behind.fact)]
        for name, values in (("key", self.behind.keys), ("mark", self.behind.marks), ("state", self.behind.states)):
            found += [(name, value) for value in values]
        return found

    @classmethod
    def read(cls, parameters: QueryDict) -> LeadSet:
        """Only facts there are; their keys, marks and states are values bound to the query."""
        name = parameters.get("of", "")
        if name not in FACTS:
            raise NoSuchSet(f"{name[:40]!r} is nothing that is counted here.")
        chosen = [tuple(parameters.getlist(part)) for part in ("key", "mark", "state")]
        if any(len(values) > MOST or any(len(v) > LONGEST or "\x00" in v for v in values) for values in chosen):
            raise NoSuchSet("That is more than a figure ever counts.")
        return cls(Behind(name, *chosen))


def address(
    asked: Asked, behind: Behind | None, filters: Mapping[str, str] | None = None, period: Period | None = None
) -> str:
    """Where the leads behind a figure of this page are listed; `filters` change the page's own."""
    if behind is None:
        return ""
    given = asked.given | asked.at_period(period or asked.period) | dict(filters or {})
    kept = [(key, str(value)) for key, value in given.items() if value not in (None, "")]
    return f"{reverse('reports_leads')}?{urlencode([*LeadSet(behind).pairs(), *kept])}"
