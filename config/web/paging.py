"""Pages of a long list by the place of their last row, never by counting: as fast on page 900 as on page 1.

    page = keyset(Lead.objects.all(), by="changed_at", descending=True, cursor=request.GET.get("cursor", ""))

Rows are ordered by one column and then by id, so no two share a place. Empty values stand at the end, whichever
the direction. Costs one query, with an index on (column, id) a short one.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

Row = TypeVar("Row", bound=Model)
SIZE = 50
PLACE = "keyset_value"


@dataclass(frozen=True)
class Page(Generic[Row]):
    """`newer` and `older` are cursors for the list's two directions, empty at its ends."""

    rows: list[Row]
    newer: str = ""
    older: str = ""
    is_first: bool = True


@dataclass(frozen=True)
class Mark:
    """The row a page ends at, and which way to go from it."""

    onward: bool
    value: Any
    pk: Any

    def __str__(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, date | datetime) else self.value
        text = json.dumps([int(self.onward), None if value is None else str(value), str(self.pk)])
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def keyset(
    queryset: QuerySet[Row], *, by: str = "pk", descending: bool = False, cursor: str = "", size: int = SIZE
) -> Page[Row]:
    """One page. A cursor that cannot be read (cut off, of another sort) gives the first page."""
    rows = queryset.annotate(**{PLACE: F(by)})
    field = rows.query.annotations[PLACE].output_field
    empties = "__" in by or getattr(field, "null", True)
    mark = _read(cursor, field, rows.model._meta.pk)
    onward = mark is None or mark.onward
    ascending = descending is not onward
    if mark is not None:
        rows = rows.filter(_beyond(mark, ascending=ascending, empties=empties))
    found = list(rows.order_by(*_order(ascending=ascending, onward=onward, empties=empties))[: size + 1])
    more, found = len(found) > size, found[:size]
    if not onward:
        found.reverse()
    if not found:
        return Page([], is_first=mark is None)
    before = mark is not None if onward else more
    after = more if onward else True
    return Page(
        found,
        newer=str(Mark(False, getattr(found[0], PLACE), found[0].pk)) if before else "",
        older=str(Mark(True, getattr(found[-1], PLACE), found[-1].pk)) if after else "",
        is_first=not before,
    )


def _read(cursor: str, field: Any, pk: Any) -> Mark | None:
    try:
        onward, value, key = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if "\x00" in f"{value}{key}":
            return None
        return Mark(bool(onward), None if value is None else field.to_python(value), pk.to_python(key))
    except (ValueError, TypeError, ValidationError):
        return None


def _order(*, ascending: bool, onward: bool, empties: bool) -> list[OrderBy]:
    nulls = ({"nulls_last": True} if onward else {"nulls_first": True}) if empties else {}
    place, pk = F(PLACE), F("pk")
    return [place.asc(**nulls), pk.asc()] if ascending else [place.desc(**nulls), pk.desc()]


def _beyond(mark: Mark, *, ascending: bool, empties: bool) -> Q:
    """Rows past the mark. The first condition is a plain range, which an index can serve."""
    way = "gt" if ascending else "lt"
    further = Q(**{f"pk__{way}": mark.pk})
    empty = Q(**{f"{PLACE}__isnull": True})
    if mark.value is None:
        return empty & further if mark.onward else ~empty | (empty & further)
    past = Q(**{f"{PLACE}__{way}e": mark.value}) & (Q(**{f"{PLACE}__{way}": mark.value}) | further)
    return past | empty if empties and mark.onward else past
