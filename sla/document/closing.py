"""The last sections: own clauses, questions people ask, and how the agreement is reviewed and changed."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sla.document.blocks import Clause, Paragraph, Section
from sla.terms import Terms
from sla.words.basics import plural
from sla.words.hours import zone_words


def own_clauses(terms: Terms) -> Iterator[Section]:
    clauses = tuple(
        Clause(
            f"clause:{item.key}",
            item.heading,
            tuple(Paragraph(part.strip()) for part in item.text.splitlines() if part.strip()),
        )
        for item in terms.clauses
    )
    yield Section("clauses", "What else we agree", clauses)


def questions_answered(terms: Terms) -> Iterator[Section]:
    clauses = tuple(Clause(f"faq:{item.key}", item.question, (Paragraph(item.answer.strip()),)) for item in terms.faq)
    yield Section("faq", "Questions and answers", clauses)


def review(terms: Terms) -> Iterator[Section]:
    content = terms.content
    every = plural(int(content["review_every_months"]), "month")
    alarm = content["reject_alarm_percent"]
    admission = content["admission_per_day"]
    review_clause = Clause(
        "review:cadence",
        "Review",
        (
            Paragraph(
                f"The parties review this agreement every {every}: rejections by reason, drop-off between stages, and "
                "broken promises.",
                "lead",
            ),
            Paragraph(f"When one reason takes {alarm} % of the handoffs of one source, a change is proposed at once."),
        ),
    )
    effect = Clause(
        "review:effect",
        "When it takes effect",
        (
            Paragraph(_effect_words(terms), "lead"),
            Paragraph(
                "It holds for every lead handed over from then on. A lead handed over before keeps the version it "
                "started under, with all its clocks."
            ),
            *(
                (
                    Paragraph(
                        f"Leads that new rules lift over the threshold all at once are let in at most {admission:,} a day."
                    ),
                )
                if admission
                else ()
            ),
        ),
    )
    figures = Clause(
        "review:figures",
        "Figures",
        (
            Paragraph(
                f"Money is counted in {terms.currency}. The fiscal year starts in "
                f"{month_name[int(content['fiscal_year_start_month'])]}; quarters and years are those of the fiscal year."
            ),
            Paragraph("Both sides see the same figures, each with the leads behind it."),
        ),
    )
    yield Section("review", "Review and change", (effect, review_clause, figures))


def _effect_words(terms: Terms) -> str:
    try:
        planned = datetime.fromisoformat(str(terms.content["takes_effect"]))
    except ValueError:
        return "This version takes effect with the last signature, and replaces the one before it."
    return (
        f"This version takes effect on {moment_words(planned, terms)}, or with the last signature if that comes "
        "later, and replaces the one before it."
    )


def moment_words(at: datetime, terms: Terms) -> str:
    """A moment by the clock of the agreement's first calendar: "Monday, 1 June 2026 at 0:00, Berlin time"."""
    calendar = terms.default_calendar()
    zone = calendar.time_zone if calendar else "UTC"
    here = at.astimezone(ZoneInfo(zone))
    return f"{here:%A}, {here.day} {here:%B %Y} at {here.hour}:{here:%M}, {zone_words(zone)}"
