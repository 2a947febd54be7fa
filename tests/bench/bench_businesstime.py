"""Working time against `businesstimedelta`, on the same calendar and from the same instants.

Run as `python -m tests.bench.bench_businesstime`. Both sides first have to give the same answers. The yardstick
takes a range across a change of the clocks for as long as the wall clock says; the hours here never meet one
(Monday to Friday, 9 to 17), so every start can be compared.
"""

import operator
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from time import perf_counter
from typing import Any

import businesstimedelta
import holidays
import pytz  # type: ignore[import-untyped]

from sla import businesstime as bt

ZONE = "Europe/Berlin"
DEMANDED = 50.0
HOUR, DAY = 3600, 86_400
# Length of the span in seconds, and from how many starts the yardstick is timed: it needs up to a fifth of a
# second for one count over a year. Ours is timed from all the starts.
SPANS = {
    "1 hour": (HOUR, 200),
    "1 day": (DAY, 150),
    "1 week": (7 * DAY, 60),
    "1 month": (30 * DAY, 20),
    "1 quarter": (91 * DAY, 8),
    "1 year": (365 * DAY, 4),
}
STARTS = 1000
ROUNDS = 5
FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
# Enough years that the yardstick, which always looks for the next holiday, finds one.
HOLIDAYS = sorted(holidays.country_holidays("DE", subdiv="BE", years=range(2024, 2036)))


def our_calendar() -> bt.Calendar:
    ranges = [["09:00", "12:00"], ["13:00", "17:00"]]
    week = dict.fromkeys(bt.WEEKDAYS[:5], ranges)
    return bt.Calendar.from_terms({"timezone": ZONE, "week": week, "holidays": [day.isoformat() for day in HOLIDAYS]})


def yardstick() -> Any:
    zone, days = pytz.timezone(ZONE), [0, 1, 2, 3, 4]
    return businesstimedelta.Rules(
        [
            businesstimedelta.WorkDayRule(time(9), time(17), days, tz=zone),
            businesstimedelta.LunchTimeRule(time(12), time(13), days, tz=zone),
            businesstimedelta.HolidayRule(dict.fromkeys(HOLIDAYS, "holiday"), tz=zone),
        ]
    )


def starts(seed: int) -> list[datetime]:
    """Instants spread over three years, to the second, at any hour of any day."""
    dice = random.Random(seed)
    seconds = int((LAST - FIRST).total_seconds())
    return [FIRST + timedelta(seconds=dice.randrange(seconds)) for _ in range(STARTS)]


def per_call(call: Callable[[Any, Any], object], arguments: Sequence[tuple[Any, Any]]) -> float:
    """Microseconds a call, averaged over the arguments."""
    began = perf_counter()
    for first, second in arguments:
        call(first, second)
    return (perf_counter() - began) / len(arguments) * 1e6


def compare(
    name: str,
    ours: tuple[Callable[[Any, Any], object], Sequence[tuple[Any, Any]]],
    reference: tuple[Callable[[Any, Any], object], Sequence[tuple[Any, Any]]],
) -> dict[str, Any]:
    """Take turns, because the machine's speed changes under us, and keep each side's best round: what
    disturbs a round only ever makes it longer."""
    per_call(*ours)  # compiles the years: a running service has them
    rounds = [(per_call(*ours), per_call(*reference)) for _ in range(ROUNDS)]
    fast, slow = (min(times) for times in zip(*rounds, strict=True))
    return {
        "name": f"{name} over {len(ours[1])} starts",
        "ours": fast,
        "reference": slow,
        "ratio": slow / fast,
        "demanded": DEMANDED,
        "unit": "µs",
        "better": "higher",
    }


def check(hours: bt.Calendar, rules: Any, begin: datetime, end: datetime, work: float) -> None:
    """The same answers from both, else there is nothing to compare."""
    counted = rules.difference(begin, end).timedelta.total_seconds()
    if bt.between(hours, begin, end) != counted:
        raise AssertionError(f"between {begin} and {end}: the yardstick says {counted}")
    due = begin + businesstimedelta.BusinessTimeDelta(rules, seconds=work)
    if bt.add(hours, begin, work) != due:
        raise AssertionError(f"{work} seconds after {begin}: the yardstick says {due}")


def run() -> list[dict[str, Any]]:
    """One result for each operation and span; `ratio` is how many times faster ours is."""
    hours, rules = our_calendar(), yardstick()
    results = []
    for seed, (span, (seconds, few)) in enumerate(SPANS.items()):
        pairs = [(begin, begin + timedelta(seconds=seconds)) for begin in starts(seed)]
        # What is added is the span's usual working time; a start on a Sunday would otherwise add none.
        work = round(sum(bt.between(hours, *pair) for pair in pairs) / len(pairs))
        for begin, end in pairs[:few]:
            check(hours, rules, begin, end, work)
        additions = [(begin, work) for begin, _ in pairs]
        delta = businesstimedelta.BusinessTimeDelta(rules, seconds=work)
        deltas = [(begin, delta) for begin, _ in pairs[:few]]
        results += [
            compare(f"between, {span}", (partial(bt.between, hours), pairs), (rules.difference, pairs[:few])),
            compare(f"add, {span}", (partial(bt.add, hours), additions), (operator.add, deltas)),
        ]
    return results


if __name__ == "__main__":
    for result in run():
        print(
            f"{result['name']:32} {result['ours']:8.2f} against {result['reference']:10.1f} {result['unit']}: "
            f"{result['ratio']:8.0f} times as fast, {result['demanded']:.0f} demanded"
        )
