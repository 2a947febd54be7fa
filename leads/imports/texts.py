"""Text files with separators: which encoding, which separator, which records at which line. Nothing is assumed."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import BinaryIO

from config.web.errors import Refusal

Opener = Callable[[], BinaryIO]
Record = tuple[int, list[str]]  # the line on which it begins, and its cells

SEPARATORS = (",", ";", "\t", "|")
BLOCK = 1 << 20
LOOKED_AT = 1 << 16  # characters from which the separator is told
RECORDS_LOOKED_AT = 60
LONGEST_CELL = 1 << 20
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GUARDED = re.compile(r"'(?=[=+\-@\t\r])")  # how we, and others, keep a spreadsheet from running a cell
NULL_SIGN = "\u2400"  # stands for a zero byte, which no text in the database may hold

csv.field_size_limit(LONGEST_CELL)


def encoding_of(open_file: Opener) -> str:
    """By its mark, else UTF-8 where every byte fits, else UTF-16 by its zeros, else Windows' Western European."""
    with closing(open_file()) as stream:
        head = stream.read(4096)
        for mark, name in MARKS:
            if head.startswith(mark):
                return name
        if b"\x00" in head:
            return _without_mark(head)
        candidates = ["utf-8", "cp1252"]
        stream.seek(0)
        decoders = {name: codecs.getincrementaldecoder(name)() for name in candidates}
        while (block := stream.read(BLOCK)) and candidates:
            candidates = [name for name in candidates if _decodes(decoders[name], block)]
        if "utf-8" in candidates and not _decodes(decoders["utf-8"], b"", final=True):
            candidates.remove("utf-8")
    return candidates[0] if candidates else "latin-1"


def _without_mark(head: bytes) -> str:
    """Two bytes a character, though no mark says so: the zeros stand at the even places, or at the odd ones."""
    high, low = head[::2].count(0), head[1::2].count(0)
    if max(high, low) > len(head) // 8 and min(high, low) * 8 < max(high, low):
        return "utf-16-be" if high > low else "utf-16-le"
    raise Refusal("unreadable_file", "This is not a text file: it holds binary zeros.")


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def separator_of(open_file: Opener, encoding: str) -> str:
    """The separator that cuts most of the first records into equally many cells; the more cells, the better."""
    with closing(open_file()) as stream, io.TextIOWrapper(stream, encoding, "replace", newline="") as text:
        sample = text.read(LOOKED_AT)
    best = max(SEPARATORS, key=lambda separator: _evenness(sample, separator))
    return best if _evenness(sample, best)[1] > 1 else ","


def _evenness(sample: str, separator: str) -> tuple[float, int]:
    widths: Counter[int] = Counter()
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(sample, newline=""), delimiter=separator)):
            if number >= RECORDS_LOOKED_AT:
                break
            widths[len(cells)] += 1
    except csv.Error:
        return (0.0, 0)
    wide = [(count, width) for width, count in widths.items() if width > 1]
    if not wide:
        return (0.0, 1)
    count, width = max(wide)
    return (count / widths.total(), width)


def records(open_file: Opener, encoding: str, separator: str) -> Iterator[Record]:
    """Every record of the file. Raises Refusal where a quote is opened and never closed, or a byte does not fit."""
    with closing(open_file()) as stream, io.TextIOWrapper(stream, encoding=encoding, newline="") as text:
        fed = _Fed(text)
        reader = csv.reader(fed, delimiter=separator)
        line = 1
        try:
            for cells in reader:
                yield line, [_plain(cell) for cell in cells]
                line, last = reader.line_num + 1, line
                fed.next_record()
            if fed.ends_inside_a_quote(separator):
                raise _unclosed(last)
        except csv.Error as error:
            raise _unclosed(line) from error
        except UnicodeDecodeError as error:
            raise Refusal("unreadable_file", f"Line {line} holds bytes that are no {encoding} text.") from error


def _unclosed(line: int) -> Refusal:
    words = f"Line {line}: a quoted cell does not end, or is longer than a million characters."
    return Refusal("unreadable_file", words)


class _Fed:
    """The lines of a file, with those of the record at hand kept: Python's reader takes a quote that is never closed for
    a cell that goes on to the end of the file, and would swallow every row in it."""

    def __init__(self, lines: Iterable[str]):
        self._lines = iter(lines)
        self._record: list[str] = []
        self._before: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._record.append(line)
        return line

    def next_record(self) -> None:
        self._before, self._record = self._record, []

    def ends_inside_a_quote(self, separator: str) -> bool:
        try:
            list(csv.reader(self._record or self._before, delimiter=separator, strict=True))
        except csv.Error as error:
            return "unexpected end of data" in str(error)
        return False


def _plain(cell: str) -> str:
    """A cell without the apostrophe that kept a spreadsheet from running it, and without what cannot be stored."""
    if "\x00" in cell:
        cell = cell.replace("\x00", NULL_SIGN)
    return GUARDED.sub("", cell, count=1) if cell[:1] == "'" else cell
