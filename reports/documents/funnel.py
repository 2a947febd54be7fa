"""The funnel: a cohort's way through the stages, its times, its ways back, and its drops against its own past."""

from __future__ import annotations

from collections.abc import Sequence

from config.web.charts import Chart, Series
from reports import company
from reports.asked import Asked
from reports.documents import drawings, naming
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
    counted,
    share,
)
from reports.facts.ledger import UNKNOWN
from reports.intervals import odds_words
from reports.measures import Behind
from reports.periods import Kind
from reports.queries import dropoff, funnel, paths
from reports.queries.funnel import Funnel, Step
from reports.sets import address
from sla.stages import Stage
from sla.terms import Terms

SPLITS = ("source", "campaign", "segment", "persona", "version", "team", "intent")
SHOWN_SPLITS = 40


def start_of(asked: Asked) -> str:
    """The stage at which the cohort begins: the agreed qualification unless another was asked for."""
    path = company.path(asked.terms)
    usual = asked.terms.qualifying_stages[0] if asked.terms and asked.terms.qualifying_stages else path[0]
    return asked.one_of("start", path[:-1], str(usual))


def label(asked: Asked, stage: str) -> str:
    return company.label(asked.terms, stage)


def choices(asked: Asked) -> Sequence[Choice]:
    stages = [(code, label(asked, code)) for code in company.path(asked.terms)[:-1]]
    return [Choice("start", "Cohort: first became", stages, start_of(asked))]


# --- the steps --------------------------------------------------------------------------------------------------------


def steps(asked: Asked) -> Sequence[Block]:
    start = start_of(asked)
    found = funnel.funnel(company.path(asked.terms), start, asked.scope, asked.period, asked.now)
    return [_drawing(asked, found), _table(asked, found), *_unknown(asked, found)]


def _drawing(asked: Asked, found: Funnel) -> Drawing:
    labels = [label(asked, step.stage) for step in found.steps]
    urls = [address(asked, funnel.reached(found.start, step.stage)) for step in found.steps]
    series = [Series("Leads", [step.reached for step in found.steps])]
    title = f"Leads that first became {labels[0]}, {asked.period.label}: how far they have got"
    return Drawing("steps-drawn", Chart("funnel", title, labels, series, urls=urls))


def _table(asked: Asked, found: Funnel) -> Table:
    first = label(asked, found.start)
    columns = [
        Column("stage", "Stage", "start"),
        Column("reached", "Reached", hint="Leads of the cohort that reached the stage or passed it by"),
        Column("step", "From the step before"),
        Column("overall", f"From {first}"),
        Column("open", "Got no further: underway", hint="Still being worked on, at this stage or before it again"),
        Column("nurture", "In nurture"),
        Column("ended", "Lost or ruled out"),
        Column("returns", "Returns", hint="Returns to the stage in this period, by any lead, whenever it first came"),
    ]
    rows = [_row(asked, found, index, step) for index, step in enumerate(found.steps)]
    return Table(
        "steps", "Steps", columns, rows,
        sub="Each lead counts once, at its first entry.",
        empty=f"No lead first became {first} in this period.",
    )  # fmt: skip


def _row(asked: Asked, found: Funnel, index: int, step: Step) -> Row:
    reached = address(asked, funnel.reached(found.start, step.stage))
    last = index == len(found.steps) - 1
    gone = lambda *states: address(asked, funnel.stopped(found, index, *states))  # noqa: E731
    still = [state for state in step.stopped if state not in (*funnel.CLOSED, Stage.NURTURE, UNKNOWN)]
    again = Behind("reentry", (step.stage,))
    returns = found.returns.get(step.stage, 0)
    return Row(
        [
            Text(label(asked, step.stage)),
            counted(step.reached, reached),
            share(found.rate(index), url=reached, ranged=True) if index else Text("–"),
            share(found.overall(index), url=reached, ranged=True) if index else Text("–"),
            Text("–") if last else counted(step.open, gone(*still)),
            Text("–") if last else counted(step.at(Stage.NURTURE), gone(Stage.NURTURE)),
            Text("–") if last else counted(step.at(*funnel.CLOSED), gone(*funnel.CLOSED)),
            counted(returns, address(asked, again)),
        ]
    )


def _unknown(asked: Asked, found: Funnel) -> list[Note]:
    unknown = sum(step.at(UNKNOWN) for step in found.steps)
    if not unknown:
        return []
    words = f"{unknown:,} of {found.cohort:,} leads came from history that does not tell their end. They are not counted as lost."
    return [
        Note(words, url=address(asked, Behind("progress", (found.start,), (), (UNKNOWN,))), url_label="These leads")
    ]


# --- by dimension -----------------------------------------------------------------------------------------------------


def split_choices(asked: Asked) -> Sequence[Choice]:
    options = [(name, naming.DIMENSIONS[name]) for name in SPLITS]
    return [Choice("split", "By", options, asked.one_of("split", SPLITS, "source"))]


def by_dimension(asked: Asked) -> Sequence[Block]:
    start, split = start_of(asked), asked.one_of("split", SPLITS, "source")
    stages = funnel.steps_of(company.path(asked.terms), start)
    found = funnel.by_dimension(stages, start, asked.scope, asked.period, asked.now, split)
    names = naming.names_of(split, found, asked)
    ordered = sorted(found, key=lambda value: (-found[value].cohort, names[value]))
    columns = [Column("value", naming.DIMENSIONS[split], "start"), Column("cohort", label(asked, start))]
    columns += [Column(f"to-{stage}", label(asked, stage)) for stage in stages[1:]]
    rows = [
        _split_row(asked, found[value], Text(names[value]), {split: naming.code_of(split, value, asked)})
        for value in ordered
    ]
    note = "A lead handed to several teams stands in each of their rows." if split == "team" else ""
    shown = rows[:SHOWN_SPLITS]
    if len(rows) > len(shown):
        note = f"The {len(shown)} largest of {len(rows)} are shown. {note}".strip()
    table = Table("split", f"By {naming.DIMENSIONS[split].lower()}", columns, shown, note=note)
    return [table, *_split_drawing(asked, found, ordered[:12], names, stages[-1])]


def _split_row(asked: Asked, found: Funnel, name: Text, filters: dict[str, str]) -> Row:
    entries: list[Text | Figure] = [name]
    for index, step in enumerate(found.steps):
        behind = funnel.reached(found.start, step.stage)
        url = address(asked, behind, filters) if all(filters.values()) else ""
        entries.append(share(found.overall(index), url=url, ranged=True) if index else counted(step.reached, url))
    return Row(entries)


def _split_drawing(
    asked: Asked, found: dict[str, Funnel], values: Sequence[str], names: dict[str, str], last: str
) -> list[Drawing]:
    rates = [found[value].overall(len(found[value].steps) - 1) for value in values]
    if len(values) < 2 or not any(rate.part for rate in rates):
        return []
    title = f"Share that became {label(asked, last)}, with 95 % intervals"
    return [Drawing("split-drawn", drawings.intervals(title, [names[value] for value in values], [("Share", rates)]))]


# --- times ------------------------------------------------------------------------------------------------------------


def times(asked: Asked) -> Sequence[Block]:
    start = start_of(asked)
    found = funnel.times(company.path(asked.terms), start, asked.scope, asked.period, asked.now)
    first = label(asked, start)
    columns = [
        Column("stage", "Stage", "start"),
        Column("median", "Working time in it, median"),
        Column("ninth", "90th percentile", hint="Nine of ten were not longer"),
        Column("ended", "Stays that ended"),
        Column("days", f"Days from {first}, median", hint="By the calendar, from the cohort's entry to this one"),
        Column("days-ninth", "90th percentile"),
        Column("arrived", "Entered"),
    ]
    rows = [
        Row([
            Text(label(asked, one.stage)),
            Figure(one.median, "working_seconds"),
            Figure(one.ninth, "working_seconds"),
            Figure(one.ended),
            Figure(None if one.stage == start else one.days_median, "days"),
            Figure(None if one.stage == start else one.days_ninth, "days"),
            Figure(one.arrived),
        ])
        for one in found
    ]  # fmt: skip
    note = "Working time is counted by the agreement's first calendar. Stays that have not ended are not in the median."
    return [Table("times", "Time in each stage", columns, rows, note=note)]


# --- ways -------------------------------------------------------------------------------------------------------------


def ways(asked: Asked) -> Sequence[Block]:
    start = start_of(asked)
    found = paths.paths(start, asked.scope, asked.period, asked.now)
    if not found.links:
        return [Note(f"No lead of this cohort has gone on from {label(asked, start)} yet.")]
    title = f"Ways of the leads that first became {label(asked, start)}, {asked.period.label}"
    note = f"{found.later:,} moves in further rounds are not drawn." if found.later else ""
    sankey = drawings.sankey(
        title,
        [(place.code, _place(asked, place), place.stage) for place in found.places],
        [(link.source.code, link.target.code, link.leads, link.is_back) for link in found.links],
        note=note,
    )
    return [Drawing("ways", sankey)]


def _place(asked: Asked, place: paths.Place) -> str:
    again = {1: "", 2: ", 2nd time", 3: ", 3rd time"}[place.round]
    return f"{label(asked, place.stage)}{again}"


# --- drops ------------------------------------------------------------------------------------------------------------


def drops(asked: Asked) -> Sequence[Block]:
    start = start_of(asked)
    found = dropoff.drops(company.path(asked.terms), start, asked.scope, asked.period, asked.now)
    if not found:
        return [Note("There is too little past to compare this cohort with.")]
    columns = [
        Column("step", "Step", "start"),
        Column("now", "This cohort"),
        Column("past", "Cohorts before, at the same age"),
        Column("chance", "So few by chance", hint="How likely so few or fewer got on if nothing had changed"),
    ]
    rows = [
        Row([
            Text(f"{label(asked, one.before)} to {label(asked, one.stage)}"),
            share(one.now, tone="bad" if one.is_alarm else "warn" if one.is_notice else ""),
            share(one.past),
            Text("too little past to say" if one.chance is None else odds_words(one.chance)),
        ])
        for one in found
    ]  # fmt: skip
    note = (
        f"The {dropoff.PAST} windows before this one, whole weeks earlier, each looked at when its leads were as old as "
        "these are now. Beta-binomial tail, thinned by how much the past windows differ among themselves."
    )
    table = Table("drops", "Against your own past", columns, rows, note=note)
    return [*alarms(asked, found), table]


def alarms(asked: Asked, found: Sequence[dropoff.Drop]) -> list[Note]:
    """A sentence for each step that fell far below its past."""
    return [
        Note(
            alarm_words(asked, one), title="Drop far below the past", level="bad", key=f"alarm-{one.before}-{one.stage}"
        )
        for one in found
        if one.is_alarm
    ]


def alarm_words(asked: Asked, drop: dropoff.Drop) -> str:
    return drop_words(asked.terms, drop)


def drop_words(terms: Terms | None, drop: dropoff.Drop) -> str:
    """How far it fell, and how unusual that is."""
    usual = (drop.past.value or 0) * drop.now.whole
    return (
        f"Of {drop.now.whole:,} leads at {company.label(terms, drop.before)} only {drop.now.part:,} reached "
        f"{company.label(terms, drop.stage)}; by the past it would be about {usual:,.0f}. "
        f"By chance alone this happens {odds_words(drop.chance or 0.0)}."
    )


REPORT = Report(
    key="funnel",
    title="Funnel",
    words="The leads that first entered a stage in a period, and how far they have got since.",
    sections=[
        Section("steps", "Steps", steps),
        Section("drops", "Against your own past", drops, later=True),
        Section("times", "Time in each stage", times, later=True),
        Section("split", "Compare", by_dimension, later=True, asks=split_choices),
        Section("ways", "Ways and ways back", ways, later=True),
    ],
    filters=("segment", "source", "campaign", "persona", "version", "team"),
    usual=Kind.LAST_90,
    kinds=tuple(Kind),
    choices=choices,
    extra=("start", "split"),
    how="A cohort is made of the leads whose first entry into the chosen stage lies in the period. A lead counts as "
    "having reached a stage when it entered it or one beyond, so no step can exceed the one before. Young cohorts "
    "have had less time: compare them by “Against your own past”, which looks at earlier cohorts at the same age.",
)
