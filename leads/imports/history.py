"""Leads from a file with the past they have: the source's dates become the ledger's, set-based, thousands a second.

Nobody promised us anything then, so no clock runs over it. What the file leaves open is closed with an unknown outcome,
which is never a loss; or, where that is asked for, offered to the teams as the agreement says.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max, Model

from config.web.errors import Refusal
from leads import normalise
from leads.imports import lives
from leads.imports.consents import Consents
from leads.imports.context import (
    CREATED,
    NOTHING_SAID,
    UNCHANGED,
    UPDATED,
    Context,
    known_addresses,
    rounds,
)
from leads.imports.extending import renewed
from leads.imports.leadrows import LeadRow, is_nobody, lead_rows, same_as_before
from leads.imports.offering import Offering
from leads.imports.pasts import Past, past_of
from leads.imports.plan import OFFER
from leads.imports.records import Record
from leads.imports.visitors import note_visitors
from leads.imports.vocabulary import Vocabulary
from leads.models import Campaign, Company, ContactKind, ContactPoint, IntakeKey, Lead, MergeProposal, Person
from leads.services import campaigns, chronicle, intake, renewing
from leads.services.chronicle import Chronicle

BATCH = 1000


@dataclass(slots=True)
class PastRow:
    """A cleaned row, its past, and who it is about as far as they are known here."""

    lead: LeadRow
    past: Past
    person_id: int | None = None
    same_number: tuple[int, ...] = ()

    @property
    def record(self) -> Record:
        return self.lead.record


class PastLeads:
    batch = BATCH

    def __init__(self, context: Context):
        self.context = context
        self.words = Vocabulary(context.at)
        self.consents = Consents(context)
        self.fresh: list[Company] = []  # companies that this round brings, each to be written once
        self.offering = Offering(context, self.words) if context.plan.options.open_leads == OFFER else None

    # --- checking ------------------------------------------------------------------------------------------------------
    def check(self, records: list[Record]) -> None:
        """What would become of each row. Writes nothing."""
        for row in self._prepared(records):
            repeated = same_as_before(self.context, row.lead)
            if row.record.outcome or repeated:
                row.record.outcome = UNCHANGED
            else:
                row.record.outcome = UPDATED if row.lead.stored else CREATED

    def _prepared(self, records: list[Record]) -> list[PastRow]:
        nobodies = [record for record in records if not record.faults and is_nobody(record)]
        note_visitors(self.context, nobodies)
        rows = []
        for lead in lead_rows(self.context, [record for record in records if not record.outcome]):
            past = past_of(lead.record)
            record = lead.record
            if (
                past is not None
                and lives.owners_known(self.context, record)
                and lives.queue_known(self.context, self.words, record)
            ):
                rows.append(PastRow(lead, past))
        return rows

    # --- writing -------------------------------------------------------------------------------------------------------
    def write(self, records: list[Record]) -> None:
        rows = {row.record.line: row for row in self._prepared(records) if not row.record.outcome}
        keys = {line: {row.lead.key, "@" + row.lead.cleaned.email} - {"@", ""} for line, row in rows.items()}
        for group in rounds([row.record for row in rows.values()], keys):
            self._write_round([rows[record.line] for record in group])

    def _write_round(self, rows: list[PastRow]) -> None:
        known = set(IntakeKey.objects.filter(
            source=self.context.source, kind=IntakeKey.Kind.LEAD, external_id__in=[row.lead.key for row in rows]
        ).values_list("external_id", flat=True))  # fmt: skip
        for row in rows:
            if row.lead.key in known:
                self._renew(row)
        self._write_new([row for row in rows if row.lead.key not in known])

    def _renew(self, row: PastRow) -> None:
        """The source says something else of a lead it has sent before."""
        key = IntakeKey.objects.select_related("lead", "source").get(
            source=self.context.source, kind=IntakeKey.Kind.LEAD, external_id=row.lead.key
        )
        if key.raw == row.record.raw:
            row.record.outcome = UNCHANGED
            return
        try:
            renewing.renew(key, row.lead.cleaned, at=self.context.at)
        except Refusal as refusal:
            self.context.refused(row.record, refusal)
            return
        assert key.lead is not None
        renewed(self.context, self.words, key.lead, row.past, row.record.values.get("reason", NOTHING_SAID))
        row.record.outcome = UPDATED

    def _write_new(self, rows: list[PastRow]) -> None:
        self._find(rows)
        people = Person.objects.select_related("company").in_bulk({row.person_id for row in rows if row.person_id})
        cycles = _cycles(people)
        companies = self._companies(rows)
        found = campaigns.named(normalise.text(row.lead.given.campaign, 80) for row in rows)
        self.context.members.ask(pair for row in rows for pair in lives.owners_of(row.record, row.past))
        written: list[list[Model]] = [[]]
        for row in rows:
            life = self._life(row, people.get(row.person_id or 0), companies, found, cycles)
            if life is not None:
                written.append(life)
        written[0] = [*self.fresh]
        chronicle.write(written)
        self.fresh = []

    def _find(self, rows: list[PastRow]) -> None:
        """Who is here already: by address, or by a number that only one person has."""
        addresses = known_addresses(ContactKind.EMAIL, (row.lead.cleaned.email for row in rows))
        numbers = known_addresses(ContactKind.PHONE, (row.lead.cleaned.phone for row in rows))
        for row in rows:
            cleaned = row.lead.cleaned
            namesakes = tuple(numbers.get(cleaned.phone, ()))
            row.person_id = next(iter(addresses.get(cleaned.email, ())), None)
            if row.person_id is None and not cleaned.email and len(namesakes) == 1:
                row.person_id = namesakes[0]
            elif row.person_id is None:
                row.same_number = namesakes

    def _companies(self, rows: list[PastRow]) -> dict[str, Company]:
        domains = {row.lead.cleaned.domain for row in rows if row.lead.cleaned.domain}
        return {company.domain or "": company for company in Company.objects.filter(domain__in=domains)}

    def _life(
        self,
        row: PastRow,
        person: Person | None,
        companies: dict[str, Company],
        found: dict[str, Campaign],
        cycles: dict[int, tuple[int, set[int]]],
    ) -> list[Model] | None:
        """The rows of one lead's life; None, with a fault, where the person is being pursued already."""
        company = person.company if person else self._company(row, companies)
        who = person or self._person(row, company)
        points = tuple(intake.contact_points_of(row.lead.cleaned, who)) if person is None else ()
        life = self._begin(row, who, company, points, found, cycles)
        if life is None:
            return None
        life.rows += [
            MergeProposal(keep_id=other, drop=who, why="The same phone number with another e-mail address.", proposed_at=self.context.at)
            for other in row.same_number
        ]  # fmt: skip
        life.rows += self.consents.rows_for(row.record, who)
        row.record.outcome = CREATED
        return lives.finished(self.context, self.words, life, row.past, row.record, self.offering)

    def _company(self, row: PastRow, companies: dict[str, Company]) -> Company | None:
        cleaned = row.lead.cleaned
        if cleaned.domain and cleaned.domain in companies:
            return companies[cleaned.domain]
        company = intake.company_of(cleaned)
        if company is not None:
            company.created_at = row.past.received_at
            self.fresh.append(company)
            if company.domain:
                companies[company.domain] = company
        return company

    def _person(self, row: PastRow, company: Company | None) -> Person:
        person = intake.person_of(row.lead.cleaned, company)
        person.created_at = row.past.received_at
        return person

    def _begin(
        self,
        row: PastRow,
        person: Person,
        company: Company | None,
        points: tuple[ContactPoint, ...],
        found: dict[str, Campaign],
        cycles: dict[int, tuple[int, set[int]]],
    ) -> Chronicle | None:
        given, past = row.lead.given, row.past
        addresses = {ContactKind.EMAIL: row.lead.cleaned.email, ContactKind.PHONE: row.lead.cleaned.phone}
        lead = Lead(person=person, company=company, source=given.source, attributes=dict(given.attributes))
        segment_id = self.words.segment_of(lead, addresses)  # type: ignore[arg-type]
        if segment_id is None:
            row.record.fault("", "No segment takes this lead, and there is no default segment.")
            return None
        number, open_in = cycles.get(person.pk or 0, (0, set()))
        if segment_id in open_in and lives.stays_open(self.context, past):
            row.record.fault(self.context.heading("email"), "This person is being pursued here already.")
            return None
        source = self.context.source
        return Chronicle.begin(
            person=person,
            company=company,
            segment_id=segment_id,
            terms=None,
            received_at=past.received_at,
            points=points,
            key=IntakeKey(
                source=source, kind=IntakeKey.Kind.LEAD, external_id=given.external_id, raw=row.record.raw,
                received_at=self.context.at,
            ),
            cycle=number + 1,
            source=normalise.text(given.source, 60) or source.default_lead_source,
            campaign=found.get(normalise.text(given.campaign, 80)),
            intent=normalise.text(given.intent, 40),
            territory=normalise.text(given.territory, 40),
            attributes=dict(given.attributes),
        )  # fmt: skip


def _cycles(people: dict[int, Person]) -> dict[int, tuple[int, set[int]]]:
    """The last cycle of each person who is here already, and the segments in which a lead of theirs is open."""
    found: dict[int, tuple[int, set[int]]] = {}
    last = Lead.objects.filter(person__in=people).values_list("person_id").annotate(Max("cycle"))
    for person_id, cycle in last:
        found[person_id] = (cycle, set())
    for person_id, segment_id in Lead.objects.filter(person__in=people, closed_at=None).values_list(
        "person_id", "segment_id"
    ):
        found[person_id][1].add(segment_id)
    return found
