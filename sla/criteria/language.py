"""The form of conditions: groups, fields with operators, behaviours; and how to walk through them.

Pure: standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sla.criteria.values import as_day, as_number, fold

Criteria = Mapping[str, Any]

ALL, ANY, NONE, OF = GROUPS = ("all", "any", "none", "of")


TEXT, NUMBER, DAY = ("text",), ("number",), ("day",)
EVERY_KIND = (*TEXT, *NUMBER, *DAY)


@dataclass(frozen=True)
class Operator:
    """`judge(value, wanted)` is asked only when a value is there; `when_missing` answers otherwise."""

    words: str
    takes: str  # "nothing", "text", "number", "day", "list", "range"
    judge: Callable[[Any, Any], bool]
    when_missing: bool = False
    kinds: tuple[str, ...] = EVERY_KIND  # of fields for which people are offered it


def _number(test: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def judge(value: Any, wanted: Any) -> bool:
        found, limit = as_number(value), as_number(wanted)
        return found is not None and limit is not None and test(found, limit)

    return judge


def _day(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def judge(value: Any, wanted: Any) -> bool:
        found, limit = as_day(value), as_day(wanted)
        return found is not None and limit is not None and test(found, limit)

    return judge


def _between(value: Any, wanted: Any) -> bool:
    found, low, high = as_number(value), as_number(wanted[0]), as_number(wanted[1])
    return found is not None and low is not None and high is not None and low <= found <= high


OPERATORS: dict[str, Operator] = {
    "is": Operator("is", "text", lambda v, w: fold(v) == fold(w), kinds=TEXT + NUMBER),
    "is_not": Operator("is not", "text", lambda v, w: fold(v) != fold(w), when_missing=True, kinds=TEXT + NUMBER),
    "in": Operator("is one of", "list", lambda v, w: fold(v) in {fold(x) for x in w}, kinds=TEXT + NUMBER),
    "not_in": Operator(
        "is none of", "list", lambda v, w: fold(v) not in {fold(x) for x in w}, when_missing=True, kinds=TEXT + NUMBER
    ),
    "contains": Operator("contains", "text", lambda v, w: fold(w) in fold(v), kinds=TEXT),
    "starts_with": Operator("starts with", "text", lambda v, w: fold(v).startswith(fold(w)), kinds=TEXT),
    "ends_with": Operator("ends with", "text", lambda v, w: fold(v).endswith(fold(w)), kinds=TEXT),
    "at_least": Operator("is at least", "number", _number(lambda n, w: n >= w), kinds=NUMBER),
    "at_most": Operator("is at most", "number", _number(lambda n, w: n <= w), kinds=NUMBER),
    "more_than": Operator("is more than", "number", _number(lambda n, w: n > w), kinds=NUMBER),
    "less_than": Operator("is less than", "number", _number(lambda n, w: n < w), kinds=NUMBER),
    "between": Operator("is between", "range", _between, kinds=NUMBER),
    "since": Operator("is on or after", "day", _day(lambda d, w: d >= w), kinds=DAY),
    "until": Operator("is on or before", "day", _day(lambda d, w: d <= w), kinds=DAY),
    "present": Operator("is known", "nothing", lambda v, w: True),
    "missing": Operator("is not known", "nothing", lambda v, w: False, when_missing=True),
}
OPPOSITE = {"is": "is_not", "is_not": "is", "in": "not_in", "not_in": "in", "present": "missing", "missing": "present"}


def group_of(criteria: Criteria) -> str:
    """Which kind of group this is; "" for a field, a behaviour or an empty condition."""
    return next((name for name in GROUPS if name in criteria), "")


def parts_of(criteria: Criteria) -> list[Criteria]:
    """The conditions directly inside a group."""
    return list(criteria[group]) if (group := group_of(criteria)) else []


def leaves(criteria: Criteria) -> Iterator[Criteria]:
    """Every field and behaviour condition inside, in their order."""
    if "field" in criteria or "activity" in criteria:
        yield criteria
    for part in parts_of(criteria):
        yield from leaves(part)


def fields_of(criteria: Criteria) -> set[str]:
    """Every field a condition looks at."""
    return {leaf["field"] for leaf in leaves(criteria) if "field" in leaf}


def behaviours_of(criteria: Criteria) -> list[Criteria]:
    """Every behaviour condition inside, in their order."""
    return [leaf for leaf in leaves(criteria) if "activity" in leaf]


def activity_types(leaf: Criteria) -> list[str]:
    types = leaf["activity"]
    return [types] if isinstance(types, str) else list(types)
