"""What a lead is, in plain words: stages, definitions, profiles, personas, points, routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from config.accounts.choices import Function
from sla import criteria
from sla.models.taxonomy import Route
from sla.stages import LABELS, Stage
from sla.terms import (
    DefinitionTerms,
    IdealCustomerTerms,
    PersonaTerms,
    RouteTerms,
    ScoreRuleTerms,
    StageTerms,
    Terms,
)
from sla.words.basics import function_label, listed, number_words, plural, sentence
from sla.words.hours import country_words

_names: list[Callable[[str], str]] = [criteria.humanise]


def name_fields_by(label: Callable[[str], str]) -> None:
    """The app that knows leads names their fields as people know them."""
    _names[0] = label


def field_words(name: str) -> str:
    return _names[0](name)


def criteria_words(condition: Mapping[str, Any]) -> str:
    """A condition as a phrase; one that cannot be read (a draft in the making) says so."""
    if not condition:
        return "always"
    if criteria.check_criteria(condition):
        return "(a condition that cannot be read yet)"
    return criteria.in_words(condition, field_words)


# --- stages and definitions ----------------------------------------------------------------------------------------


LONG_NAMES = {
    Stage.MQL: "marketing qualified lead",
    Stage.PQL: "product qualified lead",
    Stage.TAL: "telequalification accepted lead",
    Stage.TQL: "telequalified lead",
    Stage.SAL: "sales accepted lead",
    Stage.SQL: "sales qualified lead",
}


def long_label(code: str, terms: Terms) -> str:
    """A stage's label; where it is the usual abbreviation, what that stands for."""
    label = terms.label(code)
    long = LONG_NAMES.get(Stage(code)) if label == LABELS.get(code) else None
    return f"{label}, {long}" if long else label


def stage_words(stage: StageTerms) -> list[str]:
    said = [stage.words.strip()]
    if stage.examples.strip():
        said.append(f"Example: {stage.examples.strip()}")
    return [item for item in said if item]


def definition_words(definition: DefinitionTerms, terms: Terms) -> list[str]:
    """Words first, then what the machine checks, a sentence each."""
    label = terms.label(definition.stage)
    said = [definition.words.strip()]
    asked = criteria_words(definition.criteria) if definition.criteria else ""
    demands = [
        f"at least {minimum} {kind}"
        for minimum, kind in (
            (definition.minimum_score, "points in all"),
            (definition.minimum_fit, "points for fit"),
            (definition.minimum_engagement, "points for engagement"),
        )
        if minimum is not None
    ]
    if asked:  # in a sentence of its own, for it may hold an "or"
        said.append(f"A lead becomes {label} when {asked}.")
    if demands:
        has = listed(demands)
        said.append(f"It must have {has} as well." if asked else f"A lead becomes {label} when it has {has}.")
    if thrown := [rule.name for rule in terms.score_rules if rule.catapult_to == definition.stage]:
        said.append(f"Whatever its points, it becomes {label} at once by: {listed(thrown, 'or')}.")
    if definition.required_fields:
        names = listed(field_words(name) for name in definition.required_fields)
        said.append(f"These must be known: {names}.")
    if definition.exclusions:
        said.append(f"It never does when {criteria_words(definition.exclusions)}.")
    return [item for item in said if item]


def leads_handed_to(function: str, terms: Terms) -> str:
    """What leads are called when this function gets them: "MQL", "TQL", "MQL or TQL"; "lead" where nobody knows."""
    labels: list[str] = []
    for route in terms.routes:
        if route.team.get("function") != function or route.goes_around:
            continue
        if route.leg == Route.Leg.TELEQUALIFIED:
            labels.append(terms.label(Stage.TQL) if terms.stage_enabled(Stage.TQL) else "lead")
        else:
            labels += [terms.label(stage) for stage in terms.qualifying_stages]
    return listed(dict.fromkeys(labels), "or") or "lead"


# --- whom we look for ----------------------------------------------------------------------------------------------


def ideal_customer_words(profile: IdealCustomerTerms, currency: str) -> list[str]:
    said = [profile.words.strip()]
    wanted = []
    if profile.industries:
        wanted.append(f"in {listed(profile.industries, 'or')}")
    if profile.countries:
        wanted.append(f"based in {listed((country_words(code) for code in profile.countries), 'or')}")
    if profile.regions:
        wanted.append(f"in the region {listed(profile.regions, 'or')}")
    size = _between(profile.employees_from, profile.employees_to)
    if size:
        wanted.append(f"with {size} people")
    revenue = _between(profile.revenue_from, profile.revenue_to)
    if revenue:
        wanted.append(f"with {revenue} {currency} revenue a year")
    if wanted:
        said.append(f"A company {', '.join(wanted)}.")
    return [item for item in said if item]


def _between(low: int | Decimal | None, high: int | Decimal | None) -> str:
    if low is not None and high is not None:
        return f"{number_words(low)} to {number_words(high)}"
    if low is not None:
        return f"at least {number_words(low)}"
    return f"at most {number_words(high)}" if high is not None else ""


def persona_words(persona: PersonaTerms) -> list[tuple[str, str]]:
    """What is known of the persona, as label and text; how it is recognised last."""
    parts = [
        ("Who", persona.biography),
        ("How they buy", persona.behaviour),
        ("Interests", persona.interests),
        ("Needs", persona.needs),
        ("Pain points", persona.pain_points),
        ("Recognised when", sentence(criteria_words(persona.criteria)) if persona.criteria else ""),
    ]
    return [(label, text.strip()) for label, text in parts if text.strip()]


# --- points --------------------------------------------------------------------------------------------------------


def rule_words(rule: ScoreRuleTerms, terms: Terms) -> str:
    """What a rule gives points for, and for how long: the points themselves stand beside."""
    if rule.kind == "attribute":
        said = [criteria_words(rule.criteria)]
    else:
        said = [
            f"each {criteria.humanise(rule.activity_type)}"
            + (f" where {criteria_words(rule.criteria)}" if rule.criteria else "")
        ]
        if rule.at_most:
            said.append(f"the latest {plural(rule.at_most, 'time')} at most" if rule.at_most > 1 else "once at most")
        if rule.half_life_days:
            said.append(f"halved every {plural(rule.half_life_days, 'day')}")
    if rule.catapult_to:
        said.append(f"makes the lead {terms.label(rule.catapult_to)} at once")
    return sentence("; ".join(said))


def points_words(points: int) -> str:
    return f"+{points}" if points > 0 else str(points).replace("-", "−")


# --- routes --------------------------------------------------------------------------------------------------------


def route_words(route: RouteTerms, place: int, routes: Sequence[RouteTerms]) -> str:
    """One route among those of its leg: when it applies, and to whom the lead goes."""
    goes = {
        Route.To.QUEUE: f"it goes to the queue of {route.team['name']}, to whoever is free first",
        Route.To.ROUND_ROBIN: f"it goes to {route.team['name']}, to the colleague with the most free capacity",
        Route.To.ACCOUNT_OWNER: f"it goes to the account's owner in {route.team['name']}",
        Route.To.PERSON: f"it goes to {route.person['name'] if route.person else 'a person to be named'} in {route.team['name']}",
    }[Route.To(route.to)]
    kind = {"warm": ", as a warm transfer on the same call", "booked": ", with a meeting already booked"}.get(
        route.kind, ""
    )
    when = f"When {criteria_words(route.criteria)}, " if route.criteria else ("Otherwise " if place else "")
    if route.to == Route.To.ACCOUNT_OWNER and place < len(routes) - 1:
        kind += "; if there is no owner there, the next rule applies"
    return sentence(f"{when}{goes}{kind}")


def around_words(route: RouteTerms) -> str:
    if not route.goes_around:
        return ""
    return "This is a route-around rule: the lead passes over a team that would otherwise be next."


def destination(route: RouteTerms) -> str:
    return f"{function_label(route.team.get('function', Function.SALES))}: {route.team['name']}"
