"""Keep a lead's stored score equal to its log, and note every change of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leads import scoring
from leads.models import Lead, LeadScore, ScoreChange
from leads.scoring import Line, Score
from leads.services import judging
from leads.services.cases import Case
from sla.services.compiling import terms_by_id
from sla.terms import Terms


@dataclass(frozen=True)
class Held:
    """What a lead's stored score was before it was brought up to date."""

    total: int = 0
    version_id: int | None = None
    admit_at: datetime | None = None


def row(lead: Lead, score: Score, terms: Terms, at: datetime) -> LeadScore:
    """The stored form of a score."""
    points, times = scoring.packed(score.lines, terms.score_rules, terms.score_groups)
    return LeadScore(
        lead=lead,
        fit=score.fit,
        engagement=score.engagement,
        total=score.total,
        points=points,
        times=times,
        version_id=terms.version_id,
        scored_at=at,
        rescore_at=score.rescore_at,
    )


def change(lead: Lead, before: int, score: Score, at: datetime, cause: str) -> ScoreChange | None:
    """The note of a changed total, or None where it stayed."""
    if score.total == before:
        return None
    return ScoreChange(
        lead=lead,
        at=at,
        before=before,
        fit=score.fit,
        engagement=score.engagement,
        total=score.total,
        cause=cause[:80],
    )


def recognise(lead: Lead, case: Case) -> None:
    """Set the lead's persona and fit grade in memory, by the terms and what is known now."""
    persona = judging.persona_of(case.facts, case.terms)
    lead.persona = persona.key if persona else ""
    lead.fit_grade = judging.fit_grade(case.score, case.terms)


def restore(case: Case, cause: str) -> Held:
    """Bring a locked lead's stored score, persona and grade up to date, and return what it was; four statements at most."""
    lead, score = case.lead, case.score
    stored = LeadScore.objects.filter(pk=lead.pk).values_list("total", "version_id", "admit_at").first()
    held = Held(*stored) if stored else Held()
    fresh = row(lead, score, case.terms, case.at)
    LeadScore.objects.bulk_create(
        [fresh],
        update_conflicts=True,
        unique_fields=["lead"],
        update_fields=["fit", "engagement", "total", "points", "times", "version", "scored_at", "rescore_at"],
    )
    note = change(lead, held.total, score, case.at, cause)
    if note is not None:
        note.save()
    was = (lead.persona, lead.fit_grade)
    recognise(lead, case)
    if (lead.persona, lead.fit_grade) != was:
        lead.save(update_fields=["persona", "fit_grade", "stage"])
    return held


def log_of(score: LeadScore) -> tuple[Line, ...]:
    """The lines that a stored score is the sum of, in the words of the version it was made by."""
    if score.version_id is None:
        return ()
    terms = terms_by_id(score.version_id)
    return scoring.unpacked(score.points, score.times, terms.score_rules, terms.score_groups)
