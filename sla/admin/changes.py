"""The history of a version: every change of every field, who made it, when; read from what the triggers kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.accounts.models import User
from config.web.wording import local
from sla.models import Version, term_models
from sla.models.termrow import plain
from sla.services.compiling import terms_of
from sla.terms import Terms
from sla.words.fields import field_label, term_name, value_words

SHOWN = 400
UNTOLD = frozenset({"id", "version", "key", "position"})
UNTOLD_OF_VERSION = frozenset(
    {"id", "public_id", "agreement", "number", "created_at", "created_by", "based_on", "content_hash"}
)


@dataclass(frozen=True)
class Change:
    """`kind` is added, removed or changed; the two texts are in words, empty where the term came or went."""

    at: datetime
    by: str
    kind: str
    term: str
    label: str = ""
    before: str = ""
    after: str = ""
    revision: int | None = None


def changes_of(version: Version, *, since_revision: int | None = None) -> list[Change]:
    """The latest changes first. What the draft began with is not told; with `since_revision` only what came later."""
    terms = terms_of(version)
    started, since = _moments(version, since_revision)
    people: set[int] = set()
    found: list[tuple[Any, Any, Any]] = []  # the event, the one before it of the same row, its model or None
    for model in (None, *term_models()):
        events = _events(version, model)
        found += [(event, before, model) for event, before in _pairs(events)]
        people |= {_user(event) for event in events if _user(event)}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    changes = [
        change
        for event, before, model in found
        if event.pgh_created_at > since and not (event.pgh_label == "insert" and event.pgh_created_at <= started)
        for change in _told(event, before, model, names, terms)
    ]
    changes.sort(key=lambda change: change.at, reverse=True)
    return changes[:SHOWN]


def _moments(version: Version, since_revision: int | None) -> tuple[datetime, datetime]:
    """When the draft's first rows were written (one transaction has one moment), and after when changes are asked for."""
    events = list(Version.pgh_event_model.objects.filter(pgh_obj_id=version.pk).order_by("pgh_id"))
    first = events[0].pgh_created_at if events else version.created_at
    if since_revision is None:
        return first, datetime.min.replace(tzinfo=first.tzinfo)
    seen = [event.pgh_created_at for event in events if event.revision <= since_revision]
    return first, seen[-1] if seen else first


def _events(version: Version, model: Any) -> list[Any]:
    if model is None:
        return list(Version.pgh_event_model.objects.filter(pgh_obj_id=version.pk).order_by("pgh_id"))
    return list(model.pgh_event_model.objects.filter(version_id=version.pk).order_by("pgh_id"))


def _pairs(events: list[Any]) -> Iterator[tuple[Any, Any]]:
    last: dict[int, Any] = {}
    for event in events:
        yield event, last.get(event.pgh_obj_id)
        last[event.pgh_obj_id] = event


def _user(event: Any) -> int:
    return int((event.pgh_context or {}).get("user") or 0)


def _told(event: Any, before: Any, model: Any, names: dict[int, str], terms: Terms) -> Iterator[Change]:
    section = model.section if model else ""
    by = names.get(_user(event), "the portal")
    values = _values(event)
    name = _name(section, values, terms)
    if section and event.pgh_label in ("insert", "delete"):
        yield Change(event.pgh_created_at, by, "added" if event.pgh_label == "insert" else "removed", name)
        return
    if before is None:
        return
    old = _values(before)
    untold = UNTOLD if section else UNTOLD_OF_VERSION
    revision = values.get("revision") if not section else None
    for field, value in values.items():
        if field in untold or field == "revision" or old.get(field) == value:
            continue
        yield Change(
            event.pgh_created_at,
            by,
            "changed",
            name,
            field_label(field, section),
            _said(section, field, old.get(field), terms, names),
            _said(section, field, value, terms, names),
            revision,
        )


def _said(section: str, field: str, value: Any, terms: Terms, names: dict[int, str]) -> str:
    """A value in words: people by name, moments in the reader's own time."""
    if not section and field.endswith("_by") and value:
        return names.get(int(value), "somebody")
    if not section and field.endswith("_at") and value:
        return local(datetime.fromisoformat(str(value)))
    return value_words(section, field, value, terms)


def _values(event: Any) -> dict[str, Any]:
    return {
        field.name: plain_or_text(field.value_from_object(event))
        for field in event._meta.concrete_fields
        if not field.name.startswith("pgh_")
    }


def plain_or_text(value: Any) -> Any:
    try:
        return plain(value)
    except TypeError:
        return str(value)


def _name(section: str, values: dict[str, Any], terms: Terms) -> str:
    return term_name(section, values, terms) if section else "This version"
