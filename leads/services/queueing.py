"""Handoffs in the telequalification queue: in, in the order of promises, out. Claims are in `claiming`, edges in `windows`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.accounts.choices import Function
from config.accounts.models import User
from config.web.prepared import fetch_one, one_row
from leads import calling
from leads.models import ClaimRecord, Handoff, QueueItem
from leads.services.cases import Case
from leads.services.desk import Desk
from sla.models import Clock, ClockState
from sla.openhours import Hours
from sla.services.clocks import open_of
from sla.terms import Terms

HIGH_INTENT_WEIGHT = 3
NEVER = timedelta(days=365)
HALF_SECOND = 500_000
RUNNING = (ClockState.RUNNING, ClockState.BREACHED)


@dataclass(frozen=True)
class Reservation:
    """From `since` to `until` only this person is given the lead; then it is open to the team."""

    user_id: int
    since: datetime
    until: datetime
    is_callback: bool = False


def value_of(case: Case) -> int:
    """How much a lead is worth calling first: fit, weighed by intent, plus engagement."""
    weight = HIGH_INTENT_WEIGHT if case.lead.intent or case.score.catapults else 1
    return max(case.score.fit, 0) * weight + max(case.score.engagement, 0)


def ordered(promise: datetime, *, is_callback: bool, value: int) -> datetime:
    """The promise to the second, its fraction ordering equal ones: callbacks first, then the more valuable."""
    lower = min(max(value, 0), HALF_SECOND - 1)
    return promise.replace(microsecond=HALF_SECOND - 1 - lower + (0 if is_callback else HALF_SECOND))


# --- where a lead stands ----------------------------------------------------------------------------------------------


def item_for(handoff: Handoff, case: Case, desk: Desk, clocks: list[Clock]) -> QueueItem | None:
    """The queue's row for a handoff, or None where the team has no queue that takes it."""
    queue_id = desk.queue_for(case.facts)
    if queue_id is None:
        return None
    item = QueueItem(handoff=handoff, queue_id=queue_id)
    why = reason(case, clocks)
    if handoff.follows_id is not None and handoff.route_why:
        why = f"{handoff.route_why[-1]}; {why}"
    place(item, case, desk, clocks, to_function=handoff.to_function, why=why)
    return item


def place(
    item: QueueItem,
    case: Case,
    desk: Desk,
    clocks: Iterable[Clock],
    *,
    to_function: str,
    why: str,
    not_before: datetime | None = None,
    reservation: Reservation | None = None,
) -> None:
    """Set a row's window and place in the order, in memory; whoever claimed it has let go of it."""
    not_before = max(not_before or case.at, case.at)
    key = calendar_key(case, to_function)
    window = lead_window(case, desk)
    hours = _hours_in(case, desk, key, window, not_before)
    opens, closes = calling.next_window(hours, not_before)
    if reservation is not None and reservation.is_callback:
        opens, closes = _as_agreed(opens, closes, reservation)
    item.callable_from, item.callable_until, item.ready = opens, closes, opens <= case.at
    item.hours = hours_key(desk.team_id, case.terms.version_id, key, window)
    item.zone, item.zone_origin = window.zone, window.origin
    item.value, item.why = value_of(case), why[:160]
    item.is_callback = reservation is not None and reservation.is_callback
    due = opens if item.is_callback else calling.last_call(hours, soonest_promise(clocks, case.at), opens)
    item.promise_at = ordered(due, is_callback=item.is_callback, value=item.value)
    item.reserved_for_id = reservation.user_id if reservation else None
    item.reserved_from = reservation.since if reservation else None
    item.reserved_until = reservation.until if reservation else None
    item.claimed_by = item.claimed_at = item.lease_until = None


def _as_agreed(opens: datetime, closes: datetime, reservation: Reservation) -> tuple[datetime, datetime]:
    """The lead itself named the time: a callback comes up then, whatever the usual hours are."""
    return reservation.since, closes if opens <= reservation.since else reservation.until


def soonest_promise(clocks: Iterable[Clock], at: datetime) -> datetime:
    """When the first of the promises that run falls due. A number of tries is spread evenly over its time."""
    return min((due_of(clock) for clock in clocks if clock.due_at and clock.state in RUNNING), default=at + NEVER)


def due_of(clock: Clock) -> datetime:
    """The instant by which the next call must be made for this promise to be kept."""
    assert clock.due_at is not None
    if clock.count_needed <= 1:
        return clock.due_at
    share = min(clock.count_done + 1, clock.count_needed) / clock.count_needed
    return clock.started_at + (clock.due_at - clock.started_at) * share


def reason(case: Case, clocks: Iterable[Clock]) -> str:
    """Why a row stands where it stands, for the rep."""
    intent = f"{case.lead.intent} asked for" if case.lead.intent else f"{case.score.total} points"
    promised = [clock for clock in clocks if clock.due_at]
    if not promised:
        return intent
    return f"{case.terms.commitment(min(promised, key=due_of).commitment).name}; {intent}"[:160]


def calendar_key(case: Case, to_function: str = Function.TELEQUALIFICATION) -> str:
    """The calendar the desk works by: that of its first promise."""
    from leads.services.clockwork import commitment_for

    commitment = commitment_for("first_attempt", to_function, case.facts, case.terms)
    if commitment is not None and commitment.calendar:
        return commitment.calendar
    term = case.terms.default_calendar()
    assert term is not None, "an agreement without a calendar cannot be proposed"
    return term.key


def desk_hours(terms: Terms, calendar: str, desk: Desk) -> Hours:
    """When the desk is open, less the known closings."""
    return terms.calendar(calendar, [(start, end) for start, end, _ in desk.closings])


def lead_window(case: Case, desk: Desk) -> calling.LeadWindow:
    """When this person may be called."""
    return calling.window_of(case.lead.person, case.addresses.get("phone", ""), desk.time_zone, desk.rule, case.at)


def hours_of(case: Case, desk: Desk, at: datetime, to_function: str = Function.TELEQUALIFICATION) -> Hours:
    """When the desk may call this person, from `at` on."""
    return _hours_in(case, desk, calendar_key(case, to_function), lead_window(case, desk), at)


def _hours_in(case: Case, desk: Desk, calendar: str, window: calling.LeadWindow, at: datetime) -> Hours:
    return calling.callable_hours(desk_hours(case.terms, calendar, desk), window, at)


def hours_key(team_id: int, version_id: int, calendar: str, window: calling.LeadWindow) -> str:
    """Names the hours a row's window was taken from: rows with the same key open and close together."""
    return f"{team_id}:{version_id}:{calendar}:{window.country}:{window.zone}"


# --- back and out ----------------------------------------------------------------------------------------------------


def requeue(
    handoff: Handoff, case: Case, *, not_before: datetime, why: str, reservation: Reservation | None = None
) -> QueueItem:
    """Back into the queue for a further try, not before an instant; the claim ends. Must run in a transaction."""
    item = one_row(QueueItem, "WHERE row.handoff_id = %(id)s FOR UPDATE", {"id": handoff.pk})
    if item is None:
        raise QueueItem.DoesNotExist
    end_record(item, case.at, "done")
    desk = case.desk(handoff.to_team_id)
    running = open_of(handoff.pk)
    item.tries = tries_of(handoff)
    place(
        item, case, desk, running,
        to_function=handoff.to_function, why=why, not_before=not_before, reservation=reservation,
    )  # fmt: skip
    item.save()
    return item


TRIES = "SELECT count(*) FROM leads_attempt WHERE handoff_id = %(handoff)s AND counts AND undone_at IS NULL"
WAITS = "SELECT 1 FROM leads_queueitem WHERE handoff_id = %(handoff)s"


def tries_of(handoff: Handoff) -> int:
    return int(fetch_one(TRIES, {"handoff": handoff.pk})[0])


def in_queue(handoff: Handoff) -> bool:
    return fetch_one(WAITS, {"handoff": handoff.pk}) is not None


def leave(handoff: Handoff, at: datetime) -> None:
    """The handoff no longer waits for a call."""
    item = QueueItem.objects.select_for_update(no_key=True).filter(pk=handoff.pk).first()
    if item is not None:
        end_record(item, at, "done")
        item.delete()


def release(item: QueueItem, at: datetime, how: str) -> None:
    """Put a claimed lead back in its order. Must run in a transaction, the row locked."""
    end_record(item, at, how)
    item.claimed_by = item.claimed_at = item.lease_until = None
    item.save(update_fields=["claimed_by", "claimed_at", "lease_until"])


def end_record(item: QueueItem, at: datetime, how: str) -> None:
    if item.claimed_by_id is not None:
        ClaimRecord.objects.filter(handoff_id=item.pk, released_at=None).update(released_at=at, how=how)


def reserve(item: QueueItem, user: User, *, at: datetime, until: datetime, why: str) -> None:
    """Keep a lead for one person for a while: only they are given it. Must run in a transaction, the row locked."""
    item.reserved_for, item.reserved_from, item.reserved_until = user, at, until
    item.skipped_by = [pk for pk in item.skipped_by if pk != user.pk]
    item.why = why[:160]
    item.save(update_fields=["reserved_for", "reserved_from", "reserved_until", "skipped_by", "why"])
