"""Anonymous visitors: browsers that are nobody yet, known by the id their tracking gives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from leads.imports.context import CREATED, UNCHANGED, Context
from leads.imports.records import Record

UPSERT = """
INSERT INTO leads_visitor (key, first_seen_at, last_seen_at)
SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (key) DO UPDATE SET
    first_seen_at = least(leads_visitor.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(leads_visitor.last_seen_at, excluded.last_seen_at)
RETURNING key, id, lead_id, xmax = 0
"""
KNOWN = "SELECT key FROM leads_visitor WHERE key = ANY(%s)"


def upsert(spans: dict[str, tuple[datetime, datetime]]) -> dict[str, tuple[int, int | None, bool]]:
    """Visitors by key with the span in which they were seen: each one's id, lead and whether it is new."""
    if not spans:
        return {}
    keys = sorted(spans)
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [keys, [spans[key][0] for key in keys], [spans[key][1] for key in keys]])
        return {key: (pk, lead, new) for key, pk, lead, new in cursor.fetchall()}


def known(keys: Iterable[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [sorted(set(keys))])
        return {key for (key,) in cursor.fetchall()}


def note_visitors(context: Context, records: list[Record]) -> None:
    """Rows of a list of leads that are nobody yet become visitors; they are leads once they give an address."""
    keys = {
        record.line: f"{context.source.key}:{record.values.get('external_id', record.line)}"[:80] for record in records
    }
    if context.dry:
        here = known(keys.values())
        for record in records:
            record.outcome = UNCHANGED if keys[record.line] in here else CREATED
        return
    spans = {}
    for record in records:
        at = record.values.get("received_at") or context.at
        spans[keys[record.line]] = (at, at)
    found = upsert(spans)
    for record in records:
        record.outcome = CREATED if found[keys[record.line]][2] else UNCHANGED
        context.notes["visitors"] += record.outcome == CREATED
