"""Numbers, lists and names as an agreement writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from config.accounts.choices import Function
from sla.metrics import Unit

SIDES: dict[str, str] = {str(code): str(label) for code, label in Function.choices}


def number_words(value: Decimal | float) -> str:
    """1234.50 is "1,234.5", 60.00 is "60"."""
    exact = Decimal(str(value)).normalize()
    digits = max(0, -int(exact.as_tuple().exponent))
    return f"{exact:,.{digits}f}"


def percent_words(value: Decimal | float) -> str:
    return f"{number_words(value)} %"


def listed(items: Iterable[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    parts = [item for item in items if item]
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def function_label(code: str) -> str:
    return SIDES.get(code, code.replace("_", " "))


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return capital(text) if text[-1] in ".!?:" else f"{capital(text)}."


SPELLED_WITH_A_VOWEL = "AEFHILMNORSX"  # letters whose names begin with one: an MQL, an SQL


def with_article(noun: str) -> str:
    """ "a TQL", "an MQL", "an opportunity": abbreviations by how their first letter is said."""
    first, abbreviation = noun[:1], noun[:2].isupper()
    vowel = first in SPELLED_WITH_A_VOWEL if abbreviation else first.lower() in "aeio"
    return f"{'an' if vowel else 'a'} {noun}"


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def amount_words(value: Decimal, unit: str, currency: str) -> str:
    """A figure with its unit: "250 EUR", "40 %", "120 leads"."""
    figure = number_words(value)
    if unit == Unit.MONEY:
        return f"{figure} {currency}"
    if unit == Unit.PERCENT:
        return f"{figure} %"
    if unit == Unit.COUNT:
        return f"{figure} {'lead' if value == 1 else 'leads'}"
    label = str(Unit(unit).label)
    return f"{figure} {label.removesuffix('s') if value == 1 and label.endswith('s') else label}"


def script_lines(text: str) -> list[str]:
    """A script as it is read in print: what the console fills in stands in brackets, in words."""
    spoken = re.sub(r"\{(\w+)\}", lambda found: f"[{found[1].replace('_', ' ')}]", text)
    return [line for line in spoken.splitlines() if line.strip()]
