"""What a fact is: one kind of thing that happened, as SQL said once for every use.

Each figure of the reports is a count or a sum over the rows of a fact; the page of the leads behind a figure lists the
same rows; the roll-ups add the same rows up by day. So a figure, its list and its roll-up cannot disagree.

Every fact has the same columns. A column is an SQL expression over the fact's own tables; conditions are put on these
expressions directly, so that the planner sees plain SQL over plain tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from reports.scope import Scope

Item = Literal["lead", "entry", "handoff", "promise", "opportunity", "attempt"]
NOTHING = "NULL::bigint"
LEAD_JOIN = "LEFT JOIN leads_lead lead ON lead.id = {lead}"


@dataclass(frozen=True)
class Fact:
    """One kind of row. `at` is the instant by which a row belongs to a period; `key`, `mark` and `state` tell rows apart.

    `part` of `whole` is what is summed: a row that counts as one has 1 and 1. `group` is for facts of which one row is
    made of several. `rolled` facts are kept in the roll-ups. `more` names further expressions to split by; a split by
    team that needs a table more names it in `team_join`.
    """

    name: str
    item: Item
    words: str
    source: str
    lead: str
    item_id: str
    at: str
    base: str = "TRUE"
    key: str = "''"
    mark: str = "''"
    state: str = "''"
    part: str = "1"
    whole: str = "1"
    team: str = NOTHING
    user: str = NOTHING
    version: str = NOTHING
    segment: str = "lead.segment_id"
    segment_condition: str = ""
    team_condition: str = ""
    team_join: str = ""
    imported: str = "FALSE"
    group: str = ""
    reads_lead: bool = False  # its source joins the lead already, as `lead`
    rolled: bool = True
    holder: str = ""  # whose roll-up a row belongs to; the lead's where nothing else is said
    holder_condition: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    def of_holders(self) -> str:
        """The condition for the rows of some holders (`holders`; `deals` are the ids of deals without a lead)."""
        return self.holder_condition or f"{self.lead} = ANY(%(holders)s)"

    def split_by(self, name: str) -> str:
        """The expression of a dimension, as text; unknown names are a programmer's error."""
        if name in self.more:
            return self.more[name]
        if name in OF_THE_LEAD:
            return OF_THE_LEAD[name]
        if name == "team" and self.team_join:
            return "COALESCE(handed.to_team_id, 0)::text"
        if name in IDS:
            return f"COALESCE({getattr(self, name)}, 0)::text"
        if name in ("key", "mark", "state"):
            return str(getattr(self, name))
        raise KeyError(f"{self.name} cannot be split by {name!r}")


@dataclass(frozen=True)
class Narrowed:
    """Which of a fact's rows are meant, beside the scope: some keys, marks and states; empty means all."""

    keys: Sequence[str] = ()
    marks: Sequence[str] = ()
    states: Sequence[str] = ()

    def parameters(self) -> dict[str, Any]:
        return {"keys": list(self.keys), "marks": list(self.marks), "states": list(self.states)}


ALL = Narrowed()

OF_THE_LEAD: dict[str, str] = {
    "source": "lead.source",
    "campaign": "COALESCE(lead.campaign_id, 0)::text",
    "persona": "lead.persona",
    "intent": "lead.intent",
}
IDS = ("segment", "version", "team", "user")


def conditions(fact: Fact, scope: Scope, narrowed: Narrowed = ALL) -> list[str]:
    """What rows must fulfil before grouping; marks and states may be made by grouping, so they are asked outside."""
    found = [fact.base] if fact.base != "TRUE" else []
    if scope.from_at is not None:
        found.append(f"{fact.at} >= %(scope_from_at)s")
    if scope.until_at is not None:
        found.append(f"{fact.at} < %(scope_until_at)s")
    if narrowed.keys:
        found.append(f"{fact.key} = ANY(%(keys)s)")
    found += _of_the_lead(scope)
    if scope.segment is not None:
        found.append(fact.segment_condition or f"{fact.segment} = %(scope_segment)s")
    if scope.team is not None:
        found.append(fact.team_condition or f"{fact.team} = %(scope_team)s")
    if scope.version is not None:
        found.append(f"{fact.version} = %(scope_version)s")
    if scope.user is not None:
        found.append(f"{fact.user} = %(scope_user)s")
    if scope.user is not None and fact.imported != "FALSE":
        found.append(f"NOT {fact.imported}")
    return found


def _of_the_lead(scope: Scope) -> list[str]:
    found = []
    if scope.source is not None:
        found.append("lead.source = %(scope_source)s")
    if scope.campaign is not None:
        found.append("COALESCE(lead.campaign_id, 0) = %(scope_campaign)s")
    if scope.persona is not None:
        found.append("lead.persona = %(scope_persona)s")
    return found


def tables(fact: Fact, expressions: str) -> str:
    """The fact's tables; others are joined only where something looks at them."""
    text = fact.source
    if not fact.reads_lead and "lead." in expressions:
        text += f" {LEAD_JOIN.format(lead=fact.lead)}"
    if "handed." in expressions:
        text += f" {fact.team_join}"
    return text


def select(fact: Fact, columns: Mapping[str, str], scope: Scope, narrowed: Narrowed = ALL, *extra: str) -> str:
    """A SELECT of columns (name: expression) over the rows that are meant; values are bound by name (`parameters`)."""
    asked = dict(columns)
    if narrowed.marks:
        asked.setdefault("mark", fact.mark)
    if narrowed.states:
        asked.setdefault("state", fact.state)
    where = " AND ".join([*conditions(fact, scope, narrowed), *extra])
    chosen = ", ".join(f"{expression} AS {name}" for name, expression in asked.items())
    text = f"SELECT {chosen} FROM {tables(fact, chosen + where)}"  # noqa: S608 - our own expressions, values are bound
    if where:
        text += f" WHERE {where}"
    if fact.group:
        text += f" GROUP BY {', '.join([fact.group, *_joined(fact, chosen)])}"
    outside = [f"{name} = ANY(%({name}s)s)" for name in ("mark", "state") if getattr(narrowed, f"{name}s")]
    if outside:
        text = f"SELECT * FROM ({text}) found WHERE {' AND '.join(outside)}"  # noqa: S608
    return text


def _joined(fact: Fact, chosen: str) -> list[str]:
    """What else a grouped fact's rows are told apart by, once further tables are joined."""
    found = ["lead.id"] if "lead." in chosen and not fact.reads_lead else []
    return [*found, "handed.to_team_id"] if "handed." in chosen else found
