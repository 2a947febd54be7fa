"""The lead taxonomy's fixed stage codes. A version renames them and switches some off; the codes never change.

Pure: standard library only.
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    ANONYMOUS = "anonymous"
    KNOWN = "known"
    ENGAGED = "engaged"
    MQL = "mql"
    PQL = "pql"
    TAL = "tal"
    TQL = "tql"
    SAL = "sal"
    SQL = "sql"
    OPPORTUNITY = "opportunity"
    WON = "won"
    LOST = "lost"
    NURTURE = "nurture"
    DISQUALIFIED = "disqualified"


LABELS: dict[str, str] = {
    Stage.ANONYMOUS: "Anonymous",
    Stage.KNOWN: "Known",
    Stage.ENGAGED: "Engaged",
    Stage.MQL: "MQL",
    Stage.PQL: "PQL",
    Stage.TAL: "TAL",
    Stage.TQL: "TQL",
    Stage.SAL: "SAL",
    Stage.SQL: "SQL",
    Stage.OPPORTUNITY: "Opportunity",
    Stage.WON: "Won",
    Stage.LOST: "Lost",
    Stage.NURTURE: "Nurture",
    Stage.DISQUALIFIED: "Disqualified",
}

CHOICES: list[tuple[str, str]] = [(code.value, LABELS[code]) for code in Stage]

# The way forward; nurture and disqualified stand beside it.
FORWARD: tuple[str, ...] = (
    Stage.ANONYMOUS,
    Stage.KNOWN,
    Stage.ENGAGED,
    Stage.MQL,
    Stage.PQL,
    Stage.TAL,
    Stage.TQL,
    Stage.SAL,
    Stage.SQL,
    Stage.OPPORTUNITY,
    Stage.WON,
)
RANK: dict[str, int] = {code: rank for rank, code in enumerate(FORWARD)}

BEFORE_QUALIFICATION: frozenset[str] = frozenset({Stage.ANONYMOUS, Stage.KNOWN, Stage.ENGAGED})
QUALIFYING: tuple[str, ...] = (Stage.MQL, Stage.PQL)
IN_HANDS: frozenset[str] = frozenset({Stage.MQL, Stage.PQL, Stage.TAL, Stage.TQL, Stage.SAL, Stage.SQL})
# What every agreement has, by whatever name: without one of them a lead would have nowhere to go.
ALWAYS_ON: frozenset[str] = frozenset(
    {Stage.KNOWN, Stage.ENGAGED, Stage.OPPORTUNITY, Stage.WON, Stage.LOST, Stage.NURTURE, Stage.DISQUALIFIED}
)
CLOSED: frozenset[str] = frozenset({Stage.WON, Stage.LOST, Stage.DISQUALIFIED})

COLOUR: dict[str, str] = {
    Stage.ANONYMOUS: "secondary",
    Stage.KNOWN: "secondary",
    Stage.ENGAGED: "cyan",
    Stage.MQL: "azure",
    Stage.PQL: "azure",
    Stage.TAL: "blue",
    Stage.TQL: "indigo",
    Stage.SAL: "purple",
    Stage.SQL: "purple",
    Stage.OPPORTUNITY: "orange",
    Stage.WON: "green",
    Stage.LOST: "red",
    Stage.NURTURE: "lime",
    Stage.DISQUALIFIED: "secondary",
}
