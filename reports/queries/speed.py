"""How soon handed-over leads are tried, and what it is worth: the company's own curve, by moment, by number of tries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.database import fetch
from reports.facts import FACTS, Narrowed, select
from reports.facts.speed import (
    BAND_CODES,
    ENDED,
    NONE,
    QUALIFIED,
    REACHED,
    TRIED,
    TRY_BANDS,
    WAITING,
    WALL_SECONDS,
    WORKING_SECONDS,
)
from reports.intervals import Rate
from reports.periods import Period
from reports.queries import reading
from reports.queries.tally import Tally, instants, parameters
from reports.scope import Scope


@dataclass(frozen=True)
class Band:
    """Handoffs of one band: how many, how many of them were reached; of those that ended, qualified or never reached."""

    code: str
    count: int
    reached: Rate
    qualified: Rate
    given_up: Rate


@dataclass(frozen=True)
class Spread:
    """Of the handoffs that were tried: the middle one's seconds, and those that nine of ten were faster than."""

    tried: int
    median: float | None
    ninth: float | None
    timed: int
    working_median: float | None
    working_ninth: float | None


@dataclass(frozen=True)
class Moment:
    """Handoffs that arrived on a weekday (1 is Monday), in an hour, or both; None means any."""

    weekday: int | None
    hour: int | None
    arrived: int
    tried: int
    median: float | None
    working_median: float | None
    reached: Rate


def bands(function: str, scope: Scope, period: Period, now: datetime, *, working: bool = False) -> list[Band]:
    """By how soon the first try came, soonest first, the untried last."""
    fact = "response_working" if working else "response"
    tally = reading.tally({fact: Narrowed(keys=[function])}, scope, [period], now)
    return [_band(tally, fact, code) for code in (*BAND_CODES, NONE)]


def tries(function: str, scope: Scope, period: Period, now: datetime) -> list[Band]:
    """By how many counting attempts were made, none first."""
    tally = reading.tally({"tries": Narrowed(keys=[function])}, scope, [period], now)
    return [_band(tally, "tries", code) for code, _, _ in TRY_BANDS]


def lead_tries(scope: Scope, period: Period, now: datetime) -> list[Band]:
    """By lead received in the period: how often it was tried by anybody, and how many of those were qualified."""
    tally = reading.tally({"lead_tries": reading.ALL}, scope, [period], now)
    return [_band(tally, "lead_tries", code) for code, low, _ in TRY_BANDS if low]


def _band(tally: Tally, fact: str, code: str) -> Band:
    count = lambda *states: tally.of(fact, marks=(code,), states=states).n  # noqa: E731
    total, ended = count(), count(*ENDED)
    return Band(code, total, Rate(count(*REACHED), total), Rate(count(QUALIFIED), ended), Rate(count(TRIED), ended))


def _cohort(fact_name: str, columns: Mapping[str, str], function: str, scope: Scope, period: Period) -> str:
    narrowed = Narrowed(keys=[function])
    return select(FACTS[fact_name], columns, _within(scope, period), narrowed)


def _within(scope: Scope, period: Period) -> Scope:
    first, until = instants([period])
    return scope.between(first, until)


SPREAD = """
SELECT count(wall), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY wall),
    count(working), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY working)
FROM ({rows}) tried
"""


def spread(function: str, scope: Scope, period: Period, now: datetime) -> Spread:
    columns = {"wall": f"{WALL_SECONDS}::float8", "working": WORKING_SECONDS}
    rows = _cohort("response_working", columns, function, scope, period)
    values = parameters(_within(scope, period), Narrowed(keys=[function]), now)
    tried, wall, timed, working = fetch(SPREAD.format(rows=rows), values)[0]
    median, ninth = wall or (None, None)
    working_median, working_ninth = working or (None, None)
    return Spread(tried, median, ninth, timed, working_median, working_ninth)


MOMENTS = """
SELECT weekday, hour, count(*), count(wall), percentile_cont(0.5) WITHIN GROUP (ORDER BY wall),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY working), count(*) FILTER (WHERE result = ANY(%(reached)s)),
    count(*) FILTER (WHERE result <> %(waiting)s)
FROM ({rows}) arrived GROUP BY GROUPING SETS ((weekday, hour), (weekday), (hour))
"""


def moments(function: str, scope: Scope, period: Period, now: datetime) -> list[Moment]:
    """By weekday and hour of arrival in the company's zone, by weekday alone, by hour alone: one query."""
    fact = FACTS["moment"]
    columns = {
        "weekday": f"({fact.mark})::int", "hour": f"({fact.state})::int", "wall": f"{WALL_SECONDS}::float8",
        "working": WORKING_SECONDS, "result": FACTS["response"].state,
    }  # fmt: skip
    rows = _cohort("moment", columns, function, scope, period)
    values = {
        **parameters(_within(scope, period), Narrowed(keys=[function]), now),
        "reached": list(REACHED), "waiting": WAITING,
    }  # fmt: skip
    found = fetch(MOMENTS.format(rows=rows), values)
    return [
        Moment(weekday, hour, arrived, tried, median, working, Rate(reached, worked))
        for weekday, hour, arrived, tried, median, working, reached, worked in found
    ]


def functions(parties: Sequence[str]) -> list[str]:
    """Whose speed can be asked for: those who are given leads, in the order of the agreement's parties."""
    receivers = ("telequalification", "sales", "business_development")
    return [name for name in parties if name in receivers] or list(receivers[:2])
