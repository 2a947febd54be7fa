"""Leads from a file as if they came in now: scored, qualified and handed over by the agreement in force."""

from __future__ import annotations

from config.web.errors import Refusal
from leads.imports.consents import Consents
from leads.imports.context import CREATED, UNCHANGED, UPDATED, Context, known_addresses
from leads.imports.leadrows import LeadRow, is_nobody, lead_rows, same_as_before
from leads.imports.records import Record
from leads.imports.visitors import note_visitors
from leads.models import ContactKind
from leads.services import intake, renewing

BATCH = 25  # rows a transaction: it holds its leads locked, and whoever waits for one should not wait long


class LiveLeads:
    """Takes each row in by the ordinary intake; a row that was sent before, unchanged, changes nothing."""

    batch = BATCH

    def __init__(self, context: Context):
        self.context = context
        self.consents = Consents(context)

    def check(self, records: list[Record]) -> None:
        """What would become of each row. Writes nothing."""
        rows = self._rows(records)
        known = known_addresses(ContactKind.EMAIL, (row.cleaned.email for row in rows))
        for row in rows:
            repeated = same_as_before(self.context, row)
            if row.record.outcome or repeated:
                row.record.outcome = UNCHANGED
            else:
                row.record.outcome = UPDATED if row.stored or row.cleaned.email in known else CREATED

    def write(self, records: list[Record]) -> None:
        for row in self._rows(records):
            if not row.record.outcome:
                self._take_in(row)

    def _rows(self, records: list[Record]) -> list[LeadRow]:
        nobodies = [record for record in records if not record.faults and is_nobody(record)]
        note_visitors(self.context, nobodies)
        return lead_rows(self.context, [record for record in records if not record.outcome])

    def _take_in(self, row: LeadRow) -> None:
        record = row.record
        try:
            if row.stored is not None:
                received = renewing.renew(row.stored, row.cleaned, at=self.context.at)
            else:
                received = intake.receive(self.context.source, row.given, at=self.context.at)
        except Refusal as refusal:
            self.context.refused(record, refusal)
            return
        if received.repeated:  # an earlier row of this batch had the same id
            record.outcome = UNCHANGED
            return
        record.outcome = CREATED if received.created else UPDATED
        if received.handoff is not None:
            self.context.notes["offered"] += 1
        self.consents.note(record, received.lead.person)
