"""Fields and their values as people name them, for differences, the history of a draft and the forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.db import models

from sla.models import term_models
from sla.stages import LABELS
from sla.terms import Terms
from sla.words.basics import listed, number_words, percent_words
from sla.words.hours import clock_words, country_words, day_words, ranges_words, week_words
from sla.words.process import minutes_words
from sla.words.taxonomy import criteria_words, field_words

NONE = "none"

# What a field is called where its own name would not do.
NAMED: dict[str, str] = {
    "activity_type": "Type of activity",
    "admission_per_day": "Let in a day at most",
    "answer_by": "Answered by",
    "at_most": "Counts at most",
    "at_percent": "At how much of the time",
    "counts_as_attempt": "Counts as an attempt",
    "counts_for": "Counts for",
    "counts_in": "Hours that count",
    "criteria": "Conditions",
    "exclusions": "Never when",
    "goes_around": "Route-around rule",
    "goes_to": "The lead goes",
    "half_life_days": "Halves every (days)",
    "holiday_country": "Public holidays of",
    "holiday_region": "Region",
    "is_active": "In use",
    "is_enabled": "In use",
    "is_required": "Must be answered",
    "leg": "Step",
    "minimum_gap_minutes": "Tries closer than this count once",
    "minimum_engagement": "Points for engagement",
    "minimum_fit": "Points for fit",
    "minimum_score": "Points in all",
    "must_meet_percent": "Must keep it",
    "planned_at": "Takes effect",
    "reject_alarm_percent": "Proposes a change at",
    "responsibilities": "Responsible for",
    "return_after_days": "Comes back after (days)",
    "review_every_months": "Review every (months)",
    "review_on": "Next review",
    "scope": "For which leads",
    "settles_contests": "Settles contested rejections",
    "signs": "Signs",
    "skips_lead_holidays": "Leaves out holidays of the lead's country",
    "time_bands": "Parts of the day",
    "to": "Goes to",
    "to_function": "On handoffs to",
    "unreachable_reason": "When all were in vain",
    "warn_percent": "Warns when worse than",
    "who": "Who",
    "within_days": "Within (days)",
    "words": "In words",
}
PERCENTAGES = {"must_meet_percent", "warn_percent", "at_percent", "reject_alarm_percent"}
MINUTES = {"retry_minutes", "minimum_gap_minutes"}
CONDITIONS = {"criteria", "scope", "exclusions"}


@cache
def _fields(section: str) -> dict[str, models.Field[Any, Any]]:
    model = next((m for m in term_models() if m.section == section), None)
    return {field.name: field for field in model._meta.concrete_fields} if model else {}


def field_label(name: str, section: str = "") -> str:
    """What people call a field of a term."""
    if name in NAMED:
        return NAMED[name]
    field = _fields(section).get(name)
    text = str(field.verbose_name) if field is not None else name.replace("_", " ")
    return text[:1].upper() + text[1:]


def value_words(section: str, name: str, value: Any, terms: Terms) -> str:
    """A field's value in plain words; `terms` names what keys refer to."""
    special = _SPECIAL.get((section, name)) or _SPECIAL.get(("", name))
    if value is None or value in ("", [], {}, ()):
        return _nothing(name)
    if special is not None:
        return special(value, terms)
    field = _fields(section).get(name)
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return _plain(name, value)


def _nothing(name: str) -> str:
    if name in CONDITIONS:
        return "all" if name == "scope" else NONE if name == "exclusions" else "always"
    return NONE


def _plain(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in PERCENTAGES:
        return percent_words(Decimal(str(value)))
    if name in MINUTES:
        return minutes_words(int(value))
    if isinstance(value, Mapping) and "name" in value:
        return str(value["name"])
    if isinstance(value, list | tuple):
        return listed(str(item) for item in value)
    if isinstance(value, int | Decimal):
        return number_words(value)
    return str(value)


def _stage(value: Any, terms: Terms) -> str:
    return terms.label(str(value)) if value in LABELS else str(value)


def _called(section: str, value: str, terms: Terms) -> str:
    """The name of the term a key refers to."""
    for row in terms.content.get(section, ()):
        if row["key"] == value:
            return str(row.get("label") or row.get("name") or value)
    return value


def _reference(section: str) -> Callable[[Any, Terms], str]:
    return lambda value, terms: _called(section, str(value), terms)


def _number(value: Any, terms: Terms) -> str:
    try:
        return number_words(Decimal(str(value)))
    except InvalidOperation:
        return str(value)


def _dates(value: Any, terms: Terms) -> str:
    return "; ".join(f"{day_words(day)} {name}" for day, name in sorted(value.items()))


def _exceptions(value: Any, terms: Terms) -> str:
    return "; ".join(f"{day_words(day)}: {ranges_words(hours)}" for day, hours in sorted(value.items()))


_SPECIAL: dict[tuple[str, str], Callable[[Any, Terms], str]] = {
    **{("", name): lambda value, terms: criteria_words(value) for name in CONDITIONS},
    ("", "stage"): _stage,
    ("", "catapult_to"): _stage,
    ("commitments", "target"): _number,
    ("commitments", "cutoff"): lambda value, terms: clock_words(str(value)),
    ("commitments", "answer_by"): lambda value, terms: clock_words(str(value)),
    ("commitments", "calendar"): _reference("calendars"),
    ("escalations", "commitment"): _reference("commitments"),
    ("calendars", "week"): lambda value, terms: week_words(value),
    ("calendars", "exceptions"): _exceptions,
    ("calendars", "holidays"): _dates,
    ("calendars", "holiday_country"): lambda value, terms: country_words(str(value)),
    ("ideal_customers", "countries"): lambda value, terms: listed(country_words(code) for code in value),
    ("ideal_customers", "revenue_from"): _number,
    ("ideal_customers", "revenue_to"): _number,
    ("definitions", "required_fields"): lambda value, terms: listed(field_words(name) for name in value),
    ("questions", "fills_field"): lambda value, terms: field_words(str(value)),
    ("stages", "review_on"): lambda value, terms: day_words(str(value)[:10]),
    ("cadences", "time_bands"): lambda value, terms: listed(ranges_words([band]) for band in value),
    ("cadences", "unreachable_reason"): _reference("reasons"),
    ("dispositions", "reason"): _reference("reasons"),
    ("score_rules", "group"): _reference("score_groups"),
    ("messages", "persona"): _reference("personas"),
}


def term_name(section: str, row: Mapping[str, Any], terms: Terms) -> str:
    """What a compiled term is called in a list."""
    if section == "escalations":
        return f"{_called('commitments', row['commitment'], terms)} at {row['at_percent']} %"
    if section == "parties":
        return value_words(section, "function", row["function"], terms)
    for name in ("label", "name", "heading", "question"):
        if row.get(name):
            return str(row[name])
    if section in ("messages", "procedure"):
        text = str(row["text"]).strip()
        return text if len(text) <= 60 else f"{text[:59]}…"
    return str(row["key"])
