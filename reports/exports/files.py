"""A report as a file: CSV and XLSX for programs, PDF for people, JSON for the API. All from the same document."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typst
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from reports.asked import Asked
from reports.documents.base import Block, Drawing, Entry, Figure, Note, Report, Section, Table, Tiles, plain

TEMPLATE = Path(__file__).resolve().parents[1] / "typst" / "report.typ"
MOST_TITLE = 31  # characters of a sheet's name
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Built = list[tuple[Section, Sequence[Block]]]


def build(report: Report, asked: Asked) -> Built:
    """Every section, slow ones too."""
    return [(section, section.build(asked)) for section in report.sections]


def file_name(report: Report, asked: Asked, ending: str) -> str:
    """ "funnel-2026-01-01-to-2026-03-31.csv"."""
    return f"{report.key}-{asked.period.first_on}-to-{asked.period.last_on}.{ending}"


def heading(report: Report, asked: Asked) -> list[tuple[str, str]]:
    """What the figures are of, for the head of a file."""
    rows = [
        ("Report", report.title),
        ("Period", asked.period.label),
        ("First day", asked.period.first_on.isoformat()),
        ("Last day", asked.period.last_on.isoformat()),
        ("Time zone", asked.zone),
        ("As of", asked.now.astimezone().isoformat(timespec="seconds")),
    ]
    return rows + [(one.label, one.chosen.label) for one in asked.set_filters if one.chosen]


# --- JSON -------------------------------------------------------------------------------------------------------------


def as_json(report: Report, asked: Asked, built: Built) -> dict[str, Any]:
    return {
        "report": report.key,
        "title": report.title,
        "period": {
            "kind": asked.period.kind,
            "label": asked.period.label,
            "first_on": asked.period.first_on.isoformat(),
            "until_on": asked.period.until_on.isoformat(),
            "time_zone": asked.zone,
        },
        "filters": {one.key: one.code for one in asked.set_filters},
        "as_of": asked.now.isoformat(),
        "problems": asked.problems,
        "sections": [
            {"key": section.key, "title": section.title, "blocks": [block.as_json() for block in blocks]}
            for section, blocks in built
        ],
    }


# --- rows -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A table as plain values: figures as numbers, with what they are of and their interval in columns of their own."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]


def sheets(built: Built) -> Iterator[Sheet]:
    for section, blocks in built:
        for block in blocks:
            if isinstance(block, Table):
                yield _sheet(block)
            elif isinstance(block, Tiles):
                figures = [(tile.label, tile.figure) for tile in block.tiles]
                rows = [[label, *_values(figure), figure.unit] for label, figure in figures]
                yield Sheet(block.title or section.title, ["Figure", "Value", "Of", "From", "To", "Unit"], rows)
            elif isinstance(block, Drawing) and not any(isinstance(one, Table) for one in blocks):
                chart = block.chart
                names = [one.name for one in chart.series]
                yield Sheet(chart.title, ["", *names], [[label, *values] for label, _, values in chart.rows])


def _sheet(table: Table) -> Sheet:
    figured = [row for row in table.rows if not row.group]
    wide = [any(_has_whole(row.entries[place]) for row in figured) for place in range(len(table.columns))]
    headers: list[str] = []
    for column, has_whole in zip(table.columns, wide, strict=True):
        headers.append(column.label)
        headers += [f"{column.label}: of", f"{column.label}: from", f"{column.label}: to"] if has_whole else []
    rows = []
    for row in table.rows:
        if row.group:
            rows.append([row.head.text])
            continue
        values: list[Any] = []
        for entry, has_whole in zip(row.entries, wide, strict=True):
            found = _values(entry)
            values += found if has_whole else found[:1]
        rows.append(values)
    return Sheet(table.title, headers, rows)


def _has_whole(entry: Entry) -> bool:
    return isinstance(entry, Figure) and entry.whole is not None


def _values(entry: Entry) -> list[Any]:
    """Value, whole, lower and upper end; words as they are."""
    if not isinstance(entry, Figure):
        return [entry.text, None, None, None]
    low, high = entry.interval or (None, None)
    return [plain(entry.value), plain(entry.whole), low, high]


def safe(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def as_csv(report: Report, asked: Asked, built: Built) -> bytes:
    """All tables one below the other, each under its title; UTF-8 with a mark that spreadsheets read."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([label, safe(value)] for label, value in heading(report, asked))
    for sheet in sheets(built):
        writer.writerow([])
        writer.writerow([safe(sheet.title)])
        writer.writerow([safe(header) for header in sheet.headers])
        writer.writerows([safe(_rounded(value)) for value in row] for row in sheet.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else "" if value is None else value


def as_xlsx(report: Report, asked: Asked, built: Built) -> bytes:
    """A sheet for each table, behind one that says what it is of."""
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "About"
    for row in heading(report, asked):
        first.append(list(row))
    first.append([])
    first.append([report.how])
    first.column_dimensions["A"].width = 18
    used = {"about"}
    for sheet in sheets(built):
        page = book.create_sheet(_title(sheet.title, used))
        page.append([_plain_cell(page, header, bold=True) for header in sheet.headers])
        for values in sheet.rows:
            page.append([_plain_cell(page, _rounded(value)) for value in values])
        page.freeze_panes = "B2"
        for number in range(1, len(sheet.headers) + 1):
            page.column_dimensions[get_column_letter(number)].width = 34 if number == 1 else 16
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _plain_cell(page: Any, value: Any, *, bold: bool = False) -> Any:
    """Text never becomes a formula."""
    cell = Cell(page, value=value if value != "" else None)
    if isinstance(value, str) and value:
        cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _title(text: str, used: set[str]) -> str:
    plain_text = "".join(letter for letter in text if letter not in "[]:*?/\\'")[:MOST_TITLE].strip() or "Table"
    title, number = plain_text, 2
    while title.lower() in used:
        title = f"{plain_text[: MOST_TITLE - 3]} {number}"
        number += 1
    used.add(title.lower())
    return title


# --- PDF --------------------------------------------------------------------------------------------------------------


def as_pdf(report: Report, asked: Asked, built: Built) -> bytes:
    """For printing and passing on: tiles and tables with their denominators; charts are the tables' pictures."""
    document = {
        "title": report.title,
        "words": report.words,
        "facts": [list(pair) for pair in heading(report, asked)[1:]],
        "how": report.how,
        "sections": [{"title": section.title, "blocks": _for_print(blocks)} for section, blocks in built],
    }
    return typeset(document)


def typeset(document: dict[str, Any]) -> bytes:
    """A document as data through the template; text stays text and is never read as markup."""
    found = typst.compile(str(TEMPLATE), sys_inputs={"document": json.dumps(document)})
    assert isinstance(found, bytes)
    return found


def _for_print(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    printed: list[dict[str, Any]] = []
    has_table = any(isinstance(block, Table) for block in blocks)
    for block in blocks:
        if isinstance(block, Tiles):
            tiles = [[tile.label, tile.figure.text, tile.figure.sub] for tile in block.tiles]
            printed.append({"kind": "tiles", "tiles": tiles})
        elif isinstance(block, Table):
            printed.append(_printed_table(block))
        elif isinstance(block, Note):
            printed.append({"kind": "note", "title": block.title, "text": block.text})
        elif not has_table:
            rows = [[[label, ""], *([_number(value), ""] for value in values)] for label, _, values in block.chart.rows]
            headers = ["", *(one.name for one in block.chart.series)]
            ends = [False, *(True for _ in block.chart.series)]
            printed.append({"kind": "table", "title": block.chart.title, "headers": headers, "ends": ends, "rows": rows, "note": ""})  # fmt: skip
    return printed


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.10g}"


def _printed_table(table: Table) -> dict[str, Any]:
    rows = [
        [[row.head.text, ""]] if row.group else [[entry.text, entry.sub] for entry in row.entries] for row in table.rows
    ]
    return {
        "kind": "table", "title": table.title, "headers": [column.label for column in table.columns],
        "ends": [column.align == "end" for column in table.columns], "rows": rows, "note": table.note,
        "empty": table.empty,
    }  # fmt: skip


FORMATS: dict[str, tuple[str, Callable[[Report, Asked, Built], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "pdf": ("application/pdf", as_pdf),
}
