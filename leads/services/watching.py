"""Who wants to hear when scores move is told, once a change. A sweep looks at what has moved lately; scoring itself stays
as quick as it is without anybody watching."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.urls import NoReverseMatch, reverse

from config.accounts.actor import Actor
from config.accounts.models import User
from config.notices.kinds import register_kind
from config.notices.services.notices import tell
from config.web.errors import Refusal
from leads.models import Campaign, Lead, ScoreWatch
from sla.models import Segment

LOOK_BACK = timedelta(minutes=15)
MOST = 500
KIND = "score_moved"

register_kind(KIND, "A score I watch rises or falls", group="Leads")

# Of a run under new rules, which moves thousands, only who watches that very lead is told.
MOVED = """
SELECT c.id, c.lead_id, c.before, c.total, c.cause, c.at, array_agg(DISTINCT w.user_id)
FROM leads_scorechange c JOIN leads_lead l ON l.id = c.lead_id
JOIN leads_scorewatch w ON (w.lead_id = l.id OR (
        w.lead_id IS NULL AND c.cause <> 'new rules'
        AND (w.segment_id IS NULL OR w.segment_id = l.segment_id)
        AND (w.campaign_id IS NULL OR w.campaign_id = l.campaign_id)
        AND (w.source = '' OR lower(w.source) = lower(l.source))))
WHERE c.at > %(since)s AND c.at <= %(at)s AND c.at >= w.created_at
  AND abs(c.total - c.before) >= w.points
  AND (w.direction = 'both' OR (w.direction = 'up') = (c.total > c.before))
  AND (w.threshold IS NULL OR (c.before < w.threshold) <> (c.total < w.threshold))
GROUP BY c.id ORDER BY c.id LIMIT %(most)s
"""


def tell_watchers(at: datetime) -> int:
    """Tell of every watched move of the last minutes; whoever was told is not told again. Returns how many moves."""
    with connection.cursor() as cursor:
        cursor.execute(MOVED, {"since": at - LOOK_BACK, "at": at, "most": MOST})
        moves = cursor.fetchall()
    leads = Lead.objects.select_related("person", "company").in_bulk({move[1] for move in moves})
    people = User.objects.filter(is_active=True).in_bulk({user for move in moves for user in move[6]})
    visible = _visible(people, {move[1] for move in moves})
    for change_id, lead_id, before, total, cause, moved_at, users in moves:
        lead = leads[lead_id]
        with transaction.atomic():
            tell(
                [people[user] for user in users if user in people and lead_id in visible[user]],
                KIND,
                f"{lead.person.name}: {before} to {total} points",
                body=f"The score {'rose' if total > before else 'fell'} by {abs(total - before)}: {words_of(cause)}.",
                url=lead_url(lead),
                dedupe_key=f"score:{change_id}",
                subject=str(lead.public_id),
                at=moved_at,
            )
    return len(moves)


def _visible(people: dict[int, User], lead_ids: set[int]) -> dict[int, set[int]]:
    """Which of these leads each person may see: whoever left the team that had the lead hears nothing of it any more."""
    found: dict[int, set[int]] = defaultdict(set)
    for user_id, user in people.items():
        found[user_id] = set(
            Lead.objects.filter(pk__in=lead_ids).visible_to(Actor.of(user)).values_list("pk", flat=True)
        )
    return found


def words_of(cause: str) -> str:
    return {"decay": "time has passed", "intake": "new details came in", "new rules": "new rules took effect"}.get(
        cause, cause.replace("_", " ")
    )


def lead_url(lead: Lead) -> str:
    try:
        return reverse("lead", args=[lead.public_id])
    except NoReverseMatch:
        return ""


@transaction.atomic
def watch(
    by: User,
    *,
    at: datetime,
    lead: Lead | None = None,
    segment: Segment | None = None,
    source: str = "",
    campaign: Campaign | None = None,
    direction: str = ScoreWatch.Direction.BOTH,
    points: int = 10,
    threshold: int | None = None,
) -> ScoreWatch:
    """Have somebody told when scores move: of one lead, or of all that fit. Watching a lead again changes the terms."""
    if points < 1:
        raise Refusal("invalid", "A move has at least one point.", fields={"points": "At least 1."})
    wishes: dict[str, Any] = {"direction": direction, "points": points, "threshold": threshold, "created_at": at}
    if lead is not None:
        return ScoreWatch.objects.update_or_create(user=by, lead=lead, defaults=wishes)[0]
    return ScoreWatch.objects.create(user=by, segment=segment, source=source.strip()[:60], campaign=campaign, **wishes)


def unwatch(watch_id: int, *, by: User) -> bool:
    return bool(ScoreWatch.objects.filter(pk=watch_id, user=by).delete()[0])
