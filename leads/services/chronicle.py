"""A lead's past, written as it happened: for imported history, the demo company and benchmarks.

The methods mirror the verbs of a lead's life but build rows in memory with the instants given, without a query, so that
many lives can be written in a few statements. What was promised is timed by the same clocks as live work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.db import models

from config.accounts.choices import Function
from config.accounts.models import Team, User
from config.web.copying import copy_in, number
from leads.models import (
    Activity,
    Attempt,
    Company,
    ContactPoint,
    Contest,
    Handoff,
    HandoffKind,
    HandoffState,
    IntakeKey,
    Lead,
    LeadScore,
    NurtureSpell,
    Opportunity,
    OpportunityChange,
    OpportunityStage,
    OwnerSpell,
    Person,
    StageEntry,
)
from leads.services import clockwork, judging, nurture, scores
from leads.services.cases import Case
from sla import businesstime
from sla.models import Clock, ClockEvent, ClockState
from sla.services import clocks
from sla.services.clocks import kind_of
from sla.stages import CLOSED, Stage
from sla.terms import Terms
from sla.timing import hours_for

OUTCOME_UNKNOWN = "outcome-unknown"  # imported without its end: closed here, and never counted as lost
CHRONICLED = (Company, Person, Lead, Handoff, Clock, Attempt, Opportunity)


@dataclass
class Chronicle:
    """One lead's life. Call the methods in the order of time; `finish` completes the rows, `rows` gives them."""

    lead: Lead
    terms: Terms | None
    addresses: dict[str, str] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    rows: list[models.Model] = field(default_factory=list)
    entries: list[StageEntry] = field(default_factory=list)
    handoff: Handoff | None = None
    running: list[Clock] = field(default_factory=list)
    opportunity: Opportunity | None = None
    spell: NurtureSpell | None = None
    points: int = 0
    rescore_at: datetime | None = None  # when time next changes the points
    timed: bool = False
    in_force: tuple[datetime, Terms] | None = (
        None  # the rules by which an open lead is scored in the end, and since when
    )

    # --- beginnings --------------------------------------------------------------------------------------------------
    @classmethod
    def begin(
        cls,
        *,
        person: Person,
        company: Company | None,
        segment_id: int,
        terms: Terms | None,
        received_at: datetime,
        points: tuple[ContactPoint, ...] = (),
        key: IntakeKey | None = None,
        **lead_fields: Any,
    ) -> Chronicle:
        lead = Lead(
            person=person,
            company=company,
            segment_id=segment_id,
            received_at=received_at,
            created_at=received_at,
            **lead_fields,
        )
        addresses = {point.kind: point.normalised for point in points}
        chronicle = cls(lead, terms, addresses)
        chronicle.rows += [*([person] if person._state.adding else []), *points, lead]
        if key is not None:
            key.lead = lead
            chronicle.rows.append(key)
        return chronicle

    def did(self, kind: str, at: datetime, source: str = "", **properties: Any) -> judging.Judgement | None:
        """One deed. Under an agreement it is scored, and the furthest stage it leads to is given."""
        self.activities.append(
            Activity(lead=self.lead, type=kind, occurred_at=at, received_at=at, source=source, properties=properties)
        )
        if self.terms is None:
            return None
        self._age(at)
        case = self._score(at, self.terms, kind)
        return judging.next_stage(self.stage or Stage.ANONYMOUS, case.facts, case.score, case.terms)

    def qualifies_again(self, at: datetime) -> judging.Judgement | None:
        """What a lead that comes back from nurture meets, as `nurture.return_lead` judges it."""
        return nurture.qualifies_again(self.case(at))

    def case(self, at: datetime) -> Case:
        assert self.terms is not None, "only a life under an agreement is scored and timed"
        return Case(self.lead, self.addresses, self.activities, self.terms, at)

    # --- points ------------------------------------------------------------------------------------------------------
    def _score(self, at: datetime, terms: Terms, cause: str) -> Case:
        """Score it as of `at`, and note what that changed."""
        case = Case(self.lead, self.addresses, self.activities, terms, at)
        note = scores.change(self.lead, self.points, case.score, at, cause)
        if note is not None:
            self.rows.append(note)
        self.points, self.rescore_at = case.score.total, case.score.rescore_at
        return case

    def under(self, since: datetime, terms: Terms) -> None:
        """From `since` on these rules hold."""
        if terms is self.terms:
            return
        self._age(since)
        self.terms = terms
        self._score(since, terms, "new rules")

    def _age(self, until: datetime) -> None:
        """What time alone has made of the points before `until`."""
        assert self.terms is not None
        while self.rescore_at is not None and self.rescore_at < until:
            self._score(self.rescore_at, self.terms, "decay")

    # --- stages ------------------------------------------------------------------------------------------------------
    def enter(self, stage: str, at: datetime, *, cause: str, by: User | None = None, score: int | None = None) -> None:
        """The next entry of the ledger. It may lie before earlier ones only where the source's own dates say so: then it
        takes its true place, and the lead comes back to this stage at the end, so that the ledger keeps every date and
        has no gap."""
        place = len(self.entries)
        while place and self.entries[place - 1].entered_at > at:
            place -= 1
        self.entries.insert(place, self._entry(stage, at, cause=cause, by=by, score=score))
        if place < len(self.entries) - 1:
            self.entries.append(self._entry(stage, self.entries[-1].entered_at, cause=cause, by=by, score=score))

    def _entry(self, stage: str, at: datetime, **told: Any) -> StageEntry:
        told["cause"] = told["cause"][:60]
        version = self.terms.version_id if self.terms else None
        return StageEntry(lead=self.lead, stage=stage, entered_at=at, version_id=version, **told)

    def _join(self) -> None:
        """Each entry ends where the next begins, and the first of a stage is marked."""
        seen: set[str] = set()
        for entry, following in zip_longest(self.entries, self.entries[1:]):
            entry.is_first = entry.stage not in seen
            seen.add(entry.stage)
            if following is not None:
                entry.left_at, entry.left_to = following.entered_at, following.stage
                entry.working_seconds = self._worked(entry.entered_at, following.entered_at)

    def enter_if_on(self, stages: tuple[str, ...], at: datetime, *, cause: str, by: User | None = None) -> None:
        for stage in stages:
            if (self.terms is None or self.terms.stage_enabled(stage)) and self.stage != stage:
                self.enter(stage, at, cause=cause, by=by)

    @property
    def stage(self) -> str:
        return self.entries[-1].stage if self.entries else ""

    def _worked(self, since: datetime, until: datetime) -> float | None:
        from leads.services.stages import working_seconds

        return working_seconds(self.terms, since, until) if self.terms else None

    # --- handoffs ----------------------------------------------------------------------------------------------------
    def offer(
        self,
        at: datetime,
        *,
        to_team: Team,
        to_user: User | None = None,
        from_function: str = Function.MARKETING,
        from_team: Team | None = None,
        from_user: User | None = None,
        answers: dict[str, Any] | None = None,
        imported: bool = False,
        still_open: bool = False,
        route: str = "",
    ) -> Handoff:
        """Hand the lead over. An imported handoff is timed only where it is still open: nobody promised us the past."""
        from leads.services import packets

        self.handoff = Handoff(
            lead=self.lead,
            version_id=self.terms.version_id if self.terms else None,
            from_function=from_function,
            to_function=to_team.function,
            from_team=from_team,
            to_team=to_team,
            from_user=from_user,
            to_user=to_user,
            stage=self.stage,
            offered_at=at,
            created_at=at,
            imported=imported,
            route=route,
        )
        self.timed = False
        self.rows.append(self.handoff)
        if to_user is not None:
            self.rows.append(OwnerSpell(handoff=self.handoff, user=to_user, from_at=at))
        if self.terms is not None and (not imported or still_open):
            self.timed = True
            case = self.case(at)
            self.handoff.packet = packets.packet(self.lead, case.facts, case.score, case.terms, answers=answers)
            self._start(clockwork.ON_OFFER, at)
        return self.handoff

    def _start(self, kinds: tuple[str, ...], at: datetime) -> None:
        if self.terms is None or self.handoff is None or not self.timed:
            return
        case = self.case(at)
        for order in clockwork.orders(_numbered(self.handoff), kinds, case.facts, self.terms, at, clockwork.Around()):
            clock = clocks.planned(self.terms, order)
            clock._handoff = self.handoff  # type: ignore[attr-defined]  # its id is drawn when the rows are written
            self.running.append(clock)
            self.rows.append(clock)

    def _stop(self, kinds: tuple[str, ...], at: datetime, **evidence: Any) -> None:
        for clock in [c for c in self.running if c.kind in kinds]:
            self._settle(clock, at)
            late = clock.breached_at is not None
            set_state(clock, ClockState.MET_LATE if late else ClockState.MET)
            self._end(clock, at, ClockEvent.Kind.MET_LATE if late else ClockEvent.Kind.MET, evidence)

    def _cancel_rest(self, at: datetime, reason: str) -> None:
        for clock in list(self.running):
            self._settle(clock, at)
            set_state(clock, ClockState.CANCELLED)
            self._end(clock, at, ClockEvent.Kind.CANCELLED, {"reason": reason})

    def _settle(self, clock: Clock, at: datetime) -> None:
        """Every step that fell due before `at`, already told: nobody is told today of what was late last month."""
        for step, instant in zip(clock.steps, clock.steps_at, strict=True):
            if instant >= at:
                break
            clock.steps_done += 1
            if step == "breach":
                clock.breached_at = clock.breaches_at
                set_state(clock, ClockState.BREACHED)
            moves = step.endswith((":reassign", ":pull_back"))
            self.rows.append(
                ClockEvent(
                    clock=clock, kind=kind_of(step), at=instant, step=step, handled_at=instant, created_at=instant,
                    outcome="nothing was moved: it is history" if moves else "",
                )
            )  # fmt: skip
        clock.next_at = clock.steps_at[clock.steps_done] if clock.steps_done < len(clock.steps_at) else None

    def _end(self, clock: Clock, at: datetime, kind: str, evidence: dict[str, Any]) -> None:
        assert self.terms is not None
        clock.stopped_at, clock.next_at, clock.evidence = at, None, evidence
        clock.used_seconds = businesstime.between(hours_for(self.terms, clock.timing), clock.started_at, at)
        self.rows.append(ClockEvent(clock=clock, kind=kind, at=at, data=evidence, handled_at=at, created_at=at))
        self.running.remove(clock)

    def accept(
        self, at: datetime, by: User, *, owned: bool = True, enters: bool = True, meeting_at: datetime | None = None
    ) -> None:
        """`enters`: the lead comes into the receiver's first stage by it; not where it is further already."""
        handoff = self._open()
        if meeting_at is not None:
            handoff.meeting_at, handoff.kind = meeting_at, HandoffKind.BOOKED
        set_state(handoff, HandoffState.ACCEPTED)
        handoff.decided_at, handoff.decided_by = at, by
        if owned and handoff.to_user is None:
            handoff.to_user = by
            self.rows.append(OwnerSpell(handoff=handoff, user=by, from_at=at, cause="accepted"))
        self._stop(("decision",), at, act="accepted", by=by.pk)
        self._start(clockwork.ON_ACCEPT, at)
        stage = Stage.TAL if handoff.to_function == Function.TELEQUALIFICATION else Stage.SAL
        if enters:
            self.enter_if_on((stage,), at, cause="accepted", by=by)

    def attempt(self, at: datetime, by: User, disposition: str, *, talk_seconds: int = 0, note: str = "") -> Attempt:
        handoff = self._open()
        assert self.terms is not None
        term = self.terms.dispositions[disposition]
        tried = Attempt(
            lead=self.lead,
            handoff=handoff,
            by=by,
            at=at,
            disposition=disposition,
            human_answered=term.human_answered,
            real_contact=term.real_contact,
            counts=term.counts_as_attempt,
            talk_seconds=talk_seconds or None,
            handling_seconds=talk_seconds + 60,
            note=note,
            settles_at=at,
            settled_at=at,
            created_at=at,
        )
        self.rows.append(tried)
        if not term.counts_as_attempt:
            return tried
        handoff.first_attempt_at = handoff.first_attempt_at or at
        if handoff.state == HandoffState.OFFERED:
            self.accept(at, by, owned=handoff.to_function != Function.TELEQUALIFICATION)
        self._stop(("first_attempt",), at, act="attempt", by=by.pk)
        for clock in [c for c in self.running if c.kind == "attempts"]:
            clock.count_done += 1
            if term.real_contact or clock.count_done >= clock.count_needed:
                self._stop(("attempts",), at, act="attempt", by=by.pk)
        if term.real_contact:
            handoff.first_contact_at = handoff.first_contact_at or at
            self._stop(("first_contact",), at, act="attempt", by=by.pk)
        return tried

    def reject(self, at: datetime, by: User, reason: str, *, attribute: str = "", note: str = "") -> Handoff:
        handoff = self._open()
        set_state(handoff, HandoffState.REJECTED)
        handoff.decided_at, handoff.decided_by = at, by
        handoff.reason, handoff.reason_attribute, handoff.note = reason, attribute, note
        self._stop(("decision",), at, act="rejected", by=by.pk)
        self._cancel_rest(at, "rejected")
        self._end_spell(at)
        self.handoff = None
        return handoff

    def contested(
        self,
        handoff: Handoff,
        at: datetime,
        by: User,
        comment: str,
        *,
        state: str,
        settled_by: User | None,
        settled_at: datetime | None,
    ) -> None:
        self.rows.append(
            Contest(
                handoff=handoff, state=state, comment=comment, contested_by=by, contested_at=at, settled_by=settled_by,
                settled_at=settled_at,
            )
        )  # fmt: skip

    def close(self, at: datetime, outcome: str, *, reason: str = "", note: str = "") -> Handoff:
        handoff = self._open()
        set_state(handoff, HandoffState.CLOSED)
        handoff.closed_at, handoff.outcome, handoff.reason, handoff.note = at, outcome, reason, note
        self._stop(("disposition",), at, act=outcome)
        self._cancel_rest(at, outcome)
        self._end_spell(at)
        self.handoff = None
        return handoff

    def _end_spell(self, at: datetime) -> None:
        for row in self.rows:
            if isinstance(row, OwnerSpell) and row.until_at is None:
                row.until_at = max(at, row.from_at)

    def _open(self) -> Handoff:
        assert self.handoff is not None, "no handoff is open at this point of the story"
        return self.handoff

    # --- opportunity and nurture ---------------------------------------------------------------------------------------
    def deal(
        self,
        at: datetime,
        owner: User,
        *,
        name: str,
        amount: Decimal | None,
        close_on: date | None,
        handoff: Handoff | None,
        **fields: Any,
    ) -> Opportunity:
        self.opportunity = Opportunity(
            lead=self.lead, handoff=handoff, company=self.lead.company, owner=owner, name=name, amount=amount,
            base_amount=amount, rate_on=at.date(), expected_close_on=close_on, opened_at=at, created_at=at, **fields,
        )  # fmt: skip
        self.lead.owner = owner
        self.rows.append(self.opportunity)
        self.changed(at, "opened", "", self.opportunity.stage)
        self.enter_if_on((Stage.SAL, Stage.SQL), at, cause="opportunity", by=owner) if self.stage not in (
            Stage.SAL,
            Stage.SQL,
        ) else None
        self.enter(Stage.OPPORTUNITY, at, cause="opportunity", by=owner)
        return self.opportunity

    def changed(self, at: datetime, name: str, before: str, after: str) -> None:
        assert self.opportunity is not None
        self.rows.append(
            OpportunityChange(
                opportunity=self.opportunity, at=at, by=self.opportunity.owner, field=name, before=before, after=after
            )
        )

    def ended(self, at: datetime, *, won: bool, reason: str = "") -> None:
        assert self.opportunity is not None
        stage = OpportunityStage.WON if won else OpportunityStage.LOST
        self.changed(at, "stage", self.opportunity.stage, stage)
        set_state(self.opportunity, stage, "stage")
        self.opportunity.closed_at, self.opportunity.probability = at, 100 if won else 0
        self.opportunity.lost_reason = reason
        self.enter(
            Stage.WON if won else Stage.LOST, at, cause="won" if won else f"lost:{reason}", by=self.opportunity.owner
        )

    def park(
        self,
        at: datetime,
        *,
        kind: str,
        reason: str,
        return_on: date,
        by: User | None = None,
        handoff: Handoff | None = None,
    ) -> None:
        self.enter(Stage.NURTURE, at, cause=f"{kind}:{reason}", by=by)
        self.spell = NurtureSpell(
            lead=self.lead, handoff=handoff, kind=kind, reason=reason, entered_at=at, entered_by=by, return_on=return_on
        )
        self.rows.append(self.spell)
        self.lead.owner = None

    def unpark(self, at: datetime, cause: str) -> None:
        assert self.spell is not None
        self.spell.left_at, self.spell.left_cause = at, cause
        self.spell = None

    # --- the end -------------------------------------------------------------------------------------------------------
    def finish(self, now: datetime, *, unknown_end: bool = False) -> list[models.Model]:
        """Complete the lead as it stands at `now` and give every row, ready to be written."""
        lead = self.lead
        self._join()
        last = self.entries[-1]
        set_state(lead, last.stage, "stage")
        lead.stage_since = last.entered_at
        lead.version_id = self.terms.version_id if self.terms else None
        if last.stage in CLOSED or unknown_end:
            lead.closed_at = last.entered_at
            lead.closed_reason = OUTCOME_UNKNOWN if unknown_end else last.cause.rpartition(":")[2]
        for clock in self.running:
            self._settle(clock, now)
            clock.imported_late = bool(self.handoff and self.handoff.imported and clock.breached_at)
        if self.handoff is not None:
            self.handoff.due_at = clockwork.soonest(self.running)
        self.rows += [*self.entries, *self.activities]
        if self.terms is not None and not unknown_end:
            self.rows.append(self._scored(now))
        return self.rows

    def _scored(self, now: datetime) -> LeadScore:
        """The score as it stands, after time and new rules have had their say; that of a closed lead stands still."""
        assert self.terms is not None
        end = self.lead.closed_at or now
        if self.in_force is not None and self.lead.closed_at is None:
            self.under(*self.in_force)
        self._age(end)
        case = self._score(end, self.terms, "decay")
        scores.recognise(self.lead, case)
        row = scores.row(self.lead, case.score, case.terms, end)
        if self.lead.closed_at is not None:
            row.rescore_at = None
        return row


def _numbered(handoff: Handoff) -> Handoff:
    """Orders name the handoff by its id, which is drawn only when everything is written; until then 0 stands for it."""
    shadow = Handoff(to_function=handoff.to_function)
    shadow.pk, shadow.to_user_id = 0, handoff.to_user_id
    return shadow


def set_state(row: models.Model, state: str, name: str = "state") -> None:
    """Set a protected state: these rows are the record of transitions that have happened elsewhere or long ago."""
    row.__dict__[name] = state


def write(chronicles: list[list[models.Model]]) -> None:
    """Write many lives, a COPY for each table. Must run in a transaction."""
    everything = [row for rows in chronicles for row in rows]
    number(row for row in everything if isinstance(row, CHRONICLED))
    for row in everything:
        if isinstance(row, Clock) and hasattr(row, "_handoff"):
            row.subject = row._handoff.pk
    copy_in(everything)
