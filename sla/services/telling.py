"""What the people of an agreement are told, and the events that open pages and webhooks hear."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from config.accounts.models import Team, User
from config.notices.services.notices import tell
from config.outbox.services.events import News, publish
from sla.links import version_url
from sla.models import Version
from sla.terms import Terms

KINDS = (
    ("version_proposed", "A version of the agreement waits for my signature"),
    ("version_changed", "Somebody signs, withdraws or takes back a version"),
    ("version_in_force", "A version of the agreement comes into force"),
    ("acknowledge", "I should confirm the agreement in force"),
    ("clause_comment", "Somebody comments on a clause"),
    ("change_proposed", "A change of the agreement is proposed"),
    ("agreement_review", "The agreement or a definition is due for review"),
)


def tell_about(
    version: Version,
    people: Iterable[User],
    kind: str,
    title: str,
    *,
    key: str,
    at: datetime,
    body: str = "",
    url: str = "",
    but: User | None = None,
) -> int:
    """A notice about a version to each of these people but the one who did it; returns how many are new. Inside the
    verb's transaction."""
    told = tell(
        [person for person in people if but is None or person.pk != but.pk],
        kind=kind,
        title=title,
        body=body,
        url=url or version_url(version.public_id),
        dedupe_key=f"{kind}:{version.pk}:{key}",
        at=at,
    )
    return len(told)


def announce_event(topic: str, version: Version, terms: Terms, at: datetime, **payload: Any) -> None:
    """The event, to open pages of every party's teams and to webhooks."""
    functions = [party.function for party in terms.parties]
    teams = Team.objects.filter(function__in=functions, is_active=True).values_list("pk", flat=True)
    data = {"agreement": version.agreement.name, "number": version.number} | payload
    publish(News(topic=topic, subject=str(version.public_id), at=at, payload=data, teams=list(teams)))
