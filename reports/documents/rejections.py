"""Rejections: their reasons over time and by whom, what became of the contested, and what the refused leads had cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from config.web.charts import Chart, Series
from reports import company
from reports.asked import Asked
from reports.documents import naming, wording
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
from reports.facts import FACTS
from reports.intervals import Rate
from reports.measures import Behind
from reports.periods import Kind
from reports.queries import choices as known
from reports.queries import rejections
from reports.queries.rejections import OVERTURNED, TAKEN_BACK, UPHELD, Rejections
from reports.sets import address

SPLITS = ("source", "campaign", "persona", "rep", "giver", "team", "segment", "version")
SHOWN_REASONS = 6  # in the chart and as columns; the rest is summed up
SHOWN_ROWS = 40
USUAL_ALARM = 30  # percent, where no agreement says from where on a rejection rate is an alarm
CONTESTED = ("open", UPHELD, OVERTURNED, TAKEN_BACK)


def reason_label(asked: Asked, key: str) -> str:
    return wording.key_label(FACTS["rejection"], key, asked.terms)


def reasons(asked: Asked) -> Sequence[Block]:
    found = rejections.rejections(asked.scope, asked.period, asked.now)
    behind = lambda key="", *marks: address(asked, Behind("rejection", (key,) if key else (), marks))  # noqa: E731
    rate = found.rate
    contested = sum(one.contested for one in found.reasons)
    overturned = sum(one.overturned for one in found.reasons)
    limit = asked.terms.content["reject_alarm_percent"] if asked.terms else USUAL_ALARM
    high = rate.value is not None and rate.value * 100 > limit and not rate.is_small
    tiles = [
        Tile("Rejected of decided", share(rate, url=behind(), of_words="decided", tone="bad" if high else "")),
        Tile("Contested", share(Rate(contested, found.rejected), url=behind("", *CONTESTED), of_words="rejections")),
        Tile(
            "Overturned",
            share(Rate(overturned, contested), url=behind("", OVERTURNED, TAKEN_BACK), of_words="contested"),
            hint="By the manager who settles, or taken back by the receiver.",
        ),
    ]
    columns = [
        Column("reason", "Reason", "start"),
        Column("count", "Rejections"),
        Column("share", "Share"),
        Column("contested", "Contested"),
        Column("upheld", "Upheld"),
        Column("overturned", "Overturned or taken back"),
    ]
    rows = [
        Row([
            Text(reason_label(asked, one.key)),
            counted(one.count, behind(one.key)),
            share(Rate(one.count, found.rejected)),
            counted(one.contested, behind(one.key, *CONTESTED)),
            counted(one.upheld, behind(one.key, UPHELD)),
            counted(one.overturned, behind(one.key, OVERTURNED, TAKEN_BACK)),
        ])
        for one in found.reasons
    ]  # fmt: skip
    note = f"A rejection rate above {limit} % is an alarm. Published advice aims at 70 to 90 % accepted."
    table = Table("reasons", "By reason", columns, rows, note=note, empty="Nothing was rejected in this period.")
    return [Tiles("rejected", tiles), *_course(asked, found), table]


def _course(asked: Asked, found: Rejections) -> list[Drawing]:
    if not found.rejected or len(found.parts) < 2:
        return []
    labels = [part.short_label for part in found.parts]
    shown = found.reasons[:SHOWN_REASONS]
    series = [Series(reason_label(asked, one.key), list(one.course)) for one in shown]
    rest = found.reasons[SHOWN_REASONS:]
    if rest:
        series.append(Series("Others", [sum(column) for column in zip(*(one.course for one in rest), strict=True)]))
    urls = [address(asked, Behind("rejection"), period=part) for part in found.parts]
    each = "week" if found.parts[0].kind == Kind.WEEK else "month"
    chart = Chart("stacked", f"Rejections by reason, each {each}", labels, series, urls=urls)
    return [Drawing("course", chart)]


# --- by whom, of whom -------------------------------------------------------------------------------------------------


def split_of(asked: Asked) -> str:
    return asked.one_of("split", SPLITS, "source")


def split_choices(asked: Asked) -> Sequence[Choice]:
    options = [(name, naming.DIMENSIONS[name]) for name in SPLITS]
    return [Choice("split", "By", options, split_of(asked))]


def by_dimension(asked: Asked) -> Sequence[Block]:
    split = split_of(asked)
    found = rejections.by_dimension(asked.scope, asked.period, asked.now, split)
    decided = rejections.decided_by(asked.scope, asked.period, asked.now, split)
    if split in naming.PEOPLE:
        found, decided = for_reader(asked, found, decided)
    totals: dict[str, int] = {}
    for row in found.values():
        for key, count in row.items():
            totals[key] = totals.get(key, 0) + count
    top = sorted(totals, key=lambda key: (-totals[key], key))[:SHOWN_REASONS]
    names = naming.names_of(split, found, asked)
    columns = [
        Column("value", naming.DIMENSIONS[split], "start"),
        Column("rejected", "Rejected of decided"),
        *(Column(f"reason-{key}", reason_label(asked, key)) for key in top),
    ]
    has_others = len(totals) > len(top)
    if has_others:
        columns.append(Column("others", "Other reasons"))
    ordered = sorted(found, key=lambda value: (-sum(found[value].values()), names[value]))
    rows = [_split_row(asked, split, value, names[value], found[value], decided, top, has_others) for value in ordered]
    note = ""
    if split in naming.PEOPLE:
        note = "People see their own figures and those of the people they manage; everybody else is summed up."
    if len(rows) > SHOWN_ROWS:
        note = f"The {SHOWN_ROWS} largest of {len(rows)} are shown. {note}".strip()
    return [Table("split", f"By {naming.DIMENSIONS[split].lower()}", columns, rows[:SHOWN_ROWS], note=note)]


def for_reader(
    asked: Asked, found: Mapping[str, dict[str, int]], decided: Mapping[str, int]
) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """The rows of people whose figures this reader may see; the others in one row."""
    visible = {str(option.value) for option in known.people(asked.actor)} | {"0"}
    shown: dict[str, dict[str, int]] = {}
    for value, row in found.items():
        into = shown.setdefault(value if value in visible else naming.OTHERS, {})
        for key, count in row.items():
            into[key] = into.get(key, 0) + count
    wholes: dict[str, int] = {}
    for value, count in decided.items():
        name = value if value in visible else naming.OTHERS
        wholes[name] = wholes.get(name, 0) + count
    return shown, wholes


def _split_row(
    asked: Asked, split: str, value: str, name: str, row: Mapping[str, int], decided: Mapping[str, int], top: Sequence[str],
    has_others: bool,
) -> Row:  # fmt: skip
    code = "" if split in naming.PEOPLE else naming.code_of(split, value, asked)
    url = lambda *keys: address(asked, Behind("rejection", keys), {split: code}) if code else ""  # noqa: E731
    total = sum(row.values())
    entries: list[Entry] = [Text(name), share(Rate(total, max(total, decided.get(value, 0))), url=url())]
    entries += [counted(row.get(key, 0), url(key)) for key in top]
    others = [key for key in row if key not in top]
    if has_others:
        entries.append(counted(sum(row[key] for key in others), url(*others) if others else ""))
    return Row(entries)


# --- money ------------------------------------------------------------------------------------------------------------


def money(asked: Asked) -> Sequence[Block]:
    found = rejections.rejections(asked.scope, asked.period, asked.now)
    lost = rejections.wasted(asked.scope, asked.period, asked.now)
    currency = company.currency(asked.terms)
    total = sum((one.amount for one in lost.values()), Decimal(0))
    priced = sum(one.priced for one in lost.values())
    columns = [
        Column("reason", "Reason", "start"),
        Column("count", "Rejections"),
        Column("priced", "With a known cost", hint="From a campaign with costs in the month the lead came in"),
        Column("amount", "Cost of these leads"),
        Column("each", "Each"),
    ]
    rows = [
        Row([
            Text(reason_label(asked, one.key)),
            counted(one.count, address(asked, Behind("rejection", (one.key,)))),
            *_cost(lost.get(one.key), currency),
        ])
        for one in found.reasons
    ]  # fmt: skip
    if rows:
        each = total / priced if priced else None
        summed: list[Entry] = [
            Text("All"),
            Figure(found.rejected),
            Figure(priced),
            Figure(total, "money", currency=currency),
        ]
        rows.append(Row([*summed, Figure(each, "money", currency=currency)], strong=True))
    note = (
        "A lead costs what its campaign cost in the month it came in, shared by all leads that came of it that month. "
        "Rejections that were overturned or taken back are not counted as lost money."
    )
    return [Table("money", "What the rejected leads had cost", columns, rows, note=note, empty="Nothing was rejected.")]


def _cost(one: rejections.Wasted | None, currency: str) -> list[Entry]:
    if one is None:
        return [Figure(0), Figure(None, "money"), Figure(None, "money")]
    amounts = [one.amount, one.amount / one.priced]
    return [Figure(one.priced), *(Figure(amount, "money", currency=currency) for amount in amounts)]


REPORT = Report(
    key="rejections",
    title="Rejections",
    words="Why handed-over leads are refused, whose word stood in the end, and what they had cost.",
    sections=[
        Section("reasons", "Reasons", reasons),
        Section("split", "Compare", by_dimension, later=True, asks=split_choices),
        Section("money", "Cost of rejected leads", money, later=True),
    ],
    filters=("segment", "source", "campaign", "persona", "version", "team"),
    usual=Kind.LAST_90,
    kinds=tuple(Kind),
    extra=("split",),
    how="A rejection belongs to the period in which it was made, and its share is of all handoffs decided in that "
    "period. The giver may contest a rejection; a manager upholds or overturns it, or the receiver takes it back.",
)
