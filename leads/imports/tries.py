"""Calls and other attempts from a file: evidence for a handoff that is open here, else a part of the past."""

from __future__ import annotations

from config.accounts.choices import Function
from config.accounts.models import User
from config.web.copying import copy_in, number
from config.web.errors import Refusal
from leads.imports.context import CREATED, Context
from leads.imports.deeds import LIVE_BATCH, PAST_BATCH, Activities
from leads.imports.lives import tell_outcome
from leads.imports.records import Record
from leads.imports.vocabulary import Vocabulary
from leads.models import Attempt, AttemptChannel, Handoff, IntakeKey
from leads.models.handoff import OPEN_HANDOFF
from leads.services import attempts
from leads.services.attempts import Details


class Attempts(Activities):
    """Finds leads and repeated rows as activities do; writes attempts."""

    def __init__(self, context: Context):
        super().__init__(context)
        self.words = Vocabulary(context.at)
        self.batch = LIVE_BATCH if self.live else PAST_BATCH

    def _rows(self, records: list[Record]) -> list[Record]:
        members = self.context.members
        if self.context.dry:
            members.ask(self._callers(records))
        for record in records:
            name, channel = record.values.get("owner"), str(record.values.get("channel", "call")).lower()
            if name and not members.knows(name):
                record.fault(self.context.heading("owner"), f"Nobody here is known as {name!r}.")
            if channel not in AttemptChannel.values:
                words = f"{channel!r} is no channel; there are {', '.join(AttemptChannel.values)}."
                record.fault(self.context.heading("channel"), words)
        return super()._rows(records)

    @staticmethod
    def _callers(records: list[Record]) -> list[tuple[str, str]]:
        named = (record.values.get("owner") for record in records if not record.faults)
        return [(name, str(Function.TELEQUALIFICATION)) for name in named if name]

    def write(self, records: list[Record]) -> None:
        self.context.members.ask(self._callers(records))
        super().write(records)

    def _now(self, records: list[Record]) -> None:
        """An attempt on an open handoff stops its clocks, as if it had been recorded here at that instant."""
        wanted = [self.whose[record.line].lead_id for record in records]
        rows = Handoff.objects.filter(lead__in=wanted, state__in=OPEN_HANDOFF)
        handoffs = {handoff.lead_id: handoff for handoff in rows}
        past = []
        for record in records:
            handoff = handoffs.get(self.whose[record.line].lead_id or 0)
            if handoff is None or not self._record(record, handoff):
                past.append(record)
        self._past([record for record in past if not record.faults])

    def _record(self, record: Record, handoff: Handoff) -> bool:
        """By the ordinary verb. False where it was no act on this handoff: made before it, or by nobody we know."""
        values = record.values
        by, term = self._by(record), self.words.disposition(str(values.get("disposition", "")))
        if by is None or term is None or values["at"] < handoff.offered_at:
            return False
        details = Details(note=values.get("note", ""), talk_seconds=values.get("talk_seconds"))
        try:
            made = attempts.record(
                handoff.pk, by=User.objects.get(pk=by), at=values["at"], disposition=term.key, details=details,
                channel=str(values.get("channel", AttemptChannel.CALL)).lower(),
            )  # fmt: skip
        except Refusal as refusal:
            self.context.refused(record, refusal)
            return True
        self._key(record, made).save()
        record.outcome = CREATED
        return True

    def _by(self, record: Record) -> int | None:
        name = record.values.get("owner")
        return self.context.members.find(name) if name else None

    def _past(self, records: list[Record]) -> None:
        made = []
        for record in records:
            values = record.values
            attempt = Attempt(
                lead_id=self.whose[record.line].lead_id or 0, by_id=self._by(record), at=values["at"],
                channel=str(values.get("channel", AttemptChannel.CALL)).lower(), note=values.get("note", ""),
                handling_seconds=values.get("handling_seconds"), created_at=values["at"], settles_at=values["at"],
                settled_at=values["at"], details={"imported": True},
            )  # fmt: skip
            tell_outcome(self.words, attempt, str(values.get("disposition", "")), values.get("talk_seconds"))
            made.append(attempt)
            record.outcome = CREATED
        number(made)
        copy_in([*made, *(self._key(record, attempt) for record, attempt in zip(records, made, strict=True))])

    def _key(self, record: Record, attempt: Attempt) -> IntakeKey:
        return IntakeKey(
            source=self.context.source, kind=IntakeKey.Kind.ACTIVITY, external_id=self.key(record),
            lead_id=attempt.lead_id, raw=record.raw, received_at=self.context.at,
        )  # fmt: skip
