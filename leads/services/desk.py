"""What a handoff needs to know of the team that receives it, in one query: queues, known closings, the calling rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from config.accounts.models import Absence
from config.web.prepared import fetch_one
from leads.models import CallingRule
from sla import criteria
from sla.criteria import Facts

HORIZON = timedelta(days=92)  # closings further ahead than any promise runs are not copied onto clocks

DESK = """
SELECT
    (SELECT time_zone FROM accounts_team WHERE id = %(team)s),
    (SELECT coalesce(json_agg(json_build_object('id', q.id, 'name', q.name, 'criteria', q.criteria)
                              ORDER BY q.position, q.criteria = '{}', q.id), '[]')
     FROM leads_callqueue q WHERE q.team_id = %(team)s AND q.is_active),
    (SELECT coalesce(json_agg(json_build_array(c.from_at, c.until_at, c.reason) ORDER BY c.from_at), '[]')
     FROM sla_closing c
     WHERE (c.team_id = %(team)s OR c.team_id IS NULL) AND c.until_at > %(at)s AND c.from_at < %(horizon)s),
    (SELECT to_json(r) FROM leads_callingrule r WHERE r.country IN (%(country)s, '') ORDER BY r.country DESC LIMIT 1)
"""

Closed = tuple[datetime, datetime, str]


@dataclass(frozen=True)
class Desk:
    """The receiving team at one instant."""

    team_id: int
    time_zone: str
    queues: tuple[dict[str, Any], ...]
    closings: tuple[Closed, ...]
    rule: CallingRule | None

    def queue_for(self, facts: Facts) -> int | None:
        """The first active queue whose scope the lead meets, by position; of one position, those with a condition first."""
        return next((q["id"] for q in self.queues if criteria.holds(q["criteria"], facts)), None)


def desk_of(team_id: int, country: str, at: datetime) -> Desk:
    values = {"team": team_id, "at": at, "horizon": at + HORIZON, "country": country}
    zone, queues, closings, rule = fetch_one(DESK, values)
    return Desk(
        team_id=team_id,
        time_zone=zone,
        queues=tuple(queues),
        closings=tuple(
            (datetime.fromisoformat(start), datetime.fromisoformat(end), why) for start, end, why in closings
        ),
        rule=rule_from(rule),
    )


def rule_from(row: dict[str, Any] | None) -> CallingRule | None:
    """A calling rule from its row as JSON."""
    if row is None:
        return None
    row = {name: value for name, value in row.items() if name != "checked_on"}
    return CallingRule(**row)


def absences_of(user_id: int, at: datetime) -> tuple[Closed, ...]:
    """The person's absences that a clock started now must leave out, where the agreement counts the person's hours."""
    rows = Absence.objects.filter(user_id=user_id, until_at__gt=at, from_at__lt=at + HORIZON).order_by("from_at")
    return tuple((row.from_at, row.until_at, row.reason or "away") for row in rows)
