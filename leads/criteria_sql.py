"""Criteria as SQL over all leads: the twin of `sla/criteria/judging.py`, held equal to it by a property test.

    query = Compiler(at)
    condition = query.condition(definition.criteria)
    cursor.execute(f"SELECT count(*) FROM {FROM} WHERE {condition}", query.params)

Values are bound, never written into the statement; the only texts put in are expressions of `leads/fields.py`. Every
condition is TRUE or FALSE, never NULL, so that it can be negated and counted.
"""

# ruff: noqa: S608 - the statements are made here, of our own expressions

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from leads.fields import FieldSpec, spec_of
from sla.criteria import OPERATORS, Criteria, activity_types, as_day, as_number, fold, group_of, parts_of
from sla.stages import BEFORE_QUALIFICATION

FROM = (
    "leads_lead lead JOIN leads_person person ON person.id = lead.person_id"
    " LEFT JOIN leads_company company ON company.id = lead.company_id"
)
COMPARE = {"at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<", "since": ">=", "until": "<="}
BEFORE = ", ".join(f"'{stage}'" for stage in sorted(BEFORE_QUALIFICATION))
DAY_START = r"'^[0-9]{4}-[0-9]{2}-[0-9]{2}'"


@dataclass
class Compiler:
    """Collects the parameters of one statement while its conditions are written.

    `every_lead`: the statement looks at most leads, so behaviours are counted for all leads in one pass; without it
    each lead's own deeds are looked up by their index. `overrides` gives other SQL for some fields, such as the
    persona that is just being worked out.
    """

    at: datetime
    every_lead: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any, cast: str = "") -> str:
        """A placeholder for a value; the same value is bound once."""
        known = (name for name, bound in self.params.items() if type(bound) is type(value) and bound == value)
        name = next(known, f"p{len(self.params)}")
        self.params[name] = value
        return f"%({name})s{cast and '::' + cast}"

    # --- conditions ------------------------------------------------------------------------------------------------
    def condition(self, criteria: Criteria) -> str:
        """A boolean expression over FROM."""
        if not criteria:
            return "TRUE"
        if "field" in criteria:
            return self._field(criteria)
        if "activity" in criteria:
            return self._behaviour(criteria)
        group, parts = group_of(criteria), [self.condition(part) for part in parts_of(criteria)]
        if group == "all":
            return f"({' AND '.join(parts)})"
        if group == "any":
            return f"({' OR '.join(parts)})"
        if group == "none":
            return f"(NOT ({' OR '.join(parts)}))"
        counted = " + ".join(f"({part})::int" for part in parts)
        return f"({counted} >= {int(criteria['at_least'])})"

    def missing(self, name: str) -> str:
        """Whether a field is not filled."""
        return self.condition({"field": name, "op": "missing"})

    # --- fields ----------------------------------------------------------------------------------------------------
    def _field(self, leaf: Criteria) -> str:
        spec = spec_of(leaf["field"])
        op, wanted = leaf["op"], leaf.get("value")
        if spec is None:  # nothing is known by this name, so nothing is ever known of it
            return "TRUE" if OPERATORS[op].when_missing else "FALSE"
        if spec.known and op in ("present", "missing"):
            return spec.known if op == "present" else f"(NOT {spec.known})"
        if spec.kind == "number" and OPERATORS[op].takes in ("number", "range") and spec.name not in self.overrides:
            return self._number(f"({self._value(spec)})::float8", op, wanted)
        return self._compared(self.text(spec), op, wanted)

    def _value(self, spec: FieldSpec) -> str:
        return self.overrides.get(spec.name) or spec.sql.replace("{param}", self.bind(spec.param) if spec.param else "")

    def text(self, spec: FieldSpec) -> str:
        """The field as folded text, NULL where it is blank."""
        value = self._value(spec)
        if spec.name not in self.overrides:
            if spec.kind == "json":
                value = f"leads_text({value})"
            elif spec.kind == "number":
                value = f"trim_scale(({value})::numeric)::text"
            elif spec.kind == "day":
                value = f"({value})::text"
        return f"nullif(leads_fold({value}), '')"

    def _compared(self, text: str, op: str, wanted: Any) -> str:
        if op in ("present", "missing"):
            return f"({text} IS {'NOT ' if op == 'present' else ''}NULL)"
        if op in ("is", "is_not"):
            return f"({text} IS {'NOT ' if op == 'is' else ''}DISTINCT FROM {self.bind(fold(wanted), 'text')})"
        if op in ("in", "not_in"):
            values = self.bind(sorted({fold(item) for item in wanted}), "text[]")
            return f"{'(NOT ' if op == 'not_in' else '('}coalesce({text} = ANY({values}), FALSE))"
        if op in ("since", "until"):
            day = f'substring({text} from {DAY_START}) COLLATE "C"'
            return f"coalesce({day} {COMPARE[op]} {self.bind(as_day(wanted), 'text')}, FALSE)"
        if op in ("contains", "starts_with", "ends_with"):
            return f"coalesce({self._part_of(text, op, self.bind(fold(wanted), 'text'))}, FALSE)"
        return self._number(f"leads_number({text})", op, wanted)

    @staticmethod
    def _part_of(text: str, op: str, part: str) -> str:
        if op == "contains":
            return f"strpos({text}, {part}) > 0"
        return f"starts_with({text}, {part})" if op == "starts_with" else f"right({text}, length({part})) = {part}"

    def _number(self, number: str, op: str, wanted: Any) -> str:
        if op == "between":
            low, high = (self.bind(as_number(bound), "float8") for bound in wanted)
            return f"coalesce({number} BETWEEN {low} AND {high}, FALSE)"
        return f"coalesce({number} {COMPARE[op]} {self.bind(as_number(wanted), 'float8')}, FALSE)"

    # --- behaviours ------------------------------------------------------------------------------------------------
    def _behaviour(self, leaf: Criteria) -> str:
        times = int(leaf.get("at_least", 1))
        deeds = self.deeds(leaf)
        if self.every_lead:
            having = f" GROUP BY a.lead_id HAVING count(*) >= {times}" if times > 1 else ""
            return (
                f"(lead.id IN (SELECT a.lead_id FROM leads_activity a WHERE a.lead_id IS NOT NULL AND {deeds}{having}))"
            )
        if times == 1:
            return f"EXISTS (SELECT 1 FROM leads_activity a WHERE a.lead_id = lead.id AND {deeds})"
        return f"((SELECT count(*) FROM leads_activity a WHERE a.lead_id = lead.id AND {deeds}) >= {times})"

    def deeds(self, leaf: Criteria) -> str:
        """Which activities (as `a`) a behaviour counts."""
        types = activity_types(leaf)
        one = f"a.type = {self.bind(types[0])}" if len(types) == 1 else f"a.type = ANY({self.bind(types, 'text[]')})"
        parts = [one, f"a.occurred_at <= {self.bind(self.at)}"]
        if leaf.get("within_days") is not None:
            parts.append(f"a.occurred_at > {self.bind(self.at - timedelta(days=int(leaf['within_days'])))}")
        for name, wanted in (leaf.get("where") or {}).items():
            value = f"leads_text(a.properties -> {self.bind(name, 'text')})"
            parts.append(f"leads_fold({value}) IS NOT DISTINCT FROM {self.bind(fold(wanted), 'text')}")
        return " AND ".join(parts)

    def deed_matches(self, criteria: Criteria) -> str:
        """Whether one activity (as `a`) meets a score rule's conditions on its properties (`activity.<property>`)."""
        if not criteria:
            return "TRUE"
        return _OfActivity(self.at, params=self.params).condition(criteria)


class _OfActivity(Compiler):
    """Criteria whose fields are properties of the activity at hand; it has done nothing and knows nothing else."""

    def _field(self, leaf: Criteria) -> str:
        prefix, _, name = leaf["field"].partition(".")
        op = leaf["op"]
        if prefix != "activity":
            return "TRUE" if OPERATORS[op].when_missing else "FALSE"
        text = f"nullif(leads_fold(leads_text(a.properties -> {self.bind(name, 'text')})), '')"
        return self._compared(text, op, leaf.get("value"))

    def _behaviour(self, leaf: Criteria) -> str:
        return "FALSE"
