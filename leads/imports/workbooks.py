"""Excel workbooks (.xlsx): the first sheet that holds anything, row by row, each cell as text."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from config.web.errors import Refusal
from leads.imports.texts import Opener, Record

MOST_UNPACKED = 1 << 30
MOST_TEXTS = 1 << 28  # the table of texts is the one part that is held in memory
ERRORS = frozenset({"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"})


def records(open_file: Opener, sheet: str = "") -> Iterator[Record]:
    """The rows of one sheet, or of the first one with two rows or more. Raises Refusal for what is no workbook."""
    with closing(open_file()) as stream:
        _check_size(stream)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # notes on styles and extensions, which do not concern us
                book = load_workbook(stream, read_only=True, data_only=True)
                yield from _rows(book, sheet)
                book.close()
        except (InvalidFileException, BadZipFile, KeyError, ValueError) as error:
            raise _not_a_workbook() from error


def _not_a_workbook() -> Refusal:
    return Refusal("unreadable_file", "This is not a workbook that can be read. Save it as .xlsx or .csv.")


def _check_size(stream: Any) -> None:
    """A small file may unpack to one that fills the machine."""
    try:
        with zipfile.ZipFile(stream) as archive:
            sizes = {item.filename: item.file_size for item in archive.infolist()}
    except BadZipFile as error:
        raise _not_a_workbook() from error
    if sum(sizes.values()) > MOST_UNPACKED or sizes.get("xl/sharedStrings.xml", 0) > MOST_TEXTS:
        raise Refusal("file_too_large", "This workbook is too large once unpacked. Save the sheet as .csv.")
    stream.seek(0)


def _rows(book: Any, wanted: str) -> Iterator[Record]:
    for sheet in book.worksheets:
        if wanted and sheet.title != wanted:
            continue
        sheet.reset_dimensions()
        rows = (
            (number, [_text(v) for v in values]) for number, values in enumerate(sheet.iter_rows(values_only=True), 1)
        )
        first: list[Record] = []
        for record in rows:
            first.append(record)
            if sum(any(cells) for _, cells in first) >= 2:
                yield from first
                yield from rows
                return


def _text(value: Any) -> str:
    """A cell as a text file would have it; whole numbers without the decimals that a spreadsheet gives them."""
    if value is None or value in ERRORS:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else str(_seconds(value))


def _seconds(value: Any) -> Any:
    return value.total_seconds() if isinstance(value, timedelta) else value
