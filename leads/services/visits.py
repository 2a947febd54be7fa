"""Visits of browsers that are nobody yet; joined to the lead once it gives its address, and counted for it from then on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction

from leads.models import Activity, Handoff, IntakeKey, IntakeSource, KeyPage, Lead, Visitor
from leads.services import advancing

PAGE_VIEW = "page_view"
SEEN = """
INSERT INTO leads_visitor (key, first_seen_at, last_seen_at) VALUES (%(key)s, %(at)s, %(at)s)
ON CONFLICT (key) DO UPDATE SET
    first_seen_at = least(leads_visitor.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(leads_visitor.last_seen_at, excluded.last_seen_at)
RETURNING id, lead_id
"""


def type_of(page: str) -> str:
    """Which deed a visit to this address is: by the longest key page its path begins with."""
    path = urlsplit(page).path.lower() or "/"
    fitting = [
        (len(key.path), key.type)
        for key in KeyPage.objects.all()
        if path == key.path.lower() or path.startswith(key.path.lower().rstrip("/") + "/")
    ]
    return max(fitting, default=(0, PAGE_VIEW))[1]


@transaction.atomic
def receive(
    source: IntakeSource,
    visitor: str,
    type: str,
    occurred_at: datetime,
    *,
    at: datetime,
    properties: Mapping[str, Any] | None = None,
    external_id: str = "",
    raw: Mapping[str, Any] | None = None,
) -> tuple[bool, Handoff | None]:
    """One deed of a visitor, once by its external id: of its lead where it has an open one, else kept for the day it gives
    its address. Returns whether it was new, and the handoff it led to."""
    if external_id:
        _, made = IntakeKey.objects.get_or_create(
            source=source,
            kind=IntakeKey.Kind.VISIT,
            external_id=external_id,
            defaults={"raw": dict(raw or {}), "received_at": at},
        )
        if not made:
            return False, None
    visitor_id, lead_id = _seen(visitor, min(occurred_at, at))
    deed = Activity(
        visitor_id=visitor_id,
        type=type,
        occurred_at=min(occurred_at, at),
        received_at=at,
        source=source.key,
        properties=dict(properties or {}),
    )
    open_lead = _open_lead(lead_id)
    if open_lead is None:
        deed.save()
        return True, None
    return True, advancing.add_deeds(open_lead, [deed], at=at)


def _seen(visitor: str, at: datetime) -> tuple[int, int | None]:
    with connection.cursor() as cursor:
        cursor.execute(SEEN, {"key": visitor, "at": at})
        row: tuple[int, int | None] = cursor.fetchone()
    return row


def _open_lead(lead_id: int | None) -> int | None:
    """The open lead of the person a visitor turned out to be."""
    if lead_id is None:
        return None
    person = Lead.objects.filter(pk=lead_id).values("person_id")
    return (
        Lead.objects.filter(person_id__in=person, closed_at=None).order_by("-id").values_list("pk", flat=True).first()
    )


def past_of(visitor: str) -> list[Activity]:
    """What a visitor did that belongs to no lead yet, oldest first."""
    if not visitor:
        return []
    return list(Activity.objects.filter(visitor__key=visitor, lead=None).order_by("occurred_at"))


def join(visitor: str, lead: Lead, at: datetime) -> int:
    """The visitor turned out to be this lead: what it did before belongs to the lead. Returns how many deeds."""
    if not visitor:
        return 0
    visitor_id, _ = _seen(visitor, at)
    Visitor.objects.filter(pk=visitor_id).exclude(lead=lead).update(lead=lead, joined_at=at)
    return Activity.objects.filter(visitor_id=visitor_id, lead=None).update(lead=lead)
