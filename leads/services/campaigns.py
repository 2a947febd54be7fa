"""Campaigns by what people and files call them: by key, else by name, whatever the capitals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Q
from django.db.models.functions import Lower

from leads.models import Campaign

NAME_LENGTH = 120


def known(words: Iterable[str]) -> dict[str, Campaign]:
    """The campaigns these words mean, by word; words that mean none are left out.

    A key as it stands counts before one in other capitals, and that before a name; of two of one name the older is meant.
    Two queries at most, whatever the number of words.
    """
    wanted = {word for word in words if word}
    found = {row.key: row for row in Campaign.objects.filter(key__in=wanted)} if wanted else {}
    missing = {word: word.strip().lower() for word in wanted - found.keys()}
    if not missing:
        return found
    lower = set(missing.values())
    rows = Campaign.objects.alias(low_key=Lower("key"), low_name=Lower("name"))
    by_key: dict[str, Campaign] = {}
    by_name: dict[str, Campaign] = {}
    for row in rows.filter(Q(low_key__in=lower) | Q(low_name__in=lower)).order_by("-pk"):
        by_key[row.key.lower()] = by_name[row.name.lower()] = row
    meant = {word: by_key.get(low) or by_name.get(low) for word, low in missing.items()}
    return found | {word: row for word, row in meant.items() if row is not None}


def named(words: Iterable[str], names: Mapping[str, str] | None = None) -> dict[str, Campaign]:
    """As `known`; a word that means none becomes the key of a new campaign (80 characters at most), named as
    `names` says or like its key."""
    wanted = sorted({word for word in words if word})
    found = known(wanted)
    fresh = {word.strip().lower(): word for word in reversed(wanted) if word not in found}
    if not fresh:
        return found
    rows = [Campaign(key=word, name=((names or {}).get(word) or word)[:NAME_LENGTH]) for word in fresh.values()]
    Campaign.objects.bulk_create(rows, ignore_conflicts=True)
    return known(wanted)
