"""Why this clock: version, clause, start, each working range used, pauses, steps taken and to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sla import businesstime
from sla.document.compose import clause_number
from sla.metrics import METRICS
from sla.models import BreachCause, Clock, ClockEvent, ClockPause, EscalationStep
from sla.models.clock import BREACH
from sla.services.clocks import pauses_of
from sla.services.compiling import terms_by_id
from sla.terms import CalendarTerms, CommitmentTerms, Terms
from sla.timing import hours_for, percent_of
from sla.words.hours import week_words, zone_words
from sla.words.promises import promise_words, whose_leads_words

DAYS_SHOWN = 60  # a walk over more days is shortened in the middle: nobody reads a year of rows
DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Segment:
    """A stretch of a drawn day: `x` and `width` in percent of it; `kind` is open, counted or paused."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True)
class Day:
    """One row of the walk in words and drawn, in the calendar's own zone."""

    day: date
    hours: str
    counted: str
    paused: str
    seconds: float
    total: float
    segments: Sequence[Segment]


def day_of(row: businesstime.WalkRow, zone: ZoneInfo) -> Day:
    """A walked day as people read it."""
    spans = [f"{_wall(start)} to {_wall(end)}" for start, end in row.ranges]
    hours = ", ".join(spans) or "closed"
    words = {"holiday": "public holiday", "closed_span": "closed or away", "override": f"{hours} (exception)"}
    planned = [
        Segment(start / DAY_MINUTES * 100, (end - start) / DAY_MINUTES * 100, "open") for start, end in row.ranges
    ]
    return Day(
        day=row.day,
        hours=words.get(str(row.why), hours),
        counted=_spans(row.open, zone),
        paused=_spans(row.paused, zone),
        seconds=row.seconds,
        total=row.total,
        segments=[
            *planned,
            *(_drawn(span, row.day, zone, "counted") for span in row.open),
            *(_drawn(span, row.day, zone, "paused") for span in row.paused),
        ],
    )


def _wall(minutes: int) -> str:
    return f"{minutes // 60 % 24}:{minutes % 60:02d}" if minutes != DAY_MINUTES else "24:00"


def _spans(spans: Sequence[tuple[datetime, datetime]], zone: ZoneInfo) -> str:
    return ", ".join(f"{a.astimezone(zone):%-H:%M} to {_until(b.astimezone(zone))}" for a, b in spans)


def _until(at: datetime) -> str:
    """A span that lasts until midnight ends at 24:00, as people write it."""
    return "24:00" if (at.hour, at.minute) == (0, 0) else f"{at:%-H:%M}"


def _drawn(span: tuple[datetime, datetime], day: date, zone: ZoneInfo, kind: str) -> Segment:
    """A span by its wall times on the row's day; what a night shift adds after midnight is drawn to the right edge."""
    first, last = (_minutes(at.astimezone(zone), day) for at in span)
    return Segment(first / DAY_MINUTES * 100, max(last - first, 2) / DAY_MINUTES * 100, kind)


def _minutes(at: datetime, day: date) -> int:
    days = (at.date() - day).days
    return max(0, min(DAY_MINUTES, days * DAY_MINUTES + at.hour * 60 + at.minute))


@dataclass(frozen=True)
class Step:
    """One warning, the breach, or an escalation: when it falls or fell due, whether it was taken, what came of it."""

    words: str
    at: datetime | None
    taken_at: datetime | None
    is_breach: bool
    outcome: str = ""


@dataclass(frozen=True)
class Explanation:
    """Everything the panel shows of one clock at `at`."""

    clock: Clock
    terms: Terms
    commitment: CommitmentTerms
    metric: str
    calendar: CalendarTerms
    state: str
    used: timedelta
    left: timedelta
    days: Sequence[Day]
    shortened_by: int
    pauses: Sequence[ClockPause]
    steps: Sequence[Step]
    events: Sequence[ClockEvent]
    cause: BreachCause | None
    closed: Sequence[tuple[datetime, datetime, str]]
    window_words: str
    clause: str  # its number in the document
    words: str  # the promise itself
    whose_leads: str  # for which leads it holds; "" for all

    @property
    def promised(self) -> timedelta:
        """The working time that was promised."""
        return self.used + self.left

    @property
    def late_by(self) -> timedelta | None:
        """Working time used beyond what was promised; None where nothing was."""
        return -self.left if self.left < timedelta() else None

    @property
    def closed_within(self) -> Sequence[tuple[datetime, datetime, str]]:
        """The holidays left out that lie between the start and the end."""
        end = self.clock.stopped_at or self.clock.due_at
        return [row for row in self.closed if row[1] > self.clock.started_at and (end is None or row[0] < end)]

    @property
    def next_step(self) -> Step | None:
        return next((step for step in self.steps if step.taken_at is None and step.at is not None), None)


def explain(clock: Clock, at: datetime) -> Explanation:
    """The explanation at `at`: a stopped clock is explained up to its stop. Five queries."""
    terms = terms_by_id(clock.version_id)
    commitment = terms.commitment(clock.commitment)
    until = min(clock.stopped_at or at, at)
    hours = hours_for(terms, clock.timing)
    pauses = list(clock.pauses.select_related("by"))
    spans = pauses_of(clock, until)
    rows = businesstime.walk(hours, clock.started_at, until, spans)
    used = rows[-1].total if rows else 0.0
    shown, dropped = shorten(rows, hours.zone)
    events = list(clock.events.order_by("at", "id"))
    return Explanation(
        clock=clock,
        terms=terms,
        commitment=commitment,
        metric=METRICS[commitment.metric].label,
        state=clock.state_at(at),
        used=timedelta(seconds=used),
        left=timedelta(seconds=float(clock.target["seconds"]) - used),
        days=shown,
        calendar=terms.calendars[clock.timing["calendar"]],
        shortened_by=dropped,
        pauses=pauses,
        steps=_steps(clock, events),
        events=events,
        cause=BreachCause.objects.select_related("proposed_by", "decided_by").filter(clock=clock).first(),
        closed=[
            (datetime.fromisoformat(start), datetime.fromisoformat(end), why)
            for start, end, why in clock.timing.get("closed", ())
        ],
        window_words=_window_words(clock.timing),
        clause=clause_number(terms, f"commitment:{commitment.key}"),
        words=promise_words(commitment, terms),
        whose_leads=whose_leads_words(commitment, terms),
    )


def shorten(rows: Sequence[businesstime.WalkRow], zone: str) -> tuple[Sequence[Day], int]:
    """The rows to show, and how many were left out in the middle."""
    half, place = DAYS_SHOWN // 2, ZoneInfo(zone)
    kept = rows if len(rows) <= DAYS_SHOWN else [*rows[:half], *rows[-half:]]
    return [day_of(row, place) for row in kept], len(rows) - len(kept)


def step_words(step: str) -> str:
    """ "75:tell_owner" as people say it."""
    if step == BREACH:
        return "the promise is broken"
    return f"at {percent_of(step)} %: {EscalationStep.Action(step.partition(':')[2]).label}"


def _steps(clock: Clock, events: Sequence[ClockEvent]) -> list[Step]:
    told = {event.step: event for event in events if event.step}
    taken = {step: event.at for step, event in told.items()}
    paused = clock.state == "paused"
    open_ = clock.is_open
    return [
        Step(
            words=step_words(step),
            at=taken.get(step) or (None if paused or not open_ else instant),
            taken_at=taken.get(step),
            is_breach=step == BREACH,
            outcome=told[step].outcome if step in told else "",
        )
        for step, instant in zip(clock.steps, clock.steps_at, strict=True)
        if step in taken or open_
    ]


def _window_words(timing: dict[str, Any]) -> str:
    window = timing.get("window")
    if not window:
        return ""
    origin = timing.get("window_origin", "")
    known = f" (its zone is known {origin})" if origin else ""
    return f"{week_words(window['week'])}, {zone_words(window['timezone'])}{known}"


# --- the simulator ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Simulation:
    """A promise tried out on a calendar, without a clock."""

    calendar: CalendarTerms
    due_at: datetime
    breaches_at: datetime
    days: Sequence[Day]
    shortened_by: int
    used: timedelta

    @property
    def due_local(self) -> str:
        return self._local(self.due_at)

    @property
    def breaches_local(self) -> str:
        return self._local(self.breaches_at)

    def _local(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.calendar.time_zone)):%a %-d %b %Y, %-H:%M}"


def simulate(terms: Terms, calendar: str, start: datetime, minutes: float) -> Simulation:
    """Where `minutes` of working time from `start` end on a calendar of these terms, and the walk there."""
    hours = terms.calendar(calendar)
    due = businesstime.add(hours, start, minutes * 60)
    rows = businesstime.walk(hours, start, due)
    shown, dropped = shorten(rows, hours.zone)
    breaches = businesstime.breaches_at(hours, due)
    return Simulation(terms.calendars[calendar], due, breaches, shown, dropped, timedelta(minutes=minutes))
