"""The measure of every metric that can be promised. One without a measure cannot be signed (`sla/metrics.py`).

An evaluator is given the commitment's terms and a `Reading`: the counts of the facts it needs, for several adjoining
periods at once. It answers for one of them. `FACT_OF` says which fact a metric is counted from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from reports.facts.handoffs import ACCEPTED, REJECTED
from reports.facts.promises import ALL_BROKEN, EXCUSED, KEPT, RUNNING
from reports.measures import Behind, Measure
from reports.queries.tally import Tally
from sla.metrics import EVALUATORS, METRICS
from sla.terms import CommitmentTerms

Evaluator = Callable[[CommitmentTerms, "Reading", int], Measure]
FACT_OF: dict[str, str] = {}


@dataclass
class Reading:
    """What was counted. `costs` are campaign costs by period, in the company's currency."""

    tally: Tally
    costs: Sequence[Decimal] = field(default_factory=list)


def measures(metric: str, fact: str) -> Callable[[Evaluator], Evaluator]:
    FACT_OF[metric] = fact
    return EVALUATORS.register(metric)


def _number(count: int, behind: Behind) -> Measure:
    return Measure("sum", Decimal(count), cases=count, behind=behind)


def _share(reading: Reading, behind: Behind, good: tuple[str, ...], bucket: int) -> Measure:
    """The share of cases with a good mark among all cases of a fact."""
    tally, keys = reading.tally, behind.keys
    whole = tally.of(behind.fact, keys=keys, marks=behind.marks, bucket=bucket).n
    part = tally.of(behind.fact, keys=keys, marks=good, bucket=bucket).n
    missed = tuple(sorted({c.mark for c, _ in tally.where(behind.fact, keys=keys, bucket=bucket)} - set(good)))
    return Measure(
        "share", Decimal(part), Decimal(whole), cases=whole, counted=True, behind=behind,
        missed=Behind(behind.fact, behind.keys, missed) if missed else None,
    )  # fmt: skip


# --- timed promises ---------------------------------------------------------------------------------------------------


def promise_kept(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Of the promises started in the period and decided by now, those kept. What was cancelled unbroken is left out."""
    tally, keys = reading.tally, (commitment.key,)
    met = tally.of("promise", keys=keys, marks=KEPT, bucket=bucket).n
    broken = tally.of("promise", keys=keys, marks=ALL_BROKEN, bucket=bucket).n
    return Measure(
        "share",
        Decimal(met),
        Decimal(met + broken),
        cases=met + broken,
        excused=tally.of("promise", keys=keys, marks=(EXCUSED,), bucket=bucket).n,
        pending=tally.of("promise", keys=keys, marks=(RUNNING,), bucket=bucket).n,
        counted=True,
        behind=Behind("promise", keys, (*KEPT, *ALL_BROKEN)),
        missed=Behind("promise", keys, ALL_BROKEN),
    )


for _metric in METRICS.values():
    if _metric.is_timed:
        measures(_metric.key, "promise")(promise_kept)


# --- numbers and money ------------------------------------------------------------------------------------------------


@measures("qualified_leads", "entry")
def qualified_leads(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Leads that reached the stage for the first time in the period; a return counts no second time."""
    behind = Behind("entry", (commitment.stage,))
    return _number(reading.tally.of("entry", keys=behind.keys, bucket=bucket).n, behind)


@measures("cost_per_stage", "entry")
def cost_per_stage(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """The campaigns' costs of the period by the leads that reached the stage in it."""
    behind = Behind("entry", (commitment.stage,))
    reached = reading.tally.of("entry", keys=behind.keys, bucket=bucket).n
    return Measure("quotient", reading.costs[bucket], Decimal(reached), cases=reached, behind=behind)


@measures("pipeline_share", "opened")
def pipeline_share(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Of the amounts of all opportunities opened in the period, what came from leads."""
    total = reading.tally.of("opened", bucket=bucket)
    return Measure("share", total.part, total.whole, cases=total.n, behind=Behind("opened"))


@measures("revenue_goal", "ended")
def revenue_goal(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Amounts of the deals won in the period that a handoff led to."""
    behind = Behind("ended", marks=("won",), states=("handed",))
    won = reading.tally.of("ended", marks=behind.marks, states=behind.states, bucket=bucket)
    return Measure("sum", won.part, cases=won.n, behind=behind)


@measures("meetings_booked", "meeting")
def meetings_booked(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Meetings that take place in the period, booked on handoffs to this side or by it."""
    behind = Behind("meeting", (commitment.side,))
    return _number(reading.tally.of("meeting", keys=behind.keys, bucket=bucket).n, behind)


# --- shares and means -------------------------------------------------------------------------------------------------


@measures("threshold_kept", "threshold")
def threshold_kept(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Handoffs by marketing at or above the score of their own version, or carried over it by an agreed behaviour."""
    return _share(reading, Behind("threshold"), ("reached", "carried"), bucket)


@measures("completeness", "completeness")
def completeness(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Of the fields and answers that the handoffs of the period needed, those that were filled."""
    keys = (commitment.side,)
    total = reading.tally.of("completeness", keys=keys, bucket=bucket)
    return Measure(
        "share", total.part, total.whole, cases=total.n,
        behind=Behind("completeness", keys), missed=Behind("completeness", keys, ("lacking",)),
    )  # fmt: skip


@measures("attempts_per_lead", "unreached")
def attempts_per_lead(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Counting attempts by handoff, over those closed in the period without a word with the lead."""
    behind = Behind("unreached", (commitment.side,))
    total = reading.tally.of("unreached", keys=behind.keys, bucket=bucket)
    return Measure("quotient", total.part, total.whole, cases=total.n, behind=behind)


@measures("acceptance_rate", "decision")
def acceptance_rate(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Of the handoffs decided in the period, those accepted."""
    return _share(reading, Behind("decision", (commitment.side,), (ACCEPTED, REJECTED)), (ACCEPTED,), bucket)


@measures("opportunity_rate", "outcome")
def opportunity_rate(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Of the accepted handoffs brought to an outcome in the period, those that became opportunities."""
    return _share(reading, Behind("outcome", (commitment.side,)), ("opportunity",), bucket)


@measures("close_rate", "ending")
def close_rate(commitment: CommitmentTerms, reading: Reading, bucket: int) -> Measure:
    """Of the handed-over leads that came to an end in the period, those won. An unknown end is no end."""
    return _share(reading, Behind("ending", (commitment.side,)), ("won",), bucket)
