"""What a column holds, seen cell by cell: how full it is, whether its figures and dates can be read, and how.

Pure: standard library only.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

SAMPLES = 5
SAMPLE_LENGTH = 120
DISTINCT = 12
REMEMBERED = 2000  # cells of a column that are not looked at twice

DIGIT = re.compile(r"\d")

FIGURE = re.compile(r"[-+(]?\s*[€$£¥]?\s*\d[\d.,'\u2019\u00a0\u202f ]*(?:[eE][+-]?\d+)?\s*[€$£¥%]?\)?")
SEPARATED = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
ISO = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)")
WORDED = re.compile(
    r"(?:[a-z]{3,9}\.?,?\s+)?(?:\d{1,2}\.?[ -][^\W\d_]{3,10}\.?[ -,]|[^\W\d_]{3,10}\.? \d{1,2},) ?\d{2,4}\b", re.I
)
YES_NO = frozenset(
    {
        "true",
        "false",
        "yes",
        "no",
        "y",
        "n",
        "0",
        "1",
        "ja",
        "nein",
        "on",
        "off",
        "wahr",
        "falsch",
        "oui",
        "non",
        "t",
        "f",
    }
)

TEXT, NUMBER, DATE, YES = "text", "number", "date", "yes_no"


@dataclass
class Column:
    """One column of a file. `day_first` is None while the dates seen leave it open, as `decimal` is "" then."""

    name: str
    index: int
    filled: int = 0
    longest: int = 0
    samples: list[str] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    day_first: int = 0  # dates that can only be read with the day first
    month_first: int = 0
    either: int = 0  # dates that can be read both ways
    either_sample: str = ""
    comma: int = 0  # figures whose comma can only be the decimal sign
    point: int = 0
    distinct: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._known: dict[str, str] = {}

    def see(self, cell: str) -> None:
        """Take one filled cell into account."""
        self.filled += 1
        kind = self._known.get(cell)
        if kind is None:
            kind = self._meet(cell)
            if len(self._known) < REMEMBERED:
                self._known[cell] = kind
        self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def _meet(self, cell: str) -> str:
        self.longest = max(self.longest, len(cell))
        if len(self.samples) < SAMPLES and cell[:SAMPLE_LENGTH] not in self.samples:
            self.samples.append(cell[:SAMPLE_LENGTH])
        if len(self.distinct) < DISTINCT and cell not in self.distinct:
            self.distinct.append(cell[:SAMPLE_LENGTH])
        if not DIGIT.search(cell):
            return TEXT
        if ISO.match(cell):
            return DATE
        separated = SEPARATED.match(cell)
        if separated is not None:
            self._see_date(separated, cell)
            return DATE
        if FIGURE.fullmatch(cell):
            self._see_figure(cell)
            return NUMBER
        return DATE if WORDED.match(cell) else TEXT

    def _see_date(self, found: re.Match[str], cell: str) -> None:
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second or found[2] == ".":
            self.day_first += 1
        elif second > 12 >= first:
            self.month_first += 1
        elif first != second:
            self.either += 1
            self.either_sample = self.either_sample or cell[:SAMPLE_LENGTH]

    def _see_figure(self, cell: str) -> None:
        sign = decimal_sign(cell)
        if sign == ",":
            self.comma += 1
        elif sign == ".":
            self.point += 1

    @property
    def kind(self) -> str:
        """What nearly all filled cells are."""
        if self.filled and len(self.distinct) <= 3 and {value.lower() for value in self.distinct} <= YES_NO:
            return YES
        for kind in (DATE, NUMBER):
            if self.filled and self.kinds.get(kind, 0) >= 0.9 * self.filled:
                return kind
        return TEXT

    @property
    def order(self) -> str:
        """`dmy` or `mdy` where the dates decide it, else "". Dates that contradict each other go by the majority."""
        if self.day_first == self.month_first:
            return ""
        return "dmy" if self.day_first > self.month_first else "mdy"

    @property
    def decimal(self) -> str:
        if self.comma == self.point:
            return ""
        return "," if self.comma > self.point else "."

    @property
    def needs_order(self) -> bool:
        return self.either > 0 and not self.order

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def decimal_sign(figure: str) -> str:
    """Which sign must be the decimal one in this figure: "," or "."; "" where both readings are possible, or none is needed."""
    comma, point = figure.rfind(","), figure.rfind(".")
    if comma >= 0 and point >= 0:
        return "," if comma > point else "."
    if comma < 0 and point < 0:
        return ""
    sign, other = (",", ".") if comma >= 0 else (".", ",")
    if figure.count(sign) > 1:
        return other  # it stands between groups of three
    before, after = figure.split(sign)
    digits = re.match(r"\d*", after)
    whole = re.sub(r"\D", "", before)
    if digits is not None and len(digits[0]) == 3 and 1 <= len(whole) <= 3 and whole.lstrip("0"):
        return ""  # 1,234 or 1.234: one thousand, or one and a bit
    return sign
