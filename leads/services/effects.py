"""What follows from the outcome of a try, as the agreement says: again later, at a time, handed on, given back, closed.

Each effect runs with the instant of the try, the handoff locked and open, its clocks already stopped where the try was
evidence. Only `leads/services/attempts.py` calls these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.accounts.models import User
from config.outbox.services.events import News, publish
from leads.models import Attempt, ContactPoint, Handoff
from leads.services import callbacks, cases, claiming, clearing, clockwork, outcomes, queueing
from leads.services.cases import Case
from leads.services.details import Details
from leads.services.queueing import Reservation
from sla import businesstime
from sla.openhours import Hours
from sla.terms import CadenceTerms, DispositionTerms

USUAL_RETRY = timedelta(minutes=240)  # where the outcome names no wait of its own
KEPT_FOR_COLLEAGUE = timedelta(hours=4)
LANGUAGE_REST = timedelta(days=30)  # who does not speak the language is not given the lead again


@dataclass(frozen=True)
class Result:
    """A try with all that its effect looks at."""

    attempt: Attempt
    handoff: Handoff
    case: Case
    term: DispositionTerms
    details: Details

    @property
    def by(self) -> User:
        assert self.attempt.by is not None, "the system makes no calls"
        return self.attempt.by

    @property
    def at(self) -> datetime:
        return self.case.at

    @property
    def cadence(self) -> CadenceTerms | None:
        return self.case.terms.cadence_for(self.handoff.to_function)


def happen(result: Result) -> None:
    """Let the effect happen that the agreement gives this outcome."""
    EFFECTS[result.term.effect](result)


def _again(result: Result, not_before: datetime, why: str, reservation: Reservation | None = None) -> None:
    """Back into the queue, the next promise running; nothing to do for a handoff that waits in none."""
    _next_promise(result)
    if queueing.in_queue(result.handoff):
        queueing.requeue(result.handoff, result.case, not_before=not_before, why=why, reservation=reservation)


def _next_promise(result: Result) -> None:
    """A try without an outcome promises a next one, where the agreement times next steps."""
    case, handoff = result.case, result.handoff
    promised = clockwork.commitment_for("next_step", handoff.to_function, case.facts, case.terms)
    if result.attempt.counts and promised is not None:
        clockwork.start(handoff, case, ["next_step"])


# --- the lead is called again ------------------------------------------------------------------------------------------


def _retry(result: Result) -> None:
    """Again later, in another part of the day where agreed; or to where unreachable leads go, once all tries are used."""
    cadence, tries = result.cadence, queueing.tries_of(result.handoff)
    callbacks.end(result.handoff, result.at)
    if cadence is not None and tries >= cadence.attempts and cadence.unreachable_reason:
        outcomes.disqualify_locked(
            result.handoff, result.case, by=result.by, reason=cadence.unreachable_reason, evidence=f"{tries} tries"
        )
        return
    wait = timedelta(minutes=result.term.retry_minutes) if result.term.retry_minutes else USUAL_RETRY
    not_before = result.at + wait
    if result.term.other_time_band and cadence is not None:
        desk = result.case.desk(result.handoff.to_team_id)
        hours = queueing.hours_of(result.case, desk, not_before, result.handoff.to_function)
        not_before = other_band(not_before, result.at, hours, _desk_zone(result.case), cadence)
    of_all = f", {tries} of {cadence.attempts} tries" if cadence is not None else ""
    _again(result, not_before, f"{result.term.label} at the last try{of_all}")


def _desk_zone(case: Case) -> str:
    term = case.terms.default_calendar()
    return term.time_zone if term is not None else "UTC"


def other_band(
    not_before: datetime, tried_at: datetime, hours: Hours, zone_name: str, cadence: CadenceTerms
) -> datetime:
    """The first instant from `not_before` on, within the hours of calls, in a part of the day other than the one just
    tried. Parts of the day are the desk's; where there is no such instant within a week, `not_before` itself."""
    zone = ZoneInfo(zone_name)
    tried = band_of(tried_at.astimezone(zone), cadence)
    first_day = not_before.astimezone(zone).date()
    for days in range(8):
        found = []
        for number, (start, end) in enumerate(cadence.time_bands):
            opens, closes = (_on(first_day + timedelta(days=days), clock, zone) for clock in (start, end))
            if number != tried and closes > not_before:
                at = businesstime.next_opening(hours, max(opens, not_before))
                found += [at] if at < closes else []
        if found:
            return min(found)
    return not_before


def _on(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = clock.split(":")
    return (datetime.combine(day, time(), zone) + timedelta(hours=int(hour), minutes=int(minute))).astimezone(UTC)


def band_of(here: datetime, cadence: CadenceTerms) -> int | None:
    clock = here.strftime("%H:%M")
    return next((n for n, (start, end) in enumerate(cadence.time_bands) if start <= clock < end), None)


def _callback(result: Result) -> None:
    """A promise to call at a time: the rep's own, open to the team when missed. The promise of a next step stands still
    until then, where one is agreed."""
    assert result.details.callback_at is not None
    _next_promise(result)
    callbacks.make(
        result.handoff, result.case, owner=result.by, due_at=result.details.callback_at, note=result.details.note,
        attempt=result.attempt,
    )  # fmt: skip


def _next_step(result: Result) -> None:
    """Connected, in progress: it stays with the rep, who knows when the next step is due."""
    callbacks.end(result.handoff, result.at)
    _next_promise(result)
    if result.details.callback_at is None:
        return
    callbacks.make(
        result.handoff, result.case, owner=result.by, due_at=result.details.callback_at,
        note=result.details.next_step or result.details.note, attempt=result.attempt,
    )  # fmt: skip


def _other_number(result: Result) -> None:
    """This number does not lead to the person: it is marked, and another is tried; without one, marketing repairs the data."""
    case, handoff = result.case, result.handoff
    ContactPoint.objects.filter(
        person_id=case.lead.person_id, kind="phone", normalised=case.addresses.get("phone", "")
    ).update(is_workable=False, unworkable_reason=result.term.label[:40])
    case.addresses = cases.addresses_of(case.lead.person_id)
    if result.details.new_number:
        clearing.add_number_locked(case, result.details.new_number)
    callbacks.end(handoff, result.at)
    if case.addresses.get("phone"):
        _again(result, result.at, f"{result.term.label}: try the other number")
        return
    publish(News("data.needed", str(case.lead.public_id), result.at, {"what": "phone"}, teams=[handoff.to_team_id]))
    _again(result, result.at + timedelta(days=1), f"{result.term.label}: no other number is known")


def _reroute(result: Result) -> None:
    """To a colleague: one named, or whoever is next in the queue; not to this rep again."""
    callbacks.end(result.handoff, result.at)
    colleague = result.details.to_user
    reservation = Reservation(colleague, result.at, result.at + KEPT_FOR_COLLEAGUE) if colleague else None
    _again(result, result.at, f"{result.term.label}: for a colleague", reservation)
    item = claiming.locked(result.handoff.pk)
    if item is not None:
        claiming.skip(item, by=result.by, at=result.at, why=item.why, rest=LANGUAGE_REST)


def _skip(result: Result) -> None:
    item = claiming.locked(result.handoff.pk)
    if item is not None:
        claiming.skip(item, by=result.by, at=result.at, why=f"Skipped by {result.by.name}: {result.details.note}")
        claiming.tell_if_nobody_is_left(item, result.handoff, result.at)


# --- the lead goes elsewhere -------------------------------------------------------------------------------------------


def _qualify(result: Result) -> None:
    details = result.details
    callbacks.end(result.handoff, result.at)
    outcomes.qualify_locked(
        result.handoff,
        result.case,
        by=result.by,
        answers=details.answers,
        next_step=details.next_step,
        note=details.note,
        warm=details.warm,
        meeting_at=details.meeting_at,
        taken_by=details.on_line(),
    )


def _recycle(result: Result) -> None:
    details = result.details
    callbacks.end(result.handoff, result.at)
    outcomes.recycle_locked(
        result.handoff, result.case, by=result.by, reason=details.reason or result.term.reason,
        return_on=details.return_on, note=details.note,
    )  # fmt: skip


def _disqualify(result: Result) -> None:
    details = result.details
    callbacks.end(result.handoff, result.at)
    outcomes.disqualify_locked(
        result.handoff, result.case, by=result.by, reason=details.reason or result.term.reason,
        evidence=details.evidence or details.note or result.term.label, note=details.note,
    )  # fmt: skip


def _suppress(result: Result) -> None:
    """The person asked not to be called: their number and they themselves are closed to everybody from now on."""
    from leads.services.afterwards import suppress

    suppress(result.case, result.term.label, result.by)
    _disqualify(result)


EFFECTS: dict[str, Callable[[Result], None]] = {
    "retry": _retry,
    "callback": _callback,
    "next_step": _next_step,
    "qualify": _qualify,
    "recycle": _recycle,
    "disqualify": _disqualify,
    "other_number": _other_number,
    "suppress": _suppress,
    "reroute": _reroute,
    "skip": _skip,
}
