"""What travels with a handoff: answers, score with its reasons, timeline, promised next step, persona."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leads import scoring
from leads.models import Lead
from leads.scoring import Score
from sla import criteria
from sla.criteria import ActivityFact, Facts
from sla.stages import QUALIFYING
from sla.terms import Terms

LATEST = 8


def required_fields(terms: Terms) -> list[str]:
    """The fields that the definitions of the qualifying stages require, each once."""
    names: list[str] = []
    for stage in QUALIFYING:
        for definition in terms.definitions_for(stage):
            names += [name for name in definition.required_fields if name not in names]
    return names


def completeness(facts: Facts, terms: Terms, answers: dict[str, Any]) -> dict[str, Any]:
    """How many of the required fields and questions are filled: {"filled", "needed", "missing"}."""
    fields = required_fields(terms)
    missing = [name for name in fields if criteria.is_blank(facts.values.get(name))]
    questions = [q for q in terms.questions if q.is_required] if answers else []
    missing += [f"question.{q.key}" for q in questions if criteria.is_blank(answers.get(q.key))]
    needed = len(fields) + len(questions)
    return {"filled": needed - len(missing), "needed": needed, "missing": missing}


def packet(
    lead: Lead,
    facts: Facts,
    score: Score,
    terms: Terms,
    *,
    answers: dict[str, Any] | None = None,
    next_step: str = "",
    note: str = "",
) -> dict[str, Any]:
    """The packet as it stands when the lead is handed over; a copy, so that later changes do not rewrite it."""
    answers = answers or {}
    return {
        "answers": answers,
        "score": {
            "fit": score.fit,
            "engagement": score.engagement,
            "total": score.total,
            "log": scoring.log(score.lines),
        },
        "fit_grade": lead.fit_grade,
        "persona": lead.persona,
        "timeline": _latest(facts.activities),
        "next_step": next_step,
        "note": note,
        "completeness": completeness(facts, terms, answers),
    }


def _latest(deeds: Sequence[ActivityFact]) -> list[dict[str, Any]]:
    newest = sorted(deeds, key=lambda deed: deed.occurred_at, reverse=True)[:LATEST]
    return [
        {"type": deed.type, "at": deed.occurred_at.isoformat(), "properties": dict(deed.properties)} for deed in newest
    ]
