"""Changes to a draft: one at a time, by marketing's managers, each counted, so that nobody overwrites another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.accounts.models import User
from config.web.errors import Conflict
from sla.access import require_drafter
from sla.history import changed_by
from sla.links import version_url
from sla.models import TermRow, Version, term_models
from sla.services.versions import locked


def begin(version_id: int, *, by: User) -> Version:
    """Lock a draft to be changed, until the transaction ends. Raises Conflict when it is no draft any more."""
    require_drafter(by)
    version = locked(version_id)
    if version.state != "draft":
        raise Conflict(
            "not_a_draft",
            f"{version} is {version.get_state_display().lower()}; take it back to the desk before you change it.",
            url=version_url(version.public_id),
        )
    return version


def finish(version: Version) -> None:
    """The changes are done: whoever opened the draft before sees so when they save."""
    version.revision += 1
    version.save(update_fields=["revision", "state"])


@contextmanager
def edit(version_id: int, *, by: User, revision: int | None = None) -> Iterator[Version]:
    """A draft to be changed inside; refused with Conflict when `revision` is not the one the editor saw."""
    with transaction.atomic(), changed_by(by):
        version = begin(version_id, by=by)
        if revision is not None and revision != version.revision:
            raise Conflict("edited", "Somebody has edited this draft since you opened it.", revision=version.revision)
        yield version
        finish(version)


def apply(version: Version, changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Carry out rows of section, key, field and value on a draft that is being edited; returns what was changed.

    A change whose term or field is not there, or whose value the field refuses, is left out.
    """
    done = []
    for change in changes:
        model = next((m for m in term_models() if m.section == change.get("section")), None)
        row = model._default_manager.filter(version=version, key=change.get("key", "")).first() if model else None
        name = str(change.get("field", ""))
        if row is None or name not in _changeable(type(row)):
            continue
        setattr(row, name, change.get("value"))
        try:
            row.clean_fields(exclude=["version"])
        except ValidationError:
            continue
        row.save(update_fields=[name])
        done.append(f"{change['section']}:{change['key']}:{name}")
    return done


def _changeable(model: type[TermRow]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields} - {"id", "version", "key"}
