"""Both sides' commitments of a version, measured: now and in the periods before, forecast to the period's end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from reports import measures
from reports.company import company_zone, today
from reports.evaluators import FACT_OF, Reading
from reports.facts import ALL, Narrowed
from reports.measures import Measure, Standing
from reports.periods import DAY, Period
from reports.queries import costs, reading
from reports.scope import Scope
from sla import businesstime
from sla.metrics import EVALUATORS, METRICS
from sla.models import Version
from sla.services.compiling import terms_of
from sla.terms import CommitmentTerms, Terms

EARLIER = 6
VERSIONS_SHOWN = 4
OF_EVERYTHING = ("pipeline_share",)  # compares what leads brought with what they did not


@dataclass(frozen=True)
class Line:
    """One commitment: `course` are its measures in the periods, oldest first; the last is the one asked for."""

    commitment: CommitmentTerms
    course: Sequence[Measure]
    target: Decimal
    forecast: Decimal | None
    standing: Standing

    @property
    def now(self) -> Measure:
        return self.course[-1]

    @property
    def before(self) -> Measure | None:
        return self.course[-2] if len(self.course) > 1 else None


@dataclass(frozen=True)
class Board:
    terms: Terms
    periods: Sequence[Period]
    elapsed: float  # the share of the period's working time that has gone
    lines: Sequence[Line]

    @property
    def period(self) -> Period:
        return self.periods[-1]

    def line(self, key: str) -> Line | None:
        return next((line for line in self.lines if line.commitment.key == key), None)


def needs(commitments: Sequence[CommitmentTerms]) -> dict[str, Narrowed]:
    """Which facts these commitments are measured from, and which of their rows."""
    found: dict[str, Narrowed] = {}
    timed = [one.key for one in commitments if METRICS[one.metric].is_timed]
    stages = {one.stage for one in commitments if FACT_OF[one.metric] == "entry"}
    keys: Mapping[str, Sequence[str]] = {"promise": timed, "entry": sorted(stages)}
    for one in commitments:
        fact = FACT_OF[one.metric]
        found[fact] = Narrowed(keys=keys[fact]) if fact in keys else ALL
    return found


def board(
    terms: Terms,
    scope: Scope,
    period: Period,
    now: datetime,
    *,
    earlier: int = EARLIER,
    commitments: Sequence[CommitmentTerms] | None = None,
) -> Board:
    """Measure the commitments (all of the version unless some are named) in the period and those before it."""
    chosen = terms.commitments if commitments is None else commitments
    periods = period.with_earlier(earlier)
    read = read_for(chosen, scope, periods, now)
    gone = elapsed(terms, period, now)
    lines = [_line(one, read, periods, gone) for one in chosen]
    return Board(terms, periods, gone, lines)


def read_for(commitments: Sequence[CommitmentTerms], scope: Scope, periods: Sequence[Period], now: datetime) -> Reading:
    found = Reading(reading.tally(needs(commitments), scope, periods, now))
    if any(one.metric == "cost_per_stage" for one in commitments):
        whole = Period(periods[0].first_on, periods[-1].until_on)
        spent = costs.monthly(scope, whole, now)
        found.costs = [spent.of(period, until=today(now)) for period in periods]
    return found


def evaluate(commitment: CommitmentTerms, read: Reading, bucket: int) -> Measure:
    found: Measure = EVALUATORS.evaluators[commitment.metric](commitment, read, bucket)
    return found


@dataclass(frozen=True)
class Past:
    """A version with its commitments measured over the time it was in force."""

    terms: Terms
    board: Board


def history(terms: Terms, scope: Scope, now: datetime) -> list[Past]:
    """The latest versions of the same agreement that took effect, newest first."""
    agreement = Version.objects.filter(pk=terms.version_id).values("agreement_id")
    signed = Version.objects.signed().filter(agreement__in=agreement, effective_at__lte=now).order_by("-effective_at")
    found, until = [], today(now) + DAY
    for version in signed[:VERSIONS_SHOWN]:
        assert version.effective_at is not None
        first = today(version.effective_at)
        if first < until:
            found.append(_past(terms_of(version), version.pk, scope, Period(first, until), now))
            until = first
    return found


def _past(terms: Terms, version: int, scope: Scope, period: Period, now: datetime) -> Past:
    """What was handed over under a version is judged by it; a share of everything is of everything in its time, for deals
    that no handoff led to are pinned to no version."""
    pinned = [one for one in terms.commitments if one.metric not in OF_EVERYTHING]
    others = [one for one in terms.commitments if one.metric in OF_EVERYTHING]
    found = board(terms, scope.with_(version=version), period, now, earlier=0, commitments=pinned)
    lines = [*found.lines, *(board(terms, scope, period, now, earlier=0, commitments=others).lines if others else ())]
    order = {one.key: place for place, one in enumerate(terms.commitments)}
    return Past(terms, replace(found, lines=sorted(lines, key=lambda line: order[line.commitment.key])))


def _line(commitment: CommitmentTerms, read: Reading, periods: Sequence[Period], gone: float) -> Line:
    course = [evaluate(commitment, read, bucket) for bucket in range(len(periods))]
    measure, period = course[-1], periods[-1]
    target = measures.scaled_target(commitment, measure.form, period.kind, period.days)
    expected = measures.forecast(measure, course[:-1], gone)
    state = measures.standing(commitment, measure, expected, target, is_over=gone >= 1)
    return Line(commitment, course, target, expected, state)


def elapsed(terms: Terms, period: Period, now: datetime) -> float:
    """The share of the period's working time gone by `now`, by the agreement's first calendar; 1 once it is over."""
    begin, end = period.bounds(company_zone())
    if now >= end:
        return 1.0
    if now <= begin:
        return 0.0
    calendar = terms.default_calendar()
    if calendar is not None:
        hours = terms.calendar(calendar.key)
        whole = businesstime.between(hours, begin, end)
        if whole:
            # A period whose last working hour has gone goes on until its last day ends.
            return min(businesstime.between(hours, begin, now) / whole, 0.9999)
    return (now - begin) / (end - begin)
