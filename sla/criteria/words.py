"""Conditions in plain words, for documents, pages and reasons.

Pure: standard library only.
"""

from __future__ import annotations

from collections.abc import Callable

from sla.criteria.language import ALL, ANY, NONE, OPERATORS, Criteria, activity_types, group_of, parts_of
from sla.criteria.values import text_of

Label = Callable[[str], str]
OWN = ("attributes.", "person_attributes.", "company_attributes.")


def humanise(name: str) -> str:
    """A field or activity name as people say it: "company.employee_count" is "company employee count".

    An attribute of a connected system is called what that system calls it.
    """
    for prefix in OWN:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name.replace(".", " ").replace("_", " ").strip()


def in_words(criteria: Criteria, label: Label = humanise) -> str:
    """The condition as a plain English phrase; `label` names fields as the reader knows them."""
    if not criteria:
        return "always"
    if "field" in criteria:
        operator = OPERATORS[criteria["op"]]
        return " ".join(part for part in (label(criteria["field"]), operator.words, wanted_words(criteria)) if part)
    if "activity" in criteria:
        return _behaviour_words(criteria)
    return _group_words(criteria, label)


def _group_words(criteria: Criteria, label: Label) -> str:
    group, parts = group_of(criteria), parts_of(criteria)
    inside = [_inner(part, label) for part in parts]
    if group == ALL:
        return " and ".join(inside)
    if group == ANY:
        return " or ".join(inside)
    if group == NONE:
        return f"not {inside[0]}" if len(parts) == 1 else f"none of: {'; '.join(inside)}"
    return f"at least {criteria['at_least']} of: {'; '.join(inside)}"


def _inner(part: Criteria, label: Label) -> str:
    """A part of a group; a group of several inside another stands in brackets, so that it cannot be misread."""
    words = in_words(part, label)
    return f"({words})" if len(parts_of(part)) > 1 else words


def wanted_words(leaf: Criteria) -> str:
    """What a field is compared with."""
    value, takes = leaf.get("value"), OPERATORS[leaf["op"]].takes
    if takes == "nothing" or value is None:
        return ""
    if takes == "range":
        return f"{text_of(value[0])} and {text_of(value[1])}"
    return text_of(value)


def _behaviour_words(leaf: Criteria) -> str:
    times = int(leaf.get("at_least", 1))
    *others, last = [humanise(name) for name in activity_types(leaf)]
    types = f"{', '.join(others)} or {last}" if others else last
    where = ", ".join(f"{humanise(name)} {text_of(value)}" for name, value in (leaf.get("where") or {}).items())
    within = f" within {leaf['within_days']} days" if leaf.get("within_days") is not None else ""
    return f"{types}{f' ({where})' if where else ''} was seen{f' at least {times} times' if times > 1 else ''}{within}"
