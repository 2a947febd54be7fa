"""What lists of leads can be narrowed to: the sources, campaigns, segments and people there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from config.accounts.actor import Actor
from sla.services.compiling import InForce
from sla.stages import LABELS, Stage
from sla.terms import Terms

Option = tuple[str, str]
NOT_GIVEN = "(none)"
MOST_CAMPAIGNS = 200

# One statement for all of them. Sources: the next value after the last, by the index on source, so that it is as quick
# over a million leads as over a thousand.
CHOICES = """
WITH RECURSIVE found AS (
    (SELECT source FROM leads_lead ORDER BY source LIMIT 1)
    UNION ALL
    SELECT (SELECT source FROM leads_lead WHERE source > found.source ORDER BY source LIMIT 1)
    FROM found WHERE found.source IS NOT NULL
), named AS (SELECT key, name FROM leads_campaign ORDER BY starts_on DESC NULLS LAST, name LIMIT %(campaigns)s)
SELECT (SELECT coalesce(json_agg(source ORDER BY source = '', source), '[]') FROM found WHERE source IS NOT NULL),
       (SELECT coalesce(json_agg(json_build_array(key, name)), '[]') FROM named),
       (SELECT coalesce(json_agg(json_build_array(key, name) ORDER BY is_default, position, id), '[]') FROM sla_segment),
       (SELECT coalesce(json_agg(json_build_array(public_id, name) ORDER BY name), '[]') FROM accounts_user
        WHERE is_active AND id <> %(me)s AND id IN (
            SELECT user_id FROM accounts_membership WHERE is_active AND (%(all)s OR team_id = ANY(%(teams)s))))
"""


@dataclass(frozen=True)
class Choices:
    """Options as (code, label). `owners` are those whose leads this person may ask for, themselves first."""

    sources: list[Option]
    campaigns: list[Option]
    segments: list[Option]
    owners: list[Option]


def choices(actor: Actor) -> Choices:
    values: dict[str, Any] = {
        "campaigns": MOST_CAMPAIGNS, "me": actor.user.pk, "all": actor.reads_everything, "teams": actor.team_ids,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(CHOICES, values)
        row: Any = cursor.fetchone()
    return Choices(
        [(name or NOT_GIVEN, source_label(name)) for name in row[0]],
        [(key, name) for key, name in row[1]],
        [(key, name) for key, name in row[2]],
        [("me", "Me"), *((code, name) for code, name in row[3])],
    )


def source_label(name: str) -> str:
    """`paid_search` as people say it."""
    if not name:
        return "Not given"
    return name.replace("_", " ").capitalize() if name == name.lower() else name


def default_terms(current: InForce) -> Terms | None:
    """What is in force for the last segment, the default: the words of lists that span several."""
    return current.rows[-1][2] if current.rows else None


def stages(current: InForce, segment: str = "") -> list[Option]:
    """The stages that the agreements in force have, by the names they give them, the default's first; of one segment
    only where its key is given."""
    agreed = [terms for _, _, terms in reversed(current.rows)]
    if any(terms.content["segment"]["key"] == segment for terms in agreed):
        agreed = [terms for terms in agreed if terms.content["segment"]["key"] == segment]
    if not agreed:
        return [(stage.value, LABELS[stage]) for stage in Stage]
    named = ((stage, dict.fromkeys(t.label(stage) for t in agreed if t.stage_enabled(stage))) for stage in Stage)
    return [(stage.value, " / ".join(labels)) for stage, labels in named if labels]


def personas(current: InForce) -> list[Option]:
    named = {persona.key: persona.name for _, _, terms in current.rows for persona in terms.personas}
    return list(named.items())


def reject_reasons(current: InForce) -> list[Option]:
    named = {
        reason.key: reason.label
        for _, _, terms in current.rows
        for reason in terms.reasons.values()
        if reason.kind == "reject"
    }
    return list(named.items())
