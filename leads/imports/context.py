"""What every import works with: its source, plan and moment, the people it names, and what it has to say in the end."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from config.accounts.models import User
from config.web.errors import Refusal
from leads import normalise
from leads.imports.members import Members
from leads.imports.plan import Plan
from leads.imports.records import Record
from leads.models import ContactPoint, IntakeKey, IntakeSource

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
NOTHING_SAID = "not-stated"  # a reason or outcome that the file does not give


@dataclass
class Context:
    """`at` is when the import runs; what the file dates has its own dates."""

    source: IntakeSource
    plan: Plan
    at: datetime
    by: User | None = None
    dry: bool = False
    notes: Counter[str] = field(default_factory=Counter)
    seen: dict[str, int] = field(default_factory=dict)  # in a dry run: keys of earlier rows, with the hash of the row

    def __post_init__(self) -> None:
        self.members = Members(self.source, create=self.plan.options.owners == "create", dry=self.dry)

    def heading(self, target: str) -> str:
        """The column that gives a target, for a fault to name."""
        return self.plan.column_for(target) or target

    def refused(self, record: Record, refusal: Refusal) -> None:
        """A verb's refusal as faults of the row, each beside the column it is about."""
        for name, words in refusal.fields.items():
            record.fault(self.heading(name), words)
        if not refusal.fields:
            record.fault("", refusal.message)


def fingerprint(raw: object) -> str:
    """The same for the same cells."""
    return hashlib.sha256(json.dumps(raw, sort_keys=True, default=str).encode()).hexdigest()[:40]


def person_key(record: Record) -> str:
    """A key for a row of a file without ids: by its address, else its number, else by everything it says."""
    address, number = record.values.get("email"), record.values.get("phone")
    if address:
        return "e:" + fingerprint(normalise.text(address).lower())
    return "p:" + fingerprint(number) if number else row_key(record)


def row_key(record: Record) -> str:
    return "r:" + fingerprint(record.raw)


def stored_keys(source: IntakeSource, kind: str, keys: Iterable[str]) -> dict[str, IntakeKey]:
    """What this source has sent before, by external id; one query. A source that is only tried out has sent nothing."""
    if source.pk is None:
        return {}
    rows = IntakeKey.objects.filter(source=source, kind=kind, external_id__in=[key for key in keys if key])
    return {row.external_id: row for row in rows}


def known_addresses(kind: str, values: Iterable[str]) -> dict[str, list[int]]:
    """Whose addresses or numbers these are, by normalised value; one query."""
    found: dict[str, list[int]] = {}
    rows = ContactPoint.objects.filter(kind=kind, normalised__in={value for value in values if value})
    for value, person_id in rows.values_list("normalised", "person_id").distinct():
        found.setdefault(value, []).append(person_id)
    return found


def rounds(records: list[Record], keys: dict[int, set[str]]) -> list[list[Record]]:
    """The records in groups in which no key stands twice, so that a later row sees what an earlier one wrote.

    `keys` are each row's, by line. Rows of one key stay in the file's order.
    """
    groups: list[list[Record]] = []
    level: dict[str, int] = {}
    for record in records:
        mine = keys.get(record.line, set())
        place = max((level[key] + 1 for key in mine if key in level), default=0)
        for key in mine:
            level[key] = place
        if place == len(groups):
            groups.append([])
        groups[place].append(record)
    return groups
