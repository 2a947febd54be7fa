"""What a clock shows: its words and its ring. `static/handoff/clock.js` says the same once a second; the cases in
`tests/web/clock_cases.json` hold both to it.

Shown time is rounded so that it never flatters: what is left downwards, what is late upwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.web.wording import DAY, MINUTE, duration, in_zone, local, seconds_of

RUNNING, PAUSED, MET, BREACHED, MET_LATE, CANCELLED = "running", "paused", "met", "breached", "met_late", "cancelled"
AMBER_FROM = 75  # percent used, where the agreement names no warning of its own
SECONDS_FROM = 5 * MINUTE  # below this the seconds are shown
TONES = {
    RUNNING: "calm",
    PAUSED: "paused",
    MET: "met",
    BREACHED: "late",
    MET_LATE: "met-late",
    CANCELLED: "cancelled",
}


@dataclass(frozen=True)
class Face:
    """Everything the badge needs, computed for one `now`."""

    state: str
    text: str
    tone: str
    used: int  # percent of the time between start and due
    title: str


def state_at(state: str, late_from: datetime | None, now: datetime) -> str:
    """A running clock past its breach is breached, whether or not a sweep has stamped it."""
    return BREACHED if state == RUNNING and late_from is not None and now > late_from else state


def used_percent(started_at: datetime | None, due_at: datetime | None, now: datetime) -> int:
    if started_at is None or due_at is None or due_at <= started_at:
        return 0
    return max(0, min(100, int((now - started_at) / (due_at - started_at) * 100)))


def left_text(due_at: datetime, now: datetime) -> str:
    left = seconds_of(due_at - now)
    if left <= 0:
        return "due now"
    if left < SECONDS_FROM:
        return f"{int(left) // 60}:{int(left) % 60:02d}"
    if left < DAY:
        return duration(left)
    here = in_zone(due_at)
    return f"{here:%a %H:%M}" if left < 6 * DAY else f"{here.day} {here:%b %H:%M}"


def late_text(late_from: datetime, until: datetime) -> str:
    return duration(until - late_from, up=True) + " late"


def facts(clock: Any, given: Mapping[str, Any]) -> Callable[[str], Any]:
    """Reads a clock's attribute: given by name, else of the object or mapping; None where it has no such thing."""
    rest = clock.get if isinstance(clock, Mapping) else lambda name: getattr(clock, name, None)
    return lambda name: given[name] if name in given else rest(name)


def face(fact: Callable[[str], Any], now: datetime) -> Face:
    """`fact` reads a clock's attributes, as `facts` does."""
    due_at, started_at, used_seconds = fact("due_at"), fact("started_at"), fact("used_seconds")
    late_from = fact("breaches_at") or due_at  # a promise due at closing time is late from the next opening
    state = state_at(fact("state") or RUNNING, late_from, now)
    words = {
        RUNNING: lambda: left_text(due_at, now) if due_at else "no date",
        PAUSED: lambda: f"paused until {local(fact('resumes_at'), 'short')}" if fact("resumes_at") else "paused",
        MET: lambda: f"met in {duration(used_seconds, days=False)}" if used_seconds is not None else "met",
        BREACHED: lambda: late_text(late_from, now) if late_from else "late",
        MET_LATE: lambda: late_text(late_from, fact("stopped_at")) if late_from and fact("stopped_at") else "met late",
        CANCELLED: lambda: "cancelled",
    }
    used = used_percent(started_at, due_at, now) if state in (RUNNING, BREACHED) else 100
    tone = TONES[state]
    warned = now >= fact("warn_at") if fact("warn_at") else used >= AMBER_FROM
    if state == RUNNING and warned:
        tone = "soon"
    return Face(
        state, words[state](), tone, 100 if state == BREACHED else used, title_of(state, due_at, fact("stopped_at"))
    )


def title_of(state: str, due_at: datetime | None, stopped_at: datetime | None) -> str:
    parts = []
    if due_at:
        parts.append(f"Due {local(due_at)}")
    if stopped_at:
        parts.append(f"{'Cancelled' if state == CANCELLED else 'Answered'} {local(stopped_at)}")
    return ". ".join(parts) or state.replace("_", " ").capitalize()
