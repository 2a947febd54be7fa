"""A draft from a file: the record of an exported agreement, checked row by row before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from config.accounts.models import Team, User
from config.web.errors import Refusal
from sla.access import require_drafter
from sla.history import changed_by
from sla.models import Agreement, TermRow, Version, term_models
from sla.sections import KINDS
from sla.services.drafting import HEADER, new_version
from sla.words.fields import field_label

UNSET = object()


@transaction.atomic
def draft_from_content(agreement: Agreement, content: Mapping[str, Any], *, by: User) -> Version:
    """A draft that says what the content says. Teams and people are found by their id, then by name, and teams also
    by what they do where only one does it.

    Raises Refusal with every fault, each naming the term and the field; then nothing is written.
    """
    require_drafter(by)
    if content.get("format") != 1:
        raise Refusal("unknown_format", "This content has a form that this release does not know.")
    problems: list[str] = []
    with changed_by(by):
        version = new_version(agreement, by=by, **_header(content, problems))
        rows = {model: _rows(model, content, version, problems) for model in term_models()}
        if problems:
            raise Refusal("bad_content", " ".join(problems[:20]), problems=problems)
        try:
            with transaction.atomic():
                for model, made in rows.items():
                    model._default_manager.bulk_create(made)
        except IntegrityError as error:
            raise Refusal("bad_content", f"Two terms of one kind have the same key: {_detail(error)}") from error
    return version


def _detail(error: IntegrityError) -> str:
    return str(error).strip().splitlines()[-1].strip()


def _header(content: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The fields of the version itself; what is not said keeps its default."""
    fields = {name: content[name] for name in HEADER if name in content}
    fields |= {name: str(content.get(name, "")) for name in ("title", "summary")}
    probe = Version(**fields)
    try:
        probe.clean_fields(exclude=[f.name for f in Version._meta.concrete_fields if f.name not in fields])
    except ValidationError as error:
        problems.extend(f"{field_label(name)}: {' '.join(said)}" for name, said in error.message_dict.items())
        return {}
    return fields


def _rows(model: type[TermRow], content: Mapping[str, Any], version: Version, problems: list[str]) -> list[TermRow]:
    given = content.get(model.section, [])
    if not isinstance(given, list):
        problems.append(f"{KINDS[model.section].heading} is not a list.")
        return []
    rows = []
    for position, term in enumerate(given):
        name = f"{KINDS[model.section].heading}, {position + 1}"
        if not isinstance(term, Mapping):
            problems.append(f"{name} is not a term.")
            continue
        row = _row(model, term, f"{name} ({term.get('key', 'without a key')})", problems)
        if row is not None:
            row.version, row.position = version, position
            rows.append(row)
    return rows


def _row(model: type[TermRow], term: Mapping[str, Any], name: str, problems: list[str]) -> TermRow | None:
    values: dict[str, Any] = {}
    unchecked = ["version", "position"]
    for field in model._meta.concrete_fields:
        if field.name in ("id", "version", "position") or field.name not in term:
            continue
        value = term[field.name]
        if field.is_relation:
            value = _related(field, value, name, problems)
        if value is UNSET:
            unchecked.append(field.name)
        else:
            values[field.name] = value
    row = model(**values)
    try:
        row.clean_fields(exclude=unchecked)
    except ValidationError as error:
        problems.extend(
            f"{name}, {field_label(field, model.section)}: {' '.join(said)}"
            for field, said in error.message_dict.items()
        )
        return None
    return row


def _related(field: models.Field[Any, Any], named: Any, name: str, problems: list[str]) -> Any:
    """The team or person meant; a fault is noted and UNSET returned."""
    if not named:
        return None
    if not isinstance(named, Mapping):
        problems.append(f"{name}: {field.name} is not named as we name it.")
        return UNSET
    model = field.related_model
    assert isinstance(model, type)
    manager = model._default_manager
    row = None
    try:
        row = manager.filter(public_id=named.get("id")).first()
    except ValidationError:
        row = None  # not one of our ids: the name decides
    row = row or manager.filter(name=named.get("name")).first() or _only_team(model, named)
    if row is None:
        problems.append(f"{name}: {named.get('name')!r} is not known here.")
        return UNSET
    return row


def _only_team(model: type[models.Model], named: Mapping[str, Any]) -> Any:
    if model is not Team or not named.get("function"):
        return None
    same = list(Team.objects.filter(function=named["function"], is_active=True)[:2])
    return same[0] if len(same) == 1 else None
