"""Rows into records: each cell read as its column's plan says, and every cell that cannot be read reported by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django.db.models import Model

from config.web.errors import Refusal
from leads import normalise
from leads.imports import targets, values
from leads.imports.layout import Layout, Row
from leads.imports.plan import ColumnPlan, Plan, date_order, decimal_of
from leads.imports.targets import ATTRIBUTES, OWN, Target, target_of
from leads.imports.texts import NULL_SIGN
from leads.imports.values import Unreadable
from leads.models import CustomField
from sla.stages import LABELS

AHEAD = timedelta(minutes=5)  # clocks of other systems may run ahead of ours by this much
MAY_LIE_AHEAD = frozenset({"closed_at"})  # an open deal's closing date is a hope
OUTCOMES = frozenset({"disposition", "attempts.disposition"})
NO_ANSWER = frozenset({"na", "NA"})  # in a column of outcomes a code, not a blank
SLUG = re.compile(r"[^\w]+")
LONGEST_TEXT = 4000
UNKNOWN = "unknown"  # in a column of stages: the source does not know how it ended

Read = Callable[[str], Any]


@dataclass(frozen=True)
class Fault:
    """What is wrong with one row: `field` is the heading as the file has it, "" where the whole row is meant."""

    line: int
    field: str
    message: str


@dataclass(slots=True)
class Record:
    """One row, read: values by target, the cells as they came, what is wrong, and what became of it."""

    line: int
    raw: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    owned: dict[str, dict[str, Any]] = field(default_factory=dict)  # own fields by holder and key
    faults: list[Fault] = field(default_factory=list)
    moved: bool = False  # a local hour that did not exist was moved forward
    outcome: str = ""  # created, updated, unchanged
    row: Model | None = None  # what it became, for those who go on with it

    def fault(self, heading: str, message: str) -> None:
        self.faults.append(Fault(self.line, heading, message))

    def own(self, holder: str) -> dict[str, Any]:
        """The own fields of one holder: `attributes`, `person_attributes`, `company_attributes`, `properties`."""
        return self.owned.get(holder, {})


@dataclass(frozen=True, slots=True)
class _Step:
    index: int
    heading: str
    target: str
    holder: str  # of an own field, whose key is `target` then
    words: dict[str, str]
    blank: frozenset[str]
    read: Read


class Reader:
    """Reads rows by a plan. `stages` are the stage codes by the names that people use for them."""

    def __init__(self, plan: Plan, layout: Layout, now: datetime, stages: Mapping[str, str] | None = None):
        self.plan, self.layout, self.now = plan, layout, now
        self.stages = {label.lower(): str(code) for code, label in LABELS.items()} | {str(c): str(c) for c in LABELS}
        self.stages |= {name.lower(): code for name, code in (stages or {}).items()} | {UNKNOWN: UNKNOWN}
        self.declared = {f.path: f for f in CustomField.objects.all()}
        self.moved = False
        self.steps = [step for name, column in plan.columns.items() if column.to and (step := self._step(name, column))]
        self.required = targets.EVERY_ROW.get(plan.kind, ())
        self.fixed = dict(self._fixed(name, value) for name, value in plan.fixed.items() if value != "")

    def _step(self, name: str, column: ColumnPlan) -> _Step | None:
        seen = self.layout.column(name)
        if seen is None:
            return None
        target = target_of(self.plan.kind, column.to)
        assert target is not None, "the plan was checked before it is carried out"
        blank = {*column.blank, *self.plan.options.blank, *normalise.BLANK_WORDS}
        if target.name in OUTCOMES:
            blank -= NO_ANSWER
        declared = self.declared.get(column.to)
        if declared is not None:
            blank |= set(declared.blank_words)
        order = date_order(self.plan, self.layout, seen) or values.DAY_FIRST
        read = self._reader(target, order, decimal_of(self.plan, self.layout, seen), column, declared)
        words = {word.strip().lower(): value for word, value in column.values.items()}
        holder, key = column.to.split(".", 1) if target.group == OWN else ("", column.to)
        return _Step(seen.index, name, key, holder, words, frozenset(w.strip().lower() for w in blank), read)

    def _fixed(self, name: str, value: str) -> tuple[tuple[str, str], Any]:
        target = target_of(self.plan.kind, name)
        assert target is not None, "the plan was checked before it is carried out"
        holder, key = name.split(".", 1) if target.group == OWN else ("", name)
        read = self._reader(target, self.plan.options.order or values.DAY_FIRST, ".", ColumnPlan(name), None)
        try:
            return (holder, key), read(value)
        except Unreadable as error:
            raise Refusal("plan_open", f"{target.label}: {error}", fields={name: str(error)}) from error

    # --- one row -------------------------------------------------------------------------------------------------------
    def record(self, row: Row) -> Record:
        headings = self.layout.columns
        if row.problem:
            return Record(row.line, _overflowing(headings, row.cells), faults=[Fault(row.line, "", row.problem)])
        cells = row.cells
        found = Record(row.line, {column.name: cells[column.index] for column in headings})
        self.moved = False
        for step in self.steps:
            cell = cells[step.index]
            if not cell:
                continue
            if step.words:
                cell = step.words.get(cell.lower(), cell)
            lowered = cell.lower()
            if lowered in step.blank:
                continue
            try:
                value = step.read(cell)
            except Unreadable as error:
                found.fault(step.heading, str(error))
            else:
                if step.holder:
                    found.owned.setdefault(step.holder, {})[step.target] = value
                elif value is not None:
                    found.values[step.target] = value
        for (holder, name), value in self.fixed.items():
            (found.owned.setdefault(holder, {}) if holder else found.values).setdefault(name, value)
        found.moved = self.moved
        for name in self.required:
            heading = self.plan.column_for(name) or name
            if name not in found.values and not any(fault.field == heading for fault in found.faults):
                found.fault(heading, "It is empty.")
        return found

    def records(self, rows: Iterable[Row]) -> Iterable[Record]:
        return map(self.record, rows)

    # --- how each kind of cell is read ----------------------------------------------------------------------------------
    def _reader(
        self, target: Target, order: str, decimal: str, column: ColumnPlan, declared: CustomField | None
    ) -> Read:
        if target.group == OWN:
            kind = declared.kind if declared else column.kind
            prefix = target.name.partition(".")[0]
            return self._own(kind if prefix in ATTRIBUTES else "text", order, decimal)
        ahead = target.name in MAY_LIE_AHEAD
        known: dict[str, Read] = {
            targets.TEXT: text,
            targets.LIST: listed,
            targets.PHONE: phone,
            targets.ZONE: zone,
            targets.YES_NO: values.yes_no,
            targets.STAGE: self._stage,
            targets.KEY: lambda cell: limited(cell, target.limit),
            targets.CODE: lambda cell: code(cell, target),
            targets.WHOLE: lambda cell: not_negative(values.whole_number(cell, decimal)),
            targets.FIGURE: lambda cell: not_negative(values.figure(cell, decimal)),
            targets.MOMENT: lambda cell: self._moment(cell, order, ahead=ahead),
            targets.DAY: lambda cell: values.day(cell, order, self.plan.options.time_zone),
            targets.MONTH: lambda cell: values.month(cell, order, self.plan.options.time_zone),
        }
        return known[target.read_as]

    def _moment(self, cell: str, order: str, *, ahead: bool = False) -> datetime:
        found = values.moment(cell, order, self.plan.options.time_zone)
        if not ahead and found.at > self.now + AHEAD:
            raise Unreadable(f"{cell!r} lies in the future.")
        self.moved = self.moved or (found.moved and not found.is_day)
        return found.at

    def _stage(self, cell: str) -> str:
        found = self.stages.get(cell.strip().lower())
        if found is None:
            raise Unreadable(f"{cell!r} is no stage. Say which stage it stands for, or leave it out.")
        return found

    def _own(self, kind: str, order: str, decimal: str) -> Read:
        if kind == CustomField.Kind.NUMBER:
            return lambda cell: _json_number(values.figure(cell, decimal))
        if kind == CustomField.Kind.YES_NO:
            return values.yes_no
        if kind == CustomField.Kind.DATE:
            return lambda cell: self._iso(cell, order)
        return text

    def _iso(self, cell: str, order: str) -> str:
        found = values.moment(cell, order, self.plan.options.time_zone)
        if found.is_day:
            return values.day(cell, order, self.plan.options.time_zone).isoformat()
        return found.at.isoformat()


def _overflowing(columns: list[Any], cells: list[str]) -> dict[str, str]:
    """The cells of a row that does not fit its headings, as far as they can be named."""
    named = {column.name: cells[column.index] for column in columns if column.index < len(cells)}
    extra = cells[len(columns) :]
    return named | {f"Cell {len(columns) + place}": cell for place, cell in enumerate(extra, 1)}


def text(cell: str) -> str:
    if NULL_SIGN in cell:
        raise Unreadable("It holds a character that cannot be stored.")
    found = " ".join(cell.split())
    if len(found) > LONGEST_TEXT:
        raise Unreadable(f"It has {len(found)} characters; at most {LONGEST_TEXT} can be kept.")
    return found


def limited(cell: str, limit: int) -> str:
    found = text(cell)
    if limit and len(found) > limit:
        raise Unreadable(f"It has {len(found)} characters; at most {limit} can be kept.")
    return found


def code(cell: str, target: Target) -> str:
    """A word of a fixed vocabulary. Types of activity are written as the agreement's scoring rules write them."""
    found = limited(cell, 0)
    if target.name in ("type", "activity.type"):
        found = SLUG.sub("_", found.lower()).strip("_")
    if target.name == "currency":
        found = found.upper()
        if not re.fullmatch(r"[A-Z]{3}", found):
            raise Unreadable(f"{cell!r} is not a currency such as EUR.")
    return limited(found, target.limit)


def phone(cell: str) -> str | None:
    """A number as given; one of zeros only stands for none. What spreadsheets have ruined is refused later, by name."""
    return text(cell) if re.search(r"[1-9]", cell) or not re.fullmatch(r"[\d\s()+./-]*", cell) else None


def zone(cell: str) -> str:
    if cell not in available_timezones():
        raise Unreadable(f"{cell!r} is not a time zone of the IANA database.")
    return cell


def listed(cell: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;|]", cell) if part.strip()]


def not_negative(value: Any) -> Any:
    if value < 0:
        raise Unreadable(f"{value} is negative.")
    return value


def _json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
