"""What a commitment can promise. Each metric has an evaluator in the reports; one without cannot be signed.

Pure but for Django's choices: the evaluators register themselves (`register`) from the app that knows leads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices

from config.accounts.choices import Function


class Unit(TextChoices):
    WORKING_MINUTES = "working_minutes", "working minutes"
    WORKING_HOURS = "working_hours", "working hours"
    WORKING_DAYS = "working_days", "working days, at the same time of day"
    CLOSE_OF_BUSINESS = "close_of_business", "working days, at close of business"
    ROLLED_HOURS = "rolled_hours", "hours by the clock, rolled to the next opening"
    TIME_OF_DAY = "time_of_day", "by a time of day"
    COUNT = "count", "leads"
    ATTEMPTS = "attempts", "attempts"
    MEETINGS = "meetings", "meetings"
    PERCENT = "percent", "%"
    POINTS = "points", "points"
    MONEY = "money", "in the agreement's currency"


# What may stand still, where the agreement lets it: while the giver owes an answer, and until a date the lead asked for.
PAUSED_BY_A_QUESTION = ("decision", "first_contact", "disposition")
PAUSED_UNTIL_A_DATE = ("attempts", "disposition", "next_step")

TIME_UNITS = (
    Unit.WORKING_MINUTES,
    Unit.WORKING_HOURS,
    Unit.WORKING_DAYS,
    Unit.CLOSE_OF_BUSINESS,
    Unit.ROLLED_HOURS,
    Unit.TIME_OF_DAY,
)

MARKETING, TELEQUALIFICATION = Function.MARKETING, Function.TELEQUALIFICATION
SALES, BUSINESS_DEVELOPMENT = Function.SALES, Function.BUSINESS_DEVELOPMENT
RECEIVERS = (TELEQUALIFICATION, SALES, BUSINESS_DEVELOPMENT)


@dataclass(frozen=True)
class Metric:
    """`clock` is the kind of clock a timed metric starts.

    `phrase` is what the side does, in the plain words of a clause. Timed ones may say {what} ("MQL handed to it"),
    {noun} ("an MQL"), {receiver}, {within} (the time) and {count}; figures {amount} ("at least 40 %"), {each} ("each month") and {stage}.
    `of` says what a figure is taken of, where its name alone does not.
    """

    key: str
    label: str
    units: tuple[str, ...]
    sides: tuple[str, ...]
    comparison: str
    phrase: str
    clock: str = ""
    needs_stage: bool = False
    needs_count: bool = False
    of: str = ""

    @property
    def is_timed(self) -> bool:
        return bool(self.clock)


def _timed(key: str, label: str, phrase: str, **more: Any) -> Metric:
    sides = more.pop("sides", RECEIVERS)
    return Metric(key, label, TIME_UNITS, sides, "at_most", phrase, clock=key, **more)


def _figure(
    key: str, label: str, unit: str, sides: tuple[str, ...], comparison: str, phrase: str, **more: Any
) -> Metric:
    return Metric(key, label, (unit,), sides, comparison, phrase, **more)


METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        _timed("decision", "Time to accept or reject", "accepts or rejects each {what} {within}"),
        _timed("first_attempt", "Time to the first attempt", "makes the first attempt to reach each {what} {within}"),
        _timed(
            "attempts", "Attempts within a time",
            "makes {count} attempts to reach each {what} {within}, or speaks with the person sooner", needs_count=True,
        ),
        _timed("disposition", "Time to an outcome", "brings each {what}, once accepted, to an outcome {within}"),
        _timed(
            "first_contact", "Time to the first contact after acceptance",
            "speaks with each {what}, once accepted, {within}",
        ),
        _timed("next_step", "Time to the next step", "takes the next agreed step with each {what} {within}"),
        _timed(
            "contest", "Time to contest a rejection",
            "contests the rejection of {noun} by {receiver} {within}, or lets it stand",
            sides=(MARKETING, *RECEIVERS),
        ),
        _figure(
            "qualified_leads", "Number of leads reaching a stage", Unit.COUNT, (MARKETING, TELEQUALIFICATION),
            "at_least", "supplies {amount} leads that reach {stage} in {each}", needs_stage=True,
        ),
        _figure(
            "pipeline_share", "Share of pipeline from marketing", Unit.PERCENT, (MARKETING,),
            "at_least", "is the source of {amount} of the new pipeline of {each}",
            of="new pipeline that marketing is the source of",
        ),
        _figure(
            "revenue_goal", "Revenue won from handed-over leads", Unit.MONEY, (MARKETING, SALES),
            "at_least", "brings in {amount} of revenue won from handed-over leads in {each}",
            of="revenue won from handed-over leads",
        ),
        _figure(
            "threshold_kept", "Leads passed at or above the agreed score", Unit.PERCENT, (MARKETING,),
            "at_least", "keeps {amount} of the leads it hands over in {each} at or above the agreed score",
            of="leads it hands over that reach the agreed score",
        ),
        _figure(
            "cost_per_stage", "Cost per lead reaching a stage", Unit.MONEY, (MARKETING,),
            "at_most", "spends {amount} for each lead that reaches {stage}, taken over {each}", needs_stage=True,
        ),
        _figure(
            "completeness", "Completeness of handed-over data", Unit.PERCENT, (MARKETING, TELEQUALIFICATION),
            "at_least", "keeps the required fields of the leads it hands over {amount} filled, taken over {each}",
            of="required fields filled on leads it hands over",
        ),
        _figure(
            "attempts_per_lead", "Attempts per lead not reached", Unit.ATTEMPTS, RECEIVERS,
            "at_least", "makes {amount} attempts for each lead it could not speak with, taken over {each}",
            of="attempts for each lead it could not speak with",
        ),
        _figure(
            "acceptance_rate", "Share of handoffs accepted", Unit.PERCENT, RECEIVERS,
            "at_least", "accepts {amount} of the leads it decides on in {each}",
            of="leads it decides on that it accepts",
        ),
        _figure(
            "meetings_booked", "Meetings booked", Unit.MEETINGS, RECEIVERS,
            "at_least", "books {amount} meetings in {each}",
            of="meetings booked with leads",
        ),
        _figure(
            "opportunity_rate", "Share of accepted leads that become opportunities", Unit.PERCENT, (SALES, BUSINESS_DEVELOPMENT),
            "at_least", "opens an opportunity from {amount} of the leads it accepts in {each}",
            of="leads it accepts that become opportunities",
        ),
        _figure(
            "close_rate", "Share of leads that become customers", Unit.PERCENT, (SALES,),
            "at_least", "wins {amount} of the leads handed over to it in {each}",
            of="leads handed over to it that it wins",
        ),
    )
}  # fmt: skip


@dataclass
class Registry:
    """Evaluators by metric key. An evaluator is given the commitment's term, the period and the scope to measure."""

    evaluators: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def register(self, key: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        if key not in METRICS:
            raise KeyError(f"{key!r} is not a metric")

        def keep(evaluator: Callable[..., Any]) -> Callable[..., Any]:
            if key in self.evaluators:
                raise ValueError(f"{key!r} already has an evaluator")
            self.evaluators[key] = evaluator
            return evaluator

        return keep

    def signable(self, key: str) -> bool:
        return key in self.evaluators


EVALUATORS = Registry()
