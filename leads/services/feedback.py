"""What rejections teach: where one reason takes too large a share of a source's handoffs, the portal drafts a change of
the definition that let them through, with the figures, for the next version.

What is too large is a term of the agreement (`reject_alarm_percent`). Rejections that were taken back or overturned do
not count: they say nothing against the definition.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse

from config.web.wording import percent
from leads.fields import label_of
from leads.services import wordings
from leads.services.choosing import NOT_GIVEN, source_label
from sla.models import Version
from sla.services import proposals
from sla.services.compiling import in_force
from sla.services.reviewing import Figure, Group, register_review_source
from sla.stages import QUALIFYING
from sla.terms import DefinitionTerms, Terms

LOOKED_BACK = timedelta(days=90)
FEWEST = 20  # decided handoffs of a source; of fewer a share says nothing
RAISED_BY = 5

# The definition is what the ledger names as the cause of the qualification before the handoff.
REASONS = """
WITH decided AS (
    SELECT l.source, h.state, h.reason, h.reason_attribute, ct.state AS contest, h.version_id, h.lead_id, h.offered_at
    FROM leads_handoff h
    JOIN leads_lead l ON l.id = h.lead_id
    LEFT JOIN leads_contest ct ON ct.handoff_id = h.id
    WHERE l.segment_id = %(segment)s AND NOT h.imported AND h.state IN ('accepted', 'rejected', 'closed')
      AND h.decided_at >= %(since)s AND h.decided_at < %(until)s
), whole AS (SELECT source, count(*) AS decided FROM decided GROUP BY source),
stands AS (
    SELECT d.*, coalesce((
        SELECT substr(e.cause, 12) FROM leads_stageentry e
        WHERE e.lead_id = d.lead_id AND e.entered_at <= d.offered_at AND e.cause LIKE 'definition:%%'
          AND e.stage IN ('mql', 'pql')
        ORDER BY e.entered_at DESC LIMIT 1), '') AS definition
    FROM decided d
    WHERE d.state = 'rejected' AND coalesce(d.contest, '') NOT IN ('taken_back', 'overturned')
)
SELECT s.source, s.reason, count(*), w.decided,
       mode() WITHIN GROUP (ORDER BY s.definition) FILTER (WHERE s.definition <> ''),
       mode() WITHIN GROUP (ORDER BY s.reason_attribute) FILTER (WHERE s.reason_attribute <> '')
FROM stands s JOIN whole w USING (source)
GROUP BY s.source, s.reason, w.decided
ORDER BY count(*)::float / w.decided DESC, s.source, s.reason
"""


@dataclass(frozen=True)
class Share:
    """`count` of the source's `decided` handoffs were rejected for this reason; most came by `definition`."""

    source: str
    reason: str
    count: int
    decided: int
    definition: str
    attribute: str

    @property
    def part(self) -> float:
        return self.count / self.decided

    @property
    def url(self) -> str:
        """The leads behind."""
        asked = {"show": "all", "source": self.source or NOT_GIVEN, "rejected": self.reason}
        return f"{reverse('leads')}?{urlencode(asked)}"


def shares(segment_id: int, since: datetime, until: datetime) -> list[Share]:
    """Each reason's share of each source's decided handoffs, the largest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(REASONS, {"segment": segment_id, "since": since, "until": until})
        rows: list[Any] = cursor.fetchall()
    return [Share(row[0], row[1], row[2], row[3], row[4] or "", row[5] or "") for row in rows]


def alarming(found: Iterable[Share], terms: Terms) -> list[Share]:
    """Those that have reached the agreed share, where there are enough to say so."""
    limit = int(terms.content["reject_alarm_percent"])
    return [share for share in found if limit and share.decided >= FEWEST and share.part * 100 >= limit]


def propose(at: datetime) -> int:
    """Draft a change for every alarming share in every segment; one that is open is brought up to date instead.

    Only what was decided under the version in force counts, so that a new version is not blamed for what it mended.
    Returns how many proposals stand.
    """
    count = 0
    current = in_force(at)
    since = dict(Version.objects.in_force(at).values_list("pk", "effective_at"))
    for segment_id, _, terms in current.rows:
        began = max(at - LOOKED_BACK, since.get(terms.version_id) or at)
        for share in alarming(shares(segment_id, began, at), terms):
            definition = _definition(share, terms)
            if definition is None:
                continue
            made = proposals.propose_change(
                segment_id,
                f"definition:{definition.key}",
                words_for(share, definition, terms),
                figures=figures_of(share, terms, began, at),
                change=change_of(share, definition),
                dedupe_key=f"feedback:{share.reason}:{share.source}"[:140],
                at=at,
            )
            count += made is not None
    return count


def _definition(share: Share, terms: Terms) -> DefinitionTerms | None:
    """The one most of these leads came by; where the ledger names none, the first of qualification."""
    qualifying = [item for item in terms.definitions if item.stage in QUALIFYING]
    return next((d for d in qualifying if d.key == share.definition), qualifying[0] if qualifying else None)


def words_for(share: Share, definition: DefinitionTerms, terms: Terms) -> str:
    reason = wordings.rejection(terms, share.reason, share.attribute)
    said = (
        f"{percent(share.count, share.decided)} of the handoffs from {source_label(share.source)} are rejected as "
        f"“{reason}”: {share.count} of {share.decided}. The agreement calls {terms.content['reject_alarm_percent']} % an "
        f"alarm. “{definition.name}” lets them through."
    )
    change = change_of(share, definition)
    return f"{said} {_change_words(change, definition)}" if change else f"{said} Say in it what keeps them out."


def figures_of(share: Share, terms: Terms, since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "Source": source_label(share.source),
        "Reason": wordings.reason(terms, share.reason),
        "Rejected for it": f"{share.count} of {share.decided} decided",
        "Share": percent(share.count, share.decided),
        "Agreed alarm": f"{terms.content['reject_alarm_percent']} %",
        "Decided": f"{since:%d.%m.%Y} to {until:%d.%m.%Y}",
        "Leads behind": share.url,
    }


def change_of(share: Share, definition: DefinitionTerms) -> list[dict[str, Any]]:
    """What a draft can do at once: ask for the field that is missing, or raise the bar. Anything else is for people."""
    row = {"section": "definitions", "key": definition.key}
    missing = "person.phone" if share.reason == "contact-data-invalid" else share.attribute
    if share.reason in ("contact-data-invalid", "packet-incomplete") and "." in missing:
        known = list(definition.required_fields)
        if missing.startswith("question.") or missing in known:
            return []
        return [row | {"field": "required_fields", "value": [*known, missing]}]
    if share.reason == "below-threshold" and definition.minimum_score is not None:
        return [row | {"field": "minimum_score", "value": definition.minimum_score + RAISED_BY}]
    return []


def _change_words(change: list[dict[str, Any]], definition: DefinitionTerms) -> str:
    value = change[0]["value"]
    if change[0]["field"] == "minimum_score":
        return f"Raise its score from {definition.minimum_score} to {value}."
    return f"Require {label_of(value[-1])}."


@register_review_source
def rejections(segment_id: int, since: datetime, until: datetime) -> list[Group]:
    """For the regular review: the largest shares, with the leads behind."""
    found = shares(segment_id, since, until)
    if not found:
        return []
    terms = in_force(until).terms_for(segment_id)
    figures = [
        Figure(
            f"{source_label(share.source)}: {wordings.reason(terms, share.reason)}",
            share.count,
            share.decided,
            url=share.url,
        )
        for share in found[:10]
    ]
    return [Group("Rejections", "of each source's decided handoffs, by reason", figures)]
