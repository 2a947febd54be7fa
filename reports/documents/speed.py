"""Speed: how soon leads are tried, the company's own curve by that, by hour and weekday of arrival, and by tries."""

from __future__ import annotations

from collections.abc import Sequence

from config.accounts.choices import Function
from config.web.charts import Chart, Series
from reports.asked import Asked
from reports.documents import drawings
from reports.documents.base import (
    Block,
    Choice,
    Column,
    Drawing,
    Figure,
    Note,
    Report,
    Row,
    Section,
    Table,
    Text,
    Tile,
    Tiles,
    counted,
    share,
)
from reports.facts.speed import BAND_CODES, BANDS, CONTACTED, LATER, NONE, QUALIFIED, REACHED, TRIED
from reports.intervals import Rate
from reports.measures import Behind
from reports.periods import Kind
from reports.queries import speed
from reports.queries.speed import Band, Moment
from reports.sets import address

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CLOCKS = (("wall", "Wall clock"), ("working", "Working time"))
FEWEST = 5  # a median of fewer says nothing by itself


def function_of(asked: Asked) -> str:
    names = receivers(asked)
    return asked.one_of("desk", names, names[0])


def receivers(asked: Asked) -> list[str]:
    return speed.functions([party.function for party in asked.terms.parties] if asked.terms else ())


def choices(asked: Asked) -> Sequence[Choice]:
    options = [(name, Function(name).label) for name in receivers(asked)]
    return [Choice("desk", "Handed to", options, function_of(asked))]


def clock_choice(asked: Asked) -> Sequence[Choice]:
    return [Choice("clock", "Measured in", CLOCKS, clock_of(asked))]


def clock_of(asked: Asked) -> str:
    return asked.one_of("clock", [code for code, _ in CLOCKS], "wall")


def band_label(code: str) -> str:
    """ "up to 5 min", "1 to 4 h", "over 24 h", "not tried"."""
    if code == NONE:
        return "Not tried yet"
    if code == LATER:
        return f"Over {_length(BANDS[-1])}"
    place = BAND_CODES.index(code)
    if not place:
        return f"Up to {_length(BANDS[0])}"
    return f"{_length(BANDS[place - 1])} to {_length(BANDS[place])}"


def _length(minutes: int) -> str:
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"


# --- how soon ---------------------------------------------------------------------------------------------------------


def distribution(asked: Asked) -> Sequence[Block]:
    function = function_of(asked)
    wall = speed.bands(function, asked.scope, asked.period, asked.now)
    working = {band.code: band for band in speed.bands(function, asked.scope, asked.period, asked.now, working=True)}
    found = speed.spread(function, asked.scope, asked.period, asked.now)
    tiles = [
        Tile("Median to first attempt", Figure(found.median, "seconds", whole=found.tried, of_words="tried")),
        Tile("Nine of ten within", Figure(found.ninth, "seconds", whole=found.tried, of_words="tried")),
        Tile(
            "Median in working time",
            Figure(found.working_median, "working_seconds", whole=found.timed, of_words="timed"),
            hint="Working time by the agreement's calendar; imported history has none.",
        ),
        Tile(
            "Nine of ten, working time",
            Figure(found.working_ninth, "working_seconds", whole=found.timed, of_words="timed"),
        ),
    ]
    labels = [band_label(band.code) for band in wall]
    urls = [_band_url(asked, "response", band) for band in wall]
    series = [
        Series("Wall clock", [band.count for band in wall]),
        Series("Working time", [working[band.code].count if band.code != NONE else None for band in wall]),
    ]
    title = f"Handoffs to {Function(function).label.lower()} by time to the first attempt, {asked.period.label}"
    total, timed = sum(band.count for band in wall), sum(one.count for one in working.values() if one.code != NONE)
    columns = [
        Column("band", "First attempt", "start"),
        Column("wall", "Wall clock"),
        Column("wall-share", "Share"),
        Column("working", "Working time"),
        Column("working-share", "Share"),
    ]
    rows = [
        Row([
            Text(band_label(band.code)),
            counted(band.count, _band_url(asked, "response", band)),
            share(Rate(band.count, total)),
            *_working(asked, working[band.code], timed),
        ])
        for band in wall
    ]  # fmt: skip
    note = "A handoff is timed from when it was offered, by the source's time of receipt, to the first attempt that counts."
    table = Table("distribution", "Minutes to first attempt", columns, rows, note=note)
    return [Tiles("speed", tiles), Drawing("distribution-drawn", Chart("bar", title, labels, series, urls=urls)), table]


def _working(asked: Asked, band: Band, timed: int) -> list[Figure | Text]:
    if band.code == NONE:
        return [Text("–"), Text("–")]
    return [counted(band.count, _band_url(asked, "response_working", band)), share(Rate(band.count, timed))]


def _band_url(asked: Asked, fact: str, band: Band, states: tuple[str, ...] = ()) -> str:
    return address(asked, Behind(fact, (function_of(asked),), (band.code,), states)) if band.count else ""


# --- the curve --------------------------------------------------------------------------------------------------------


def curve(asked: Asked) -> Sequence[Block]:
    """Contact and qualification by minutes to the first attempt: the company's own figures."""
    is_working = clock_of(asked) == "working"
    fact = "response_working" if is_working else "response"
    found = speed.bands(function_of(asked), asked.scope, asked.period, asked.now, working=is_working)
    tried = [band for band in found if band.code != NONE]
    groups = [("Reached", [one.reached for one in tried]), ("Qualified", [one.qualified for one in tried])]
    title = "Share reached and share qualified, by time to the first attempt, with 95 % intervals"
    x_title = "Time to the first attempt" + (", working time" if is_working else "")
    drawing = drawings.intervals(title, [band_label(one.code) for one in tried], groups, x_title=x_title)
    columns = [
        Column("band", "First attempt", "start"),
        Column("tried", "Tried"),
        Column("reached", "Reached", hint="A real contact by any attempt on this handoff"),
        Column("qualified", "Qualified", hint="Of those brought to an end: qualified or made an opportunity"),
    ]
    rows = [
        Row([
            Text(band_label(one.code)),
            counted(one.count, _band_url(asked, fact, one)),
            share(one.reached, url=_band_url(asked, fact, one, REACHED)),
            share(one.qualified, url=_band_url(asked, fact, one, (QUALIFIED,)), of_words="ended"),
        ])
        for one in tried
    ]  # fmt: skip
    table = Table("curve", "Reached and qualified", columns, rows)
    return [Drawing("curve-drawn", drawing), table, *_beside(asked, tried), PUBLISHED]


PUBLISHED = Note(
    "Calling within 5 minutes instead of 30 went with 100 times the odds of contact and 21 times the odds of "
    "qualifying: InsideSales and an MIT researcher, 2007, about 15,000 leads and 100,000 calls. The study was paid for by "
    "a vendor, compares odds and not shares, proves no cause (eager leads are also called sooner), and is often wrongly "
    "credited to Harvard. Your own curve above is what counts for you.",
    title="The published figure",
    key="published",
)


def _beside(asked: Asked, tried: Sequence[Band]) -> list[Note]:
    """The company's own odds at 5 minutes against 15 to 30, the way the published study compares."""
    soon, later = tried[0], tried[2]
    words = []
    for name, one, other in (("contact", soon.reached, later.reached), ("qualifying", soon.qualified, later.qualified)):
        ratio = odds_ratio(one, other)
        if ratio is not None:
            words.append(
                f"{ratio:.1f} times the odds of {name} ({one.part:,} of {one.whole:,} against {other.part:,} of {other.whole:,})"
            )
    if not words:
        return []
    text = f"Here, up to 5 minutes against 15 to 30 minutes: {' and '.join(words)}."
    return [Note(text, title="Your own figure, compared the same way", key="own")]


def odds_ratio(one: Rate, other: Rate) -> float | None:
    """The odds of one over those of the other; None where either has nobody on one side."""
    sides = (one.part, one.whole - one.part, other.part, other.whole - other.part)
    return sides[0] * sides[3] / (sides[1] * sides[2]) if all(sides) else None


# --- when they arrive -------------------------------------------------------------------------------------------------


def when(asked: Asked) -> Sequence[Block]:
    found = speed.moments(function_of(asked), asked.scope, asked.period, asked.now)
    if not found:
        return [Note("Nothing was handed over in this period.")]
    cells = {(one.weekday, one.hour): one for one in found}
    hours = [str(hour) for hour in range(24)]
    waits = [(name, [_minutes(cells.get((day, hour))) for hour in range(24)]) for day, name in enumerate(WEEKDAYS, 1)]
    title = f"Median minutes to the first attempt, by weekday and hour of arrival ({asked.zone})"
    note = "Wall clock. Empty where nothing arrived or nothing has been tried."
    days = [cells[day, None] for day in range(1, 8) if (day, None) in cells]
    by_hour = [cells[None, hour] for hour in range(24) if (None, hour) in cells]
    return [
        Drawing("when-drawn", drawings.heat(title, hours, waits, unit="min", note=note)),
        _when_table(asked, "weekdays", "By weekday of arrival", days),
        _when_table(asked, "hours", "By hour of arrival", by_hour),
    ]


def _minutes(one: Moment | None) -> float | None:
    return None if one is None or one.median is None else round(one.median / 60, 1)


def _when_table(asked: Asked, key: str, title: str, found: Sequence[Moment]) -> Table:
    columns = [
        Column("moment", title.removeprefix("By ").split()[0].capitalize(), "start"),
        Column("arrived", "Arrived"),
        Column("tried", "Tried"),
        Column("median", "Median to first attempt"),
        Column("working", "Median, working time"),
        Column("reached", "Reached", hint="Of those that were tried, or qualified without a try on record"),
    ]
    function = function_of(asked)
    rows = []
    for one in found:
        name = WEEKDAYS[one.weekday - 1] if one.weekday else f"{one.hour}:00 to {one.hour}:59"
        marks = (str(one.weekday),) if one.weekday else ()
        states = (str(one.hour),) if one.hour is not None else ()
        rows.append(
            Row([
                Text(name),
                counted(one.arrived, address(asked, Behind("moment", (function,), marks, states))),
                Figure(one.tried),
                Figure(one.median, "seconds", note="few" if 0 < one.tried < FEWEST else ""),
                Figure(one.working_median, "working_seconds"),
                share(one.reached),
            ])
        )  # fmt: skip
    return Table(key, title, columns, rows)


# --- tries ------------------------------------------------------------------------------------------------------------


def tries(asked: Asked) -> Sequence[Block]:
    """Attempts against success."""
    function = function_of(asked)
    found = [one for one in speed.tries(function, asked.scope, asked.period, asked.now) if one.count]
    by_lead = _by_lead(asked)
    if not found:
        return [Note("Nothing was handed over in this period."), *by_lead]
    labels = ["None" if one.code == "0" else one.code for one in found]
    groups = [("Reached", [one.reached for one in found]), ("Qualified", [one.qualified for one in found])]
    title = "Share reached and share qualified, by number of attempts, with 95 % intervals"
    columns = [
        Column("tries", "Attempts that count", "start"),
        Column("count", "Handoffs"),
        Column("reached", "Reached"),
        Column("qualified", "Qualified", hint="Of those brought to an end"),
        Column("unreached", "Given up unreached", hint="Brought to an end without a word with the lead"),
    ]
    behind = lambda one, *states: address(asked, Behind("tries", (function,), (one.code,), states))  # noqa: E731
    rows = [
        Row([
            Text(label),
            counted(one.count, behind(one)),
            share(one.reached, url=behind(one, *REACHED)),
            share(one.qualified, url=behind(one, QUALIFIED), of_words="ended"),
            share(one.given_up, url=behind(one, TRIED), of_words="ended"),
        ])
        for label, one in zip(labels, found, strict=True)
    ]  # fmt: skip
    note = "Who is reached at the first try needs no second: a low share beside many attempts is what hard leads look like."
    if found[0].code == "0":
        note += " None: not tried yet, or brought to an end without a counting attempt, such as by a meeting."
    return [
        Drawing("tries-drawn", drawings.intervals(title, labels, groups, x_title="Attempts that count")),
        Table("tries", "Attempts against success", columns, rows, note=note),
        *by_lead,
    ]


def _by_lead(asked: Asked) -> list[Block]:
    """All attempts on leads received in the period, by whomever: imported history has these and no handoffs."""
    found = [one for one in speed.lead_tries(asked.scope, asked.period, asked.now) if one.count]
    if not found:
        return []
    behind = lambda one, *states: address(asked, Behind("lead_tries", (), (one.code,), states))  # noqa: E731
    columns = [
        Column("tries", "Attempts on the lead", "start"), Column("count", "Leads"), Column("reached", "Reached"),
        Column("qualified", "Qualified by telephone or beyond"),
    ]  # fmt: skip
    rows = [
        Row([
            Text(one.code),
            counted(one.count, behind(one)),
            share(one.reached, url=behind(one, QUALIFIED, CONTACTED)),
            share(one.qualified, url=behind(one, QUALIFIED)),
        ])
        for one in found
    ]  # fmt: skip
    note = "Leads received in the period, whoever tried them; attempts of imported history are among them."
    return [Table("lead-tries", "By lead", columns, rows, note=note)]


REPORT = Report(
    key="speed",
    title="Speed",
    words="How soon handed-over leads are tried, and what that is worth.",
    sections=[
        Section("distribution", "Minutes to first attempt", distribution),
        Section("curve", "Your own curve", curve, later=True, asks=clock_choice),
        Section("tries", "Attempts against success", tries, later=True),
        Section("when", "By hour and weekday of arrival", when, later=True),
    ],
    filters=("segment", "source", "campaign", "persona", "version", "team", "person"),
    usual=Kind.LAST_90,
    kinds=tuple(Kind),
    choices=choices,
    extra=("desk", "clock"),
    how="A handoff belongs to the period in which it was offered. It counts as reached once anybody of us really spoke "
    "with the lead, and as qualified when it was passed on or became an opportunity; the share qualified is of those "
    "brought to an end, for the others may still be. Withdrawn and merged handoffs are left out, and so is imported "
    "history that tells no attempts. Sooner is not always the cause: eager leads are easier to reach.",
)
