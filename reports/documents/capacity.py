"""Capacity and contribution: were there enough leads for the reps, and what marketing brought at which fill rate."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from config.accounts.choices import Function
from config.web.charts import Chart, Series
from reports import company
from reports.asked import Asked
from reports.documents import drawings, speed
from reports.documents.base import (
    Block,
    Column,
    Drawing,
    Entry,
    Figure,
    Note,
    Number,
    Report,
    Row,
    Section,
    Table,
    Text,
    Tile,
    Tiles,
    Tone,
    counted,
    share,
)
from reports.documents.funnel import start_of
from reports.facts.money import MARKETING, SELF
from reports.intervals import Rate
from reports.measures import Behind
from reports.periods import Kind, Period
from reports.queries import capacity
from reports.queries.capacity import Week
from reports.queries.funnel import from_on
from reports.sets import address
from sla.stages import Stage

BAND_LABELS = {"under-50": "Under 50 %", "50-80": "50 to 80 %", "80-100": "80 to 100 %", "over-100": "100 % and more"}
NO_WEEK = Note("No full week of this period has begun; capacity is weekly, so choose a longer period.")


def weeks_of(asked: Asked) -> list[Week]:
    return capacity.weeks(speed.function_of(asked), start_of(asked), asked.scope, asked.period, asked.now)


def fill_figure(supplied: int, able: Decimal) -> Figure:
    value = float(supplied / able * 100) if able else None
    return Figure(value, "percent", part=supplied, whole=able, of_words="a week's capacity", digits=0)


def supply(asked: Asked) -> Sequence[Block]:
    """Leads supplied and capacity, week by week."""
    found = weeks_of(asked)
    if not found:
        return [NO_WEEK]
    function = speed.function_of(asked)
    supplied, able = sum(week.supplied for week in found), sum((week.capacity for week in found), Decimal(0))
    whole = capacity.span_of(found)
    url = address(asked, Behind("supply", (function,)), period=whole)
    usual = Figure(float(able / len(found)), "plain", digits=0)
    tiles = [
        Tile("Leads supplied", counted(supplied, url), hint=f"In {len(found)} full weeks."),
        Tile("Capacity a week", usual, hint="New leads the team's people can follow up, less the days they are away."),
        Tile(
            "Fill rate",
            Figure(fill_figure(supplied, able).value, "percent", part=supplied, whole=round(able), digits=0),
        ),
    ]
    labels = [week.period.short_label for week in found]
    series = [
        Series("Leads supplied", [week.supplied for week in found]),
        Series("Capacity", [float(week.capacity) for week in found], tone="quiet"),
    ]
    urls = [address(asked, Behind("supply", (function,)), period=week.period) for week in found]
    title = f"Leads handed to {Function(function).label.lower()} against what its people can work, each week"
    columns = [
        Column("week", "Week", "start"), Column("supplied", "Leads supplied"), Column("capacity", "Capacity"),
        Column("fill", "Fill rate"), Column("opened", "Became opportunities", hint="Of the leads that qualified in that week"),
        Column("ours", "Opportunities from leads"), Column("own", "Self-sourced"),
    ]  # fmt: skip
    rows = [_week_row(asked, function, week) for week in found]
    note = "Capacity is counted with today's teams. Only full weeks are shown."
    return [
        Tiles("filled", tiles),
        Drawing("weeks-drawn", Chart("bar", title, labels, series, urls=urls)),
        Table("weeks", "Week by week", columns, rows, note=note),
    ]


def _week_row(asked: Asked, function: str, week: Week) -> Row:
    at = lambda fact, *keys, marks=(): address(asked, Behind(fact, keys, marks), period=week.period)  # noqa: E731
    return Row([
        Text(week.period.short_label),
        counted(week.supplied, at("supply", function)),
        Figure(week.capacity, "plain", digits=0),
        Figure(week.fill, "percent", digits=0, tone=_tone(week.fill)),
        share(week.opened, url=at("progress", start_of(asked), marks=from_on(Stage.OPPORTUNITY))),
        counted(week.ours, at("opened", MARKETING)),
        counted(week.own, at("opened", SELF)),
    ])  # fmt: skip


def _tone(fill: float | None) -> Tone:
    """Far too few or too many leads."""
    return "warn" if fill is not None and (fill < 50 or fill > 120) else ""


# --- contribution -----------------------------------------------------------------------------------------------------


def contribution(asked: Asked) -> Sequence[Block]:
    """Marketing's part of the opportunities, by how full the reps were."""
    found = weeks_of(asked)
    if not found:
        return [NO_WEEK]
    bands = capacity.by_fill(found)
    columns = [
        Column("fill", "Fill rate", "start"), Column("weeks", "Weeks"), Column("supplied", "Leads supplied"),
        Column("opened", "Became opportunities", hint="Of the leads that qualified in these weeks"),
        Column("contribution", "Marketing's part of opportunities", hint="Of the opportunities opened in these weeks"),
        Column("amount", "Marketing's part of pipeline"),
    ]  # fmt: skip
    currency = company.currency(asked.terms)
    everything = capacity.together("all", found)
    rows = []
    for band in [*bands, everything]:
        whole = Figure(band.all_amount, "money", currency=currency).text
        part: Number | None = band.our_amount / band.all_amount * 100 if band.all_amount else None
        amount = Figure(part, "percent", part=band.our_amount, whole=band.all_amount, whole_text=whole)
        entries: list[Entry] = [
            Text(BAND_LABELS.get(band.code, "All weeks")), Figure(band.weeks), Figure(band.supplied), share(band.opened),
            share(band.contribution, of_words="opened"), amount,
        ]  # fmt: skip
        rows.append(Row(entries, strong=band.code == "all"))
    note = (
        "Full reps find fewer deals of their own, so compare the weeks with each other before you read a cause into it."
    )
    return [Table("contribution", "By fill rate", columns, rows, note=note)]


# --- rate -------------------------------------------------------------------------------------------------------------


def rate(asked: Asked) -> Sequence[Block]:
    """How many qualified leads become opportunities, against the self-sourced baseline and the target."""
    found = weeks_of(asked)
    if not found:
        return [NO_WEEK]
    whole = capacity.together("all", found)
    settings = company.report_settings()
    baseline, target = float(settings.baseline_percent), float(settings.target_percent)
    span = capacity.span_of(found)
    behind = Behind("progress", (start_of(asked),), from_on(Stage.OPPORTUNITY))
    own = sum(week.own for week in found)
    shown = share(
        whole.opened,
        url=address(asked, behind, period=span),
        of_words="qualified leads",
        tone=_against(whole.opened, baseline, target),
    )
    low, high = whole.opened.interval
    columns = [
        Column("what", "Which leads", "start"),
        Column("rate", "Became opportunities"),
        Column("interval", "95 % interval", "start"),
    ]
    ends = f"{low * 100:.1f} to {high * 100:.1f} %" if whole.opened.whole else "–"
    rows = [
        Row([Text("Qualified leads", "from marketing, in the full weeks of the period"), shown, Text(ends)]),
        Row([Text("Target", "as set by the company"), Figure(target, "percent"), Text("")]),
        Row(
            [
                Text("Self-sourced baseline", f"as set by the company; {own:,} self-sourced opened here"),
                Figure(baseline, "percent"),
                Text(""),
            ]
        ),
    ]
    months = _months(asked, span, found)
    return [
        Note(_words(whole.opened, baseline, target), key="verdict", title="What can be said"),
        Table("rate", "Opportunity-creation rate", columns, rows),
        *months,
    ]


def _against(found: Rate, baseline: float, target: float) -> Tone:
    low, high = (end * 100 for end in found.interval)
    if not found.whole:
        return ""
    return "good" if low >= target else "bad" if high < baseline else ""


def _words(found: Rate, baseline: float, target: float) -> str:
    if not found.whole:
        return "No lead qualified in these weeks."
    low, high = (end * 100 for end in found.interval)
    above = "surely above" if low > baseline else "surely below" if high < baseline else "not to be told apart from"
    reach = "surely reaches" if low >= target else "surely misses" if high < target else "may or may not reach"
    value = (found.value or 0) * 100
    return (
        f"{found.part:,} of {found.whole:,} qualified leads became opportunities: {value:.1f} %, {above} the baseline of "
        f"{baseline:g} %, and it {reach} the target of {target:g} % (95 % interval {low:.1f} to {high:.1f} %)."
    )


def _months(asked: Asked, span: Period | None, found: Sequence[Week]) -> list[Drawing]:
    """By week as dots with intervals, where there are several."""
    shown = [week for week in found if week.opened.whole]
    if len(shown) < 2 or span is None:
        return []
    title = "Share of qualified leads that became opportunities, by week of qualification, with 95 % intervals"
    rates = [week.opened for week in shown]
    chart = drawings.intervals(title, [week.period.short_label for week in shown], [("Share", rates)])
    return [Drawing("rate-drawn", chart)]


REPORT = Report(
    key="capacity",
    title="Capacity",
    words="Whether reps get enough leads, and what marketing contributes at which fill rate.",
    sections=[
        Section("supply", "Leads against capacity", supply),
        Section("contribution", "Contribution by fill rate", contribution, later=True),
        Section("rate", "Opportunity-creation rate", rate, later=True),
    ],
    filters=("segment", "team"),
    usual=Kind.LAST_90,
    kinds=tuple(Kind),
    choices=speed.choices,
    extra=("desk", "start"),
    how="Fill rate is the leads handed over in a week against the new leads the team's people can follow up in a week. "
    "Opportunities are counted for the leads that first qualified in a week, whenever they opened; young weeks have had "
    "less time. Marketing's part is of all opportunities opened in the week: from leads, self-sourced and without a lead.",
)
