"""Write what happened, in the transaction that makes it so."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from config.outbox.models import CHANNEL, Event
from config.outbox.nudge import nudge


@dataclass(frozen=True)
class News:
    """One event to be. `teams` and `users` are the ids of those whose open pages should know at once."""

    topic: str
    subject: str
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)
    teams: Iterable[int] = ()
    users: Iterable[int] = ()


def publish(*news: News) -> list[Event]:
    """Store the events in one statement; once committed, ask a worker to handle them soon.

    Must run inside a transaction: an event without its cause, or a cause without its event, must not exist.
    """
    return Event.objects.bulk_create(events_of(*news))


def tell_pages(topic: str, *, subject: str = "", teams: Iterable[int] = (), users: Iterable[int] = ()) -> None:
    """Have open pages look again, once this transaction commits, without storing an event: nobody else wants to know."""
    note = {"topic": topic, "subject": subject, "teams": sorted(set(teams)), "users": sorted(set(users))}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps(note)])


def events_of(*news: News) -> list[Event]:
    """The rows of the events, for a verb that writes them together with its own; a worker is asked once committed."""
    assert transaction.get_connection().in_atomic_block, "an event belongs inside the transaction it reports"
    transaction.on_commit(nudge)
    return [
        Event(
            topic=item.topic,
            subject=item.subject,
            payload=item.payload,
            teams=sorted({team for team in item.teams if team}),
            users=sorted({user for user in item.users if user}),
            occurred_at=item.at,
            next_at=item.at,
        )
        for item in news
    ]
