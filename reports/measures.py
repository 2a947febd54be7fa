"""What a commitment came to in one period, and how it stands against its target.

Pure but for the agreement's terms. Shares are percentages of counts, sums are plain, means and prices are quotients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from reports.intervals import wilson
from reports.periods import in_months
from sla.metrics import METRICS, Unit
from sla.terms import CommitmentTerms

Form = Literal["share", "sum", "quotient"]
ZERO = Decimal(0)
PACE_OF = 3  # how many earlier periods say at which pace the rest of this one will go


@dataclass(frozen=True)
class Behind:
    """Which rows of a fact a figure counts (`reports/facts`)."""

    fact: str
    keys: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """`part` of `whole`. `excused` broken promises the other side has granted; `pending` are not decided yet.

    `cases` is how many rows are behind it. `counted` says whether part and whole are counts of cases themselves, so
    that an interval can be given.
    """

    form: Form
    part: Decimal = ZERO
    whole: Decimal = ZERO
    cases: int = 0
    excused: int = 0
    pending: int = 0
    counted: bool = False
    behind: Behind | None = None
    missed: Behind | None = None

    @property
    def value(self) -> Decimal | None:
        """Percent for a share, else in the metric's own unit; None where there is nothing to divide by."""
        if self.form == "sum":
            return self.part
        if not self.whole:
            return None
        return self.part / self.whole * (100 if self.form == "share" else 1)

    @property
    def excused_value(self) -> Decimal | None:
        """The share with excused breaches left out of the count."""
        if not self.excused:
            return self.value
        return replace(self, whole=self.whole - self.excused, excused=0).value

    @property
    def interval(self) -> tuple[float, float] | None:
        """Percent, 95 %, for shares of cases."""
        if self.form != "share" or not self.counted or not self.whole:
            return None
        low, high = wilson(float(self.part), float(self.whole))
        return low * 100, high * 100


class Standing(StrEnum):
    MET = "met"
    MET_EXCUSED = "met_excused"
    MISSED = "missed"
    ON_COURSE = "on_course"
    CLOSE = "close"
    AT_RISK = "at_risk"
    NOTHING = "nothing"


STANDING_LABELS: dict[str, str] = {
    Standing.MET: "Met",
    Standing.MET_EXCUSED: "Met but for excused",
    Standing.MISSED: "Missed",
    Standing.ON_COURSE: "On course",
    Standing.CLOSE: "Close",
    Standing.AT_RISK: "At risk",
    Standing.NOTHING: "Nothing yet",
}
STANDING_COLOURS: dict[str, str] = {
    Standing.MET: "green",
    Standing.MET_EXCUSED: "lime",
    Standing.MISSED: "red",
    Standing.ON_COURSE: "green",
    Standing.CLOSE: "yellow",
    Standing.AT_RISK: "red",
    Standing.NOTHING: "secondary",
}


def target_of(commitment: CommitmentTerms) -> Decimal:
    """What is compared: for a timed promise the share of handoffs that must keep it."""
    return commitment.must_meet_percent if METRICS[commitment.metric].is_timed else commitment.target


def at_least(commitment: CommitmentTerms) -> bool:
    return METRICS[commitment.metric].is_timed or commitment.comparison == "at_least"


def scaled_target(commitment: CommitmentTerms, form: Form, kind: str, days: int) -> Decimal:
    """The target for a period of another length than the promised one: sums grow with time, shares do not."""
    target = target_of(commitment)
    if form != "sum" or commitment.period in (kind, "handoff"):
        return target
    factor = in_months(kind, days) / in_months(commitment.period)
    return (target * Decimal(repr(factor))).quantize(Decimal("0.01"))


def keeps(commitment: CommitmentTerms, value: Decimal, target: Decimal) -> bool:
    return value >= target if at_least(commitment) else value <= target


def standing(
    commitment: CommitmentTerms, measure: Measure, forecast: Decimal | None, target: Decimal, *, is_over: bool
) -> Standing:
    """Met or not once the period is over; before that, whether the forecast gets there."""
    value = measure.value
    if is_over:
        if value is None:
            return Standing.NOTHING
        if keeps(commitment, value, target):
            return Standing.MET
        excused = measure.excused_value
        spared = excused is not None and measure.excused and keeps(commitment, excused, target)
        return Standing.MET_EXCUSED if spared else Standing.MISSED
    if forecast is None or (value is None and not measure.pending):
        return Standing.NOTHING
    if keeps(commitment, forecast, target):
        return Standing.ON_COURSE
    share = forecast / target if at_least(commitment) else target / forecast
    return Standing.CLOSE if share * 100 >= commitment.warn_percent else Standing.AT_RISK


def forecast(measure: Measure, past: Sequence[Measure], elapsed: float) -> Decimal | None:
    """What the period will come to: what has come, and the rest at a pace between this period's and its past's.

    `elapsed` is the share of the period's working time that has gone, `past` the periods before, oldest first. The
    more of the period has gone, the less its past counts.
    """
    if elapsed >= 1:
        return measure.value
    recent = past[-PACE_OF:]
    part = _carried(measure.part, [one.part for one in recent], elapsed)
    if measure.form == "sum":
        return part
    whole = _carried(measure.whole, [one.whole for one in recent], elapsed)
    if part is None or not whole:
        return measure.value
    return part / whole * (100 if measure.form == "share" else 1)


def _carried(so_far: Decimal, past: Sequence[Decimal], elapsed: float) -> Decimal | None:
    gone = Decimal(repr(elapsed))
    rest = 1 - gone
    if not any(past):
        return so_far / gone if gone else None
    usual = sum(past, ZERO) / len(past)
    return so_far + rest * (so_far + rest * usual)


def unit_of(commitment: CommitmentTerms) -> str:
    """In which unit its figures are: shares of promises kept for timed ones."""
    return str(Unit.PERCENT) if METRICS[commitment.metric].is_timed else commitment.unit
