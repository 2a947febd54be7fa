"""A report as data: sections of tiles, tables, charts and notes. Page, print, CSV, XLSX, PDF, mail and API show the same.

A figure carries what it is of, how sure it is, and the address of the leads behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from config.web import wording
from config.web.charts import Chart
from reports.asked import Asked
from reports.intervals import Rate

Number = int | float | Decimal
Unit = Literal["count", "percent", "money", "plain", "working_seconds", "seconds", "days", "ratio"]
Tone = Literal["", "good", "warn", "bad"]
WITH_CENTS = 1000  # amounts from here on are shown whole


@dataclass(frozen=True)
class Figure:
    """`value` in its unit (percent as 0 to 100); `part` of `whole` and the interval stand beside a share.

    `of_words` says what the whole is ("of 240 handoffs"). Nothing known is None, shown as a dash. `url` opens the `rows`
    rows that are behind it: exactly as many.
    """

    value: Number | None
    unit: Unit = "count"
    part: Number | None = None
    whole: Number | None = None
    of_words: str = ""
    interval: tuple[float, float] | None = None
    url: str = ""
    rows: int | None = None
    tone: Tone = ""
    currency: str = ""
    digits: int = 1
    note: str = ""
    whole_text: str = ""  # where the whole is no count: as people read it

    @property
    def text(self) -> str:
        if self.value is None:
            return wording.DASH
        match self.unit:
            case "percent":
                return f"{trimmed(self.value, self.digits)} %"
            case "money":
                exact = Decimal(self.value)
                return wording.money(round(exact, 2 if abs(exact) < WITH_CENTS else 0), self.currency)
            case "working_seconds":
                return wording.duration(float(self.value), days=False)
            case "seconds":
                return wording.duration(float(self.value))
            case "days":
                return f"{trimmed(self.value, self.digits)} d"
            case "ratio":
                return trimmed(self.value, 2)
            case "plain":
                return trimmed(self.value, self.digits)
        return wording.grouped(self.value)

    @property
    def sub(self) -> str:
        """What stands under or beside it: the denominator, the interval, a note."""
        parts = []
        if self.whole is not None:
            parts.append(f"of {self.whole_text or wording.grouped(self.whole)} {self.of_words}".strip())
        if self.interval is not None:
            parts.append(self.interval_text)
        if self.note:
            parts.append(self.note)
        return ", ".join(parts)

    @property
    def interval_text(self) -> str:
        if self.interval is None:
            return ""
        low, high = self.interval
        return f"{trimmed(low, self.digits)} to {trimmed(high, self.digits)} %"

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"value": plain(self.value), "unit": self.unit, "text": self.text}
        for name in ("part", "whole"):
            if getattr(self, name) is not None:
                found[name] = plain(getattr(self, name))
        if self.interval is not None:
            found["interval"] = [round(end, 6) for end in self.interval]
        for name in ("currency", "url", "rows", "note"):
            if getattr(self, name):
                found[name] = getattr(self, name)
        return found


def trimmed(value: Number, digits: int) -> str:
    text = wording.grouped(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(value: Number | None) -> int | float | None:
    """A number JSON knows; exact counts stay whole."""
    if value is None or isinstance(value, int):
        return value
    whole = int(value)
    return whole if value == whole else float(value)


def counted(number: int, url: str = "", *, tone: Tone = "", note: str = "") -> Figure:
    """A number of rows, opening them where there are any."""
    return Figure(number, url=url if number else "", rows=number, tone=tone, note=note)


def share(
    rate: Rate, *, url: str = "", of_words: str = "", tone: Tone = "", note: str = "", ranged: bool = False
) -> Figure:
    """A share of counted cases, always with its count; with its interval where the count is small, or where `ranged`.

    `url` opens the part, not the whole.
    """
    low, high = rate.interval
    return Figure(
        value=None if rate.value is None else rate.value * 100,
        unit="percent",
        part=rate.part,
        whole=rate.whole,
        of_words=of_words,
        interval=(low * 100, high * 100) if rate.whole and (ranged or rate.is_small) else None,
        url=url if rate.part else "",
        rows=rate.part,
        tone=tone,
        note=note,
    )


@dataclass(frozen=True)
class Text:
    text: str
    sub: str = ""
    url: str = ""

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if value or key == "text"}


@dataclass(frozen=True)
class Badge:
    label: str
    tone: str = "secondary"
    title: str = ""

    @property
    def text(self) -> str:
        return self.label

    @property
    def sub(self) -> str:
        return ""

    def as_json(self) -> dict[str, Any]:
        return {"text": self.label}


@dataclass(frozen=True)
class Course:
    """Figures of several periods in a row, drawn small."""

    values: Sequence[Number | None]
    label: str
    labels: Sequence[str] = ()

    @property
    def known(self) -> list[float]:
        return [float(value) for value in self.values if value is not None]

    @property
    def text(self) -> str:
        return ", ".join(wording.DASH if value is None else trimmed(value, 1) for value in self.values)

    @property
    def sub(self) -> str:
        return ""

    def as_json(self) -> dict[str, Any]:
        return {"values": [plain(value) for value in self.values], "labels": list(self.labels)}


Entry = Figure | Text | Badge | Course


@dataclass(frozen=True)
class Column:
    key: str
    label: str
    align: Literal["start", "end"] = "end"
    hint: str = ""


@dataclass(frozen=True)
class Row:
    """`entries` stand in the order of the table's columns; a strong row sums up, a `group` row begins a part."""

    entries: Sequence[Entry]
    strong: bool = False
    group: bool = False

    @property
    def head(self) -> Entry:
        return self.entries[0]

    @property
    def rest(self) -> Sequence[Entry]:
        return self.entries[1:]


@dataclass(frozen=True)
class Table:
    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    sub: str = ""
    note: str = ""
    empty: str = "Nothing was counted in this period."
    kind = "table"

    @property
    def cells(self) -> list[tuple[Row, list[tuple[Column, Entry]]]]:
        """Each row with its entries beside their columns, without the first."""
        return [(row, list(zip(self.columns[1:], row.rest, strict=True))) for row in self.rows]

    def as_json(self) -> dict[str, Any]:
        keys = [column.key for column in self.columns]
        return {
            "kind": "table",
            "key": self.key,
            "title": self.title,
            "columns": [{"key": column.key, "label": column.label} for column in self.columns],
            "rows": [
                {key: entry.as_json() for key, entry in zip(keys, row.entries, strict=True)}
                for row in self.rows
                if not row.group
            ],
        }


@dataclass(frozen=True)
class Tile:
    label: str
    figure: Figure
    trend: str = ""
    trend_tone: Tone = ""
    trend_label: str = ""
    course: Sequence[float] = ()
    hint: str = ""


@dataclass(frozen=True)
class Tiles:
    key: str
    tiles: Sequence[Tile]
    title: str = ""
    kind = "tiles"

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": "tiles",
            "key": self.key,
            "tiles": [{"label": tile.label, **tile.figure.as_json()} for tile in self.tiles],
        }


@dataclass(frozen=True)
class Drawing:
    """A chart of the page. Its figures are those of a table beside it or of its own."""

    key: str
    chart: Chart
    title: str = ""
    kind = "chart"

    def as_json(self) -> dict[str, Any]:
        return {"kind": "chart", "key": self.key, "title": self.chart.title, **self.chart.as_json()}


@dataclass(frozen=True)
class Note:
    """Words: a caveat, an alarm, how a figure is made."""

    text: str
    title: str = ""
    level: Literal["info", "good", "warn", "bad"] = "info"
    url: str = ""
    url_label: str = ""
    key: str = "note"
    kind = "note"

    def as_json(self) -> dict[str, Any]:
        return {"kind": "note", "level": self.level, "title": self.title, "text": self.text}


Block = Table | Tiles | Drawing | Note


@dataclass(frozen=True)
class Section:
    """A part of a report that is made on its own: slow ones are fetched after the page has come.

    `asks` names further parameters the section takes, as (key, label, options).
    """

    key: str
    title: str
    build: Callable[[Asked], Sequence[Block]]
    later: bool = False
    wide: bool = True
    sub: str = ""
    asks: Callable[[Asked], Sequence[Choice]] | None = None


@dataclass(frozen=True)
class Choice:
    """A choice of one section: which dimension to split by, at which stage to begin."""

    key: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True)
class Report:
    """`usual` is the period shown at first; `filters` those its page offers."""

    key: str
    title: str
    words: str
    sections: Sequence[Section]
    filters: Sequence[str]
    usual: str
    kinds: Sequence[str]
    how: str = ""  # how its figures are made, for who asks
    choices: Callable[[Asked], Sequence[Choice]] | None = None
    extra: Sequence[str] = field(default_factory=tuple)  # parameters beside period and filters

    @property
    def url_name(self) -> str:
        return f"reports_{self.key}"

    def section(self, key: str) -> Section | None:
        return next((section for section in self.sections if section.key == key), None)
