"""When two people edit one draft: what each changed, field by field, and the later save put on top of the earlier.

A form carries the values it was opened with (`base`). At saving they are compared with what is stored now: what only
the other changed stays as the other left it, what both changed the person decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sla.models import TermRow, Version, term_models
from sla.models.termrow import plain
from sla.sections import KINDS
from sla.terms import Terms
from sla.words.fields import field_label, term_name, value_words

HEADER = ""
PLACE = "position"
HEADER_FIELDS = (
    "title", "summary", "planned_at", "review_every_months", "fiscal_year_start_month", "currency",
    "settles_contests", "reject_alarm_percent", "admission_per_day",
)  # fmt: skip

Values = dict[str, Any]
Snapshot = dict[str, dict[str, Values]]  # section, row id, field: plain values


def values_of(row: TermRow | Version) -> Values:
    """A row's fields as plain JSON values; references by their id."""
    names = (
        HEADER_FIELDS
        if isinstance(row, Version)
        else tuple(f.name for f in row._meta.concrete_fields if f.name not in ("id", "version"))
    )
    found = {}
    for name in names:
        field: Any = row._meta.get_field(name)
        found[name] = plain(field.value_from_object(row))
    return found


def snapshot(version: Version, models: Iterable[type[TermRow]], *, with_header: bool) -> Snapshot:
    """What is stored now of one page of the form."""
    found: Snapshot = {HEADER: {str(version.pk): values_of(version)}} if with_header else {}
    for model in models:
        rows = model._default_manager.filter(version=version)
        found[model.section] = {str(row.pk): values_of(row) for row in rows}
    return found


def read_base(text: str) -> Snapshot | None:
    """The values a form was opened with; None when the form does not say."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and all(isinstance(rows, dict) for rows in found.values()) else None


@dataclass(frozen=True)
class Clash:
    """One field the other changed meanwhile. `is_open` where both changed it, differently: the person decides."""

    section: str
    pk: str
    field: str
    term: str
    label: str
    before: str
    theirs: str
    mine: str
    is_open: bool

    @property
    def choice(self) -> str:
        return choice_name(self.section, self.pk, self.field)


@dataclass(frozen=True)
class Meanwhile:
    """Everything the other did to this page of the form since it was opened."""

    clashes: list[Clash]
    added: list[str]
    removed: list[str]
    reordered: list[str]

    @property
    def happened(self) -> bool:
        return bool(self.clashes or self.added or self.removed or self.reordered)

    @property
    def open(self) -> list[Clash]:
        return [clash for clash in self.clashes if clash.is_open]

    @property
    def kept(self) -> list[Clash]:
        return [clash for clash in self.clashes if not clash.is_open]


def choice_name(section: str, pk: str, field: str) -> str:
    return f"choice:{section}:{pk}:{field}"


def compare(base: Snapshot, now: Snapshot, mine: Snapshot, before: Terms, terms: Terms) -> Meanwhile:
    """What changed from `base` to `now`, against what the form says (`mine`)."""
    clashes, added, removed, reordered = [], [], [], []
    for section, rows in now.items():
        was = base.get(section, {})
        for pk, values in rows.items():
            if pk not in was:
                added.append(_named(section, values, terms))
                continue
            clashes += list(_fields(section, pk, was[pk], values, mine.get(section, {}).get(pk, was[pk]), terms))
        removed += [_named(section, values, before) for pk, values in was.items() if pk not in rows]
        if any(rows[pk].get(PLACE) != values.get(PLACE) for pk, values in was.items() if pk in rows):
            reordered.append(KINDS[section].heading if section else "")
    return Meanwhile(clashes, added, removed, [name for name in reordered if name])


def _fields(section: str, pk: str, was: Values, now: Values, mine: Values, terms: Terms) -> Iterator[Clash]:
    for name, value in now.items():
        if name == PLACE or value == was.get(name):
            continue
        own = mine.get(name, was.get(name))
        yield Clash(
            section=section,
            pk=pk,
            field=name,
            term=_named(section, now, terms),
            label=field_label(name, section),
            before=_said(section, name, was.get(name), terms),
            theirs=_said(section, name, value, terms),
            mine=_said(section, name, own, terms),
            is_open=own not in (was.get(name), value),
        )


def _said(section: str, name: str, value: Any, terms: Terms) -> str:
    """In words; a team or person by name, for the form holds their ids."""
    model = next((m for m in term_models() if m.section == section), None)
    field = model._meta.get_field(name) if model else None
    if field is not None and field.is_relation and value is not None:
        related: Any = field.related_model
        return str(related._default_manager.filter(pk=value).first() or value)
    return value_words(section, name, value, terms)


def _named(section: str, values: Values, terms: Terms) -> str:
    return term_name(section, values, terms) if section else "This version"


def mine_of(form: Any, formsets: Iterable[Any]) -> Snapshot:
    """What validated forms say; rows marked for removal are left out."""
    found: Snapshot = {HEADER: {str(form.instance.pk): values_of(form.instance)}} if form is not None else {}
    for formset in formsets:
        rows = found.setdefault(formset.model.section, {})
        for one in formset.initial_forms:
            if one.instance.pk and not formset._should_delete_form(one):
                rows[str(one.instance.pk)] = values_of(one.instance)
    return found


def settle(row: TermRow | Version, section: str, base: Snapshot, now: Snapshot, choices: Mapping[str, str]) -> None:
    """Put the other's changes back into a row that is about to be saved, but for fields the person kept as their own.

    `choices` are the answers by `choice_name`: "mine" or "theirs".
    """
    pk = str(row.pk)
    was, stored = base.get(section, {}).get(pk), now.get(section, {}).get(pk)
    if was is None or stored is None:
        return
    own = values_of(row)
    for name, value in stored.items():
        if value == was.get(name) or own.get(name) == value:
            continue
        untouched = own.get(name) == was.get(name)
        if untouched or choices.get(choice_name(section, pk, name)) != "mine":
            field: Any = row._meta.get_field(name)
            setattr(row, field.attname, field.to_python(value))
