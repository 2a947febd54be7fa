"""What the answer to one question may bring a lead: points at most, and conditions that may then hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from leads.scoring import ENGAGEMENT, FIT, capped
from sla import criteria
from sla.criteria import Criteria
from sla.terms import ScoreRuleTerms, Terms


@lru_cache(maxsize=64)
def gains_of(terms: Terms) -> dict[str, dict[str, int]]:
    """For each field that rules look at, the points its best answer brings, by group and before the group's cap.

    An answer is one value: rules that exclude one another do not add up, and a rule that takes points off counts too.
    """
    found = {}
    rules = [rule for rule in terms.score_rules if rule.kind == "attribute" and rule.criteria]
    for name in sorted({name for rule in rules for name in criteria.fields_of(rule.criteria)}):
        about = [rule for rule in rules if name in criteria.fields_of(rule.criteria)]
        best = max(
            (_points_for(name, value, about) for value in _answers(name, about)), key=lambda by: sum(by.values())
        )
        if sum(best.values()) > 0:
            found[name] = best
    return found


def _answers(name: str, rules: Sequence[ScoreRuleTerms]) -> list[Any]:
    """The values at which the conditions on a field turn, and one that none of them speaks of."""
    found: list[Any] = ["(anything else)"]
    for leaf in (leaf for rule in rules for leaf in criteria.leaves(rule.criteria) if leaf.get("field") == name):
        value = leaf.get("value")
        for one in value if isinstance(value, list) else [value]:
            number = criteria.as_number(one)
            found += [] if one is None else [one] if number is None else [number - 1, number, number + 1]
    return found


def _points_for(name: str, value: Any, rules: Sequence[ScoreRuleTerms]) -> dict[str, int]:
    """What the rules about a field give at most, by group, once it has this value."""
    points: dict[str, int] = {}
    answer = {"field": name, "op": "is", "value": value}
    for rule in rules:
        if rule.points > 0:
            counts = not criteria.contradictions({"all": [rule.criteria, answer]})
        else:  # points are taken off where that is certain
            counts = bool(criteria.contradictions({"all": [{"none": [rule.criteria]}, answer]}))
        if counts:
            points[rule.group] = points.get(rule.group, 0) + rule.points
    return points


def points_at_most(name: str, terms: Terms, held: Mapping[str, int] | None = None) -> dict[str, int]:
    """What filling a field may bring, by dimension, for a lead whose groups stand at `held` before their caps."""
    found = {FIT: 0, ENGAGEMENT: 0}
    gain, held = gains_of(terms).get(name, {}), held or {}
    for group in terms.score_groups:
        now = held.get(group.key, 0)
        found[group.dimension] += capped(now + gain.get(group.key, 0), group) - capped(now, group)
    return found


def if_known(condition: Criteria, name: str, *, must: bool = True) -> Criteria | bool:
    """A condition as it would be with the best answer to one field: that field's parts hold, or do not, as helps."""
    if condition.get("field") == name:
        return must
    group = criteria.group_of(condition)
    if not group:
        return condition
    inner = must != (group == "none")
    parts = [if_known(part, name, must=inner) for part in criteria.parts_of(condition)]
    sure, open_parts = parts.count(True), [part for part in parts if not isinstance(part, bool)]
    needed = {"all": len(parts), "any": 1, "none": 1}.get(group) or int(condition["at_least"])
    if sure >= needed:
        return group != "none"
    if sure + len(open_parts) < needed:
        return group == "none"
    if group == "of":
        return {"at_least": needed - sure, "of": open_parts}
    return {group: open_parts}
