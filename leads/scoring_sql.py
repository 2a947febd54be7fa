"""Scores of many leads in one statement: the twin of `leads/scoring.py`, held equal to it by a property test.

    scored = scored_leads(terms, at, "lead.segment_id = %(segment)s", {"segment": 7})
    cursor.execute(f"SELECT lead_id, fit, engagement, points, times FROM ({scored.sql}) AS scored", scored.params)

The activities are read once, ranked by lead and rule from the latest on, and added up; from there on there is one row a
lead. Beside the score stand the persona, the fit grade, and with `reaches` the furthest stage before or at
qualification that a definition lets the lead enter, as `judging.next_stage` finds it one by one; then also what is
stored: `before`, the total (NULL for a lead that has none), and `regraded`, whether persona or grade are others.
"""

# ruff: noqa: S608 - the statements are made here, of our own expressions; values are bound

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads import scoring
from leads.criteria_sql import FROM, Compiler
from sla.criteria import Criteria, behaviours_of
from sla.services.readiness import highest_score, thresholds
from sla.stages import BEFORE_QUALIFICATION, RANK, Stage
from sla.terms import DefinitionTerms, ScoreGroupTerms, ScoreRuleTerms, Terms

NO_LIMIT = 2_000_000_000
COLUMNS = ("lead_id", "fit", "engagement", "points", "times", "rescore_at", "persona", "fit_grade")


@dataclass(frozen=True)
class Statement:
    """A SELECT and the values to bind to it."""

    sql: str
    params: Mapping[str, Any]


def scored_leads(
    terms: Terms,
    at: datetime,
    scope: str,
    values: Mapping[str, Any] | None = None,
    *,
    every_lead: bool = True,
    reaches: bool = False,
    all_deeds: bool = False,
) -> Statement:
    """The scores at `at` of the leads that `scope` chooses, a condition on `lead` (a row of leads_lead) with `values`.

    `every_lead` says that these are most leads, so that behaviours are counted in one pass over all activities;
    `all_deeds` that looking whose an activity is would cost more than adding up those of other leads too.
    """
    query = Compiler(at, every_lead=every_lead)
    query.params.update(values or {})
    return _Scoring(terms, query, scope, all_deeds).statement(reaches=reaches)


def capped(points: str, group: ScoreGroupTerms) -> str:
    """The expression for what is left of a group's points within its bounds, as `scoring.capped`."""
    points = points if group.maximum is None else f"least({points}, {group.maximum})"
    return points if group.minimum is None else f"greatest({points}, {group.minimum})"


def points_asked(definition: DefinitionTerms, *, fit: str, engagement: str, total: str = "") -> list[str]:
    """The conditions a definition puts on expressions for the points of fit and engagement, and on their total."""
    points = {"points": total or f"({fit} + {engagement})", "fit": f"({fit})", "engagement": f"({engagement})"}
    return [f"{points[name]} >= {least}" for name, least in thresholds(definition) if least is not None]


@dataclass
class _Scoring:
    terms: Terms
    query: Compiler
    scope: str
    all_deeds: bool
    rules: Sequence[tuple[int, ScoreRuleTerms]] = field(init=False)

    def __post_init__(self) -> None:
        self.rules = list(enumerate(self.terms.score_rules))

    @property
    def deed_rules(self) -> list[tuple[int, ScoreRuleTerms]]:
        return [(no, rule) for no, rule in self.rules if rule.kind == "activity"]

    def statement(self, *, reaches: bool) -> Statement:
        # Materialised, for tables that nobody has analysed yet make the planner expect one row and work everything out
        # again for each of many.
        parts = [f"scored AS MATERIALIZED ({self._scored()})"]
        if self.deed_rules:
            parts = [f"deed AS ({self._deeds()})", f"summed AS MATERIALIZED ({self._summed()})", *parts]
        columns = ", ".join(f"scored.{name}" for name in COLUMNS)
        if reaches:
            tables = FROM.replace(
                "leads_lead lead JOIN", "scored JOIN leads_lead lead ON lead.id = scored.lead_id JOIN"
            )
            columns += ", held.total AS before, (lead.persona, lead.fit_grade) <> (scored.persona, scored.fit_grade) AS regraded"
            held = "LEFT JOIN leads_leadscore held ON held.lead_id = lead.id"
            body = f"SELECT {columns}, {self._reached()} AS reaches FROM {tables} {held}"
        else:
            body = f"SELECT {columns} FROM scored"
        return Statement(f"WITH {', '.join(parts)} {body}", self.query.params)

    # --- activities ------------------------------------------------------------------------------------------------
    def _deeds(self) -> str:
        """The activities that a rule speaks of, each with its rank among its lead's, the latest first.

        One that counts no time at all is worth nothing, but has happened: it may still carry its lead to a stage.
        """
        bind = self.query.bind
        rows = ", ".join(
            f"({no}, {bind(rule.activity_type, 'text')}, {rule.points if rule.at_most != 0 else 0},"
            f" {NO_LIMIT if rule.at_most is None else max(rule.at_most, 1)}, {rule.half_life_days or 'NULL'}::int)"
            for no, rule in self.deed_rules
        )
        at = bind(self.query.at)
        conditions = [f"a.occurred_at <= {at}", "a.lead_id IS NOT NULL"]
        if not self.all_deeds:
            conditions.append(f"a.lead_id IN (SELECT lead.id FROM leads_lead lead WHERE {self.scope})")
        narrow = [(no, self.query.deed_matches(rule.criteria)) for no, rule in self.deed_rules if rule.criteria]
        if narrow:
            whens = " ".join(f"WHEN {no} THEN {condition}" for no, condition in narrow)
            conditions.append(f"CASE r.no {whens} ELSE TRUE END")
        age = f"date_part('day', {at} - a.occurred_at)::int"
        halved = f"least(coalesce({age} / r.half_life, 0), {scoring.MOST_HALVINGS})"
        return (
            f"SELECT a.lead_id, r.no, r.points, r.at_most, r.half_life, a.occurred_at, {halved} AS halved,"
            " row_number() OVER (PARTITION BY a.lead_id, r.no ORDER BY a.occurred_at DESC) AS rank"
            f" FROM leads_activity a JOIN (VALUES {rows}) AS r (no, type, points, at_most, half_life) ON r.type = a.type"
            f" WHERE {' AND '.join(conditions)}"
        )

    def _summed(self) -> str:
        """One row a lead: points and number of counted activities of every rule, and when the next point decays."""
        counted = (
            "SELECT lead_id, no, sum(sign(points)::int * (abs(points) >> halved))::int AS worth, count(*)::int AS times,"
            " min(occurred_at + make_interval(hours => 24 * (halved + 1) * half_life))"
            " FILTER (WHERE half_life IS NOT NULL AND abs(points) >> halved <> 0) AS decays_at"
            " FROM deed WHERE rank <= at_most GROUP BY lead_id, no"
        )
        sums = ", ".join(
            f"sum(worth) FILTER (WHERE no = {no})::int AS p{no}, sum(times) FILTER (WHERE no = {no})::int AS t{no}"
            for no, _ in self.deed_rules
        )
        return f"SELECT lead_id, {sums}, min(decays_at) AS decays_at FROM ({counted}) AS counted GROUP BY lead_id"

    # --- one row a lead --------------------------------------------------------------------------------------------
    def _scored(self) -> str:
        """Level by level, each kept apart by OFFSET 0: what a level works out is used several times by the next."""
        held = f"SELECT {', '.join(self._held())} FROM {FROM}{self._summed_join()} WHERE {self.scope} OFFSET 0"
        grouped = (
            f"SELECT *, {', '.join(self._groups())} FROM ({held}) AS held OFFSET 0" if self.terms.score_groups else held
        )
        totals = ", ".join(
            f"({' + '.join(['0', *(f'g{n}' for n, g in enumerate(self.terms.score_groups) if g.dimension == dimension)])}) AS {dimension}"
            for dimension in (scoring.FIT, scoring.ENGAGEMENT)
        )
        total = f"SELECT *, {totals} FROM ({grouped}) AS grouped OFFSET 0"
        return f"SELECT *, {self._log()}, {self._grade()} AS fit_grade FROM ({total}) AS total"

    def _summed_join(self) -> str:
        return " LEFT JOIN summed ON summed.lead_id = lead.id" if self.deed_rules else ""

    def _held(self) -> list[str]:
        """Each rule's points and number as `p` and `t`, deeds of catapults, the persona, when time changes a point."""
        columns = ["lead.id AS lead_id"]
        moments = ["summed.decays_at"] if self.deed_rules else []
        for no, rule in self.rules:
            if rule.kind == "activity":
                columns += [f"coalesce(summed.p{no}, 0) AS p{no}", f"summed.t{no} AS t{no}"]
            else:
                columns += [
                    f"CASE WHEN {self.query.condition(rule.criteria)} THEN {rule.points} ELSE 0 END AS p{no}",
                    f"1 AS t{no}",
                ]
                moments += self._lapses(rule.criteria)
        columns.append(f"least({', '.join(moments)}) AS rescore_at" if moments else "NULL::timestamptz AS rescore_at")
        columns.append(f"{self._persona()} AS persona")
        return columns

    def _lapses(self, criteria: Criteria) -> list[str]:
        """When the oldest deed that a behaviour counts grows too old to count."""
        return [
            f"((SELECT min(a.occurred_at) FROM leads_activity a WHERE a.lead_id = lead.id AND {self.query.deeds(leaf)})"
            f" + make_interval(hours => {24 * int(leaf['within_days'])}))"
            for leaf in behaviours_of(criteria)
            if leaf.get("within_days") is not None
        ]

    def _persona(self) -> str:
        whens = [
            f"WHEN {self.query.condition(persona.criteria)} THEN {self.query.bind(persona.key, 'text')}"
            for persona in self.terms.personas
            if persona.criteria
        ]
        return f"CASE {' '.join(whens)} ELSE '' END" if whens else "''::text"

    def _groups(self) -> list[str]:
        """Each group's points after its cap (`g`) and before (`u`)."""
        columns = []
        for number, group in enumerate(self.terms.score_groups):
            points = " + ".join(["0", *(f"p{no}" for no, rule in self.rules if rule.group == group.key)])
            columns += [f"({points}) AS u{number}", f"{capped(f'({points})', group)} AS g{number}"]
        return columns

    def _log(self) -> str:
        """The log as `scoring.packed` lays it out."""
        caps = [f"g{number} - u{number}" for number, _ in enumerate(self.terms.score_groups)]
        points = ", ".join([*(f"p{no}" for no, _ in self.rules), *caps])
        times = ", ".join(f"CASE WHEN p{no} <> 0 THEN t{no} ELSE 0 END" for no, _ in self.rules)
        return f"ARRAY[{points}]::int[] AS points, ARRAY[{times}]::int[] AS times"

    def _grade(self) -> str:
        highest = highest_score(self.terms, scoring.FIT)
        if highest <= 0:
            return "''::text"
        quarters = " ".join(
            f"WHEN fit * 4 >= {highest * n} THEN '{name}'" for n, name in ((3, "A"), (2, "B"), (1, "C"))
        )
        return f"CASE {quarters} ELSE 'D' END"

    # --- stages ----------------------------------------------------------------------------------------------------
    def _reached(self) -> str:
        """The furthest stage that the lead may enter, ahead of where it stands; NULL where there is none."""
        self.query.overrides = {"lead.persona": "scored.persona", "lead.fit_grade": "scored.fit_grade"}
        known = self.query.condition(
            {"any": [{"field": f"person.{name}", "op": "present"} for name in ("email", "phone")]}
        )
        whens = []
        for stage in reversed((Stage.ENGAGED, *self.terms.qualifying_stages)):
            definitions = [self._meets(definition) for definition in self.terms.definitions_for(stage)]
            if definitions:
                behind = sorted(code for code in BEFORE_QUALIFICATION if RANK[code] < RANK[stage])
                before = ", ".join(f"'{code}'" for code in behind)
                whens.append(f"WHEN lead.stage IN ({before}) AND ({' OR '.join(definitions)}) THEN '{stage}'")
        whens.append(f"WHEN lead.stage = 'anonymous' AND {known} THEN 'known'")
        return f"CASE {' '.join(whens)} END"

    def _meets(self, definition: DefinitionTerms) -> str:
        """One definition: required fields and exclusions always; conditions and thresholds unless a catapult deed."""
        parts = [f"NOT {self.query.missing(name)}" for name in definition.required_fields]
        if definition.exclusions:
            parts.append(f"NOT {self.query.condition(definition.exclusions)}")
        asked = [self.query.condition(definition.criteria)] if definition.criteria else []
        asked += points_asked(definition, fit="scored.fit", engagement="scored.engagement")
        thrown = [f"scored.t{no} IS NOT NULL" for no, rule in self.deed_rules if rule.catapult_to == definition.stage]
        meets = f"({' AND '.join(asked or ['TRUE'])})"
        parts.append(f"({' OR '.join([*thrown, meets])})")
        return f"({' AND '.join(parts)})"
