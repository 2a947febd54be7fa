"""Throw away what has done its work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from config.outbox.models import Event, WebhookDelivery

KEPT = timedelta(days=90)
BATCH = 2000


def tidy_events(now: datetime) -> int:
    """Delete events that were handled long ago and still owe nobody a delivery, a batch per transaction."""
    owed = WebhookDelivery.objects.waiting().filter(event=OuterRef("pk"))
    old = Event.objects.filter(~Exists(owed), handled_at__lt=now - KEPT).order_by("id")
    gone = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            WebhookDelivery.objects.filter(event__in=ids).delete()
            Event.objects.filter(pk__in=ids).delete()
        gone += len(ids)
    return gone


# kombu's SQLAlchemy transport marks a message invisible when a worker takes it, and never looks at it again: even a
# message given back at shutdown is stored anew. So what is invisible only takes space. A visible message whose expiry
# has passed would be fetched only to be dropped; after a night without a worker there are thousands of those.
PURGE = """
    delete from broker.kombu_message where id in (
        select id from broker.kombu_message
        where not visible or (payload::jsonb -> 'headers' ->> 'expires')::timestamptz < %s
        order by id limit %s for update skip locked
    )
"""


def purge_broker(now: datetime) -> int:
    """Delete consumed and expired messages of the broker that lives in the portal's own database."""
    purged = 0
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('broker.kombu_message')")
        if cursor.fetchone() == (None,):
            return 0  # the broker has another database, or has never been used
        while True:
            cursor.execute(PURGE, [now.astimezone(UTC), BATCH])
            purged += cursor.rowcount
            if cursor.rowcount < BATCH:
                return purged
