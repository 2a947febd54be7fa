"""Saved views: a report's period and filters under a name."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.db import transaction

from config.accounts.models import User
from config.web.errors import Refusal
from reports.models import SavedView

MOST = 50
LONGEST, LONGEST_NAME = 1000, 80  # as the columns are
NOT_KEPT = ("full", "cursor")


def save(report: str, name: str, query: str, *, is_shared: bool, by: User) -> SavedView:
    """Keep a view, in place of one's own of that name. `query` is the page's address after the question mark; a period
    it names by kind alone goes on moving."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Refusal("invalid_name", "A view needs a name of at most 80 letters.", fields={"name": "1 to 80 letters."})
    kept = [(key, value) for key, value in parse_qsl(query.lstrip("?")) if key not in NOT_KEPT and value]
    text = urlencode(kept)
    if len(text) > LONGEST:
        raise Refusal("too_long", "This view has too many filters to be kept.", fields={"name": "Too many filters."})
    with transaction.atomic():
        mine = SavedView.objects.filter(owner=by)
        if mine.count() >= MOST and not mine.filter(report=report, name=name).exists():
            raise Refusal("too_many", f"You have {MOST} views already; take one away first.")
        view, _ = SavedView.objects.update_or_create(
            owner=by, report=report, name=name, defaults={"query": text, "is_shared": is_shared}
        )
    return view


def remove(view: SavedView) -> None:
    view.delete()
