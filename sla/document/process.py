"""The work itself: who takes part, the handoff step by step, hours, attempts, reasons, routes, messages, scripts."""

from __future__ import annotations

from collections.abc import Iterator

from config.accounts.choices import Function
from sla import words
from sla.document.blocks import Bullets, Clause, Paragraph, Row, Section, Table
from sla.document.lead import paragraphs
from sla.models.process import ReasonKind
from sla.models.taxonomy import Route
from sla.terms import CalendarTerms, ReasonTerms, Terms
from sla.words.basics import capital, function_label, script_lines
from sla.words.hours import day_words
from sla.words.process import disposition_counts, party_name
from sla.words.taxonomy import around_words, destination

REASONS: dict[str, tuple[str, str]] = {
    ReasonKind.REJECT: (
        "Reasons to reject",
        "The receiver may refuse a lead before working it, and only for one of these reasons.",
    ),
    ReasonKind.DISQUALIFY: (
        "Reasons to rule out",
        "After working a lead, it is ruled out for one of these reasons.",
    ),
    ReasonKind.RECYCLE: ("Reasons to give back", "A lead that is not ready goes back with a date."),
    ReasonKind.LOST: ("Reasons for a lost deal", "An opportunity is lost for one of these reasons."),
}
LEGS = {
    Route.Leg.QUALIFIED: "Once marketing has qualified a lead",
    Route.Leg.TELEQUALIFIED: "Once telequalification has qualified a lead",
}


def parties(terms: Terms) -> Iterator[Section]:
    clauses = tuple(
        Clause(f"party:{party.key}", party_name(party), paragraphs(words.party_words(party))) for party in terms.parties
    )
    segment = terms.content["segment"]["name"]
    yield Section(
        "parties",
        "Parties and roles",
        clauses,
        intro=f"This agreement governs every lead in the segment {segment}.",
    )


def procedure(terms: Terms) -> Iterator[Section]:
    clauses = tuple(
        Clause(
            f"procedure:{step.key}",
            function_label(step.who) if step.who else f"Step {number}",
            (Paragraph(step.text.strip(), "lead"),),
        )
        for number, step in enumerate(terms.procedure, 1)
    )
    yield Section("procedure", "How a lead is handed over, step by step", clauses)


# --- hours ---------------------------------------------------------------------------------------------------------


def calendars(terms: Terms) -> Iterator[Section]:
    clauses = [_calendar_clause(calendar) for calendar in terms.calendars.values()]
    counting = Clause(
        "calendars:counting",
        "How time is counted",
        (
            Paragraph(
                "Only time inside these hours counts. What arrives outside them counts from the next opening.", "lead"
            ),
            Paragraph(
                "Exceptional closings that are entered before a clock starts do not count either. Where a deadline is "
                "a closing time, an answer up to the next opening is in time."
            ),
        ),
    )
    yield Section("calendars", "Working hours", (counting, *clauses) if clauses else ())


def _calendar_clause(calendar: CalendarTerms) -> Clause:
    blocks: list[Paragraph | Bullets] = [Paragraph(f"{words.calendar_words(calendar)}.", "lead")]
    if calendar.exceptions:
        blocks += [
            Paragraph("On these dates other hours hold:"),
            Bullets(tuple(words.exception_words(calendar.exceptions))),
        ]
    facts = (("Time zone", calendar.time_zone), ("Key", calendar.key))
    return Clause(f"calendar:{calendar.key}", calendar.name, tuple(blocks), facts=facts)


def holidays(terms: Terms) -> Iterator[Section]:
    """The dates written out, for what was signed is these dates and not a library's opinion of them."""
    seen: dict[str, list[str]] = {}
    for calendar in terms.calendars.values():
        if calendar.holidays:
            seen.setdefault(repr(sorted(calendar.holidays.items())), []).append(calendar.key)
    clauses = []
    for keys in seen.values():
        first = terms.calendars[keys[0]]
        years = sorted({day[:4] for day in first.holidays})
        rows = tuple(
            Row(
                (
                    year,
                    "; ".join(
                        f"{day_words(d).rsplit(' ', 1)[0]} {n}"
                        for d, n in sorted(first.holidays.items())
                        if d[:4] == year
                    ),
                )
            )
            for year in years
        )
        names = " and ".join(terms.calendars[key].name for key in keys)
        clauses.append(Clause(f"holidays:{first.key}", names, (Table(("Year", "Closed on"), rows),)))
    yield Section("holidays", "Public holidays", tuple(clauses), is_annex=True)


# --- attempts ------------------------------------------------------------------------------------------------------


def attempts(terms: Terms) -> Iterator[Section]:
    clauses = tuple(
        Clause(f"cadence:{item.key}", item.name, paragraphs(words.cadence_words(item, terms)))
        for item in terms.cadences
    )
    yield Section("attempts", "How often we try", clauses)


def outcomes(terms: Terms) -> Iterator[Section]:
    rows = tuple(
        Row(
            (item.label, disposition_counts(item), words.disposition_words(item, terms)),
            anchor=f"disposition:{item.key}",
        )
        for item in terms.dispositions.values()
        if item.is_active
    )
    intro = "After each call one of these is chosen. Only what counts as an attempt stops a clock."
    clause = Clause("dispositions:all", "Outcomes", (Table(("Outcome", "Counts as", "What happens next"), rows),))
    yield Section("outcomes", "Outcomes of a call", (clause,) if rows else (), intro=intro, is_annex=True)


# --- reasons and routes --------------------------------------------------------------------------------------------


def reasons(terms: Terms) -> Iterator[Section]:
    clauses = []
    for kind, (heading, intro) in REASONS.items():
        rows = tuple(_reason_row(reason, terms) for reason in terms.reasons_of(kind))
        if rows:
            table = Table(("Reason", "What becomes of the lead", "Asks for", "Counts for"), rows)
            clauses.append(Clause(f"reasons:{kind}", heading, (Paragraph(intro, "lead"), table)))
    contest = Clause(
        "reasons:contest",
        "Contesting a rejection",
        (
            Paragraph(
                "Who handed a lead over may contest its rejection in the time promised. The receiver may take it back; "
                f"otherwise {settler(terms)} settles it.",
                "lead",
            ),
            Paragraph("Rejections that are overturned are counted, and the lead is handed over anew."),
        ),
    )
    yield Section("reasons", "Reasons, and what becomes of the lead", (*clauses, contest))


def settler(terms: Terms) -> str:
    """Who settles a contested rejection: "management", "a manager of sales"."""
    label = function_label(terms.settles_contests)
    return label if terms.settles_contests == Function.MANAGEMENT else f"a manager of {label}"


def _reason_row(reason: ReasonTerms, terms: Terms) -> Row:
    fate = capital(words.reason_fate(reason, terms))
    if reason.suppresses_contact:
        fate += "; the person is not contacted again"
    counts = function_label(reason.counts_for) if reason.counts_for else ""
    return Row((reason.label, fate, capital(words.reason_needs(reason)), counts), anchor=f"reason:{reason.key}")


def routes(terms: Terms) -> Iterator[Section]:
    clauses = []
    for leg, heading in LEGS.items():
        found = terms.routes_on(leg)
        for place, route in enumerate(found):
            said = [words.route_words(route, place, found), around_words(route)]
            facts = (
                ("Tried", f"{heading.lower()}, as number {place + 1}"),
                ("To", destination(route)),
                ("Key", route.key),
            )
            clauses.append(Clause(f"route:{route.key}", route.name, paragraphs([s for s in said if s]), facts=facts))
    intro = "For each step the rules are tried in this order; the first that fits takes the lead."
    yield Section("routes", "Where leads go, and which go around", tuple(clauses), intro=intro)


# --- what we say and ask -------------------------------------------------------------------------------------------


def messages(terms: Terms) -> Iterator[Section]:
    personas = {item.key: item.name for item in terms.personas}
    rows = tuple(
        Row(
            (
                personas.get(item.persona, item.persona) or "Everybody",
                terms.label(item.stage) if item.stage else "Any stage",
                item.text.strip(),
            ),
            anchor=f"message:{item.key}",
        )
        for item in terms.messages
    )
    clause = Clause("messages:all", "Key messages", (Table(("To", "At", "What we say"), rows),))
    intro = "Whoever speaks with a lead says the same."
    yield Section("messages", "One message to the customer", (clause,) if rows else (), intro=intro)


def questions(terms: Terms) -> Iterator[Section]:
    rows = tuple(
        Row((item.label, item.help_text, words.question_words(item)), anchor=f"question:{item.key}")
        for item in terms.questions
    )
    clause = Clause("questions:all", "Questions", (Table(("Question", "What to find out", "Answer"), rows),))
    intro = "The answers travel with the lead to whoever takes it over."
    yield Section("questions", "Qualification questions", (clause,) if rows else (), intro=intro, is_annex=True)


def scripts(terms: Terms) -> Iterator[Section]:
    clauses = tuple(
        Clause(
            f"script:{item.key}",
            f"{item.name} ({function_label(item.function)})",
            tuple(Paragraph(line) for line in script_lines(item.text)),
        )
        for item in terms.scripts
    )
    yield Section("scripts", "Scripts", clauses, is_annex=True)
