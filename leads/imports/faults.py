"""The faulty rows of a file as a file: each with what is wrong and its cells as they came, to be repaired and brought in again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

HEAD = ("fault line", "fault field", "fault reason")  # an import leaves these columns out by themselves
RUNS = re.compile(r"[=@\t\r]|[+-](?![\d\s().,/-]*$)")  # what a spreadsheet would run; a figure or number is none

FaultRow = tuple[int, str, str, dict[str, str]]


def fault_table(faults: Iterable[FaultRow], headers: list[str]) -> Iterator[list[str]]:
    """Rows of a table: a heading, then one row for each faulty line, all its faults in it."""
    yield [*HEAD, *headers]
    line, fields, reasons, raw = 0, list[str](), list[str](), dict[str, str]()
    for at, field, message, cells in faults:
        if at != line and line:
            yield _row(line, fields, reasons, raw, headers)
            fields, reasons = [], []
        line, raw = at, cells
        fields.append(field)
        reasons.append(f"{field}: {message}" if field else message)
    if line:
        yield _row(line, fields, reasons, raw, headers)


def _row(line: int, fields: list[str], reasons: list[str], raw: dict[str, str], headers: list[str]) -> list[str]:
    named = ", ".join(dict.fromkeys(field for field in fields if field))
    cells = [raw.get(name, "") for name in headers]
    extra = [cell for name, cell in raw.items() if name not in headers]
    return [str(line), named, " ".join(reasons), *map(guarded, [*cells, *extra])]


def guarded(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula gets an apostrophe before it; reading takes it off again."""
    return f"'{cell}" if RUNS.match(cell) else cell
