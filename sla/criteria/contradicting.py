"""What can never hold: conditions that, taken together, no lead could ever meet.

A condition is unfolded into its ways to hold, each a list of single conditions that must hold (True) or must not (False);
it is contradictory when every way is. What is found is certain; what would take too long to unfold is let through.

Pure: standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, product
from typing import Any

from sla.criteria.language import ALL, ANY, NONE, OPERATORS, OPPOSITE, Criteria, activity_types, group_of, parts_of
from sla.criteria.values import as_number, fold
from sla.criteria.words import humanise, in_words

Single = tuple[Criteria, bool]
Way = tuple[Single, ...]

MOST_WAYS = 400
NUMBER_OPPOSITE = {
    "at_least": "less_than",
    "more_than": "at_most",
    "at_most": "more_than",
    "less_than": "at_least",
}
TEXT_PARTS = ("contains", "starts_with", "ends_with")


def contradictions(criteria: Criteria, exclusions: Criteria | None = None) -> list[str]:
    """What can never hold together among what must all hold, as sentences. `exclusions` must not hold.

    The criteria must be well formed (`check_criteria`).
    """
    whole: Criteria = {ALL: [criteria, {NONE: [exclusions]}]} if exclusions and criteria else criteria
    if exclusions and not criteria:
        whole = {NONE: [exclusions]}
    found: list[str] = []
    for way in _ways(whole, must=True):
        problems = [*_by_field(way), *_by_behaviour(way)]
        if not problems:
            return []
        found += [problem for problem in problems if problem not in found]
    return found


def _ways(criteria: Criteria, *, must: bool) -> list[Way]:
    """Every way in which a condition holds, or does not hold; more than MOST_WAYS are one way of which nothing is known."""
    if not criteria:
        return [()] if must else []
    if "field" in criteria or "activity" in criteria:
        return [((criteria, must),)]
    group, parts = group_of(criteria), parts_of(criteria)
    needed = {ALL: len(parts), ANY: 1, NONE: len(parts)}.get(group) or int(criteria["at_least"])
    parts_must = group != NONE
    if not must:  # fewer than the needed ones hold, so one more than the rest do not
        needed, parts_must = len(parts) - needed + 1, not parts_must
    return _so_many(needed, [_ways(part, must=parts_must) for part in parts])


def _so_many(needed: int, parts: list[list[Way]]) -> list[Way]:
    """The ways in which `needed` of the parts come true."""
    found: list[Way] = []
    for chosen in combinations(parts, needed):
        for way in product(*chosen):
            found.append(tuple(single for singles in way for single in singles))
            if len(found) > MOST_WAYS:
                return [()]
    return found


# --- fields --------------------------------------------------------------------------------------------------------


def _by_field(way: Way) -> list[str]:
    by_field: dict[str, list[Single]] = {}
    for leaf, must in way:
        if "field" in leaf:
            by_field.setdefault(leaf["field"], []).append((leaf, must))
    found = []
    for name, singles in by_field.items():
        asked = _asked(singles)
        if _impossible(asked, [leaf for leaf, must in singles if not must]):
            words = "; ".join(
                dict.fromkeys(in_words(leaf) if must else f"not {in_words(leaf)}" for leaf, must in singles)
            )
            found.append(f"{humanise(name)} can never be all of this at once: {words}.")
    return found


def _asked(singles: Iterable[Single]) -> list[Criteria]:
    """What must hold, with what must not turned into its opposite where there is one.

    The opposite of a comparison of numbers holds only where there is a number, which another condition has to ask for.
    """
    asked = [leaf for leaf, must in singles if must]
    refused = [leaf for leaf, must in singles if not must]
    asked += [{**leaf, "op": OPPOSITE[leaf["op"]]} for leaf in refused if leaf["op"] in OPPOSITE]
    if any(OPERATORS[leaf["op"]].takes in ("number", "range") for leaf in asked):
        asked += [{**leaf, "op": NUMBER_OPPOSITE[leaf["op"]]} for leaf in refused if leaf["op"] in NUMBER_OPPOSITE]
    return asked


def _impossible(asked: list[Criteria], refused: list[Criteria]) -> bool:
    if any(leaf["op"] == "missing" for leaf in asked):
        return any(not OPERATORS[leaf["op"]].when_missing for leaf in asked)
    options = [leaf for leaf in asked if leaf["op"] in ("is", "in")]
    if options:
        first = options[0]
        values = [first["value"]] if first["op"] == "is" else first["value"]
        return not any(_suits(value, asked, refused) for value in values)
    return _no_number(asked) or _no_day(asked) or _no_text(asked, refused)


def _suits(value: Any, asked: list[Criteria], refused: list[Criteria]) -> bool:
    return all(OPERATORS[leaf["op"]].judge(value, leaf.get("value")) for leaf in asked) and not any(
        OPERATORS[leaf["op"]].judge(value, leaf.get("value")) for leaf in refused
    )


def _no_number(found: list[Criteria]) -> bool:
    lows, highs = [(float("-inf"), False)], [(float("inf"), False)]
    for leaf in found:
        op, value = leaf["op"], leaf.get("value")
        if op in ("at_least", "more_than", "between"):
            lows.append((_bound(value[0] if op == "between" else value), op == "more_than"))  # type: ignore[index]
        if op in ("at_most", "less_than", "between"):
            highs.append((_bound(value[1] if op == "between" else value), op == "less_than"))  # type: ignore[index]
    low, above = max(lows)
    high, below = min(highs, key=lambda pair: (pair[0], not pair[1]))
    return low > high or (low == high and (above or below))


def _bound(value: Any) -> float:
    number = as_number(value)
    assert number is not None, "the form was checked before"
    return number


def _no_day(found: list[Criteria]) -> bool:
    since = [str(leaf["value"]).strip() for leaf in found if leaf["op"] == "since"]
    until = [str(leaf["value"]).strip() for leaf in found if leaf["op"] == "until"]
    return bool(since and until) and max(since) > min(until)


def _no_text(asked: list[Criteria], refused: list[Criteria]) -> bool:
    """Two beginnings or endings that do not go together, or a part that whatever holds another part has too."""
    texts = {op: [fold(leaf["value"]) for leaf in asked if leaf["op"] == op] for op in TEXT_PARTS}
    starts, ends = texts["starts_with"], texts["ends_with"]
    if any(not (a.startswith(b) or b.startswith(a)) for a, b in combinations(starts, 2)):
        return True
    if any(not (a.endswith(b) or b.endswith(a)) for a, b in combinations(ends, 2)):
        return True
    for leaf in refused:
        if leaf["op"] not in TEXT_PARTS:
            continue
        holders = (
            texts[leaf["op"]] if leaf["op"] != "contains" else [text for found in texts.values() for text in found]
        )
        if any(OPERATORS[leaf["op"]].judge(text, leaf["value"]) for text in holders):
            return True
    return False


# --- behaviours ----------------------------------------------------------------------------------------------------


def _by_behaviour(way: Way) -> list[str]:
    wanted = [leaf for leaf, must in way if must and "activity" in leaf]
    refused = [leaf for leaf, must in way if not must and "activity" in leaf]
    return [
        f"{in_words(leaf)} is both needed and ruled out."
        if leaf == other
        else f"{in_words(leaf)} is needed, but {in_words(other)} is ruled out."
        for leaf in wanted
        for other in refused
        if _implies(leaf, other)
    ]


def _implies(leaf: Criteria, other: Criteria) -> bool:
    """Whether whoever did the one has also done the other."""
    within = other.get("within_days")
    return (
        set(activity_types(leaf)) <= set(activity_types(other))
        and (leaf.get("at_least") or 1) >= (other.get("at_least") or 1)
        and (within is None or (leaf.get("within_days") is not None and leaf["within_days"] <= within))
        and (other.get("where") or {}).items() <= (leaf.get("where") or {}).items()
    )
