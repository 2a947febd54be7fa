"""Which clocks a handoff has: chosen from the pinned version's commitments, started, stopped and shown as one set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from config.web.errors import Refusal
from config.web.prepared import fetch_one
from leads.calling import LeadWindow, window_of
from leads.models import Handoff
from leads.services.cases import Case
from leads.services.desk import HORIZON, Closed, Desk, absences_of
from sla import criteria
from sla.calendars import holiday_dates, holiday_problems
from sla.criteria import Facts
from sla.metrics import METRICS
from sla.models import Clock, ClockPause, ClockState
from sla.openhours import local_instant
from sla.services import clocks
from sla.terms import CommitmentTerms, Terms

ON_OFFER = ("decision", "first_attempt", "attempts")
ON_ACCEPT = ("disposition", "first_contact")
SHOWN = (ClockState.RUNNING, ClockState.BREACHED)


def commitment_for(kind: str, to_function: str, facts: Facts, terms: Terms) -> CommitmentTerms | None:
    """The first commitment of this kind on handoffs to this function whose scope the lead meets."""
    for commitment in terms.commitments:
        if METRICS[commitment.metric].clock != kind or commitment.to_function != to_function:
            continue
        if criteria.holds(commitment.scope, facts):
            return commitment
    return None


@dataclass(frozen=True)
class Around:
    """What a clock's hours must leave out, as known when it starts: the team's closings, the lead's calling window."""

    closed: tuple[Closed, ...] = ()
    window: LeadWindow | None = None


def around(case: Case, desk: Desk) -> Around:
    """The surroundings of a clock that starts now on a handoff to this desk."""
    phone = case.addresses.get("phone", "")
    return Around(desk.closings, window_of(case.lead.person, phone, desk.time_zone, desk.rule, case.at))


def start(handoff: Handoff, case: Case, kinds: Iterable[str]) -> list[Clock]:
    """Start the clocks of these kinds that the agreement promises on this handoff, and store them."""
    beside = around(case, case.desk(handoff.to_team_id))
    return clocks.start(case.terms, orders(handoff, kinds, case.facts, case.terms, case.at, beside))


def orders(
    handoff: Handoff, kinds: Iterable[str], facts: Facts, terms: Terms, at: datetime, beside: Around
) -> list[clocks.Order]:
    """Orders for the clocks of these kinds that the agreement promises on this handoff."""
    found = []
    closed, window = beside.closed, beside.window
    for kind in kinds:
        commitment = commitment_for(kind, handoff.to_function, facts, terms)
        if commitment is None:
            continue
        away: tuple[Closed, ...] = ()
        if commitment.counts_in == "person" and handoff.to_user_id:
            away = absences_of(handoff.to_user_id, at)
        if commitment.skips_lead_holidays and window is not None:
            away = (*away, *lead_holidays(facts, window, at))
        callable_hours = commitment.counts_in == "callable" and window is not None
        found.append(
            clocks.Order(
                subject=handoff.pk,
                commitment=commitment,
                started_at=at,
                closed=(*closed, *away),
                window=window.terms if callable_hours and window else None,
                extra={"window_origin": window.origin_words} if callable_hours and window else {},
            )
        )
    return found


def lead_holidays(facts: Facts, window: LeadWindow, at: datetime) -> tuple[Closed, ...]:
    """The public holidays of the lead's country that a clock started now must leave out, as days of the lead's zone."""
    country = str(facts.values.get("person.country") or facts.values.get("company.country") or "").upper()
    if not country or holiday_problems(country, ""):
        return ()
    last = at + HORIZON
    found = []
    for text, name in holiday_dates(country, "", {at.year, last.year}).items():
        day = date.fromisoformat(text)
        starts = local_instant(window.zone, datetime.combine(day, time()))
        ends = local_instant(window.zone, datetime.combine(day + timedelta(days=1), time()))
        if ends > at and starts < last:
            found.append((starts, ends, f"{name} in {country}"))
    return tuple(found)


def planned(terms: Terms, wanted: Iterable[clocks.Order]) -> list[Clock]:
    return [clocks.planned(terms, order) for order in wanted]


def soonest(handoff_clocks: Iterable[Clock]) -> datetime | None:
    """When the next promise of a handoff falls due: what lists are ordered by."""
    return min((c.due_at for c in handoff_clocks if c.due_at is not None and c.state in SHOWN), default=None)


SOONEST = "SELECT min(due_at) FROM sla_clock WHERE subject = %(subject)s AND state = ANY(%(shown)s)"


def refresh_due(handoff: Handoff) -> None:
    """Bring the handoff's `due_at` up to date after its clocks changed."""
    [due] = fetch_one(SOONEST, {"subject": handoff.pk, "shown": [str(state) for state in SHOWN]})
    if due != handoff.due_at:
        handoff.due_at = due
        handoff.save(update_fields=["due_at", "state"])


def stop(handoff: Handoff, kinds: Iterable[str], at: datetime, evidence: dict[str, Any]) -> None:
    """Stop the open clocks of these kinds: what they promised has happened."""
    wanted = set(kinds)
    for clock in clocks.lock_open(handoff.pk):
        if clock.kind in wanted:
            clocks.stop(clock, at=at, evidence=evidence)


def cancel_rest(handoff: Handoff, at: datetime, reason: str) -> None:
    """Cancel whatever still runs on a handoff that is over. Never counted as met."""
    for clock in clocks.lock_open(handoff.pk):
        clocks.cancel(clock, at=at, reason=reason)


def pause(handoff: Handoff, kinds: Iterable[str], at: datetime, **why: Any) -> list[Clock]:
    """Pause the running clocks of these kinds that the agreement lets be paused; returns those that now stand still."""
    wanted = set(kinds)
    paused = []
    for clock in clocks.lock_open(handoff.pk):
        agreed = clock.kind in wanted and clock.target.get("pausable")
        if agreed and clock.state_at(at) == ClockState.RUNNING:
            paused.append(clocks.pause(clock, at=at, **why))
    return paused


def resume(handoff: Handoff, at: datetime, why: str, *, reason: str) -> None:
    """Let the clocks that stand still for `reason` go on: from `at`, or from the date they waited for, if that has passed."""
    waits = ClockPause.objects.filter(clock__subject=handoff.pk, until_at=None, reason=reason)
    until = dict(waits.values_list("clock_id", "resumes_at"))
    for clock in clocks.lock_open(handoff.pk):
        if clock.pk in until and clock.state == ClockState.PAUSED:
            clocks.resume(clock, at=min(at, until[clock.pk] or at), why=why)


def of(handoff_ids: Iterable[int]) -> dict[int, list[Clock]]:
    """The clocks of several handoffs, by handoff, in one query."""
    found: dict[int, list[Clock]] = {pk: [] for pk in handoff_ids}
    for clock in Clock.objects.filter(subject__in=found).order_by("started_at", "id"):
        found[clock.subject].append(clock)
    return found


def one(handoff: Handoff, kind: str) -> Clock:
    """The open clock of a kind, locked. Raises Refusal when the handoff has none."""
    for clock in clocks.lock_open(handoff.pk):
        if clock.kind == kind:
            return clock
    raise Refusal("no_clock", "No such clock runs on this handoff.")
