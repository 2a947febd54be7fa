"""What the filters of the reports offer, each list in one query however many leads there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from config.accounts.choices import Function
from config.accounts.models import Membership, Team
from leads.models import Campaign
from reports.database import fetch
from sla.models import Segment, Version
from sla.services.compiling import in_force

if TYPE_CHECKING:
    from config.accounts.actor import Actor

NOT_GIVEN = "~"  # in addresses, for a source, campaign or persona that was not given
NOT_GIVEN_LABEL = "Not given"
FILTERS = ("segment", "source", "campaign", "persona", "version", "team", "person")
LABELS = {
    "segment": "Segment",
    "source": "Source",
    "campaign": "Campaign",
    "persona": "Persona",
    "version": "Agreement version",
    "team": "Team",
    "person": "Person",
}


@dataclass(frozen=True)
class Option:
    """`code` stands in addresses, `value` is what the database knows."""

    code: str
    label: str
    value: int | str


def segments() -> list[Option]:
    return [Option(key, name, pk) for pk, key, name in Segment.objects.values_list("pk", "key", "name")]


def campaigns() -> list[Option]:
    rows = Campaign.objects.values_list("pk", "key", "name")
    return [*(Option(key, name, pk) for pk, key, name in rows), Option(NOT_GIVEN, NOT_GIVEN_LABEL, 0)]


# The next value after the last, by the index on source: as quick over a million leads as over a thousand.
DISTINCT_SOURCES = """
WITH RECURSIVE found AS (
    (SELECT source FROM leads_lead ORDER BY source LIMIT 1)
    UNION ALL
    SELECT (SELECT source FROM leads_lead WHERE source > found.source ORDER BY source LIMIT 1)
    FROM found WHERE found.source IS NOT NULL
)
SELECT source FROM found WHERE source IS NOT NULL
"""


def sources() -> list[Option]:
    names = [name for (name,) in fetch(DISTINCT_SOURCES, {})]
    return [Option(name or NOT_GIVEN, source_label(name), name) for name in sorted(names, key=lambda n: (not n, n))]


def source_label(name: str) -> str:
    """`paid_search` as people say it."""
    if not name:
        return NOT_GIVEN_LABEL
    return name.replace("_", " ").capitalize() if name == name.lower() else name


def personas(now: datetime) -> list[Option]:
    named = {persona.key: persona.name for _, _, terms in in_force(now).rows for persona in terms.personas}
    return [*(Option(key, name, key) for key, name in named.items()), Option(NOT_GIVEN, NOT_GIVEN_LABEL, "")]


def versions() -> list[Option]:
    rows = Version.objects.signed().order_by("agreement_id", "-number").select_related("agreement")
    return [Option(str(version.public_id), str(version), version.pk) for version in rows.defer("compiled")]


def teams() -> list[Option]:
    rows = Team.objects.filter(is_active=True).exclude(function=Function.MANAGEMENT)
    return [Option(str(team.public_id), team.name, team.pk) for team in rows]


def people(actor: Actor) -> list[Option]:
    """Whose figures this person may see: their own, and those of the people they manage or managed; admins everybody's.

    Who has left stays among them, for their work stays in the figures."""
    seats = Membership.objects.exclude(team__function=Function.MANAGEMENT).order_by("user__name")
    if not actor.is_admin:
        managed = [seat.team_id for seat in actor.seats if seat.role == "manager"]
        seats = seats.filter(team_id__in=managed) | seats.filter(user=actor.user)
    found = seats.values_list("user_id", "user__public_id", "user__name").distinct()
    options = [Option(str(code), "Me" if pk == actor.user.pk else name, pk) for pk, code, name in found]
    return sorted(options, key=lambda option: option.value != actor.user.pk)


def offered(names: Sequence[str], actor: Actor, now: datetime) -> dict[str, list[Option]]:
    """The options of the filters a page has; those with nothing to choose between are left out of the page."""
    readers: dict[str, Callable[[], list[Option]]] = {
        "segment": segments,
        "source": sources,
        "campaign": campaigns,
        "persona": lambda: personas(now),
        "version": versions,
        "team": teams,
        "person": lambda: people(actor),
    }
    return {name: readers[name]() for name in names}
