"""Prove that no lead fell through the cracks: one set-based query for each way it could have happened.

A lead past qualification is in exactly one open handoff with a clock that runs, is paused or is being escalated; or an
opportunity with an owner and a dated next step; or in nurture with a return date; or closed. The ledger of its stages
has no gap and no overlap, and its last entry is where the lead stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from config.accounts.choices import Role
from config.accounts.models import Membership, User
from config.notices.kinds import register_kind
from config.notices.models import Urgency
from config.notices.services.notices import tell
from config.outbox.services.events import News, publish
from leads.models import AuditRun, Lead

SHOWN = 20


@dataclass(frozen=True)
class Rule:
    """`query` selects the ids of leads that break the rule."""

    key: str
    words: str
    query: str


RULES: tuple[Rule, ...] = (
    Rule(
        "in-hands",
        "Every lead between qualification and opportunity is in exactly one open handoff.",
        """
        SELECT l.id FROM leads_lead l
        WHERE l.closed_at IS NULL AND l.stage IN ('mql', 'pql', 'tal', 'tql', 'sal', 'sql')
          AND (SELECT count(*) FROM leads_handoff h
               WHERE h.lead_id = l.id AND h.state IN ('offered', 'accepted')) <> 1
          AND NOT EXISTS (SELECT 1 FROM leads_leadscore s WHERE s.lead_id = l.id AND s.admit_at IS NOT NULL)
        """,
    ),
    Rule(
        "clock",
        "Every open handoff has a clock that runs, is paused or is late and being escalated, where the agreement times it.",
        """
        SELECT h.lead_id FROM leads_handoff h JOIN sla_version v ON v.id = h.version_id
        WHERE h.state IN ('offered', 'accepted')
          AND NOT EXISTS (SELECT 1 FROM sla_clock c
                          WHERE c.subject = h.id AND c.state IN ('running', 'paused', 'breached'))
        """,
    ),
    Rule(
        "opportunity",
        "Every lead with an opportunity has exactly one that is open, with an owner and a dated next step.",
        """
        SELECT l.id FROM leads_lead l
        WHERE l.closed_at IS NULL AND l.stage = 'opportunity'
          AND (SELECT count(*) FROM leads_opportunity o
               WHERE o.lead_id = l.id AND o.stage IN ('discovery', 'proposal', 'negotiation')
                 AND o.owner_id IS NOT NULL AND o.next_step_on IS NOT NULL) <> 1
        """,
    ),
    Rule(
        "nurture",
        "Every lead in nurture has one open spell with a return date.",
        """
        SELECT l.id FROM leads_lead l
        WHERE l.stage = 'nurture' AND l.closed_at IS NULL
          AND (SELECT count(*) FROM leads_nurturespell n WHERE n.lead_id = l.id AND n.left_at IS NULL) <> 1
        """,
    ),
    Rule(
        "closed",
        "Every lead that is won, lost or disqualified is closed, and what is closed has nothing open.",
        """
        SELECT l.id FROM leads_lead l
        WHERE (l.stage IN ('won', 'lost', 'disqualified') AND l.closed_at IS NULL)
           OR (l.stage NOT IN ('won', 'lost', 'disqualified') AND l.closed_at IS NOT NULL
               AND l.closed_reason <> 'outcome-unknown')
           OR (l.closed_at IS NOT NULL AND EXISTS (
                   SELECT 1 FROM leads_handoff h WHERE h.lead_id = l.id AND h.state IN ('offered', 'accepted')))
           OR (l.closed_at IS NOT NULL AND EXISTS (
                   SELECT 1 FROM leads_nurturespell n WHERE n.lead_id = l.id AND n.left_at IS NULL))
           OR (l.closed_at IS NOT NULL AND EXISTS (
                   SELECT 1 FROM leads_opportunity o WHERE o.lead_id = l.id AND o.closed_at IS NULL))
        """,
    ),
    Rule(
        "elsewhere",
        "No lead is in nurture, in a handoff and in an opportunity at once.",
        """
        SELECT l.id FROM leads_lead l
        WHERE (EXISTS (SELECT 1 FROM leads_handoff h WHERE h.lead_id = l.id AND h.state IN ('offered', 'accepted')))::int
            + (EXISTS (SELECT 1 FROM leads_nurturespell n WHERE n.lead_id = l.id AND n.left_at IS NULL))::int
            + (EXISTS (SELECT 1 FROM leads_opportunity o
                       WHERE o.lead_id = l.id AND o.stage IN ('discovery', 'proposal', 'negotiation')))::int > 1
        """,
    ),
    Rule(
        "ledger-end",
        "Every lead has one open entry in its ledger, and it is the lead's stage.",
        """
        SELECT l.id FROM leads_lead l
        LEFT JOIN leads_stageentry e ON e.lead_id = l.id AND e.left_at IS NULL
        WHERE e.stage IS DISTINCT FROM l.stage
        """,
    ),
    Rule(
        "ledger-joints",
        "The ledger has no gap and no overlap: each entry begins when the one before it ends, in the stage that one named.",
        """
        SELECT lead_id FROM (
            SELECT lead_id, left_at, left_to,
                   lead(entered_at) OVER w AS next_at, lead(stage) OVER w AS next_stage
            FROM leads_stageentry WINDOW w AS (PARTITION BY lead_id ORDER BY entered_at, id)
        ) AS joints
        WHERE left_at IS DISTINCT FROM next_at OR (left_at IS NOT NULL AND left_to <> next_stage)
        """,
    ),
    Rule(
        "score",
        "Every score is the sum of its log.",
        """
        SELECT s.lead_id FROM leads_leadscore s
        WHERE s.total <> coalesce((SELECT sum(points) FROM unnest(s.points) AS points), 0)
        """,
    ),
    Rule(
        "queue",
        "Whatever waits in a queue is an open handoff.",
        """
        SELECT h.lead_id FROM leads_queueitem q JOIN leads_handoff h ON h.id = q.handoff_id
        WHERE h.state NOT IN ('offered', 'accepted')
        """,
    ),
)


@dataclass(frozen=True)
class Finding:
    """How many leads break a rule, and the first of them by public id."""

    rule: Rule
    count: int
    examples: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return self.count == 0


def run() -> list[Finding]:
    """Ask every rule; one query each, whatever the number of leads."""
    return [_ask(rule) for rule in RULES]


def _ask(rule: Rule) -> Finding:
    statement = f"""
        WITH broken AS MATERIALIZED ({rule.query})
        SELECT (SELECT count(*) FROM broken),
               (SELECT coalesce(array_agg(l.public_id::text), '{{}}')
                FROM (SELECT l.public_id FROM leads_lead l WHERE l.id IN (SELECT * FROM broken) ORDER BY l.id LIMIT %s) l)
    """  # noqa: S608 - the rules are constants above
    with connection.cursor() as cursor:
        cursor.execute(statement, [SHOWN])
        row: Any = cursor.fetchone()
    return Finding(rule, int(row[0]), tuple(row[1]))


# --- on record -----------------------------------------------------------------------------------------------------

ALARM = "audit_alarm"
register_kind(ALARM, "A lead fell through the cracks", group="Leads")
KEPT = timedelta(days=400)


def record(at: datetime, *, by: User | None = None) -> tuple[AuditRun, list[Finding]]:
    """Ask every rule and keep the answer. Whoever runs the portal is told when a lead breaks one, once a day and rule.

    Runs older than a year are forgotten.
    """
    begun = monotonic()
    with transaction.atomic():
        findings = run()
        broken = [finding for finding in findings if not finding.clean]
        kept = AuditRun.objects.create(
            at=at,
            seconds=round(monotonic() - begun, 3),
            by=by,
            leads=Lead.objects.count(),
            findings=[{"key": f.rule.key, "count": f.count, "examples": list(f.examples)} for f in findings],
            broken=len(broken),
        )
        for finding in broken:
            _alarm(finding, at)
        AuditRun.objects.filter(at__lt=at - KEPT).delete()
    return kept, findings


def _alarm(finding: Finding, at: datetime) -> None:
    """Admins are told; where there is none, the managers."""
    seats = Membership.objects.active()
    people = {seat.user_id for seat in seats.filter(role=Role.ADMIN)} or {
        seat.user_id for seat in seats.filter(role=Role.MANAGER)
    }
    leads = "1 lead" if finding.count == 1 else f"{finding.count} leads"
    tell(
        people,
        kind=ALARM,
        title=f"The audit found {leads} that fell through",
        body=f"Broken: {finding.rule.words}",
        url=reverse("audit"),
        urgency=Urgency.NOW,
        dedupe_key=f"audit:{finding.rule.key}:{at:%Y-%m-%d}",
        at=at,
    )
    publish(News("audit.broken", finding.rule.key, at, {"rule": finding.rule.words, "leads": finding.count}))


def shown(kept: AuditRun) -> list[Finding]:
    """The findings of an earlier run with the rules as they are worded now; a rule that is no more is left out."""
    known = {rule.key: rule for rule in RULES}
    return [
        Finding(known[row["key"]], row["count"], tuple(row["examples"])) for row in kept.findings if row["key"] in known
    ]
