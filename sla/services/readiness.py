"""What is missing before a draft may be proposed: sentences, each with the clause it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from config.accounts.choices import Function
from sla.calendars import calendar_from_term, holiday_problems
from sla.criteria import Criteria, activity_types, behaviours_of, check_criteria, contradictions, fields_of
from sla.metrics import EVALUATORS, METRICS
from sla.openhours import BadCalendar
from sla.stages import ALWAYS_ON, IN_HANDS
from sla.terms import CommitmentTerms, DefinitionTerms, Terms

KnownFields = frozenset[str] | None
POINTS_IN_WORDS = re.compile(r"\b(\d+) points\b")
MADE_BY_SCORING = frozenset({"lead.fit_grade", "lead.persona", "lead.qualified_by"})


@dataclass(frozen=True)
class Gap:
    """`blocks` gaps must be filled before proposing; others are warnings with a figure or a reason."""

    anchor: str
    words: str
    blocks: bool = True


def gaps(terms: Terms, known_fields: KnownFields = None, deeds_done: frozenset[str] | None = None) -> list[Gap]:
    """Everything that stands between this draft and a signature. `known_fields` are the fields leads can have,
    `deeds_done` the types of activity that leads have done lately; without them everything is taken for known."""
    found: list[Gap] = []
    for check in CHECKS:
        found.extend(check(terms, known_fields))
    if deeds_done is not None:
        found.extend(_never_done(terms, deeds_done))
    return found


def _never_done(terms: Terms, done: frozenset[str]) -> Iterator[Gap]:
    """Types of activity that nobody does: most often a slip of spelling."""
    named: dict[str, tuple[str, str]] = {}
    for rule in terms.score_rules:
        if rule.kind == "activity" and rule.activity_type:
            named.setdefault(rule.activity_type, (f"score_rule:{rule.key}", rule.name))
    for anchor, name, condition in conditions_of(terms):
        for leaf in behaviours_of(condition) if not check_criteria(condition) else ():
            for deed in activity_types(leaf):
                named.setdefault(deed, (anchor, name))
    for deed in sorted(set(named) - done):
        anchor, name = named[deed]
        yield Gap(anchor, f"{name} looks for “{deed}”, which no lead has done lately. Is it spelt right?", blocks=False)


def conditions_of(terms: Terms) -> Iterator[tuple[str, str, Criteria]]:
    """Every condition over a lead, with its anchor and the name of what it belongs to."""
    for definition in terms.definitions:
        yield f"definition:{definition.key}", definition.name, definition.criteria
        yield f"definition:{definition.key}", definition.name, definition.exclusions
    for kind, terms_of_kind in (
        ("persona", terms.personas),
        ("score_rule", terms.score_rules),
        ("route", terms.routes),
    ):
        for term in terms_of_kind:
            yield f"{kind}:{term.key}", term.name, term.criteria


def _parties(terms: Terms, _: KnownFields) -> Iterator[Gap]:
    signing = set(terms.signing_sides)
    if Function.MARKETING not in signing:
        yield Gap("parties", "Marketing must be a party that signs.")
    if not signing & {Function.SALES, Function.BUSINESS_DEVELOPMENT}:
        yield Gap("parties", "Sales must be a party that signs.")
    receivers = {route.team["function"] for route in terms.routes}
    for function in sorted(receivers - {party.function for party in terms.parties}):
        yield Gap("parties", f"Leads are routed to {Function(function).label}, which is not a party.")


def _stages(terms: Terms, _: KnownFields) -> Iterator[Gap]:
    if not terms.qualifying_stages:
        yield Gap("stages", "At least one stage must qualify a lead: MQL or PQL.")
    for code, stage in terms.stages.items():
        if stage.is_enabled and not stage.label:
            yield Gap(f"stage:{code}", f"The stage {code} has no label.")
        if stage.is_enabled and code in IN_HANDS and not stage.words:
            yield Gap(f"stage:{code}", f"{stage.label} has no written definition.")
    for code, stage in terms.stages.items():
        if code in ALWAYS_ON and not stage.is_enabled:
            yield Gap(f"stage:{code}", f"{stage.label or code} cannot be switched off: leads would have nowhere to go.")
    labels = [stage.label for stage in terms.stages.values() if stage.is_enabled]
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        yield Gap("stages", f"Two stages are called {label}.")


def _definitions(terms: Terms, known: KnownFields) -> Iterator[Gap]:
    for stage in terms.qualifying_stages:
        if not terms.definitions_for(stage):
            yield Gap("definitions", f"Nothing says when a lead becomes {terms.label(stage)}.")
    for definition in terms.definitions:
        anchor = f"definition:{definition.key}"
        for problem in [*check_criteria(definition.criteria, known), *check_criteria(definition.exclusions, known)]:
            yield Gap(anchor, f"{definition.name}: {problem}")
        for name in definition.required_fields:
            if known is not None and name not in known:
                yield Gap(anchor, f"{definition.name} requires {name!r}, which nothing is known by.")
        yield from _never_met(definition, anchor)
        asked = [(name, wanted) for name, wanted in thresholds(definition) if wanted is not None]
        if not definition.criteria and not asked and definition.stage in terms.qualifying_stages:
            yield Gap(anchor, f"{definition.name} has neither conditions nor a threshold: every lead would meet it.")
        for figure in sorted(set(POINTS_IN_WORDS.findall(definition.words)) - {str(wanted) for _, wanted in asked}):
            yield Gap(
                anchor, f"{definition.name} says {figure} points in its words and asks for another figure.", False
            )
        for name, wanted in asked:
            if wanted < 0:
                yield Gap(anchor, f"{definition.name} asks for less than no {name}; leave it out or ask for more.")
            reachable = highest_score(terms, dimension="" if name == "points" else name)
            if wanted > reachable:
                words = name if name == "points" else f"points of {name}"
                yield Gap(anchor, f"{definition.name} asks for {wanted} {words}; the rules give at most {reachable}.")


def _never_met(definition: DefinitionTerms, anchor: str) -> Iterator[Gap]:
    """Conditions and exclusions that are each well-formed and leave no lead between them."""
    if check_criteria(definition.criteria) or check_criteria(definition.exclusions):
        return
    needed = [{"field": name, "op": "present"} for name in definition.required_fields]
    needed += [dict(definition.criteria)] if definition.criteria else []
    for problem in contradictions({"all": needed} if needed else {}, definition.exclusions):
        yield Gap(anchor, f"{definition.name} can never be met: {problem}")


def thresholds(definition: DefinitionTerms) -> tuple[tuple[str, int | None], ...]:
    """What a definition asks of the score, by name."""
    return (
        ("points", definition.minimum_score),
        ("fit", definition.minimum_fit),
        ("engagement", definition.minimum_engagement),
    )


def highest_score(terms: Terms, dimension: str = "") -> int:
    """The most points a lead can have under these rules (of one dimension): positive rules, each group at its cap."""
    total = 0
    for group in terms.score_groups:
        if dimension and group.dimension != dimension:
            continue
        points = 0
        for rule in terms.score_rules:
            if rule.group == group.key and rule.points > 0:
                times = 1 if rule.kind == "attribute" else 10_000 if rule.at_most is None else rule.at_most
                points += rule.points * times
        points = points if group.maximum is None else min(points, group.maximum)
        total += points if group.minimum is None else max(points, group.minimum)
    return total


def _ideal_customers(terms: Terms, _: KnownFields) -> Iterator[Gap]:
    for profile in terms.ideal_customers:
        for what, low, high in (
            ("employees", profile.employees_from, profile.employees_to),
            ("revenue", profile.revenue_from, profile.revenue_to),
        ):
            if low is not None and high is not None and low > high:
                yield Gap(
                    f"ideal_customer:{profile.key}", f"{profile.name}: no company has {what} from {low} to {high}."
                )


def _scoring(terms: Terms, known: KnownFields) -> Iterator[Gap]:
    groups = {group.key for group in terms.score_groups}
    for rule in terms.score_rules:
        anchor = f"score_rule:{rule.key}"
        if rule.group not in groups:
            yield Gap(anchor, f"{rule.name} counts in the group {rule.group!r}, which does not exist.")
        if rule.kind == "activity" and not rule.activity_type:
            yield Gap(anchor, f"{rule.name} names no type of activity.")
        if rule.kind == "activity":
            for problem in _deed_conditions(rule.criteria):
                yield Gap(anchor, f"{rule.name}: {problem}")
        if rule.kind == "attribute":
            if not rule.criteria:
                yield Gap(anchor, f"{rule.name} has no condition.")
            for problem in check_criteria(rule.criteria, known):
                yield Gap(anchor, f"{rule.name}: {problem}")
            for name in sorted(fields_of(rule.criteria) & MADE_BY_SCORING) if not check_criteria(rule.criteria) else ():
                yield Gap(
                    anchor, f"{rule.name} looks at {name!r}, which is itself worked out from the score: a circle."
                )
        if rule.catapult_to and not terms.stage_enabled(rule.catapult_to):
            yield Gap(anchor, f"{rule.name} carries leads to {terms.label(rule.catapult_to)}, which is switched off.")
    for group in terms.score_groups:
        if group.maximum is not None and group.minimum is not None and group.maximum < group.minimum:
            yield Gap(f"score_group:{group.key}", f"{group.name} is capped below its floor.")


def _deed_conditions(criteria: Criteria) -> Iterator[str]:
    """Faults of the conditions on an activity itself: they look at its own properties and at nothing else."""
    problems = check_criteria(criteria)
    yield from problems
    if not problems:
        for name in sorted(fields_of(criteria)):
            if not name.startswith("activity."):
                yield f"{name!r} is not a property of the activity; these begin with 'activity.'."
        if behaviours_of(criteria):
            yield "The conditions on an activity cannot count other activities."


def _routes(terms: Terms, known: KnownFields) -> Iterator[Gap]:
    for leg, label in (("qualified", "once qualified"), ("telequalified", "once telequalified")):
        routes = terms.routes_on(leg)
        needed = leg == "qualified" or any(r.team["function"] == Function.TELEQUALIFICATION for r in terms.routes)
        if needed and not any(not route.criteria for route in routes):
            yield Gap("routes", f"A lead {label} may fit no route: the last one must have no conditions.")
        for index, route in enumerate(routes):
            anchor = f"route:{route.key}"
            for problem in check_criteria(route.criteria, known):
                yield Gap(anchor, f"{route.name}: {problem}")
            if not route.criteria and index < len(routes) - 1 and route.to != "account_owner":
                yield Gap(
                    anchor, f"{route.name} takes every lead; the routes after it are never reached.", blocks=False
                )
            if route.to == "person" and not route.person:
                yield Gap(anchor, f"{route.name} names no person.")
            if leg == "telequalified" and route.team["function"] == Function.TELEQUALIFICATION:
                yield Gap(anchor, f"{route.name} sends a telequalified lead back to telequalification: a circle.")
            if route.team["function"] == Function.MARKETING:
                yield Gap(anchor, f"{route.name} sends a qualified lead back to marketing: a circle.")


def _calendars(terms: Terms, _: KnownFields) -> Iterator[Gap]:
    if not terms.calendars:
        yield Gap("calendars", "There is no working calendar.")
    for key, calendar in terms.calendars.items():
        try:
            calendar_from_term(vars(calendar))
        except BadCalendar as error:
            yield Gap(f"calendar:{key}", f"{calendar.name}: {error}")
        for problem in holiday_problems(calendar.holiday_country, calendar.holiday_region):
            yield Gap(f"calendar:{key}", f"{calendar.name}: {problem}")


def _commitments(terms: Terms, known: KnownFields) -> Iterator[Gap]:
    sides = {party.function for party in terms.parties}
    for commitment in terms.commitments:
        for words in _commitment_gaps(terms, commitment, sides, known):
            yield Gap(f"commitment:{commitment.key}", f"{commitment.name}: {words}")
    promised = {commitment.side for commitment in terms.commitments}
    for side in terms.signing_sides:
        if side not in promised:
            yield Gap("commitments", f"{Function(side).label} signs but promises nothing.")


def _commitment_gaps(terms: Terms, commitment: CommitmentTerms, sides: set[str], known: KnownFields) -> Iterator[str]:
    metric = METRICS.get(commitment.metric)
    if metric is None:
        yield f"nothing is measured by {commitment.metric!r}."
        return
    if not EVALUATORS.signable(metric.key):
        yield f"{metric.label} has no evaluator, so nobody could say whether it is kept."
    if commitment.side not in sides:
        yield f"{Function(commitment.side).label} is not a party."
    elif commitment.side not in metric.sides:
        yield f"{metric.label} is not for {Function(commitment.side).label} to promise."
    if commitment.unit not in metric.units:
        yield f"{metric.label} is not counted in that unit."
    if metric.is_timed and commitment.calendar not in terms.calendars:
        yield "the calendar it is counted in does not exist."
    if metric.is_timed and not commitment.to_function:
        yield "it does not say on handoffs to whom."
    if metric.needs_stage and (not commitment.stage or not terms.stage_enabled(commitment.stage)):
        yield "it needs a stage that is switched on."
    if metric.needs_count and not commitment.count:
        yield "it needs a number of attempts."
    if commitment.unit == "time_of_day" and not (commitment.cutoff and commitment.answer_by):
        yield "it needs a time of day until which leads count for the same day, and one by which they are answered."
    yield from check_criteria(commitment.scope, known)


def _escalations(terms: Terms, _: KnownFields) -> Iterator[Gap]:
    timed = {c.key for c in terms.commitments if c.metric in METRICS and METRICS[c.metric].is_timed}
    for step in terms.escalations:
        if step.commitment not in timed:
            yield Gap(f"escalation:{step.key}", f"A step names {step.commitment!r}, which is not a timed commitment.")


def _process(terms: Terms, _: KnownFields) -> Iterator[Gap]:
    if not terms.reasons_of("reject"):
        yield Gap("reasons", "There is no reason to reject a lead for.")
    for kind in ("disqualify", "recycle", "lost"):
        if not terms.reasons_of(kind):
            yield Gap("reasons", f"There is no reason of the kind: {kind}.")
    for reason in terms.reasons.values():
        if reason.goes_to == "nurture" and not reason.return_after_days:
            yield Gap(f"reason:{reason.key}", f"{reason.label} goes to nurture without saying when it returns.", False)
    for item in terms.dispositions.values():
        if item.reason and item.reason not in terms.reasons:
            yield Gap(
                f"disposition:{item.key}", f"{item.label} closes with the reason {item.reason!r}, which is not listed."
            )
        if item.effect in ("recycle", "disqualify", "suppress") and not item.reason:
            yield Gap(f"disposition:{item.key}", f"{item.label} closes a lead and names no reason.")
    for cadence in terms.cadences:
        if cadence.unreachable_reason not in terms.reasons:
            yield Gap(f"cadence:{cadence.key}", f"{cadence.name} does not say what becomes of a lead nobody reaches.")


CHECKS: tuple[Callable[[Terms, KnownFields], Iterator[Gap]], ...] = (
    _parties,
    _stages,
    _definitions,
    _ideal_customers,
    _scoring,
    _routes,
    _calendars,
    _commitments,
    _escalations,
    _process,
)
