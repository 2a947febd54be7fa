"""How many reps each hour needs, from the queue's own arrivals and handling times, beside those planned.

The reckoning itself is `leads/erlang.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from config.accounts.choices import Function
from config.accounts.models import User
from config.web.errors import Refusal
from leads.erlang import MOST_REPS, Hour, Promise, day, moved
from leads.models import CallQueue, Handoff, PlannedReps
from sla import businesstime
from sla.metrics import METRICS
from sla.services.compiling import terms_by_id
from sla.terms import Terms

USUAL_HANDLING = 300.0  # seconds, until the queue has calls of its own
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOUR = timedelta(hours=1)


# --- the queue's own figures ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """Whole days of the team's own zone, the last one not included."""

    since: date
    until: date
    zone: str

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        zone = ZoneInfo(self.zone)
        return _midnight(self.since, zone), _midnight(self.until, zone)

    def days_like(self, weekday: int) -> int:
        """How many Mondays, Tuesdays … there are in it."""
        days = (self.until - self.since).days
        return sum((self.since + timedelta(days=n)).weekday() == weekday for n in range(days))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def last_weeks(weeks: int, zone: str, at: datetime, until: date | None = None) -> Period:
    """So many whole weeks up to yesterday, or up to the day before `until`."""
    end = until or at.astimezone(ZoneInfo(zone)).date()
    return Period(end - timedelta(weeks=weeks), end, zone)


ARRIVALS = """
    SELECT extract(isodow FROM offered_at AT TIME ZONE %(zone)s)::int - 1,
           extract(hour FROM offered_at AT TIME ZONE %(zone)s)::int, count(*)
    FROM leads_handoff WHERE queue_id = %(queue)s AND offered_at >= %(since)s AND offered_at < %(until)s
    GROUP BY 1, 2
"""
CALLS = """
    SELECT extract(isodow FROM a.at AT TIME ZONE %(zone)s)::int - 1,
           extract(hour FROM a.at AT TIME ZONE %(zone)s)::int,
           count(*) FILTER (WHERE a.at IS DISTINCT FROM h.first_attempt_at),
           avg(a.handling_seconds), count(a.handling_seconds)
    FROM leads_attempt a JOIN leads_handoff h ON h.id = a.handoff_id
    WHERE h.queue_id = %(queue)s AND a.at >= %(since)s AND a.at < %(until)s
      AND a.channel = 'call' AND a.undone_at IS NULL
    GROUP BY 1, 2
"""
BY_DAY = """
    SELECT (offered_at AT TIME ZONE %(zone)s)::date, count(*)
    FROM leads_handoff WHERE queue_id = %(queue)s AND offered_at >= %(since)s AND offered_at < %(until)s
    GROUP BY 1 ORDER BY 1
"""
WAITS = """
    WITH waits AS (
        SELECT h.first_attempt_at IS NOT NULL AS called,
               coalesce(c.used_seconds,
                        extract(epoch FROM coalesce(h.first_attempt_at, h.closed_at, h.decided_at) - h.offered_at)) AS s
        FROM leads_handoff h
        LEFT JOIN sla_clock c ON c.subject = h.id AND c.kind = 'first_attempt' AND c.stopped_at IS NOT NULL
        WHERE h.queue_id = ANY(%(queues)s) AND h.offered_at >= %(since)s AND h.offered_at < %(until)s
    )
    SELECT count(*), count(*) FILTER (WHERE called), count(*) FILTER (WHERE NOT called AND s IS NOT NULL),
           count(*) FILTER (WHERE called AND s <= %(within)s),
           count(*) FILTER (WHERE s > 0),
           min(s) FILTER (WHERE s > 0), max(s) FILTER (WHERE s > 0), avg(s) FILTER (WHERE s > 0),
           percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY s) FILTER (WHERE s > 0),
           avg(s) FILTER (WHERE called)
    FROM waits
"""
HANDLING = """
    SELECT count(*), min(s), max(s), avg(s), percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY s)
    FROM (SELECT a.handling_seconds AS s FROM leads_attempt a JOIN leads_handoff h ON h.id = a.handoff_id
          WHERE h.queue_id = ANY(%(queues)s) AND a.at >= %(since)s AND a.at < %(until)s
            AND a.channel = 'call' AND a.undone_at IS NULL AND a.handling_seconds > 0) AS handled
"""


@dataclass(frozen=True)
class Spread:
    """How a length of time is spread, in seconds. Percentiles are interpolated between neighbours."""

    count: int
    least: float | None
    quarter: float | None
    median: float | None
    mean: float | None
    three_quarters: float | None
    ninetieth: float | None
    most: float | None


@dataclass(frozen=True)
class Waits:
    """How long leads waited for their first call: working time where the agreement times it, else time elapsed."""

    arrived: int
    called: int
    never_called: int
    called_in_time: int
    waited: Spread  # those that had to wait at all
    mean_to_call: float | None

    @property
    def level(self) -> float | None:
        """The share of all arrivals that was called in time."""
        return self.called_in_time / self.arrived if self.arrived else None


def _ask(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def waits(queue_ids: Sequence[int], period: Period, within_seconds: float) -> Waits:
    since, until = period.bounds
    [row] = _ask(WAITS, {"queues": list(queue_ids), "since": since, "until": until, "within": within_seconds})
    return Waits(row[0], row[1], row[2], row[3], _spread(row[4], row[5], row[6], row[7], row[8]), _number(row[9]))


def handling(queue_ids: Sequence[int], period: Period) -> Spread:
    """How long calls took, from taking the lead to recording the outcome."""
    since, until = period.bounds
    [row] = _ask(HANDLING, {"queues": list(queue_ids), "since": since, "until": until})
    return _spread(*row)


def _spread(count: int, least: Any, most: Any, mean: Any, shares: Any) -> Spread:
    quarters = [_number(share) for share in shares or (None,) * 4]
    return Spread(
        count, _number(least), quarters[0], quarters[1], _number(mean), quarters[2], quarters[3], _number(most)
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def arrivals_by_day(queue_id: int, period: Period) -> dict[date, int]:
    return dict(_ask(BY_DAY, _values(queue_id, period)))


def _values(queue_id: int, period: Period) -> dict[str, Any]:
    since, until = period.bounds
    return {"queue": queue_id, "since": since, "until": until, "zone": period.zone}


@dataclass(frozen=True)
class Week:
    """Averages per hour of the week: (weekday, hour) to figure."""

    arrivals: dict[tuple[int, int], float]
    later_calls: dict[tuple[int, int], float]
    handling: dict[tuple[int, int], float]
    usual_handling: float
    open_hours: dict[int, set[int]]

    def on(self, weekday: int, planned: Mapping[int, int], promise: Promise) -> list[Hour]:
        """One day, with what came outside the planned hours moved to where the desk can take it."""
        arrivals = moved(_of(self.arrivals, weekday), self.open_hours.get(weekday, set()))
        later = moved(_of(self.later_calls, weekday), self.open_hours.get(weekday, set()))
        return day(arrivals, later, _of(self.handling, weekday), self.usual_handling, planned, promise)


def _of(figures: Mapping[tuple[int, int], float], weekday: int) -> dict[int, float]:
    return {hour: figure for (found, hour), figure in figures.items() if found == weekday}


def week(queue: CallQueue, period: Period) -> Week:
    """The queue's arrivals, later calls and handling times by hour of the week, and when its desk is open: as planned,
    and where nothing is, as agreed. Five queries at most."""
    arrived = _ask(ARRIVALS, _values(queue.pk, period))
    calls = _ask(CALLS, _values(queue.pk, period))
    days = {weekday: max(period.days_like(weekday), 1) for weekday in range(7)}
    handled = sum(row[4] for row in calls)
    total = sum(float(row[3] or 0) * row[4] for row in calls)
    return Week(
        arrivals={(d, h): count / days[d] for d, h, count in arrived},
        later_calls={(d, h): later / days[d] for d, h, later, _, _ in calls},
        handling={(d, h): float(mean) for d, h, _, mean, count in calls if mean and count >= 5},
        usual_handling=total / handled if handled else USUAL_HANDLING,
        open_hours=open_hours(planned_for(queue)) or agreed_hours(queue, period),
    )


def agreed_hours(queue: CallQueue, period: Period) -> dict[int, set[int]]:
    """The hours of the week in which the agreement has this desk at work: those of the first call's promise on what
    came last, so that a holiday in some week closes nothing. Empty where nothing came under an agreement."""
    latest = Handoff.objects.filter(queue=queue, version__isnull=False).order_by("-offered_at", "-pk").first()
    if latest is None or latest.version_id is None:
        return {}
    terms = terms_by_id(latest.version_id)
    zone, (since, until) = ZoneInfo(period.zone), period.bounds
    found: dict[int, set[int]] = {}
    for opens, closes in businesstime.openings(terms.calendar(_calendar(terms)), since, until):
        here = opens.astimezone(zone).replace(minute=0, second=0, microsecond=0)
        while here < closes:
            found.setdefault(here.weekday(), set()).add(here.hour)
            here += HOUR
    return found


def _calendar(terms: Terms) -> str:
    """The calendar of the desk's first call."""
    for promised in terms.commitments:
        timed = METRICS[promised.metric].clock == "first_attempt" and promised.to_function == Function.TELEQUALIFICATION
        if timed and promised.calendar:
            return str(promised.calendar)
    usual = terms.default_calendar()
    assert usual is not None, "an agreement without a calendar cannot be proposed"
    return usual.key


# --- the plan ------------------------------------------------------------------------------------------------------------

Plan = dict[int, dict[int, int]]  # weekday to hour to reps


def planned_for(queue: CallQueue) -> Plan:
    plan: Plan = {}
    for row in PlannedReps.objects.filter(queue=queue):
        plan.setdefault(row.weekday, {})[row.hour] = row.reps
    return plan


def open_hours(plan: Plan) -> dict[int, set[int]]:
    return {weekday: {hour for hour, reps in hours.items() if reps} for weekday, hours in plan.items()}


@transaction.atomic
def plan_day(queue: CallQueue, weekdays: Iterable[int], reps: Mapping[int, int], *, by: User) -> None:
    """Plan so many reps for each hour of these weekdays; hours that are not named have none."""
    days = sorted(set(weekdays))
    if not days or not set(days) <= set(range(7)):
        raise Refusal("no_day", "Choose the days.", fields={"days": "At least one."})
    wrong = {hour: n for hour, n in reps.items() if not 0 <= hour <= 23 or not 0 <= n <= MOST_REPS}
    if wrong:
        raise Refusal(
            "bad_plan", f"Between 0 and {MOST_REPS} reps an hour.", fields={str(h): "Too many." for h in wrong}
        )
    PlannedReps.objects.filter(queue=queue, weekday__in=days).delete()
    PlannedReps.objects.bulk_create(
        PlannedReps(queue=queue, weekday=weekday, hour=hour, reps=count)
        for weekday in days
        for hour, count in sorted(reps.items())
        if count
    )
