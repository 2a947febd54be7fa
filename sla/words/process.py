"""The work in plain words: parties, reasons with what becomes of the lead, call outcomes, cadences, questions."""

from __future__ import annotations

from sla.models.process import Effect, NextPlace, Question
from sla.terms import CadenceTerms, DispositionTerms, PartyTerms, QuestionTerms, ReasonTerms, Terms
from sla.words.basics import function_label, listed, number_words, plural, sentence
from sla.words.hours import ranges_words
from sla.words.taxonomy import field_words

MINUTES_A_DAY = 24 * 60


def party_words(party: PartyTerms) -> list[str]:
    said = [party.responsibilities.strip()]
    said.append("It signs this agreement." if party.signs else "It is bound by this agreement without signing it.")
    return [item for item in said if item]


def party_name(party: PartyTerms) -> str:
    team = party.team["name"] if party.team else ""
    label = function_label(party.function)
    return f"{label} ({team})" if team and team != label else label


# --- reasons -------------------------------------------------------------------------------------------------------


def reason_fate(reason: ReasonTerms, terms: Terms) -> str:
    """What becomes of the lead."""
    if reason.goes_to == NextPlace.NURTURE:
        nurture = terms.label("nurture").lower() if terms.label("nurture").istitle() else terms.label("nurture")
        if reason.return_after_days:
            return f"to {nurture}; comes back after {plural(reason.return_after_days, 'day')}"
        return f"to {nurture}, with a date that is asked for"
    return {
        NextPlace.GIVER: "back to whoever handed it over",
        NextPlace.REROUTE: "on to the right owner, by the routes",
        NextPlace.CLOSED: "closed",
    }[NextPlace(reason.goes_to)]


def reason_needs(reason: ReasonTerms) -> str:
    """What must be given with it."""
    needs = [
        words
        for wanted, words in (
            (reason.needs_note, "a note"),
            (reason.needs_attribute, "the attribute meant"),
            (reason.needs_evidence, "evidence"),
        )
        if wanted
    ]
    return listed(needs)


def reason_words(reason: ReasonTerms, terms: Terms) -> str:
    """The reason in one sentence."""
    said = [f"{reason.label}: {reason_fate(reason, terms)}"]
    if needs := reason_needs(reason):
        said.append(f"asks for {needs}")
    if reason.counts_for:
        said.append(f"counts for {function_label(reason.counts_for)}")
    if reason.suppresses_contact:
        said.append("the person is not contacted again")
    return sentence("; ".join(said))


# --- calls ---------------------------------------------------------------------------------------------------------


def minutes_words(minutes: int) -> str:
    """30 is "30 minutes", 240 "4 hours", 1440 "1 day"."""
    if minutes % MINUTES_A_DAY == 0:
        return plural(minutes // MINUTES_A_DAY, "day")
    if minutes % 60 == 0:
        return plural(minutes // 60, "hour")
    return plural(minutes, "minute")


def disposition_words(item: DispositionTerms, terms: Terms) -> str:
    """What happens next."""
    said = [str(Effect(item.effect).label).lower() if item.effect != Effect.RETRY else _retry_words(item)]
    reason = terms.reasons.get(item.reason)
    if reason is not None:
        said.append(f"reason: {reason.label}")
    return sentence("; ".join(said))


def _retry_words(item: DispositionTerms) -> str:
    after = f"try again after {minutes_words(item.retry_minutes)}" if item.retry_minutes else "try again later"
    return f"{after}, in another part of the day" if item.other_time_band else after


def disposition_counts(item: DispositionTerms) -> str:
    """What it counts as."""
    if item.real_contact:
        return "attempt, with real contact" if item.counts_as_attempt else "real contact"
    if item.counts_as_attempt:
        return "attempt"
    return "nothing"


def cadence_words(cadence: CadenceTerms, terms: Terms) -> list[str]:
    said = [
        f"{function_label(cadence.function)} tries at least {plural(cadence.attempts, 'time')} within "
        f"{plural(cadence.within_days, 'day')} before a lead counts as unreachable.",
    ]
    if cadence.minimum_gap_minutes:
        said.append(f"Tries less than {minutes_words(cadence.minimum_gap_minutes)} apart count as one.")
    if cadence.time_bands:
        bands = listed(ranges_words([band]) for band in cadence.time_bands)
        said.append(f"The tries are spread over these parts of the day: {bands}.")
    reason = terms.reasons.get(cadence.unreachable_reason)
    if reason is not None:
        said.append(f"When all were in vain: {reason.label.lower()}, {reason_fate(reason, terms)}.")
    return said


def question_words(question: QuestionTerms) -> str:
    """Beside the question's own words: what kind of answer it takes."""
    kinds = {Question.Kind.CHOICE: f"one of {listed(question.choices, 'or')}", Question.Kind.YES_NO: "yes or no"}
    kind = kinds.get(Question.Kind(question.kind), f"a {Question.Kind(question.kind).label.lower()}")
    said = [f"Answer: {kind}", "must be answered" if question.is_required else "may stay open"]
    if question.fills_field:
        said.append(f"also fills {field_words(question.fills_field)}")
    return sentence("; ".join(said))


def points_range(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"{number_words(low)} to {number_words(high)} points"
    if high is not None:
        return f"at most {number_words(high)} points"
    return f"at least {number_words(low)} points" if low is not None else "no limit"
