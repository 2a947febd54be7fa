"""Any one term in plain words, by its section and key: what previews, differences and the history show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sla.terms import Terms
from sla.words import process, promises, taxonomy
from sla.words.basics import function_label, script_lines, sentence
from sla.words.hours import calendar_words, exception_words
from sla.words.process import disposition_counts

Saying = Callable[[Any, Terms], list[str]]


def _route(route: Any, terms: Terms) -> list[str]:
    leg = terms.routes_on(route.leg)
    place = next((i for i, item in enumerate(leg) if item.key == route.key), 0)
    return [taxonomy.route_words(route, place, leg), taxonomy.around_words(route)]


def _rule(rule: Any, terms: Terms) -> list[str]:
    return [f"{taxonomy.points_words(rule.points)}: {taxonomy.rule_words(rule, terms)}"]


def _group(group: Any, terms: Terms) -> list[str]:
    return [f"Counts towards {group.dimension}, {process.points_range(group.minimum, group.maximum)}."]


def _escalation(step: Any, terms: Terms) -> list[str]:
    commitment = next((item for item in terms.commitments if item.key == step.commitment), None)
    name = commitment.name if commitment else step.commitment
    return [sentence(f"{name}: {promises.escalation_words(step, commitment)}")]


def _calendar(calendar: Any, terms: Terms) -> list[str]:
    return [sentence(calendar_words(calendar)), *exception_words(calendar.exceptions)]


def _disposition(item: Any, terms: Terms) -> list[str]:
    return [f"Counts as {disposition_counts(item)}. {process.disposition_words(item, terms)}"]


def _message(item: Any, terms: Terms) -> list[str]:
    persona = next((p.name for p in terms.personas if p.key == item.persona), "everybody")
    return [f"To {persona}{', at ' + terms.label(item.stage) if item.stage else ''}: {item.text}"]


def _stage(stage: Any, terms: Terms) -> list[str]:
    return taxonomy.stage_words(stage) if stage.is_enabled else ["Not used."]


SAYINGS: dict[str, Saying] = {
    "parties": lambda item, terms: process.party_words(item),
    "stages": _stage,
    "definitions": taxonomy.definition_words,
    "ideal_customers": lambda item, terms: taxonomy.ideal_customer_words(item, terms.currency),
    "personas": lambda item, terms: [f"{label}: {text}" for label, text in taxonomy.persona_words(item)],
    "score_groups": _group,
    "score_rules": _rule,
    "procedure": lambda item, terms: [f"{function_label(item.who)}: {item.text}" if item.who else item.text],
    "commitments": promises.commitment_words,
    "escalations": _escalation,
    "calendars": _calendar,
    "cadences": process.cadence_words,
    "dispositions": _disposition,
    "reasons": lambda item, terms: [process.reason_words(item, terms)],
    "routes": _route,
    "messages": _message,
    "clauses": lambda item, terms: [item.text],
    "questions": lambda item, terms: [item.help_text, process.question_words(item)],
    "scripts": lambda item, terms: script_lines(item.text),
    "faq": lambda item, terms: [item.answer],
}


def say(section: str, key: str, terms: Terms) -> list[str]:
    """The sentences of one term, empty where there is no such term."""
    found = getattr(terms, section)
    rows = found.values() if isinstance(found, dict) else found
    term = next((row for row in rows if row.key == key), None)
    return [text for text in SAYINGS[section](term, terms) if text and text.strip()] if term is not None else []
