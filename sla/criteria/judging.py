"""Judging conditions over one lead: whether they hold, and why not.

Pure: standard library only. The SQL twin is `leads/criteria_sql.py`; a property test holds them equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sla.criteria.language import ALL, ANY, NONE, OF, OPERATORS, Criteria, activity_types, behaviours_of, group_of
from sla.criteria.values import fold, is_blank
from sla.criteria.words import in_words


@dataclass(frozen=True, slots=True)
class ActivityFact:
    """An activity as criteria and scoring see it."""

    type: str
    occurred_at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a lead at `at`. Activities after `at` do not count."""

    values: Mapping[str, Any]
    activities: Sequence[ActivityFact]
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds, the value or number found, and the verdicts it was made of."""

    criteria: Criteria
    holds: bool
    found: Any = None
    parts: tuple[Verdict, ...] = ()

    @property
    def words(self) -> str:
        return in_words(self.criteria)

    def failures(self) -> Iterator[Verdict]:
        """The least that stands in the way, for people who ask why not: each must change for the whole to hold.

        Where one of several would do, they are one obstacle; of what must not hold, each that does is one.
        """
        if self.holds:
            return
        group = group_of(self.criteria)
        if group == ALL or (group in (ANY, OF) and len(self.parts) == 1):
            for part in self.parts:
                yield from part.failures()
        elif group == NONE:
            for part in self.parts:
                if part.holds:
                    yield Verdict({NONE: [part.criteria]}, False, part.found, (part,))
        else:
            yield self


def judge(criteria: Criteria, facts: Facts) -> Verdict:
    """Judge checked criteria; the verdict explains itself."""
    if not criteria:
        return Verdict(criteria, True)
    if "field" in criteria:
        return _judge_field(criteria, facts)
    if "activity" in criteria:
        return _judge_behaviour(criteria, facts)
    group = group_of(criteria)
    parts = tuple(judge(part, facts) for part in criteria[group])
    count = sum(part.holds for part in parts)
    return Verdict(criteria, _enough(group, count, len(parts), criteria.get("at_least", 0)), count, parts)


def holds(criteria: Criteria, facts: Facts) -> bool:
    """Whether checked criteria hold; like `judge`, without the explanation and so the sooner."""
    if not criteria:
        return True
    if "field" in criteria:
        return _judge_field(criteria, facts).holds
    if "activity" in criteria:
        return _judge_behaviour(criteria, facts).holds
    group = group_of(criteria)
    parts = criteria[group]
    if group == ALL:
        return all(holds(part, facts) for part in parts)
    if group == ANY:
        return any(holds(part, facts) for part in parts)
    if group == NONE:
        return not any(holds(part, facts) for part in parts)
    return sum(holds(part, facts) for part in parts) >= int(criteria["at_least"])


def _enough(group: str, count: int, parts: int, wanted: int) -> bool:
    return {ALL: count == parts, ANY: count > 0, NONE: count == 0, OF: count >= wanted}[group]


def _judge_field(leaf: Criteria, facts: Facts) -> Verdict:
    operator = OPERATORS[leaf["op"]]
    value = facts.values.get(leaf["field"])
    if is_blank(value):
        return Verdict(leaf, operator.when_missing)
    return Verdict(leaf, operator.judge(value, leaf.get("value")), value)


def _judge_behaviour(leaf: Criteria, facts: Facts) -> Verdict:
    count = sum(1 for activity in facts.activities if activity_counts(leaf, activity, facts.at))
    return Verdict(leaf, count >= int(leaf.get("at_least", 1)), count)


def activity_counts(leaf: Criteria, activity: ActivityFact, at: datetime) -> bool:
    """Whether one activity is among those a behaviour condition counts at `at`."""
    if activity.type not in activity_types(leaf) or activity.occurred_at > at:
        return False
    within = leaf.get("within_days")
    if within is not None and activity.occurred_at <= at - timedelta(days=int(within)):
        return False
    return properties_match(leaf.get("where") or {}, activity.properties)


def properties_match(where: Mapping[str, Any], properties: Mapping[str, Any]) -> bool:
    return all(
        not is_blank(properties.get(name)) and fold(properties[name]) == fold(wanted) for name, wanted in where.items()
    )


def lapses_at(criteria: Criteria, facts: Facts) -> datetime | None:
    """The next instant after `facts.at` at which time alone may change the verdict: a deed grows too old to count."""
    moments = [
        activity.occurred_at + timedelta(days=int(leaf["within_days"]))
        for leaf in behaviours_of(criteria)
        if leaf.get("within_days") is not None
        for activity in facts.activities
        if activity_counts(leaf, activity, facts.at)
    ]
    return min(moments, default=None)
