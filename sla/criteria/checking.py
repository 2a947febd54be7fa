"""What is wrong with a condition before it is agreed: its form, fields nobody knows, and what can never hold.

Pure: standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sla.criteria.contradicting import contradictions
from sla.criteria.language import GROUPS, OF, OPERATORS
from sla.criteria.values import as_day, as_number, is_scalar
from sla.criteria.words import humanise

FIELD_NAME = re.compile(r"[a-z_]+(\.[^\x00-\x1f\x7f]{1,80})?")
MAX_DEPTH = 6
MOST_DAYS = 36_500
MOST_PARTS = 200

WANTED = {
    "nothing": "no value",
    "text": "a value",
    "number": "a number",
    "day": "a day such as 2026-03-31",
    "list": "a list of values",
    "range": "two numbers, the smaller first",
}


def check_criteria(value: object, known_fields: frozenset[str] | None = None) -> list[str]:
    """Every fault of the form, as sentences; an empty list means it can be judged. `known_fields` refuses others."""
    problems = list(_check(value, known_fields, depth=0))
    return problems or contradictions(value)  # type: ignore[arg-type]


def _check(value: object, known: frozenset[str] | None, depth: int) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield "A condition must be an object."
    elif not value:
        if depth:
            yield "A condition inside a group is empty."
    elif depth > MAX_DEPTH:
        yield f"Conditions may be nested at most {MAX_DEPTH} deep."
    elif "field" in value:
        yield from _check_field(value, known)
    elif "activity" in value:
        yield from _check_behaviour(value)
    else:
        yield from _check_group(value, known, depth)


def _check_group(value: Mapping[str, Any], known: frozenset[str] | None, depth: int) -> Iterator[str]:
    names = [name for name in GROUPS if name in value]
    allowed = {*names, "at_least"} if names == [OF] else set(names)
    if len(names) != 1 or set(value) - allowed:
        yield "A group is one of all, any, none, or at_least N of."
        return
    parts = value[names[0]]
    if not isinstance(parts, list) or not parts:
        yield f"The group '{names[0]}' has no conditions."
        return
    if len(parts) > MOST_PARTS:
        yield f"A group may have at most {MOST_PARTS} conditions."
        return
    if names[0] == OF:
        wanted = value.get("at_least")
        if not isinstance(wanted, int) or isinstance(wanted, bool) or not 1 <= wanted <= len(parts):
            yield f"'at least N of' needs a number from 1 to {len(parts)}."
    for part in parts:
        yield from _check(part, known, depth + 1)


def _check_field(leaf: Mapping[str, Any], known: frozenset[str] | None) -> Iterator[str]:
    name, op = leaf["field"], leaf.get("op")
    if not isinstance(name, str) or not FIELD_NAME.fullmatch(name):
        yield f"{name!r} is not the name of a field."
        return
    if known is not None and name not in known:
        yield f"Nothing is known by the name {name!r}."
    if not isinstance(op, str) or op not in OPERATORS:
        yield f"{op!r} is not a way to compare."
        return
    if extra := set(leaf) - {"field", "op", "value"}:
        yield f"{', '.join(sorted(extra))}: not part of a condition on a field."
    takes = OPERATORS[op].takes
    if not _fits(leaf.get("value"), takes):
        yield f"'{humanise(name)} {OPERATORS[op].words}' needs {WANTED[takes]}."


def _fits(value: Any, takes: str) -> bool:
    if takes == "nothing":
        return value is None
    if takes == "number":
        return value is not None and as_number(value) is not None
    if takes == "day":
        return isinstance(value, str) and as_day(value) == value.strip()
    if takes == "list":
        return isinstance(value, list) and bool(value) and all(is_scalar(item) for item in value)
    if takes == "range":
        numbers = [as_number(item) for item in value] if isinstance(value, list) and len(value) == 2 else []
        return len(numbers) == 2 and None not in numbers and numbers[0] <= numbers[1]  # type: ignore[operator]
    return is_scalar(value)


def _check_behaviour(leaf: Mapping[str, Any]) -> Iterator[str]:
    types = leaf["activity"]
    names = [types] if isinstance(types, str) else types
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and is_scalar(n) for n in names):
        yield "A behaviour names one or more types of activity."
    for name, most in (("at_least", 10_000), ("within_days", MOST_DAYS)):
        number = leaf.get(name)
        if number is not None and (not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= most):
            yield f"'{humanise(name)}' must be a whole number from 1 to {most}."
    where = leaf.get("where") or {}
    if not isinstance(where, Mapping) or not all(is_scalar(k) and is_scalar(v) for k, v in where.items()):
        yield "'where' names properties of the activity and their values."
    if extra := set(leaf) - {"activity", "at_least", "within_days", "where"}:
        yield f"{', '.join(sorted(extra))}: not part of a behaviour."
