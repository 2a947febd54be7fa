"""Lists that can be sorted and filtered. What may be asked for is declared; anything else is said to be wrong.

    INBOX = Table(
        columns=(Column("name", "Lead", sort="person__name"), Column("due", "Due", sort="due_at")),
        filters=(Choice("stage", "Stage", "stage", CHOICES), Text("q", "Name", "person__name__icontains")),
        sort="due",
    )
    view = INBOX.read(request.GET)
    page = view.page(Handoff.objects.open())

`components/filter_bar.html`, `data_table.html` and `pager.html` draw `table=view` and `page`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

from config.web.paging import SIZE, Page, keyset

Row = TypeVar("Row", bound=Model)
Rows = QuerySet[Any]
Lookup = str | Callable[[Rows, Any], Rows]  # an ORM lookup, or a function that narrows the queryset
Options = Sequence[tuple[str, str]] | Callable[[], Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Column:
    """`sort` is the ORM path to order by; without one the column cannot be sorted."""

    key: str
    label: str
    sort: str = ""
    align: Literal["start", "end"] = "start"
    hint: str = ""
    newest_first: bool = False  # the first click sorts downwards
    hide_label: bool = False


class Unreadable(ValueError):
    """The value of a filter is not one of its values; the message says what is."""


@dataclass(frozen=True)
class Filter:
    """Base of the filters: `read` checks what was asked, `narrow` applies it."""

    key: str
    label: str
    lookup: Lookup

    kind = "text"

    def read(self, given: list[str]) -> Any:
        return given[0].strip()

    def narrow(self, rows: Rows, value: Any) -> Rows:
        return self.lookup(rows, value) if callable(self.lookup) else rows.filter(Q(**{self.lookup: value}))

    def shown(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True)
class Text(Filter):
    placeholder: str = ""
    longest: int = 200

    def read(self, given: list[str]) -> str:
        text = given[0].strip()
        if len(text) > self.longest or "\x00" in text:
            raise Unreadable(f"At most {self.longest} characters.")
        return text


@dataclass(frozen=True)
class Choice(Filter):
    """One of several values, or several of them (`many`)."""

    options: Options = ()
    many: bool = False
    empty_label: str = "All"

    @property
    def kind(self) -> str:  # type: ignore[override]
        return "many" if self.many else "choice"

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        return self.options() if callable(self.options) else self.options

    def read(self, given: list[str]) -> Any:
        known = {str(code) for code, _ in self.choices}
        wrong = [value for value in given if value not in known]
        if wrong:
            raise Unreadable(f"{wrong[0][:40]!r} is not one of the choices.")
        return given if self.many else given[0]

    def narrow(self, rows: Rows, value: Any) -> Rows:
        if self.many and not callable(self.lookup):
            return rows.filter(Q(**{f"{self.lookup}__in": value}))
        return super().narrow(rows, value)

    def shown(self, value: Any) -> str:
        labels = {str(code): str(label) for code, label in self.choices}
        return ", ".join(labels[item] for item in (value if self.many else [value]))


@dataclass(frozen=True)
class Day(Filter):
    kind = "date"

    def read(self, given: list[str]) -> date:
        try:
            return date.fromisoformat(given[0])
        except ValueError:
            raise Unreadable("A date such as 2026-03-31.") from None


@dataclass(frozen=True)
class Flag(Filter):
    kind = "flag"

    def read(self, given: list[str]) -> bool:
        if given[0] not in ("1", "on"):
            raise Unreadable("On, or not there.")
        return True

    def shown(self, value: Any) -> str:
        return "yes"


@dataclass(frozen=True)
class Header:
    """A column as the page shows it: where a click leads, and how it is sorted now."""

    column: Column
    sort: str = ""  # the `sort` parameter a click asks for
    state: Literal["", "ascending", "descending"] = ""


@dataclass(frozen=True)
class Asked:
    """A filter with what was asked of it."""

    filter: Filter
    given: list[str]
    value: Any = None
    problem: str = ""

    @property
    def shown(self) -> str:
        return self.filter.shown(self.value)

    @property
    def is_set(self) -> bool:
        return self.value not in (None, "", [])


@dataclass(frozen=True)
class Table:
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    sort: str = ""  # a column's key, with a minus for downwards; without one, the newest rows first
    size: int = SIZE
    selectable: bool = False

    def read(self, parameters: QueryDict) -> TableView:
        """What the query string asks of this table. Nothing in it can reach the ORM but what is declared."""
        problems: list[str] = []
        wanted = parameters.get("sort") or self.sort
        if wanted.removeprefix("-") not in {c.key for c in self.columns if c.sort}:
            if parameters.get("sort"):
                problems.append("That column cannot be sorted; the usual order is shown.")
            wanted = self.sort
        asked = [self._asked(one, parameters) for one in self.filters]
        problems += [f"{one.filter.label}: {one.problem}" for one in asked if one.problem]
        return TableView(self, wanted, asked, problems, parameters.get("cursor", ""))

    @staticmethod
    def _asked(one: Filter, parameters: QueryDict) -> Asked:
        given = [value for value in parameters.getlist(one.key) if value.strip()]
        if not given:
            return Asked(one, [])
        try:
            return Asked(one, given, one.read(given))
        except Unreadable as error:
            return Asked(one, given, problem=str(error))


@dataclass(frozen=True)
class TableView:
    """A table as one person asked for it."""

    table: Table
    sort: str
    filters: list[Asked]
    problems: list[str]
    cursor: str = ""

    @property
    def headers(self) -> list[Header]:
        return [self._header(column) for column in self.table.columns]

    def _header(self, column: Column) -> Header:
        if not column.sort:
            return Header(column)
        if self.sort.removeprefix("-") != column.key:
            return Header(column, ("-" if column.newest_first else "") + column.key)
        downwards = self.sort.startswith("-")
        return Header(column, column.key if downwards else f"-{column.key}", "descending" if downwards else "ascending")

    @property
    def set_filters(self) -> list[Asked]:
        return [one for one in self.filters if one.is_set]

    def narrowed(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        for one in self.set_filters:
            rows = one.filter.narrow(rows, one.value)
        return rows

    def page(self, rows: QuerySet[Row]) -> Page[Row]:
        """The filtered, sorted page; one query."""
        paths = {column.key: column.sort for column in self.table.columns}
        by = paths[self.sort.removeprefix("-")] if self.sort else "pk"
        descending = self.sort.startswith("-") if self.sort else True
        return keyset(self.narrowed(rows), by=by, descending=descending, cursor=self.cursor, size=self.table.size)
