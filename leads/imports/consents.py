"""What a file says of people's wishes: not to be called, not to be written to. A gate, not a label."""

from __future__ import annotations

from leads.imports.context import Context
from leads.imports.records import Record
from leads.models import Consent, ContactKind, DoNotCall, Person
from leads.models.people import LawfulBasis


class Consents:
    def __init__(self, context: Context):
        self.context = context

    def rows_for(self, record: Record, person: Person) -> list[Consent | DoNotCall]:
        """The rows that say so; none where the file does not."""
        said = f"Imported from {self.context.source.name}"
        at = record.values.get("received_at") or self.context.at
        rows: list[Consent | DoNotCall] = []
        if record.values.get("do_not_call"):
            rows.append(
                DoNotCall(kind=DoNotCall.Kind.PERSON, value=str(person.public_id), reason=said[:160], added_at=at)
            )
        if record.values.get("do_not_mail"):
            rows.append(
                Consent(
                    person=person,
                    channel=ContactKind.EMAIL,
                    basis=LawfulBasis.CONSENT,
                    granted=False,
                    source=said[:120],
                    at=at,
                )
            )
        return rows

    def note(self, record: Record, person: Person) -> None:
        """Write them for one person, each wish once."""
        for row in self.rows_for(record, person):
            if isinstance(row, DoNotCall):
                if not DoNotCall.objects.filter(kind=row.kind, value=row.value, lifted_at=None).exists():
                    row.added_by = self.context.by
                    row.save()
                    self.context.notes["do_not_call"] += 1
                continue
            latest = Consent.objects.filter(person=person, channel=row.channel).order_by("-at", "-id").first()
            if latest is None or latest.granted:
                row.save()
