"""Cost and return: what marketing's money bought, by stage and campaign, and which touches brought the money."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.urls import reverse

from config.web.charts import Chart, Series
from reports import company
from reports.asked import Asked
from reports.documents import naming
from reports.documents.base import (
    Block,
    Column,
    Drawing,
    Entry,
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
)
from reports.facts.money import MARKETING
from reports.measures import Behind
from reports.periods import Kind
from reports.queries import returns
from reports.queries.returns import Bought, Credit
from reports.sets import address
from sla.stages import FORWARD, RANK, Stage

SHOWN = 40
RETURN_HINT = "Revenue won from leads in the period, less what was spent, in percent of what was spent"


def stages_of(asked: Asked) -> list[str]:
    """The stages from the first qualification on, of the agreed way."""
    path = company.path(asked.terms)
    first = asked.terms.qualifying_stages[0] if asked.terms and asked.terms.qualifying_stages else Stage.MQL
    return [code for code in path if code in FORWARD and RANK[code] >= RANK[first]]


def cash(asked: Asked, amount: Decimal | None, url: str = "", rows: int | None = None) -> Figure:
    return Figure(amount, "money", currency=company.currency(asked.terms), url=url if rows else "", rows=rows)


def stages(asked: Asked) -> Sequence[Block]:
    path = stages_of(asked)
    whole = returns.spent(path, asked.scope, asked.period, asked.now).whole
    opened, won = (
        address(asked, Behind("opened", (MARKETING,))),
        address(asked, Behind("ended", (MARKETING,), ("won",))),
    )
    tiles = [
        Tile(
            "Spent on campaigns",
            cash(asked, whole.cost),
            hint="Of the days that have gone; a month's cost lies evenly on its days.",
        ),
        Tile("Pipeline from leads", cash(asked, whole.pipeline, opened, whole.opened)),
        Tile("Revenue from leads", cash(asked, whole.revenue, won, whole.won)),
        Tile("Return on marketing spend", Figure(whole.return_percent, "percent"), hint=RETURN_HINT),
    ]
    columns = [
        Column("stage", "Stage", "start"),
        Column("reached", "Reached in the period", hint="First entries; a return counts no second time"),
        Column("cost", "Cost per lead there"),
    ]
    rows = [
        Row(
            [Text("Leads received"), counted(whole.leads, address(asked, Behind("arrival"))), cash(asked, _each(whole))]
        )
    ]
    rows += [
        Row([
            Text(company.label(asked.terms, stage)),
            counted(whole.stages.get(stage, 0), address(asked, Behind("entry", (stage,)))),
            cash(asked, whole.per(stage)),
        ])
        for stage in path
    ]  # fmt: skip
    table = Table(
        "stages", "Cost by stage", columns, rows, note="All costs of the period over all that reached the stage in it."
    )
    return [Tiles("money", tiles), table, *_without_costs(whole)]


def _each(one: Bought) -> Decimal | None:
    return one.cost / one.leads if one.leads and one.cost else None


def _without_costs(whole: Bought) -> list[Note]:
    if whole.cost:
        return []
    return [
        Note(
            "No campaign has costs in this period, so there is no cost by lead.",
            url=reverse("campaign_costs"), url_label="Enter what campaigns cost", level="warn", key="no-costs",
        )
    ]  # fmt: skip


def campaigns(asked: Asked) -> Sequence[Block]:
    path = stages_of(asked)
    found = returns.spent(path, asked.scope, asked.period, asked.now)
    names = naming.names_of("campaign", [str(one.campaign) for one in found.campaigns], asked)
    first = [Column("campaign", "Campaign", "start"), Column("cost", "Spent")]
    labels = [(stage, company.label(asked.terms, stage)) for stage in path]
    brought = [
        *first,
        Column("leads", "Leads"),
        *(Column(stage, label) for stage, label in labels),
        Column("pipeline", "Pipeline"),
        Column("revenue", "Revenue"),
        Column("return", "Return", hint=RETURN_HINT),
    ]
    each = [
        *first,
        Column("per-lead", "Per lead"),
        *(Column(f"per-{stage}", f"Per {label}") for stage, label in labels),
    ]
    ordered = sorted(found.campaigns, key=lambda one: (-one.cost, -one.leads, one.campaign))[:SHOWN]
    rows = [
        _campaign_row(asked, one, names[str(one.campaign)], naming.code_of("campaign", str(one.campaign), asked), path)
        for one in ordered
    ]
    costs = [_costs_row(asked, one, names[str(one.campaign)], path) for one in ordered]
    if len(rows) > 1:
        rows.append(_campaign_row(asked, found.whole, "All", "", path, strong=True))
        costs.append(_costs_row(asked, found.whole, "All", path, strong=True))
    left_out = len(found.campaigns) - len(ordered)
    note = f"The {SHOWN} most expensive of {len(found.campaigns)} are shown." if left_out else ""
    return [
        Table("campaigns", "What each campaign brought", brought, rows, note=note),
        Table("campaign-costs", "What a lead of each campaign cost", each, costs, note=note),
    ]


def _costs_row(asked: Asked, one: Bought, name: str, path: Sequence[str], *, strong: bool = False) -> Row:
    entries: list[Entry] = [Text(name), cash(asked, one.cost), cash(asked, _each(one))]
    return Row([*entries, *(cash(asked, one.per(stage)) for stage in path)], strong=strong)


def _campaign_row(
    asked: Asked, one: Bought, name: str, code: str, path: Sequence[str], *, strong: bool = False
) -> Row:  # fmt: skip
    def url(fact: str, *keys: str, marks: tuple[str, ...] = ()) -> str:
        if not strong and not code:
            return ""
        return address(asked, Behind(fact, keys, marks), {"campaign": code} if code else None)

    entries: list[Entry] = [Text(name), cash(asked, one.cost), counted(one.leads, url("arrival"))]
    entries += [counted(one.stages.get(stage, 0), url("entry", stage)) for stage in path]
    entries += [
        cash(asked, one.pipeline, url("opened", MARKETING), one.opened),
        cash(asked, one.revenue, url("ended", MARKETING, marks=("won",)), one.won),
        Figure(one.return_percent, "percent", digits=0),
    ]
    return Row(entries, strong=strong)


def course(asked: Asked) -> Sequence[Block]:
    found = returns.course(asked.scope, asked.period, asked.now)
    labels = [period.short_label for period in found.periods]
    amounts = lambda name: [round(float(getattr(one, name))) for one in found.parts]  # noqa: E731
    series = [
        Series("Spent", amounts("cost")),
        Series("Pipeline", amounts("pipeline")),
        Series("Revenue", amounts("revenue")),
    ]
    currency = company.currency(asked.terms)
    title = f"Spent, pipeline and revenue from leads in {currency}, {asked.period.label}"
    return [Drawing("course-drawn", Chart("bar", title, labels, series))]


# --- credit -----------------------------------------------------------------------------------------------------------


def credit(asked: Asked) -> Sequence[Block]:
    """Pipeline and revenue by first touch, last touch and even split: three readings, each named as such."""
    blocks: list[Block] = []
    for fact, title in (("opened", "Pipeline opened"), ("ended", "Revenue won")):
        found = returns.credits(fact, asked.scope, asked.period, asked.now)
        blocks.append(_credit_table(asked, fact, title, found))
    return [*blocks, ATTRIBUTION]


def _credit_table(asked: Asked, key: str, title: str, found: Sequence[Credit]) -> Table:
    names = naming.names_of("campaign", [str(one.campaign) for one in found], asked)
    names["0"] = "No campaign touched it"
    total = sum((one.even for one in found), Decimal(0))
    columns = [
        Column("campaign", "Campaign", "start"),
        Column("first", "First touch"), Column("first-share", "Share"),
        Column("last", "Last touch"), Column("last-share", "Share"),
        Column("even", "Even split over touches"), Column("even-share", "Share"),
        Column("touches", "Touches"),
    ]  # fmt: skip
    of = cash(asked, total).text
    rows = []
    for one in found[:SHOWN]:
        entries: list[Entry] = [Text(names[str(one.campaign)])]
        for amount in (one.first, one.last, one.even):
            part = amount / total * 100 if total else None
            entries += [cash(asked, amount), Figure(part, "percent", part=amount, whole=total, whole_text=of)]
        rows.append(Row([*entries, Figure(one.touches)]))
    return Table(key, f"{title}: which campaigns brought it", columns, rows, empty="No money in this period.")


ATTRIBUTION = Note(
    "A touch is a lead's coming by a campaign, or a deed that names one, of the same person before the opportunity was "
    "opened. First touch gives all the money to the earliest, last touch to the latest, the even split divides it. None "
    "of the three says what would have happened without the campaign.",
    title="Three ways of giving credit",
    key="attribution",
)

REPORT = Report(
    key="returns",
    title="Cost and return",
    words="What campaigns cost, what a lead costs at each stage, and what came back.",
    sections=[
        Section("stages", "Cost by stage", stages),
        Section("campaigns", "By campaign", campaigns, later=True),
        Section("course", "Over time", course, later=True),
        Section("credit", "First touch, last touch, even split", credit, later=True),
    ],
    filters=("segment", "campaign"),
    usual=Kind.QUARTER,
    kinds=tuple(Kind),
    how="Costs are entered by campaign and month in the company's currency, and lie evenly on the days of the month; only "
    "days that have gone are counted. A campaign's cost belongs to segments in the measure of the leads it brought them. "
    "Pipeline and revenue are of opportunities from leads, opened or won in the period; deals sales found by themselves are not in them.",
)
