"""A lead's score: one pure function from rules, facts and an instant to points, each with its reason.

Standard library only. `leads/scoring_sql.py` computes the same for all leads in SQL; a property test holds the
two equal.

Semantics: points are integers. An activity's points are halved once for every whole `half_life_days` of its age at
`at` (age in whole days, rounded towards zero points), and only the latest `at_most` activities of a rule count. A
group's sum is capped after decay; the cap's effect is a line of its own. The total is the sum of its lines.

Activities of one rule that have been halved equally often are worth the same, so they are counted together (`Batch`):
the latest `at_most` are whole batches from the newest on, and a part of the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

DAY = timedelta(days=1)
FIT, ENGAGEMENT = "fit", "engagement"
MOST_HALVINGS = 30


class Rule(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def points(self) -> int: ...
    @property
    def criteria(self) -> Mapping[str, Any]: ...
    @property
    def activity_type(self) -> str: ...
    @property
    def at_most(self) -> int | None: ...
    @property
    def half_life_days(self) -> int | None: ...
    @property
    def catapult_to(self) -> str: ...


class Group(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> str: ...
    @property
    def maximum(self) -> int | None: ...
    @property
    def minimum(self) -> int | None: ...


class Deed(Protocol):
    @property
    def type(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One reason for points: a rule, or a group's cap (`rule` empty)."""

    rule: str
    group: str
    dimension: str
    points: int
    words: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Score:
    """`rescore_at` is when time alone next changes a point that counts (None: never; a point that a cap hides counts
    here too); `catapults` are the stages that deeds lead straight to."""

    fit: int
    engagement: int
    lines: tuple[Line, ...]
    rescore_at: datetime | None
    catapults: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.fit + self.engagement


def log(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Lines as plain values, for packets."""
    return [asdict(line) for line in lines]


def packed(lines: Iterable[Line], rules: Sequence[Rule], groups: Sequence[Group]) -> tuple[list[int], list[int]]:
    """Lines as they are stored: the points of each rule, then what each group's cap adds; and how often each rule
    counted. Rules that gave nothing stand as 0."""
    by_rule = {line.rule: line for line in lines if line.rule}
    caps = {line.group: line.points for line in lines if not line.rule}
    found = [by_rule.get(rule.key) for rule in rules]
    points = [line.points if line else 0 for line in found] + [caps.get(group.key, 0) for group in groups]
    return points, [line.times if line else 0 for line in found]


def unpacked(
    points: Sequence[int], times: Sequence[int], rules: Sequence[Rule], groups: Sequence[Group]
) -> tuple[Line, ...]:
    """The lines that `packed` laid out by these rules and groups."""
    by_group = {group.key: group for group in groups}
    lines = [
        Line(rule.key, rule.group, by_group[rule.group].dimension, worth, rule.name, often)
        for rule, worth, often in zip(rules, points, times, strict=False)
        if worth
    ]
    lines += [
        Line("", group.key, group.dimension, worth, cap_words(group, above=worth < 0))
        for group, worth in zip(groups, points[len(rules) :], strict=False)
        if worth
    ]
    return tuple(lines)


def halvings(occurred_at: datetime, half_life_days: int | None, at: datetime) -> int:
    """How often an activity's points have been halved by `at`."""
    if half_life_days is None:
        return 0
    return min(((at - occurred_at) // DAY) // half_life_days, MOST_HALVINGS)


def decayed(points: int, times: int) -> int:
    """`points` halved `times` times, towards zero: 10, 5, 2, 1, 0 and -20, -10, -5, -2, -1, 0."""
    size = abs(points) >> times
    return size if points >= 0 else -size


def score(
    rules: Iterable[Rule],
    groups: Iterable[Group],
    deeds: Sequence[Deed],
    at: datetime,
    holds: Callable[[Rule], bool],
    counts: Callable[[Rule, Any], bool],
    lapses: Callable[[Rule], datetime | None] = lambda rule: None,
) -> Score:
    """The score at `at`. `holds(rule)` judges an attribute rule and `lapses(rule)` says when time may change that;
    `counts(rule, deed)` says whether a deed fits a rule's type and conditions; deeds after `at` are ignored here."""
    by_group = {group.key: group for group in groups}
    lines: list[Line] = []
    changes: list[datetime | None] = []
    catapults: list[str] = []
    for rule in rules:
        group = by_group[rule.group]
        if rule.kind == "attribute":
            changes.append(lapses(rule))
            if holds(rule):
                lines.append(Line(rule.key, group.key, group.dimension, rule.points, rule.name))
            continue
        fitting = [deed.occurred_at for deed in deeds if deed.occurred_at <= at and counts(rule, deed)]
        if fitting:
            lines.append(_activity_line(rule, group, fitting, at, changes))
            if rule.catapult_to:
                catapults.append(rule.catapult_to)
    lines = [line for line in lines if line.points]
    lines += _caps(lines, by_group.values())
    return Score(
        fit=sum(line.points for line in lines if line.dimension == FIT),
        engagement=sum(line.points for line in lines if line.dimension == ENGAGEMENT),
        lines=tuple(lines),
        rescore_at=min((moment for moment in changes if moment is not None), default=None),
        catapults=tuple(catapults),
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """Activities of one rule that were halved `halved` times: how many count, and the oldest of those."""

    halved: int
    times: int
    oldest: datetime


def batches(occurred: Sequence[datetime], rule: Rule, at: datetime) -> list[Batch]:
    """The activities that count, newest first, by how often they have been halved."""
    grouped: dict[int, list[datetime]] = {}
    for moment in occurred:
        grouped.setdefault(halvings(moment, rule.half_life_days, at), []).append(moment)
    left = len(occurred) if rule.at_most is None else rule.at_most
    found = []
    for halved in sorted(grouped):
        times = min(len(grouped[halved]), left)
        left -= times
        if times:
            found.append(Batch(halved, times, sorted(grouped[halved])[-times]))
    return found


def _activity_line(
    rule: Rule, group: Group, occurred: list[datetime], at: datetime, changes: list[datetime | None]
) -> Line:
    points = times = 0
    for batch in batches(occurred, rule, at):
        worth = decayed(rule.points, batch.halved)
        points += worth * batch.times
        times += batch.times
        if worth and rule.half_life_days is not None:
            changes.append(batch.oldest + (batch.halved + 1) * rule.half_life_days * DAY)
    return Line(rule.key, group.key, group.dimension, points, rule.name, times)


def _caps(lines: list[Line], groups: Iterable[Group]) -> list[Line]:
    caps = []
    for group in groups:
        points = sum(line.points for line in lines if line.group == group.key)
        left = capped(points, group)
        if left != points:
            words = cap_words(group, above=left < points)
            caps.append(Line("", group.key, group.dimension, left - points, words))
    return caps


def capped(points: int, group: Group) -> int:
    """What is left of a group's points within its bounds; where they cross, the minimum holds."""
    points = points if group.maximum is None else min(points, group.maximum)
    return points if group.minimum is None else max(points, group.minimum)


def cap_words(group: Group, *, above: bool) -> str:
    return f"{group.name} counts at {'most' if above else 'least'} {group.maximum if above else group.minimum}"


def grade(points: int, highest: int) -> str:
    """A to D by quarters of the highest possible fit; "" when no fit can be scored."""
    if highest <= 0:
        return ""
    share = points / highest
    return "A" if share >= 0.75 else "B" if share >= 0.5 else "C" if share >= 0.25 else "D"


LEVELS = (1, 2, 3)


def level(engagement: int, wanted: int) -> int:
    """1 where engagement alone reaches what is wanted of a lead, 2 from half of it on, else 3: the grid's columns."""
    if wanted <= 0:
        return 1
    return 1 if engagement >= wanted else 2 if engagement * 2 >= wanted else 3
