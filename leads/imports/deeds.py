"""Activities of leads and sessions of visitors from a file: as they come in now, or as part of the past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.web.copying import copy_in
from leads.imports import visitors
from leads.imports.context import CREATED, UNCHANGED, Context, known_addresses, row_key, stored_keys
from leads.imports.records import Record
from leads.models import Activity, ContactKind, IntakeKey, Lead, LeadScore
from leads.services import intake
from leads.services.intake import Deed
from sla.services.compiling import in_force

PAST_BATCH, LIVE_BATCH = 1000, 25


@dataclass(slots=True)
class Whose:
    """Whom a row is about: a lead, or a visitor who is nobody yet."""

    lead_id: int | None = None
    visitor: str = ""


class Finder:
    """Finds the leads that rows name, by the source's own id or by address; a visitor needs no finding."""

    def __init__(self, context: Context):
        self.context = context

    def find(self, records: list[Record]) -> dict[int, Whose]:
        """By line; a row that names somebody unknown gets a fault, and is left out."""
        keys = {r.line: str(r.values.get("lead_external_id", "")) for r in records}
        addresses = {r.line: str(r.values.get("email", "")).lower() for r in records}
        sent = stored_keys(self.context.source, IntakeKey.Kind.LEAD, keys.values())
        leads = latest_leads(set(addresses.values()) - {""})
        found = {}
        for record in records:
            key, address = keys[record.line], addresses[record.line]
            visitor = str(record.values.get("visitor", ""))
            lead_id = sent[key].lead_id if key in sent else leads.get(address)
            if lead_id is None and not visitor:
                target = "lead_external_id" if key else "email"
                words = (
                    f"No lead is known here by {key or address!r}."
                    if key or address
                    else "It does not say whose it is."
                )
                record.fault(self.context.heading(target), words)
                continue
            found[record.line] = Whose(lead_id, visitor)
        return found


def latest_leads(addresses: set[str]) -> dict[str, int]:
    """The lead that an address means: the open one before a closed one."""
    people = {pk: address for address, ids in known_addresses(ContactKind.EMAIL, addresses).items() for pk in ids}
    rows = Lead.objects.filter(person__in=people).order_by("-closed_at", "id").values_list("pk", "person_id")
    return {people[person_id]: pk for pk, person_id in rows}


class Activities:
    """Live activities are scored and may hand a lead over; past ones only stand in its history."""

    def __init__(self, context: Context):
        self.context = context
        self.finder = Finder(context)
        self.live = not context.plan.options.history
        self.batch = LIVE_BATCH if self.live else PAST_BATCH

    def check(self, records: list[Record]) -> None:
        rows = self._rows(records)
        for record in rows:
            repeated = self.key(record) in self.context.seen
            self.context.seen[self.key(record)] = record.line
            record.outcome = record.outcome or (UNCHANGED if repeated else CREATED)

    def _rows(self, records: list[Record]) -> list[Record]:
        rows = [record for record in records if not record.faults]
        self.whose = self.finder.find(rows)
        rows = [record for record in rows if not record.faults]
        known = stored_keys(self.context.source, IntakeKey.Kind.ACTIVITY, map(self.key, rows))
        for record in rows:
            if self.key(record) in known:
                record.outcome = UNCHANGED
        return rows

    @staticmethod
    def key(record: Record) -> str:
        return str(record.values.get("external_id") or row_key(record))

    def write(self, records: list[Record]) -> None:
        rows, taken = [], set[str]()
        for record in self._rows(records):
            if record.outcome:
                continue
            if self.key(record) in taken:
                record.outcome = UNCHANGED
                continue
            taken.add(self.key(record))
            rows.append(record)
        now = [record for record in rows if self.live and self.whose[record.line].lead_id]
        self._past([record for record in rows if record not in now] if now else rows)
        self._now(now)

    def _now(self, records: list[Record]) -> None:
        """By the ordinary intake: scored, and handed over where the lead now qualifies."""
        leads = Lead.objects.in_bulk([self.whose[record.line].lead_id for record in records])
        for record in records:
            lead = leads[self.whose[record.line].lead_id or 0]
            deed = Deed(record.values["type"], record.values["occurred_at"], properties_of(record))
            new, handoff = intake.receive_activity(
                self.context.source, lead, deed, external_id=self.key(record), raw=record.raw, at=self.context.at
            )
            record.outcome = CREATED if new else UNCHANGED
            self.context.notes["offered"] += handoff is not None

    def _past(self, records: list[Record]) -> None:
        browsers = visitors.upsert(_spans(records, self.whose))
        rows: list[Any] = []
        touched = set()
        for record in records:
            whose = self.whose[record.line]
            visitor_id, joined = None, None
            if whose.visitor:
                visitor_id, joined, _ = browsers[whose.visitor]
            lead_id = whose.lead_id or joined
            touched.add(lead_id)
            rows.append(
                Activity(
                    lead_id=lead_id, visitor_id=visitor_id, type=record.values["type"],
                    occurred_at=record.values["occurred_at"], received_at=self.context.at,
                    source=self.context.source.key, properties=properties_of(record),
                )
            )  # fmt: skip
            rows.append(
                IntakeKey(
                    source=self.context.source, kind=IntakeKey.Kind.ACTIVITY, external_id=self.key(record),
                    lead_id=lead_id, raw=record.raw, received_at=self.context.at,
                )
            )  # fmt: skip
            record.outcome = CREATED
        copy_in(rows)
        self.context.notes["visitors"] += sum(new for _, _, new in browsers.values())
        if in_force(self.context.at):  # their scores are worked out anew by the scheduled rescoring
            LeadScore.objects.filter(lead__in=touched - {None}, lead__closed_at=None).update(rescore_at=self.context.at)


def properties_of(record: Record) -> dict[str, Any]:
    """The row's own properties; a span has its length in seconds."""
    found = record.own("properties")
    ended = record.values.get("ended_at")
    if ended is not None:
        found["seconds"] = max(0, round((ended - record.values["occurred_at"]).total_seconds()))
    return found


def _spans(records: list[Record], whose: dict[int, Whose]) -> dict[str, tuple[datetime, datetime]]:
    """From when to when each visitor of these rows was seen."""
    found: dict[str, tuple[datetime, datetime]] = {}
    for record in records:
        key = whose[record.line].visitor
        if not key:
            continue
        first = record.values["occurred_at"]
        last = max(first, record.values.get("ended_at") or first)
        before = found.get(key, (first, last))
        found[key] = (min(first, before[0]), max(last, before[1]))
    return found
