"""What a value means when it is compared: as text, as a number, as a day, or as not there at all.

Pure: standard library only. The database says the same (`leads_text`, `leads_fold` and `leads_number`, made by a
migration of leads), so that one lead judged here and all leads judged there agree; a test compares every character.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

# Up to 15 digits before the point: more would not survive as a floating-point number.
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,30})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
UNSTORABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

# Scripts with capitals in daily use: Latin, Greek, Cyrillic, Armenian, full-width Latin. A fixed table, because what
# "lower case" means differs between databases and between versions of Unicode.
CASED = ((0x80, 0x557), (0x1E00, 0x2000), (0x2160, 0x2170), (0x24B6, 0x24D0), (0xFF21, 0xFF3B))
LOWER = {
    code: chr(code).lower()
    for start, end in CASED
    for code in range(start, end)
    if len(chr(code).lower()) == 1 and chr(code).lower() != chr(code)
}


def text_of(value: Any) -> str:
    """A value as text: yes and no, plain digits, the items of a list with commas; "" for what has no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return _digits(value)
    if isinstance(value, list | tuple):
        return ", ".join(text for text in map(text_of, value) if text.strip())
    return ""


def _digits(value: float | Decimal) -> str:
    """Digits without exponent and without needless zeros: 1e3 is 1000, 2.50 is 2.5."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        return ""
    text = format(exact, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def fold(value: Any) -> str:
    """How text is compared: without surrounding blanks and without case."""
    text = text_of(value).strip()
    return text.lower() if text.isascii() else text.translate(LOWER).translate(ASCII_LOWER)


ASCII_LOWER = {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}


def is_blank(value: Any) -> bool:
    """Whether a value is not there: empty, only blanks, an empty list, or nothing that could be read as text."""
    return value is None or not text_of(value).strip()


def as_number(value: Any) -> float | None:
    """The value as a number, or None where it is not written as one."""
    text = text_of(value).strip()
    return float(text) if not isinstance(value, bool) and NUMBER.fullmatch(text) else None


def as_day(value: Any) -> str | None:
    """The calendar day that a value begins with, as YYYY-MM-DD; None where it begins with none."""
    found = DAY.match(text_of(value).strip())
    return found.group() if found else None


def is_scalar(value: Any) -> bool:
    """Whether a condition may compare with this value."""
    if isinstance(value, str):
        return bool(value.strip()) and not UNSTORABLE.search(value)
    return isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value))
