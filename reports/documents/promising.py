"""Commitments in people's words: what was promised, the target, and figures in the metric's own unit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reports import measures
from reports.documents.base import Figure, Unit, trimmed
from reports.intervals import SMALL
from reports.measures import Measure
from reports.queries.scoreboard import Board, Line
from sla.metrics import METRICS
from sla.metrics import Unit as MetricUnit
from sla.models.promises import Period as PromisedPeriod
from sla.terms import CommitmentTerms, Terms

SHOWN_AS: dict[str, Unit] = {
    MetricUnit.PERCENT: "percent",
    MetricUnit.MONEY: "money",
    MetricUnit.COUNT: "count",
    MetricUnit.MEETINGS: "count",
    MetricUnit.ATTEMPTS: "plain",
    MetricUnit.POINTS: "plain",
}


def unit(commitment: CommitmentTerms) -> Unit:
    return SHOWN_AS[measures.unit_of(commitment)]


def figure(line: Line, value: Decimal | None, terms: Terms | None) -> Figure:
    """A value of a commitment in its unit."""
    shown = unit(line.commitment)
    money = shown == "money" or line.commitment.metric == "pipeline_share"
    if shown == "count" and value is not None:
        value = Decimal(round(value))
    return Figure(value, shown, currency=terms.currency if terms and money else "")


def with_count(found: Figure, measure: Measure, url: str, note: str = "") -> Figure:
    """The figure with what it is of, its interval where cases are few, and the leads behind it."""
    if not measure.cases:
        return replace(found, note=note)
    if measure.form == "sum":
        whole = None if found.unit == "count" else measure.cases
        return replace(found, whole=whole, url=url, rows=measure.cases, note=note)
    if not measure.counted and measure.form == "share":
        of = Figure(measure.whole, "money" if found.currency else "count", currency=found.currency).text
        return replace(
            found,
            part=measure.part,
            whole=measure.whole,
            whole_text=of,
            url=url,
            rows=measure.cases,
            note=f"{measure.cases:,} cases",
        )
    return replace(
        found, part=measure.part, whole=measure.whole, url=url, rows=measure.cases, note=note,
        interval=measure.interval if measure.whole < SMALL else None,
    )  # fmt: skip


def target(line: Line, board: Board) -> Figure:
    """The target of the period; where the promise is for another length, that is said."""
    commitment = line.commitment
    found = figure(line, line.target, board.terms)
    compared = "at least" if measures.at_least(commitment) else "at most"
    if line.target == measures.target_of(commitment):
        return replace(found, note=compared)
    promised = f"{trimmed(commitment.target, 0)} {PromisedPeriod(commitment.period).label}"
    return replace(found, note=f"{compared}, from {promised}")


def promise(commitment: CommitmentTerms, terms: Terms) -> str:
    """One line: what is promised, without the target that stands beside it."""
    metric = METRICS[commitment.metric]
    if metric.is_timed:
        return f"within {time_words(commitment)}"
    if commitment.stage:
        return f"{metric.label.replace('a stage', terms.label(commitment.stage))}"
    return metric.label


def time_words(commitment: CommitmentTerms) -> str:
    """ "60 working minutes", "2 working days, at close of business"."""
    label = MetricUnit(commitment.unit).label
    if commitment.unit == MetricUnit.TIME_OF_DAY:
        return f"the day, by {commitment.answer_by}"
    first, _, rest = label.partition(",")
    number = trimmed(commitment.target, 2)
    if number == "1":
        first = first.removesuffix("s")
    return f"{number} {first}{',' if rest else ''}{rest}"
