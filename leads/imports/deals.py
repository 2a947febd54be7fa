"""Opportunities and deals from a file, with or without the lead they came from; set-based where nobody works on it here.

A deal sent again with another stage or amount moves on; sent again unchanged, it stays.
"""

from __future__ import annotations

from dataclasses import dataclass

from config.web.copying import copy_in, number
from config.web.errors import Refusal
from leads.imports import dealchanges, lives
from leads.imports.context import (
    CREATED,
    UNCHANGED,
    UPDATED,
    Context,
    fingerprint,
    known_addresses,
    rounds,
    row_key,
    stored_keys,
)
from leads.imports.deallives import DealLives
from leads.imports.dealrows import Companies, Products, Terms, terms_of
from leads.imports.extending import in_hands
from leads.imports.records import Record
from leads.imports.vocabulary import Vocabulary
from leads.models import Company, ContactKind, IntakeKey, Lead, Opportunity
from leads.services.chronicle import OUTCOME_UNKNOWN

BATCH = 500


@dataclass(slots=True)
class DealRow:
    """A deal's record with what it refers to. `stored` is what the source sent before under this key."""

    record: Record
    terms: Terms
    key: str
    product_id: int | None
    lead_id: int | None = None
    stored: IntakeKey | None = None
    company: Company | None = None
    owner_id: int = 0


class Deals:
    batch = BATCH

    def __init__(self, context: Context):
        self.context = context
        self.words = Vocabulary(context.at)
        self.products = Products()
        self.companies = Companies(context)
        self.lives = DealLives(context, self.words)

    # --- checking ------------------------------------------------------------------------------------------------------
    def check(self, records: list[Record]) -> None:
        for row in self._rows(records):
            mark = hash(fingerprint(row.record.raw))
            repeated = self.context.seen.get(row.key) == mark
            self.context.seen[row.key] = mark
            if row.stored is None and not repeated:
                row.record.outcome = CREATED
            else:
                row.record.outcome = UNCHANGED if repeated or self._same(row) else UPDATED

    def _same(self, row: DealRow) -> bool:
        return row.stored is not None and row.stored.raw == row.record.raw

    def _rows(self, records: list[Record]) -> list[DealRow]:
        """The rows that hold together, each with its lead where it names one."""
        rows = []
        for record in records:
            if record.faults:
                continue
            terms = terms_of(self.context, self.words, record)
            product = self._product(record)
            known = lives.owners_known(self.context, record)
            if "owner.sales" not in record.values:
                record.fault(self.context.heading("owner.sales"), "A deal needs its owner.")
            if terms is not None and known and not record.faults:
                key = record.values.get("external_id") or row_key(record)
                rows.append(DealRow(record, terms, str(key), product))
        stored = stored_keys(self.context.source, IntakeKey.Kind.OPPORTUNITY, (row.key for row in rows))
        for row in rows:
            row.stored = stored.get(row.key)
        return self._with_leads(rows)

    def _product(self, record: Record) -> int | None:
        named = record.values.get("product")
        found = self.products.find(named) if named else None
        if named and found is None:
            record.fault(self.context.heading("product"), f"No product is called {named!r}, nor also called so.")
        return found

    def _with_leads(self, rows: list[DealRow]) -> list[DealRow]:
        keys = [str(row.record.values.get("lead_external_id", "")) for row in rows]
        sent = stored_keys(self.context.source, IntakeKey.Kind.LEAD, keys)
        by_address = self._leads_by_address(rows)
        found = []
        for row, key in zip(rows, keys, strict=True):
            address = str(row.record.values.get("email", "")).lower()
            if key and key in sent:
                row.lead_id = sent[key].lead_id
            elif address:
                row.lead_id = by_address.get(address)
            if row.lead_id is None and (key or address):
                target = "lead_external_id" if key else "email"
                words = f"No lead is known here by {key or address!r}."
                row.record.fault(self.context.heading(target), words)
                continue
            found.append(row)
        return found

    def _leads_by_address(self, rows: list[DealRow]) -> dict[str, int]:
        """The latest lead of each person, the open one before a closed one, by address."""
        addresses = {str(row.record.values.get("email", "")).lower() for row in rows} - {""}
        people = {
            person: address for address, ids in known_addresses(ContactKind.EMAIL, addresses).items() for person in ids
        }
        leads = Lead.objects.filter(person__in=people).order_by("-closed_at", "id").values_list("pk", "person_id")
        return {people[person_id]: pk for pk, person_id in leads}

    # --- writing -------------------------------------------------------------------------------------------------------
    def write(self, records: list[Record]) -> None:
        rows = {row.record.line: row for row in self._rows(records)}
        keys = {line: {row.key, f"lead:{row.lead_id}"} - {"lead:None"} for line, row in rows.items()}
        for group in rounds([row.record for row in rows.values()], keys):
            self._write_round([rows[record.line] for record in group])

    def _write_round(self, rows: list[DealRow]) -> None:
        self.context.members.ask(pair for row in rows for pair in lives.owners_of(row.record))
        self.companies.load(row.record for row in rows)
        stored = stored_keys(self.context.source, IntakeKey.Kind.OPPORTUNITY, (row.key for row in rows))
        leads = Lead.objects.select_for_update(of=("self",)).select_related("person", "company").in_bulk(
            [row.lead_id for row in rows if row.lead_id]
        )  # fmt: skip
        busy = in_hands(leads) | set(
            Opportunity.objects.open().filter(lead__in=leads).values_list("lead_id", flat=True)
        )
        quiet = []
        for row in rows:
            row.stored = stored.get(row.key)
            row.owner_id = self.context.members.find(row.record.values["owner.sales"]) or 0
            if row.stored is not None:
                self._again(row)
            elif row.lead_id in busy and leads[row.lead_id].closed_reason != OUTCOME_UNKNOWN:
                self._now(row)
            else:
                quiet.append(row)
        self._past(quiet, leads)

    def _again(self, row: DealRow) -> None:
        """The source tells of a deal that it has told of before."""
        if self._same(row):
            row.record.outcome = UNCHANGED
            return
        stored = row.stored
        assert stored is not None, "only a deal that was told of before comes again"
        self._by_verb(
            row,
            lambda: dealchanges.change(self.context, self.words, stored, row.terms, row.product_id, row.owner_id),
        )
        if not row.record.faults:
            stored.raw = row.record.raw
            stored.save(update_fields=["raw"])
            row.record.outcome = UPDATED

    def _now(self, row: DealRow) -> None:
        """Somebody here is working on this lead: what the file tells happens by the ordinary verbs, as evidence."""
        assert row.lead_id is not None
        lead_id = row.lead_id
        made = self._by_verb(
            row, lambda: dealchanges.bring(self.context, lead_id, row.terms, row.product_id, row.owner_id)
        )
        if made is not None:
            self._key(row, made).save()
            row.record.outcome = CREATED

    def _by_verb(self, row: DealRow, act: dealchanges.Act) -> Opportunity | None:
        try:
            return act()
        except Refusal as refusal:
            self.context.refused(row.record, refusal)
            return None

    def _past(self, rows: list[DealRow], leads: dict[int, Lead]) -> None:
        """Deals that are nobody's work here: written together, their leads' ledgers carried on."""
        made = []
        for row in rows:
            lead = leads.get(row.lead_id or 0)
            row.company = lead.company if lead and lead.company else self.companies.of(row.record)
            opportunity = dealchanges.opportunity_of(self.context, row.terms, row.product_id, row.owner_id)
            opportunity.lead, opportunity.company = lead, row.company
            made.append(opportunity)
            row.record.outcome = CREATED
        keys = [self._key(row, opportunity) for row, opportunity in zip(rows, made, strict=True)]
        number([*self.companies.fresh, *made])
        told = [(row.record, row.terms, opportunity) for row, opportunity in zip(rows, made, strict=True)]
        further = self.lives.rows_of(told)
        number(further)
        changes = [change for opportunity in made for change in dealchanges.past_changes(opportunity, self.context.at)]
        contacts = [
            Opportunity.contacts.through(opportunity_id=o.pk, person_id=o.lead.person_id) for o in made if o.lead
        ]
        copy_in([*self.companies.fresh, *further, *made, *changes, *contacts, *keys])
        self.lives.carry_on(told)

    def _key(self, row: DealRow, opportunity: Opportunity) -> IntakeKey:
        return IntakeKey(
            source=self.context.source, kind=IntakeKey.Kind.OPPORTUNITY, external_id=row.key, raw=row.record.raw,
            lead_id=row.lead_id, opportunity=opportunity, received_at=self.context.at,
        )  # fmt: skip
