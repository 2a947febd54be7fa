"""What two versions say differently, term by term along their stable keys, in people's words and numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from config.accounts.choices import Function
from sla import words
from sla.document import Document, compose
from sla.document.closing import moment_words
from sla.metrics import Unit
from sla.sections import KINDS, SectionKind
from sla.terms import SECTIONS, CommitmentTerms, Terms
from sla.words.basics import number_words
from sla.words.fields import field_label, term_name, value_words
from sla.words.hours import day_words
from sla.words.terms import say

EVERYBODY = ""
HEADER = (
    "title", "summary", "takes_effect", "review_every_months", "fiscal_year_start_month", "currency",
    "settles_contests", "reject_alarm_percent", "admission_per_day",
)  # fmt: skip
UNSAID = frozenset({"key"})
LONG = frozenset({"words", "examples", "text", "answer", "responsibilities", "biography", "behaviour", "summary"})

IN_TARGET = frozenset({"target", "unit", "period", "comparison", "count", "cutoff", "answer_by"})
MOST_IN_SHORT = 80  # characters of both sides together

Row = Mapping[str, Any]
Kind = Literal["added", "removed", "changed", "same"]


@dataclass(frozen=True)
class FieldChange:
    """One field before and after, in words. `is_text` asks to be shown word by word."""

    name: str
    label: str
    before: str
    after: str
    is_text: bool = False


@dataclass(frozen=True)
class TermChange:
    """One term. `headline` is the change in a few words: "60 → 30 working minutes"."""

    section: str
    key: str
    kind: Kind
    name: str
    fields: tuple[FieldChange, ...] = ()
    headline: str = ""
    stricter: bool | None = None  # None where neither word fits
    side: str = EVERYBODY
    before: tuple[str, ...] = ()  # the clause in words
    after: tuple[str, ...] = ()
    before_number: str = ""
    after_number: str = ""

    @property
    def anchor(self) -> str:
        return f"{KINDS[self.section].anchor}:{self.key}"


@dataclass(frozen=True)
class SectionDifference:
    """`order_before` and `order_after` are names in their order, filled only where the order itself changed."""

    kind: SectionKind
    changes: tuple[TermChange, ...]
    same: tuple[TermChange, ...]
    order_before: tuple[str, ...] = ()
    order_after: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        return bool(self.changes or self.order_after)


@dataclass(frozen=True)
class Differences:
    before: str
    after: str
    header: tuple[FieldChange, ...]
    sections: tuple[SectionDifference, ...]
    sides: tuple[str, ...] = field(default_factory=tuple)

    @property
    def changed(self) -> list[SectionDifference]:
        return [section for section in self.sections if section.differs]

    @property
    def changes(self) -> list[TermChange]:
        return [change for section in self.sections for change in section.changes]

    @property
    def count(self) -> int:
        return len(self.changes) + len(self.header) + sum(bool(section.order_after) for section in self.sections)

    def by_side(self) -> list[tuple[str, list[TermChange]]]:
        """What changes for whom: the parties in their order, then what concerns everybody."""
        groups = [(side, [c for c in self.changes if c.side == side]) for side in (*self.sides, EVERYBODY)]
        return [(words.function_label(side) if side else "Everybody", found) for side, found in groups if found]


def compare(before: Terms, after: Terms) -> Differences:
    """Everything that differs, and in `same` what does not."""
    pair = _Pair(before, after, compose(before), compose(after))
    sides = tuple(party.function for party in after.parties)
    return Differences(
        before=before.name,
        after=after.name,
        header=tuple(_header(pair)),
        sections=tuple(_section(kind, pair) for kind in KINDS.values()),
        sides=(*sides, *sorted({_side(s, r, after) for s in KINDS for r in after.content[s]} - {EVERYBODY, *sides})),
    )


@dataclass(frozen=True)
class _Pair:
    before: Terms
    after: Terms
    before_document: Document
    after_document: Document


def _header(pair: _Pair) -> Iterator[FieldChange]:
    for name in HEADER:
        old, new = pair.before.content[name], pair.after.content[name]
        if old != new:
            yield FieldChange(
                name, field_label(name), _said(name, old, pair.before), _said(name, new, pair.after), name in LONG
            )


def _said(name: str, value: Any, terms: Terms) -> str:
    if name == "settles_contests":
        return words.function_label(str(value))
    if name == "takes_effect" and value != "with the last signature":
        return moment_words(datetime.fromisoformat(str(value)), terms)
    return value_words("", name, value, terms)


def _section(kind: SectionKind, pair: _Pair) -> SectionDifference:
    old = {row["key"]: row for row in pair.before.content[kind.section]}
    new = {row["key"]: row for row in pair.after.content[kind.section]}
    found = [
        _term(kind, key, old.get(key), new.get(key), pair) for key in [*new, *(key for key in old if key not in new)]
    ]
    order_before, order_after = _order(kind, old, new, pair) if kind.ordered else ((), ())
    return SectionDifference(
        kind,
        tuple(change for change in found if change.kind != "same"),
        tuple(change for change in found if change.kind == "same"),
        order_before,
        order_after,
    )


def _order(
    kind: SectionKind, old: Mapping[str, Row], new: Mapping[str, Row], pair: _Pair
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the terms both have, in both orders, where these differ."""
    was, now = [key for key in old if key in new], [key for key in new if key in old]
    if was == now:
        return (), ()
    return (
        tuple(term_name(kind.section, old[key], pair.before) for key in was),
        tuple(term_name(kind.section, new[key], pair.after) for key in now),
    )


def _term(kind: SectionKind, key: str, old: Row | None, new: Row | None, pair: _Pair) -> TermChange:
    section, anchor = kind.section, f"{kind.anchor}:{key}"
    row, terms = (new, pair.after) if new is not None else (old, pair.before)
    assert row is not None
    changed = tuple(_fields(section, old, new, pair)) if old is not None and new is not None else ()
    state: Kind = "added" if old is None else "removed" if new is None else "changed" if changed else "same"
    headline, stricter = _headline(section, old, new, changed, pair)
    return TermChange(
        section=section,
        key=key,
        kind=state,
        name=term_name(section, row, terms),
        fields=changed,
        headline=headline,
        stricter=stricter,
        side=_side(section, row, terms),
        before=term_words(section, old, pair.before),
        after=term_words(section, new, pair.after),
        before_number=pair.before_document.number_of(anchor),
        after_number=pair.after_document.number_of(anchor),
    )


def _fields(section: str, old: Row, new: Row, pair: _Pair) -> Iterator[FieldChange]:
    old, new = _whole(section, old), _whole(section, new)
    if section == "commitments":
        yield from _target(pair.before.commitment(old["key"]), pair.after.commitment(new["key"]), pair)
    for name in new:
        if name in UNSAID or old.get(name) == new[name] or (section == "commitments" and name in IN_TARGET):
            continue
        if section == "calendars" and name == "holidays":
            yield from _holidays(old[name], new[name], old, new)
            continue
        before, after = (
            value_words(section, name, old.get(name), pair.before),
            value_words(section, name, new[name], pair.after),
        )
        yield FieldChange(name, field_label(name, section), before, after, name in LONG)


def _target(was: CommitmentTerms, now: CommitmentTerms, pair: _Pair) -> Iterator[FieldChange]:
    """Number, unit, period and the rest of "when" are one thing to a reader."""
    before, after = words.due_words(was, pair.before.currency), words.due_words(now, pair.after.currency)
    if before != after:
        yield FieldChange("target", field_label("target", "commitments"), before, after)


def _whole(section: str, row: Row) -> Row:
    """With the defaults of fields that were introduced after it was signed."""
    defaults = {
        item.name: item.default
        for item in dataclasses.fields(SECTIONS[section])
        if item.default is not dataclasses.MISSING
    }
    return {**{name: value for name, value in defaults.items() if name not in row}, **row}


def _holidays(old: Mapping[str, str], new: Mapping[str, str], old_row: Row, new_row: Row) -> Iterator[FieldChange]:
    """Dates that came or went; when another country was chosen that says it all."""
    if any(old_row[name] != new_row[name] for name in ("holiday_country", "holiday_region")):
        return
    shared = {day[:4] for day in old} & {day[:4] for day in new}
    gone = {day: name for day, name in old.items() if new.get(day) != name and day[:4] in shared}
    came = {day: name for day, name in new.items() if old.get(day) != name and day[:4] in shared}
    years_before, years_after = _years(old), _years(new)
    if years_before != years_after:
        yield FieldChange("holidays", "Public holidays written out", years_before, years_after)
    if gone or came:

        def said(days: Mapping[str, str]) -> str:
            return "; ".join(f"{day_words(day)} {name}" for day, name in sorted(days.items())) or "none"

        yield FieldChange("holidays", "Public holidays", said(gone), said(came))


def _years(days: Mapping[str, str]) -> str:
    years = sorted(day[:4] for day in days)
    return f"{years[0]} to {years[-1]}" if years else "none"


# --- what a change comes down to -----------------------------------------------------------------------------------


def _headline(
    section: str, old: Row | None, new: Row | None, changed: tuple[FieldChange, ...], pair: _Pair
) -> tuple[str, bool | None]:
    """The change in a few words, and whether it asks more of its side than before."""
    if old is None or new is None or not changed:
        return "", None
    if section == "commitments":
        return _commitment_headline(old, new, changed, pair)
    return ", ".join(_in_short(item, first=not place) for place, item in enumerate(changed)), None


def _in_short(item: FieldChange, *, first: bool = False) -> str:
    """ "points in all 40 → 45"; of a long text only that it changed."""
    label = item.label if first else item.label[:1].lower() + item.label[1:]
    if item.is_text or len(item.before) + len(item.after) > MOST_IN_SHORT:
        return label
    return f"{label} {item.before} → {item.after}"


def _commitment_headline(old: Row, new: Row, changed: tuple[FieldChange, ...], pair: _Pair) -> tuple[str, bool | None]:
    was, now = pair.before.commitment(old["key"]), pair.after.commitment(new["key"])
    parts = []
    if words.due_words(was, pair.before.currency) != words.due_words(now, pair.after.currency):
        parts.append(_from_to(was, now, pair))
    parts += [_in_short(item, first=not parts) for item in changed if item.name != "target"]
    return ", ".join(parts), _stricter(was, now)


def _from_to(was: CommitmentTerms, now: CommitmentTerms, pair: _Pair) -> str:
    """ "60 → 30 working minutes" where only the number changed, else both in full."""
    before, after = words.due_words(was, pair.before.currency), words.due_words(now, pair.after.currency)
    first, second = number_words(was.target), number_words(now.target)
    if was.unit == now.unit and was.target != now.target and _masked(before, first) == _masked(after, second):
        return after.replace(second, f"{first} → {second}", 1)
    return f"{before} → {after}"


def _masked(text: str, number: str) -> str:
    """Without the number and its plural, so that "1 working hour" and "2 working hours" are one."""
    return (
        text.replace(number, "#", 1)
        .replace("hours", "hour")
        .replace("minutes", "minute")
        .replace("days", "day")
        .replace("leads", "lead")
    )


def _stricter(was: CommitmentTerms, now: CommitmentTerms) -> bool | None:
    if was.unit != now.unit or was.comparison != now.comparison or was.metric != now.metric:
        return None
    more_is_stricter = now.comparison == "at_least"
    steps = [
        _sign(now.target - was.target) * (1 if more_is_stricter else -1) if now.unit != Unit.TIME_OF_DAY else 0,
        _sign(now.must_meet_percent - was.must_meet_percent),
        _sign(Decimal((now.count or 0) - (was.count or 0))),
    ]
    if not any(steps) or (1 in steps and -1 in steps):
        return None
    return 1 in steps


def _sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)


# --- whom a term concerns, and what it says ------------------------------------------------------------------------

CONCERNS = {
    "parties": "function",
    "stages": "owner",
    "procedure": "who",
    "commitments": "side",
    "cadences": "function",
    "scripts": "function",
    "reasons": "counts_for",
}


def _side(section: str, row: Row, terms: Terms) -> str:
    if section == "escalations":
        found = next((item.side for item in terms.commitments if item.key == row["commitment"]), EVERYBODY)
        return str(found)
    side = str(row.get(CONCERNS.get(section, ""), "") or EVERYBODY)
    return side if side in Function.values else EVERYBODY


def term_words(section: str, row: Row | None, terms: Terms) -> tuple[str, ...]:
    """A compiled term as its clause says it; nothing for a term that is not there."""
    if row is None:
        return ()
    return tuple(say(section, str(row["key"]), terms))
