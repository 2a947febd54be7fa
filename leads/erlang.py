"""How many people a telephone desk needs in an hour: Erlang C, and what it assumes. No database.

What the reckoning assumes is said on the page (`ASSUMPTIONS`), for a figure without it is a guess.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MAX_OCCUPANCY = 0.85  # nobody talks every minute of an hour
MOST_REPS = 500
HOUR_MINUTES = 60.0
ASSUMPTIONS = (
    "Within an hour leads arrive independently of one another, as often at its end as at its beginning.",
    "Calls take differently long, in the way of waiting times: most are short, few very long.",
    "Leads wait until they are called; none goes away.",
    "Whoever is free takes the lead that must be called soonest.",
    f"Later tries and callbacks can wait, so they add work, not haste: reps are busy {MAX_OCCUPANCY:.0%} of an hour at most.",
    "Leads that come while the desk is closed are counted in its first open hour, though they come all at once.",
    "Breaks, meetings and absences are not in it: planned are reps at the telephone.",
)  # fmt: skip


def service_level(arrivals: float, handling_seconds: float, within_seconds: float, reps: int) -> float:
    """The share of leads called in time when so many arrive in an hour. 1 where none arrive, 0 where work piles up."""
    from pyworkforce.queuing import ErlangC

    if arrivals <= 0:
        return 1.0
    if reps <= load(arrivals, handling_seconds):
        return 0.0
    desk = ErlangC(
        transactions=arrivals, aht=handling_seconds / 60, asa=within_seconds / 60, interval=int(HOUR_MINUTES)
    )
    return float(desk.service_level(reps))


def load(calls: float, handling_seconds: float) -> float:
    """How many reps the calls of an hour would keep busy without a pause."""
    return calls * handling_seconds / 3600


def reps_for_promise(arrivals: float, handling_seconds: float, within_seconds: float, percent: float) -> int:
    """The fewest reps with whom the promised share of first calls is made in time.

    Counted up from the fewest that keep pace at all; the library's own search may begin one too high.
    """
    if arrivals <= 0:
        return 0
    reps = math.floor(load(arrivals, handling_seconds)) + 1
    while reps < MOST_REPS and service_level(arrivals, handling_seconds, within_seconds, reps) * 100 < percent:
        reps += 1
    return reps


def reps_for_work(calls: float, handling_seconds: float) -> int:
    """The fewest reps who get through all calls, first and later ones, without being busy all the time."""
    return math.ceil(round(load(calls, handling_seconds) / MAX_OCCUPANCY, 6)) if calls > 0 else 0


@dataclass(frozen=True)
class Promise:
    percent: float
    minutes: float

    @property
    def seconds(self) -> float:
        return self.minutes * 60


@dataclass(frozen=True)
class Hour:
    """One hour of a day: what comes, what it takes, who is needed and who is planned. Averages per hour."""

    hour: int
    arrivals: float
    later_calls: float
    handling_seconds: float
    needed_for_promise: int
    needed_for_work: int
    planned: int
    kept_percent: float | None  # with those planned; None where nobody is

    @property
    def needed(self) -> int:
        return max(self.needed_for_promise, self.needed_for_work)

    @property
    def short(self) -> int:
        """How many are missing; negative where there are more than needed."""
        return self.needed - self.planned


def day(
    arrivals: Mapping[int, float],
    later_calls: Mapping[int, float],
    handling: Mapping[int, float],
    usual_handling: float,
    planned: Mapping[int, int],
    promise: Promise,
) -> list[Hour]:
    """The hours of a day in which anything comes or anybody is planned, and those between."""
    busy = {hour for found in (arrivals, later_calls, planned) for hour, figure in found.items() if figure}
    hours = range(min(busy), max(busy) + 1) if busy else range(0)
    return [
        _hour(h, arrivals.get(h, 0.0), later_calls.get(h, 0.0), handling.get(h) or usual_handling, planned.get(h, 0), promise)
        for h in hours
    ]  # fmt: skip


def _hour(hour: int, arrivals: float, later: float, handling: float, planned: int, promise: Promise) -> Hour:
    kept = 100 * service_level(arrivals, handling, promise.seconds, planned) if planned and arrivals else None
    return Hour(
        hour=hour,
        arrivals=arrivals,
        later_calls=later,
        handling_seconds=handling,
        needed_for_promise=reps_for_promise(arrivals, handling, promise.seconds, promise.percent),
        needed_for_work=reps_for_work(arrivals + later, handling),
        planned=planned,
        kept_percent=kept,
    )


def moved(figures: Mapping[int, float], open_hours: Iterable[int]) -> dict[int, float]:
    """What comes while the desk is closed counts in its next open hour; after the last one, in the last."""
    opened = sorted(open_hours)
    if not opened:
        return dict(figures)
    found: dict[int, float] = {}
    for hour, figure in figures.items():
        at = next((candidate for candidate in opened if candidate >= hour), opened[-1])
        found[at] = found.get(at, 0.0) + figure
    return found
