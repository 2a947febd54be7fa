"""Deals: win rate and value by quarter, days to close, and by person, product or source."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from config.web.charts import Chart, Series
from leads.models import Product
from reports.asked import Asked
from reports.documents import naming
from reports.documents.base import (
    Block,
    Choice,
    Column,
    Drawing,
    Entry,
    Figure,
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
from reports.documents.returns import cash
from reports.measures import Behind
from reports.periods import Kind, Period
from reports.queries import choices as known
from reports.queries import deals
from reports.queries.deals import Ended
from reports.sets import address

SPLITS = ("user", "product", "source", "campaign", "segment", "team")
STATES = {"won": "Won", "lost": "Lost", "both": "Both"}
SHOWN = 60


def course(asked: Asked) -> Sequence[Block]:
    """Won and lost, quarter by quarter or month by month."""
    parts = deals.cut(asked.period)
    found = deals.by_period(asked.scope, parts, asked.now)
    whole = _together(found)
    url = lambda *marks, period=None: address(asked, Behind("ended", (), marks), period=period)  # noqa: E731
    tiles = [
        Tile("Win rate of ended deals", share(whole.rate, url=url("won"), of_words="ended")),
        Tile("Value won", cash(asked, whole.value, url("won"), whole.won)),
        Tile("Mean value of a won deal", cash(asked, whole.mean)),
    ]
    columns = [
        Column("period", "Period", "start"), Column("won", "Won"), Column("lost", "Lost"), Column("rate", "Win rate"),
        Column("value", "Value won"), Column("mean", "Mean value"),
    ]  # fmt: skip
    rows = [_period_row(asked, part, one) for part, one in zip(parts, found, strict=True)]
    labels = [part.short_label for part in parts]
    series = [
        Series("Won", [one.won for one in found], tone="good"),
        Series("Lost", [one.lost for one in found], tone="quiet"),
    ]
    chart = Chart("stacked", f"Deals won and lost, {asked.period.label}", labels, series)
    return [
        Tiles("ended", tiles),
        Drawing("ended-drawn", chart),
        Table("periods", "By period of the end", columns, rows),
    ]


def _together(found: Sequence[Ended]) -> Ended:
    won, lost = sum(one.won for one in found), sum(one.lost for one in found)
    return Ended("", won, lost, sum((one.value for one in found), Decimal(0)))


def _period_row(asked: Asked, part: Period, one: Ended) -> Row:
    url = lambda mark: address(asked, Behind("ended", (), (mark,)), period=part)  # noqa: E731
    entries: list[Entry] = [
        Text(part.label),
        counted(one.won, url("won")),
        counted(one.lost, url("lost")),
        share(one.rate),
    ]
    return Row([*entries, cash(asked, one.value, url("won"), one.won), cash(asked, one.mean)])


def days(asked: Asked) -> Sequence[Block]:
    """How long deals took from opening to the end."""
    found = {
        one.state: one
        for one in deals.days(asked.scope, asked.period, asked.now)
        if one.state == "both" or not one.split
    }
    columns = [
        Column("state", "Ended as", "start"), Column("count", "Deals"), Column("quarter", "A quarter within"),
        Column("median", "Median"), Column("three", "Three quarters within"), Column("ninth", "Nine of ten within"),
        Column("mean", "Mean"),
    ]  # fmt: skip
    rows = [
        Row([
            Text(STATES[state]), Figure(one.count),
            *(Figure(value, "days") for value in (one.quarter, one.median, one.three_quarters, one.ninth, one.mean)),
        ])
        for state in STATES
        if (one := found.get(state)) is not None and one.count
    ]  # fmt: skip
    note = "By the calendar, from the day of opening. Deals without one are not in it."
    return [Table("days", "Days to close", columns, rows, note=note)]


# --- compare ----------------------------------------------------------------------------------------------------------


def split_of(asked: Asked) -> str:
    return asked.one_of("split", SPLITS, "user")


def split_choices(asked: Asked) -> Sequence[Choice]:
    return [Choice("split", "By", [(name, _dimension(name)) for name in SPLITS], split_of(asked))]


def _dimension(name: str) -> str:
    return "Product" if name == "product" else naming.DIMENSIONS[name]


def compare(asked: Asked) -> Sequence[Block]:
    """By person (one's own and those one manages; the others together), product, source, campaign, segment, team."""
    split = split_of(asked)
    found = deals.by_dimension(asked.scope, asked.period, asked.now, split)
    medians = {
        one.split: one.median
        for one in deals.days(asked.scope, asked.period, asked.now, split)
        if one.state == "won" and one.split
    }
    if split == "user":
        found, medians = _for_reader(asked, found, medians)
    names = _names(asked, split, [one.split for one in found])
    ordered = sorted(found, key=lambda one: (names[one.split] == names.get(naming.OTHERS), -one.won, names[one.split]))
    columns = [
        Column("value", _dimension(split), "start"), Column("won", "Won"), Column("lost", "Lost"),
        Column("rate", "Win rate"), Column("amount", "Value won"), Column("mean", "Mean value"),
        Column("median", "Median days to won"),
    ]  # fmt: skip
    rows = [
        Row([
            Text(names[one.split]), *_counts(asked, split, one), share(one.rate), cash(asked, one.value),
            cash(asked, one.mean), Figure(medians.get(one.split), "days"),
        ])
        for one in ordered[:SHOWN]
    ]  # fmt: skip
    note = "People see their own figures and those of the people they manage." if split == "user" else ""
    return [Table("compare", f"By {_dimension(split).lower()}", columns, rows, note=note)]


def _counts(asked: Asked, split: str, one: Ended) -> list[Figure]:
    code = naming.code_of(split, one.split, asked) if split in known.FILTERS else ""
    url = lambda mark: address(asked, Behind("ended", (), (mark,)), {split: code}) if code else ""  # noqa: E731
    return [counted(one.won, url("won")), counted(one.lost, url("lost"))]


def _names(asked: Asked, split: str, values: Sequence[str]) -> dict[str, str]:
    if split != "product":
        return naming.names_of(split, values, asked)
    products = {str(pk): name for pk, name in Product.objects.values_list("pk", "name")}
    return {value: products.get(value, "No product") for value in values}


def _for_reader(
    asked: Asked, found: Sequence[Ended], medians: dict[str, float | None]
) -> tuple[list[Ended], dict[str, float | None]]:
    visible = {str(option.value) for option in known.people(asked.actor)}
    shown = [one for one in found if one.split in visible]
    rest = [one for one in found if one.split not in visible]
    if rest:
        whole = _together(rest)
        shown.append(Ended(naming.OTHERS, whole.won, whole.lost, whole.value))
    return shown, {key: value for key, value in medians.items() if key in visible}


REPORT = Report(
    key="deals",
    title="Deals",
    words="Which deals were won, for how much, and how long they took.",
    sections=[
        Section("course", "Won and lost", course),
        Section("days", "Days to close", days, later=True),
        Section("compare", "Compare", compare, later=True, asks=split_choices),
    ],
    filters=("segment", "source", "campaign", "persona", "team", "person"),
    usual=Kind.YEAR,
    kinds=tuple(Kind),
    extra=("split",),
    how="A deal belongs to the period in which it was won or lost. The win rate is of ended deals only: open ones are in "
    "neither number. Self-sourced deals and deals without a lead are in it.",
)
