"""A line of open spans: how working time is added up and found again, whatever it is that opens and closes.

Pure: only the standard library, no clock, no database. An instant is a whole number of microseconds since
1970 in UTC; a span is half open: open at its start, closed at its end.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
YEAR = 366 * 86_400 * SECOND
YEARS = range(2, 9999)  # datetime itself ends at 1 and 9999, and a local day needs room on either side
FARTHEST_YEARS = 200
FARTHEST = FARTHEST_YEARS * YEAR

Span = tuple[int, int]


class NeverOpen(ValueError):
    """Nothing opens for more than a year, or less working time in 200 years than was asked for."""


def micros(at: datetime) -> int:
    """Microseconds since 1970; ValueError for a naive datetime, whose instant nobody can know."""
    if at.tzinfo is not UTC and at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no time zone; give an aware datetime.")
    passed = at - EPOCH
    return passed.days * 86_400_000_000 + passed.seconds * 1_000_000 + passed.microseconds


def instant(at: int) -> datetime:
    """The UTC datetime of so many microseconds since 1970."""
    return EPOCH + timedelta(0, 0, at)


FIRST = micros(datetime.min.replace(tzinfo=UTC))


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order and apart: overlapping and adjoining spans become one, empty ones vanish."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def common(ours: Sequence[Span], theirs: Sequence[Span]) -> list[Span]:
    """What lies in both; each must be in order and apart."""
    result: list[Span] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        start, end = max(ours[i][0], theirs[j][0]), min(ours[i][1], theirs[j][1])
        if start < end:
            result.append((start, end))
        if ours[i][1] < theirs[j][1]:
            i += 1
        else:
            j += 1
    return result


def without(spans: Sequence[Span], cuts: Sequence[Span]) -> list[Span]:
    """`spans` less `cuts`; each must be in order and apart."""
    if not spans or not cuts:
        return list(spans)
    edges = [spans[0][0], *(edge for cut in cuts for edge in cut), spans[-1][1]]
    return common(spans, list(zip(edges[::2], edges[1::2], strict=True)))


class View:
    """The open spans of some UTC years in a row, with the working time before each: counting is a bisection.

    Never changed once made, so threads may share it.
    """

    __slots__ = ("before", "closes", "droughts", "end", "opens", "start", "total", "years")

    def __init__(self, compiled: Callable[[int], Sequence[Span]], years: range) -> None:
        self.years = years
        self.start, self.end = (micros(datetime(year, 1, 1, tzinfo=UTC)) for year in (years[0], years[-1] + 1))
        spans = merged(span for year in years for span in compiled(year))
        self.opens = [start for start, _ in spans]
        self.closes = [end for _, end in spans]
        self.before: list[int] = []
        self.total = 0
        for start, end in spans:
            self.before.append(self.total)
            self.total += end - start
        shut = zip(self.closes, self.opens[1:], strict=False)
        self.droughts = [(closes, opens) for closes, opens in shut if opens - closes > YEAR]

    def worked(self, at: int) -> int:
        """Working time from the start of the view to an instant in it."""
        i = bisect_right(self.opens, at) - 1
        return self.before[i] + min(at, self.closes[i]) - self.opens[i] if i >= 0 else 0

    def earliest(self, work: int) -> int:
        """The first instant at which so much has been worked, 0 < work <= total: it may be a closing."""
        i = bisect_left(self.before, work) - 1
        return self.opens[i] + work - self.before[i]

    def latest(self, work: int) -> int:
        """The last instant at which no more has been worked, 0 <= work < total: it may be an opening."""
        i = bisect_right(self.before, work) - 1
        return self.opens[i] + work - self.before[i]

    def is_open(self, at: int) -> bool:
        i = bisect_right(self.closes, at)
        return i < len(self.opens) and self.opens[i] <= at

    def spans(self, start: int, end: int) -> list[Span]:
        """The open spans in [start, end), clipped to it."""
        first, last = bisect_right(self.closes, start), bisect_left(self.opens, end)
        inside = zip(self.opens[first:last], self.closes[first:last], strict=True)
        return [(max(start, opens), min(end, closes)) for opens, closes in inside]


class Timeline:
    """The open spans of some hours, compiled as far as anybody has asked. `compiled` gives those of a UTC
    year, in order, apart and clipped to it."""

    __slots__ = ("compiled", "view")

    def __init__(self, compiled: Callable[[int], Sequence[Span]]) -> None:
        self.compiled = compiled
        self.view: View | None = None

    def covering(self, start: int, end: int) -> View:
        """A view of [start, end]. ValueError outside the years 2 to 9998 and for more than 200 years."""
        view = self.view
        if view is not None and view.start <= start and end < view.end:
            return view
        first, last = instant(start).year, instant(end).year
        if last - first > FARTHEST_YEARS + 1:
            raise ValueError(f"Working time is counted over at most {FARTHEST_YEARS} years.")
        if first not in YEARS or last not in YEARS:
            raise ValueError(f"Working time is counted in the years {YEARS[0]} to {YEARS[-1]}.")
        if view is not None:
            earlier, later = min(first, view.years[0]), max(last, view.years[-1])
            # A view far from what is asked for is dropped, not joined over decades nobody needs.
            if later - earlier <= min(len(view.years) + (last - first) + 20, FARTHEST_YEARS):
                first, last = earlier, later
        view = self.view = View(self.compiled, range(first, last + 1))
        return view

    def _later(self, view: View, since: int) -> View:
        """A view that ends later; NeverOpen if nothing has opened for a year, from `since` on."""
        if view.end - max([since, *view.closes[-1:]]) > YEAR:
            raise NeverOpen(f"Nothing opens within a year after {instant(since).isoformat()}.")
        _within_reach(since, view.end)
        ahead = view.end + (view.end - since) // 2
        return self.covering(since, min(ahead, max(view.end, since + FARTHEST)))

    def _sooner(self, view: View, until: int) -> View:
        """A view that starts sooner; NeverOpen if nothing was open for a year, up to `until`."""
        if min([until, *view.opens[:1]]) - view.start > YEAR:
            raise NeverOpen(f"Nothing was open within a year before {instant(until).isoformat()}.")
        _within_reach(view.start, until)
        back = view.start - 1 - (until - view.start) // 2
        return self.covering(max(back, min(view.start - 1, until - FARTHEST), FIRST), until)

    def forward(self, here: int, work: int) -> int:
        """The earliest instant with so much working time, above 0, since `here`: it may be a closing."""
        view = self.covering(here, here)
        while (target := view.worked(here) + work) > view.total:
            view = self._later(view, here)
        due = view.earliest(target)
        _within_reach(here, due)
        # What an earlier question compiled must not change the answer: a drought ends it in any view.
        if view.droughts and any(due > closes and opens - max(here, closes) > YEAR for closes, opens in view.droughts):
            raise NeverOpen(f"Nothing opens for over a year after {instant(here).isoformat()}.")
        return due

    def backward(self, here: int, work: int) -> int:
        """The latest instant with so much working time, above 0, until `here`: it may be an opening."""
        view = self.covering(here, here)
        while (target := view.worked(here) - work) < 0:
            view = self._sooner(view, here)
        began = view.latest(target)
        _within_reach(began, here)
        if view.droughts and any(began < opens and min(here, opens) - closes > YEAR for closes, opens in view.droughts):
            raise NeverOpen(f"Nothing was open for over a year before {instant(here).isoformat()}.")
        return began

    def opening(self, here: int) -> int:
        """`here` where it is open, else the next opening; NeverOpen where none comes within a year."""
        view = self.covering(here, here)
        while (i := bisect_right(view.closes, here)) == len(view.closes):
            view = self._later(view, here)
        if view.opens[i] - here > YEAR:
            raise NeverOpen(f"Nothing opens within a year after {instant(here).isoformat()}.")
        return max(here, view.opens[i])

    def closing(self, here: int) -> int | None:
        """The first closing after an open instant; None where nothing closes for a year."""
        view = self.covering(here, here)
        while (closes := view.closes[bisect_right(view.closes, here)]) == view.end:
            # At its very end it may only be the view that stops.
            if closes - here > YEAR:
                return None
            view = self.covering(here, view.end)
        return closes


def _within_reach(start: int, end: int) -> None:
    if end - start > FARTHEST:
        raise NeverOpen(f"There is not that much working time in {FARTHEST_YEARS} years.")
