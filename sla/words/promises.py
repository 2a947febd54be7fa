"""Promises in plain words: who does what by when, how many must keep it, and what happens when time runs out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from sla.metrics import METRICS, PAUSED_BY_A_QUESTION, PAUSED_UNTIL_A_DATE, Unit
from sla.models.promises import Comparison, CountsIn, EscalationStep, Period
from sla.terms import CommitmentTerms, EscalationTerms, Terms
from sla.words.basics import (
    amount_words,
    function_label,
    listed,
    number_words,
    percent_words,
    plural,
    sentence,
    with_article,
)
from sla.words.hours import calendar_words, clock_words
from sla.words.taxonomy import criteria_words, leads_handed_to

EACH = {
    Period.HANDOFF: "each handoff",
    Period.WEEK: "each week",
    Period.MONTH: "each month",
    Period.QUARTER: "each quarter",
    Period.YEAR: "each year",
}
SHARES = {25: "a quarter of", 50: "half", 75: "three quarters of", 100: "all", 200: "twice"}


def is_timed(commitment: CommitmentTerms) -> bool:
    metric = METRICS.get(commitment.metric)
    return metric is not None and metric.is_timed


def deadline_words(commitment: CommitmentTerms) -> str:
    """By when, as a phrase that follows a verb: "within 60 working minutes", "by 17:00 on the same working day …"."""
    value, whole = commitment.target, int(commitment.target)
    match commitment.unit:
        case Unit.WORKING_MINUTES:
            return f"within {number_words(value)} working {'minute' if value == 1 else 'minutes'}"
        case Unit.WORKING_HOURS:
            return f"within {number_words(value)} working {'hour' if value == 1 else 'hours'}"
        case Unit.WORKING_DAYS:
            return f"within {plural(whole, 'working day')}, by the same time of day"
        case Unit.CLOSE_OF_BUSINESS:
            return f"by close of business {_days_later(whole)}"
        case Unit.ROLLED_HOURS:
            return f"within {number_words(value)} {'hour' if value == 1 else 'hours'} by the clock, or at the next opening if that falls outside working hours"
        case Unit.TIME_OF_DAY:
            cutoff, answer_by = clock_words(commitment.cutoff or ""), clock_words(commitment.answer_by or "")
            return f"by {answer_by} on the same working day if it arrives before {cutoff}, otherwise by {answer_by} on the next working day"
    return f"within {number_words(value)}"


def _days_later(days: int) -> str:
    return "on the same working day" if days == 0 else f"{plural(days, 'working day')} later"


def due_words(commitment: CommitmentTerms, currency: str) -> str:
    """The bare figure for tables and differences: "60 working minutes", "at least 120 leads a month"."""
    if not is_timed(commitment):
        return f"{_compared(commitment, currency)} {Period(commitment.period).label}"
    words = deadline_words(commitment)
    return f"{commitment.count} attempts {words}" if commitment.count else words.removeprefix("within ")


def _compared(commitment: CommitmentTerms, currency: str) -> str:
    amount = amount_words(commitment.target, commitment.unit, currency)
    return f"{Comparison(commitment.comparison).label} {amount}"


def promise_words(commitment: CommitmentTerms, terms: Terms) -> str:
    """The promise itself, one sentence: "Sales accepts or rejects each TQL handed to it within 8 working hours."."""
    metric = METRICS.get(commitment.metric)
    side = function_label(commitment.side)
    if metric is None:
        return f"{side}: {commitment.name}."
    said = metric.phrase.format(
        what=_what(commitment, terms),
        noun=with_article(leads_handed_to(commitment.to_function, terms)),
        receiver=function_label(commitment.to_function),
        within=deadline_words(commitment) if metric.is_timed else "",
        count=commitment.count or "the agreed number of",
        stage=terms.label(commitment.stage) if commitment.stage else "the stage",
        amount=_bare_amount(commitment, terms.currency),
        each=EACH.get(Period(commitment.period), "each period"),
    )
    return sentence(f"{side} {said}")


def _bare_amount(commitment: CommitmentTerms, currency: str) -> str:
    """ "at least 120": nouns that the phrase already says are left out."""
    compared = Comparison(commitment.comparison).label
    if commitment.unit in (Unit.COUNT, Unit.ATTEMPTS, Unit.MEETINGS):
        return f"{compared} {number_words(commitment.target)}"
    return _compared(commitment, currency)


def _what(commitment: CommitmentTerms, terms: Terms) -> str:
    """Which leads: by the names of the stages in which they are handed over."""
    noun = leads_handed_to(commitment.to_function, terms)
    if not commitment.to_function:
        return noun
    to = "it" if commitment.to_function == commitment.side else function_label(commitment.to_function)
    return f"{noun} handed to {to}"


def commitment_words(commitment: CommitmentTerms, terms: Terms) -> list[str]:
    """The whole clause as sentences, the promise first."""
    said = [promise_words(commitment, terms), whose_leads_words(commitment, terms)]
    if is_timed(commitment):
        said += [_clock_words(commitment), _hours_words(commitment, terms), _pause_words(commitment)]
        said += [_share_words(commitment), at_risk_words(commitment, terms)]
    else:
        said.append(_warn_words(commitment))
    said.append(commitment.text.strip())
    return [item for item in said if item]


def whose_leads_words(commitment: CommitmentTerms, terms: Terms) -> str:
    """For which leads, where it is not for all; and for which are left when an earlier promise takes some."""
    if commitment.scope:
        return f"This holds for leads for which {criteria_words(commitment.scope)}."
    earlier = [
        other.name
        for other in terms.commitments[: _place(commitment, terms)]
        if other.metric == commitment.metric and other.to_function == commitment.to_function and other.scope
    ]
    if is_timed(commitment) and earlier:
        return f"This holds for every other lead than those of “{listed(earlier)}”."
    return ""


def _place(commitment: CommitmentTerms, terms: Terms) -> int:
    return next((i for i, item in enumerate(terms.commitments) if item.key == commitment.key), 0)


def _share_words(commitment: CommitmentTerms) -> str:
    over = "" if commitment.period == Period.HANDOFF else f" of {EACH[Period(commitment.period)]}"
    if commitment.must_meet_percent >= 100:
        return f"Every one of these handoffs{over} must keep it."
    return f"At least {percent_words(commitment.must_meet_percent)} of these handoffs{over} must keep it."


CLOCKS = {
    "decision": "The clock starts when the lead is handed over and stops when it is accepted or rejected; "
    "an attempt that counts accepts it.",
    "first_attempt": "The clock starts when the lead is handed over and stops with the first attempt that counts.",
    "attempts": "The clock starts when the lead is handed over and stops with the last of these attempts.",
    "disposition": "The clock starts with the acceptance and stops when the lead is handed on, becomes an opportunity, "
    "is ruled out or is given back with a date.",
    "first_contact": "The clock starts with the acceptance and stops with the first real conversation.",
    "next_step": "The clock starts with the step before and stops with the next attempt.",
    "contest": "The clock starts with the rejection and stops when it is contested or let stand.",
}


def _clock_words(commitment: CommitmentTerms) -> str:
    return CLOCKS.get(commitment.metric, "")


def _hours_words(commitment: CommitmentTerms, terms: Terms) -> str:
    calendar = terms.calendars.get(commitment.calendar)
    if calendar is None:
        return ""
    also = {
        CountsIn.PERSON: "; the owner's absences do not count",
        CountsIn.CALLABLE: "; only time in which the lead may be called counts",
    }.get(CountsIn(commitment.counts_in), "")
    if commitment.skips_lead_holidays:
        also += "; public holidays of the lead's own country do not count either"
    return f"Time counts in {_lower_first(calendar.name)}: {calendar_words(calendar)}{also}."


def _lower_first(name: str) -> str:
    """ "Office hours" inside a sentence; a name of capitals stays."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _pause_words(commitment: CommitmentTerms) -> str:
    causes = [
        words
        for metrics, words in (
            (PAUSED_BY_A_QUESTION, "while an answer is owed by the giver"),
            (PAUSED_UNTIL_A_DATE, "until a date that the lead has asked for"),
        )
        if commitment.metric in metrics
    ]
    return f"The clock stands still {' and '.join(causes)}." if commitment.pausable and causes else ""


def _warn_words(commitment: CommitmentTerms) -> str:
    if not commitment.warn_percent:
        return ""
    return f"Both sides are warned when the forecast for the period is worse than {commitment.warn_percent} % of the target."


# --- when time runs out --------------------------------------------------------------------------------------------


def at_risk_words(commitment: CommitmentTerms, terms: Terms) -> str:
    """Every agreed step, in order, as one sentence; steps that do the same one after the other are told together."""
    steps = sorted(terms.steps_of(commitment.key), key=lambda step: step.at_percent)
    told = []
    for action, group in groupby(steps, key=lambda step: step.action):
        moments = [moment_words(step.at_percent, commitment) for step in group]
        told.append(f"{' and again '.join(moments)} {action_words(action, commitment)}")
    return sentence("; ".join(told))


def escalation_words(step: EscalationTerms, commitment: CommitmentTerms | None) -> str:
    """ "after 30 working minutes the person who holds the lead is told"."""
    return f"{moment_words(step.at_percent, commitment)} {action_words(step.action, commitment)}"


def moment_words(percent: int, commitment: CommitmentTerms | None) -> str:
    """At which point: in minutes or hours where the target counts in them, else as a share of the time."""
    if percent == 100:
        return "when the time is up"
    if commitment is not None and commitment.unit in (Unit.WORKING_MINUTES, Unit.WORKING_HOURS):
        used = commitment.target * Decimal(percent) / 100
        unit = "minute" if commitment.unit == Unit.WORKING_MINUTES else "hour"
        return f"after {number_words(used)} working {unit}{'' if used == 1 else 's'}"
    return f"at {SHARES[percent]} the time" if percent in SHARES else f"at {percent} % of the time"


ACTIONS = {
    EscalationStep.Action.TELL_OWNER: "the person who holds the lead is told",
    EscalationStep.Action.TELL_MANAGER: "the manager of the team that holds it is told",
    EscalationStep.Action.TELL_GIVER: "the person who handed it over is told",
    EscalationStep.Action.REASSIGN: "the lead passes to a colleague in the same team",
    EscalationStep.Action.PULL_BACK: "the lead goes back to the team that handed it over",
}


def action_words(action: str, commitment: CommitmentTerms | None = None) -> str:
    if commitment is not None and commitment.metric == "contest" and action == EscalationStep.Action.TELL_OWNER:
        action = EscalationStep.Action.TELL_GIVER  # the reply is the giver's
    return ACTIONS.get(EscalationStep.Action(action), action)


# --- the machine's terms beside the words --------------------------------------------------------------------------


def commitment_facts(commitment: CommitmentTerms, terms: Terms) -> list[tuple[str, str]]:
    """The terms that are measured, as label and value."""
    metric = METRICS.get(commitment.metric)
    timed = is_timed(commitment)
    calendar = terms.calendars.get(commitment.calendar)
    facts: Sequence[tuple[str, str]] = [
        ("Measured by", metric.label if metric else commitment.metric),
        ("Target", due_words(commitment, terms.currency)),
        ("Attempts", str(commitment.count) if commitment.count else ""),
        ("Must keep it", percent_words(commitment.must_meet_percent) if timed else ""),
        ("Counted in", calendar.name if timed and calendar else ""),
        ("Hours", CountsIn(commitment.counts_in).label if timed else ""),
        ("Leads", criteria_words(commitment.scope) if commitment.scope else "all"),
        ("Can pause", ("yes" if commitment.pausable else "no") if timed else ""),
        ("Warns when the forecast is worse than", f"{commitment.warn_percent} % of the target" if not timed else ""),
        ("Key", commitment.key),
    ]
    return [(label, value) for label, value in facts if value]
