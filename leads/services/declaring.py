"""Fields of connected systems become known as they come in, so that definitions, points and routes can look at them.

What this process has seen declared it does not ask about again: a lead without anything new costs no statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from leads.models import CustomField
from leads.services.inputs import LeadInput
from sla.criteria import humanise

MOST = 1000  # of all systems together: one that sends ever new names is sending values as names

_declared: set[tuple[str, str]] = set()


def declare(given: LeadInput) -> None:
    """Declare what this lead brings that nobody has declared yet. Must run in a transaction."""
    sent: dict[tuple[str, str], Any] = {
        (holder, key): value
        for holder, attributes in _holders(given).items()
        for key, value in attributes.items()
        if (holder, key) not in _declared
    }
    if not sent:
        return
    known = set(CustomField.objects.values_list("holder", "key"))
    fresh = [field for name, value in sent.items() if name not in known and (field := _field(name, value)) is not None]
    if fresh and len(known) + len(fresh) <= MOST:
        CustomField.objects.bulk_create(fresh, ignore_conflicts=True)
    transaction.on_commit(lambda: _declared.update(sent))


def _holders(given: LeadInput) -> dict[str, Mapping[str, Any]]:
    kinds = CustomField.Holder
    return {
        kinds.LEAD.value: given.attributes,
        kinds.PERSON.value: given.person_attributes,
        kinds.COMPANY.value: given.company_attributes,
    }


def _field(name: tuple[str, str], value: Any) -> CustomField | None:
    """The field as it will be stored; None for a name that none may have."""
    holder, key = name
    field = CustomField(holder=holder, key=key, label=humanise(key)[:120], kind=_kind(value))
    try:
        field.clean_fields()
    except ValidationError:
        return None
    return field


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return CustomField.Kind.YES_NO
    return CustomField.Kind.NUMBER if isinstance(value, int | float) else CustomField.Kind.TEXT
