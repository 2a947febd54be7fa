"""Marketing works the leads in nurture: many at once, each by itself, so that one that cannot move holds up no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from config.accounts.models import User
from config.web.errors import Refusal
from leads.models import Lead
from leads.services import nurture

AT_ONCE = 500

# How many wait, by each thing the list can be narrowed to, and how many are due: one statement.
COUNTS = """
SELECT CASE WHEN grouping(n.kind, n.reason) = 0 THEN 'reason' WHEN grouping(l.source) = 0 THEN 'source'
            WHEN grouping(c.key) = 0 THEN 'campaign' ELSE 'all' END,
       coalesce(n.kind, ''), coalesce(n.reason, l.source, c.key, ''), max(c.name), count(*),
       count(*) FILTER (WHERE n.return_on <= %(soon)s), max(h.version_id)
FROM leads_nurturespell n
JOIN leads_lead l ON l.id = n.lead_id
LEFT JOIN leads_campaign c ON c.id = l.campaign_id
LEFT JOIN leads_handoff h ON h.id = n.handoff_id
WHERE n.left_at IS NULL
GROUP BY GROUPING SETS ((n.kind, n.reason), (l.source), (c.key), ())
ORDER BY 5 DESC, 3
"""


@dataclass(frozen=True)
class Count:
    """`soon` of `count` come back by the day asked for."""

    kind: str
    key: str
    name: str
    count: int
    soon: int
    version_id: int | None


@dataclass(frozen=True)
class Overview:
    count: int = 0
    soon: int = 0
    reasons: list[Count] = field(default_factory=list)
    sources: list[Count] = field(default_factory=list)
    campaigns: list[Count] = field(default_factory=list)


def overview(soon: date) -> Overview:
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"soon": soon})
        rows: list[Any] = cursor.fetchall()
    parts: dict[str, list[Count]] = {"all": [], "reason": [], "source": [], "campaign": []}
    for place, kind, key, name, count, due, version in rows:
        parts[place].append(Count(kind, key, name or key, count, due, version))
    total = parts["all"][0] if parts["all"] else Count("", "", "", 0, 0, None)
    named = [row for row in parts["campaign"] if row.key]
    return Overview(total.count, total.soon, parts["reason"], parts["source"], named)


@dataclass(frozen=True)
class Done:
    """How many moved, and in people's words what kept the others."""

    count: int
    problems: list[str]


def return_now(leads: Iterable[Lead], *, by: User, at: datetime) -> Done:
    """Bring leads back before their day."""
    return _each(leads, lambda lead: nurture.return_lead(lead.pk, at=at, by=by, cause="by hand"))


def postpone(leads: Iterable[Lead], *, return_on: date, by: User, at: datetime) -> Done:
    """Move their day."""
    return _each(leads, lambda lead: nurture.change_return(lead.pk, return_on=return_on, by=by, at=at))


def _each(leads: Iterable[Lead], act: Callable[[Lead], Any]) -> Done:
    done, problems = 0, []
    for lead in leads:
        try:
            act(lead)
            done += 1
        except Refusal as refusal:
            problems.append(f"{lead.person.name}: {refusal.message}")
    return Done(done, problems)
