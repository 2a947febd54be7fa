"""Records of leads as the intake knows them: addresses checked and normalised, a key for each, known keys and people found."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError

from config.web.errors import Refusal
from leads import normalise
from leads.imports.context import UNCHANGED, Context, fingerprint, person_key, row_key, stored_keys
from leads.imports.records import Record
from leads.models import IntakeKey
from leads.services import intake
from leads.services.intake import Cleaned, Deed, LeadInput

PLAIN = (
    "email", "phone", "first_name", "last_name", "job_title", "seniority", "department", "country", "city", "language",
    "time_zone", "company", "website", "industry", "company_country", "company_region", "source", "campaign", "intent",
    "territory", "visitor",
)  # fmt: skip


@dataclass(slots=True)
class LeadRow:
    """A record with what the intake makes of it. `stored` is what its source sent before under the same key."""

    record: Record
    given: LeadInput
    cleaned: Cleaned
    stored: IntakeKey | None = None

    @property
    def key(self) -> str:
        return self.given.external_id


def lead_rows(context: Context, records: list[Record]) -> list[LeadRow]:
    """The records without faults, cleaned; what is wrong with an address, number or country becomes a fault of its row."""
    rows = []
    for record in records:
        if record.faults:
            continue
        read_number(context, record)
        row = _row(context, record)
        if row is not None:
            rows.append(row)
    stored = stored_keys(context.source, IntakeKey.Kind.LEAD, (row.key for row in rows))
    for row in rows:
        row.stored = stored.get(row.key)
        if row.stored is not None and row.stored.raw == row.record.raw:
            row.record.outcome = UNCHANGED
    return rows


def _row(context: Context, record: Record) -> LeadRow | None:
    given = to_input(context, record)
    try:
        cleaned = intake.clean(given, context.source)
    except Refusal as refusal:
        context.refused(record, refusal)
        return None
    return LeadRow(record, given, cleaned)


def to_input(context: Context, record: Record) -> LeadInput:
    """The record as a connected system would have sent it."""
    values = record.values
    plain = {name: values[name] for name in PLAIN if name in values}
    if "full_name" in values and "last_name" not in values:
        first, _, last = values["full_name"].rpartition(" ")
        plain["first_name"], plain["last_name"] = plain.get("first_name") or first, last
    at = values.get("activity.at") or values.get("received_at") or context.at
    deeds = (Deed(values["activity.type"], at),) if "activity.type" in values else ()
    return LeadInput(
        **plain,
        external_id=_key(record),
        employees=values.get("employees"),
        revenue=values.get("revenue"),
        attributes=record.own("attributes"),
        person_attributes=record.own("person_attributes"),
        company_attributes=record.own("company_attributes"),
        activities=deeds,
        received_at=values.get("received_at"),
        raw=record.raw,
    )


def _key(record: Record) -> str:
    """The source's own id, else one made of the row; "" where the row names nobody, so that the intake refuses it."""
    values = record.values
    if "external_id" in values:
        return str(values["external_id"])
    if "visitor" in values:
        return row_key(record)
    return person_key(record) if values.get("email") or values.get("phone") else ""


def is_nobody(record: Record) -> bool:
    """An anonymous visitor in a list of leads: there is nobody yet whom one could call or write to."""
    values = record.values
    return bool(values.get("anonymous")) and not values.get("email") and not values.get("phone")


def read_number(context: Context, row: Record) -> None:
    """Numbers without a prefix are read as numbers of the country that the plan names, where the row names none."""
    country = context.plan.options.phone_country
    number = row.values.get("phone")
    if not number or not country or row.values.get("country"):
        return
    if not number.startswith(("+", "00")):
        row.values["phone"] = _with_prefix(number, country)


def _with_prefix(number: str, country: str) -> str:
    try:
        return normalise.phone(number, country) or number
    except ValidationError:
        return number  # the intake says what is wrong with it


def same_as_before(context: Context, row: LeadRow) -> bool:
    """In a dry run nothing is stored: whether an earlier row of this file had the same key and the same cells."""
    mark = hash(fingerprint(row.record.raw))
    before = context.seen.get(row.key)
    context.seen[row.key] = mark
    return before == mark
