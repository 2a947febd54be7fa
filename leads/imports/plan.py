"""The plan of an import: what each column becomes and how its cells are read. Stored with the run, changeable, reusable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings

from leads.imports.columns import DATE, NUMBER, TEXT, YES, Column
from leads.imports.formats import Format, formats, plain, recognise, synonyms
from leads.imports.layout import Layout
from leads.imports.targets import DAY, HOLDERS, MOMENT, MONTH, NEEDED, OWN, PROPERTIES, label_of, target_of
from leads.models import CustomField, ImportRun

ATTRIBUTES, IGNORE = "attributes", "ignore"
UNKNOWN_END, OFFER = "unknown", "offer"
MATCH, CREATE = "match", "create"
FAULT_COLUMNS = frozenset({"faultline", "faultfield", "faultreason"})  # what our own list of faults puts first
OWN_HOLDERS = frozenset({"attributes", "person_attributes", "company_attributes", PROPERTIES})
KEY_LETTERS = re.compile(r"[^A-Za-z0-9_ ./()&?'-]+")


@dataclass(frozen=True)
class ColumnPlan:
    """`to` is a target's name, "" ignores the column. `values` puts own words for the file's; `blank` words mean nothing."""

    to: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    blank: tuple[str, ...] = ()
    order: str = ""  # dmy, mdy; "" where the data decide
    decimal: str = ""  # "," or "."; "" where the data decide
    kind: str = TEXT  # of an own field


@dataclass(frozen=True)
class Options:
    """`history`: the file's dates become the ledger's. `open_leads`: whose end the file does not tell are closed with
    an unknown outcome, or offered to the teams as the agreement says. `owners`: people not found are faults, or made."""

    history: bool = False
    zone: str = ""
    phone_country: str = ""
    open_leads: str = UNKNOWN_END
    owners: str = MATCH
    order: str = ""  # how dates that can be read both ways are read in every column
    blank: tuple[str, ...] = ()

    @property
    def time_zone(self) -> str:
        return self.zone or settings.COMPANY_TIME_ZONE


@dataclass(frozen=True)
class Plan:
    """`fixed` gives a target one value for all rows that have none."""

    kind: str
    columns: Mapping[str, ColumnPlan] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    format: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Plan:
        columns = {name: ColumnPlan(**_tuples(column)) for name, column in stored.get("columns", {}).items()}
        options = Options(**_tuples(stored.get("options", {})))
        return cls(stored["kind"], columns, dict(stored.get("fixed", {})), options, stored.get("format", ""))

    def column_for(self, target: str) -> str:
        """The heading that is mapped to a target, or "" where a fixed value, or nothing, gives it."""
        return next((name for name, column in self.columns.items() if column.to == target), "")

    @property
    def given(self) -> frozenset[str]:
        return frozenset(column.to for column in self.columns.values() if column.to) | frozenset(self.fixed)

    def with_column(self, name: str, **changes: Any) -> Plan:
        column = replace(self.columns.get(name, ColumnPlan()), **changes)
        return replace(self, columns={**self.columns, name: column})


def _tuples(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}


# --- proposing ---------------------------------------------------------------------------------------------------------


def propose(
    layout: Layout, kind: str, *, options: Options | None = None, format_key: str = "", unknown: str = ATTRIBUTES
) -> Plan:
    """What the headings most likely mean: by the known format they are of, else by usual words. All of it can be changed."""
    known = formats()[format_key] if format_key else recognise(layout.headers, kind)
    options = replace(options or Options(), blank=known.blank if known else ())
    plan = Plan(kind, {name: ColumnPlan() for name in layout.headers}, {}, options, known.key if known else "")
    meanings = known.columns if known else synonyms(kind)
    by_plain = {plain(column.name): column for column in layout.columns}
    for heading, target in meanings.items():
        column = by_plain.get(heading)
        if column is not None and column.filled and target not in plan.given:
            plan = plan.with_column(column.name, to=target, values=_values(known, target, column))
    holders = HOLDERS.get(kind, ())
    if unknown == ATTRIBUTES and holders:
        for column in layout.columns:
            if not plan.columns[column.name].to and column.filled and not _ignored(column, known):
                plan = plan.with_column(column.name, **own_field(column, holders[0]))
    return plan


def _values(known: Format | None, target: str, column: Column) -> dict[str, str]:
    """The format's own words, those that this file uses first of all."""
    words = known.values.get(target, {}) if known else {}
    return {word: words[word] for word in words}


def _ignored(column: Column, known: Format | None) -> bool:
    heading = plain(column.name)
    return heading in FAULT_COLUMNS or (known is not None and heading in known.ignored)


def own_field(column: Column, holder: str) -> dict[str, Any]:
    """The plan of a column that is kept as an own field, of the kind its cells are."""
    kind = TEXT if holder == PROPERTIES else column.kind
    return {"to": f"{holder}.{key_of(column.name)}", "kind": TEXT if _is_code(column) else kind}


def mapped(plan: Plan, layout: Layout, name: str, to: str) -> Plan:
    """The plan with a column given another target; as an own field it holds what its cells are."""
    column, said = layout.column(name), plan.columns.get(name, ColumnPlan())
    holder = to.partition(".")[0]
    if column is not None and holder in OWN_HOLDERS and not said.to.startswith(f"{holder}."):
        return plan.with_column(name, to=to, kind=own_field(column, holder)["kind"])
    return plan.with_column(name, to=to)


def _is_code(column: Column) -> bool:
    """Figures that nobody adds up: long ones, and ones with leading zeros."""
    return column.kind == NUMBER and (
        column.longest > 15 or any(s[:1] == "0" and s.isdigit() and len(s) > 1 for s in column.samples)
    )


def key_of(heading: str) -> str:
    """A heading as the key of an own field: letters without accents, digits, blanks and a few signs."""
    flat = unicodedata.normalize("NFKD", heading.replace("ß", "ss"))
    flat = "".join(letter for letter in flat if not unicodedata.combining(letter))
    return " ".join(KEY_LETTERS.sub(" ", flat).split())[:80] or "Column"


def earlier(source_id: int, layout: Layout, kind: str) -> Plan | None:
    """The plan of this source's last run whose file had the same headings."""
    runs = ImportRun.objects.filter(source_id=source_id, kind=kind, state=ImportRun.State.DONE).exclude(mapping={})
    wanted = set(layout.headers)
    for mapping in runs.order_by("-id").values_list("mapping", flat=True)[:20]:
        if set(mapping.get("columns", ())) == wanted:
            return Plan.from_json(mapping)
    return None


# --- checking ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """Why a plan cannot be carried out: the column it is about ("" for the whole), and the reason in words."""

    column: str
    words: str


def problems(plan: Plan, layout: Layout) -> list[Problem]:
    """Everything that must be settled before the file can be read by this plan."""
    found = [Problem(name, "This file has no such column.") for name in plan.columns if name not in layout.headers]
    found += _unknown_targets(plan)
    for wanted in NEEDED[plan.kind]:
        if not plan.given & set(wanted):
            labels = " or ".join(_label(plan.kind, name) for name in wanted)
            found.append(Problem("", f"One column must give: {labels}."))
    options = plan.options
    if options.time_zone not in available_timezones():
        found.append(Problem("", f"{options.zone!r} is not a time zone of the IANA database."))
    return found + _open_dates(plan, layout)


def _unknown_targets(plan: Plan) -> list[Problem]:
    found, seen = [], dict[str, str]()
    for name, column in plan.columns.items():
        if not column.to:
            continue
        if target_of(plan.kind, column.to) is None:
            found.append(
                Problem(name, f"{column.to!r} is nothing that {ImportRun.Kind(plan.kind).label.lower()} have.")
            )
        elif column.to in seen:
            found.append(Problem(name, f"{_label(plan.kind, column.to)} is given by {seen[column.to]!r} already."))
        seen[column.to] = name
    found += [Problem("", f"{name!r} is not a field.") for name in plan.fixed if target_of(plan.kind, name) is None]
    return found


def _label(kind: str, name: str) -> str:
    target = target_of(kind, name)
    return label_of(target) if target else name


def _open_dates(plan: Plan, layout: Layout) -> list[Problem]:
    found = []
    for name, column in plan.columns.items():
        seen = layout.column(name)
        if seen is None or not holds_dates(plan.kind, column) or not seen.needs_order:
            continue
        if not date_order(plan, layout, seen):
            words = f"{seen.either_sample!r} can be read with the day or with the month first. Say which it is."
            found.append(Problem(name, words))
    return found


def holds_dates(kind: str, column: ColumnPlan) -> bool:
    target = target_of(kind, column.to) if column.to else None
    return target is not None and (
        target.read_as in (MOMENT, DAY, MONTH) or (target.group == OWN and column.kind == DATE)
    )


def date_order(plan: Plan, layout: Layout, seen: Column) -> str:
    """How a column's dates are read: as said for it, as its own dates decide, as the file's other dates agree, or as
    said for all; "" where that leaves it open."""
    said = plan.columns[seen.name].order if seen.name in plan.columns else ""
    if said or seen.order:
        return said or seen.order
    others = {column.order for column in layout.columns if column.order}
    return others.pop() if len(others) == 1 else plan.options.order


def decimal_of(plan: Plan, layout: Layout, seen: Column) -> str:
    """The decimal sign of a column: as said, as its figures decide, as the file's others agree, or as the separator hints."""
    said = plan.columns[seen.name].decimal if seen.name in plan.columns else ""
    if said or seen.decimal:
        return said or seen.decimal
    others = {column.decimal for column in layout.columns if column.decimal and column.kind == NUMBER}
    if len(others) == 1:
        return others.pop()
    return "," if layout.separator == ";" else "."


def custom_fields(plan: Plan, layout: Layout) -> list[CustomField]:
    """The own fields this plan fills, as rows yet to be stored."""
    kinds = {NUMBER: CustomField.Kind.NUMBER, YES: CustomField.Kind.YES_NO, DATE: CustomField.Kind.DATE}
    holders = {"attributes": "lead", "person_attributes": "person", "company_attributes": "company"}
    rows = []
    for name, column in plan.columns.items():
        holder, _, key = column.to.partition(".")
        if key and holder in holders and layout.column(name):
            kind = kinds.get(column.kind, CustomField.Kind.TEXT)
            rows.append(
                CustomField(
                    holder=holders[holder], key=key, label=name[:120], kind=kind, blank_words=list(column.blank)
                )
            )
    return rows
