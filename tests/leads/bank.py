"""Every call of February 1999 in a real call centre, brought in as handoffs of call queues: one queue for each kind of call.

A call that reached the queue is a handoff; the agent's answer is its first attempt; a caller who hung up was never
called. The rows that `reference.json` leaves out are left out here: phantom calls and negative times.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection, transaction

from config.accounts.models import Team
from leads.models import CallQueue
from tests.cast import Cast
from tests.leads.imports.realdata import DATA, need

FEBRUARY = datetime(1999, 2, 1, tzinfo=UTC)
FILE = DATA / "anonymous_bank" / "data_anonymous_bank_february.txt"


@dataclass(frozen=True)
class Call:
    """One call as it came to the queue."""

    number: int
    kind: str
    arrived_at: datetime
    wait: int
    answered: bool
    served: int

    @property
    def ends_waiting_at(self) -> datetime:
        return self.arrived_at + timedelta(seconds=self.wait)


@cache
def calls() -> tuple[Call, ...]:
    need()
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_calls(csv.DictReader(file, delimiter="\t")))


def _calls(rows: Any) -> Iterator[Call]:
    for number, row in enumerate(rows):
        if row["outcome"] == "PHANTOM" or int(row["vru_time"]) < 0:
            continue
        day = datetime.strptime(row["date"], "%y%m%d").replace(tzinfo=UTC)
        hours, minutes, seconds = (int(part) for part in row["vru_exit"].split(":"))
        yield Call(
            number=number,
            kind=row["type"],
            arrived_at=day + timedelta(hours=hours, minutes=minutes, seconds=seconds),
            wait=int(row["q_time"]),
            answered=row["outcome"] == "AGENT",
            served=int(row["ser_time"]),
        )


PEOPLE = """
    INSERT INTO leads_person (public_id, first_name, last_name, job_title, seniority, department, country, city, handle, language,
        time_zone, time_zone_origin, mail_kind, attributes, created_at)
    SELECT gen_random_uuid(), 'Caller', n::text, '', '', '', '', '', '', '', '', '', '', '{}', arrived_at FROM bank
"""
LEADS = """
    INSERT INTO leads_lead (public_id, person_id, segment_id, cycle, stage, stage_since, source, intent, territory, persona,
        fit_grade, attributes, received_at, created_at, closed_reason)
    SELECT gen_random_uuid(), p.id, %(segment)s, 1, 'nurture', arrived_at, 'bank', '', '', '', '', '{}', arrived_at,
        arrived_at, ''
    FROM bank JOIN leads_person p ON p.last_name = bank.n::text
"""
HANDOFFS = """
    INSERT INTO leads_handoff (public_id, lead_id, version_id, kind, state, from_function, to_function, to_team_id, stage,
        offered_at, decided_at, closed_at, outcome, reason, reason_attribute, note, route, route_why, packet,
        first_attempt_at, queue_id, imported, created_at)
    SELECT gen_random_uuid(), l.id, %(version)s, 'standard', 'closed', 'marketing', 'telequalification', %(team)s, 'mql',
        arrived_at, arrived_at + wait * interval '1 second', arrived_at + wait * interval '1 second', 'recycled', '', '',
        '', '', '[]', '{}', CASE WHEN answered THEN arrived_at + wait * interval '1 second' END, q.id, false, arrived_at
    FROM bank JOIN leads_person p ON p.last_name = bank.n::text JOIN leads_lead l ON l.person_id = p.id
    JOIN leads_callqueue q ON q.name = bank.kind
"""
ATTEMPTS = """
    INSERT INTO leads_attempt (public_id, lead_id, handoff_id, by_id, at, channel, disposition, human_answered, real_contact,
        counts, why_not_counted, talk_seconds, handling_seconds, note, details, settled_at, created_at)
    SELECT gen_random_uuid(), h.lead_id, h.id, %(rep)s, h.first_attempt_at, 'call', 'cq', true, true, true, '', served,
        served, '', '{}', h.first_attempt_at, h.first_attempt_at
    FROM bank JOIN leads_person p ON p.last_name = bank.n::text JOIN leads_lead l ON l.person_id = p.id
    JOIN leads_handoff h ON h.lead_id = l.id
    WHERE answered
"""


def queues(team: Team) -> dict[str, CallQueue]:
    """A queue for each kind of call; the team works by the data's own clock, which names no zone."""
    Team.objects.filter(pk=team.pk).update(time_zone="UTC")
    return {kind: CallQueue.objects.create(team=team, name=kind) for kind in sorted({call.kind for call in calls()})}


@transaction.atomic
def load(cast: Cast) -> dict[str, CallQueue]:
    """All 33,043 calls, set-based; gives the queues by kind."""
    team = cast.team("telequalification")
    found = queues(team)
    values = {"segment": cast.segment.pk, "version": cast.version.pk, "team": team.pk, "rep": cast.tim.pk}
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE bank (n int, kind text, arrived_at timestamptz, wait int, answered bool, served int)"
            " ON COMMIT DROP"
        )
        with cursor.copy("COPY bank FROM STDIN") as copy:
            for one in calls():
                copy.write_row((one.number, one.kind, one.arrived_at, one.wait, one.answered, one.served))
        for statement in (PEOPLE, "ANALYZE leads_person", LEADS, "ANALYZE leads_lead", HANDOFFS, ATTEMPTS):
            cursor.execute(statement, values if "%(" in statement else None)
        cursor.execute("ANALYZE leads_handoff")
        cursor.execute("ANALYZE leads_attempt")
    return found
