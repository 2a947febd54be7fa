"""How the fields of each kind of term stand in the draft's form: lines of fields that belong together.

Fields that are not named here are added at the end, so that a new one is never missing.
"""

from __future__ import annotations

Line = str | tuple[str, ...]

LINES: dict[str, tuple[Line, ...]] = {
    "parties": (("function", "team", "signs"), "responsibilities"),
    "stages": (("label", "is_enabled", "owner", "review_on"), "words", "examples"),
    "definitions": (
        ("name", "stage"),
        "words",
        ("minimum_score", "minimum_fit", "minimum_engagement"),
        "criteria",
        "exclusions",
        "required_fields",
    ),
    "ideal_customers": (
        "name",
        "words",
        ("industries", "countries", "regions"),
        ("employees_from", "employees_to"),
        ("revenue_from", "revenue_to"),
    ),
    "personas": ("name", "criteria", ("biography", "behaviour"), ("interests", "needs"), "pain_points"),
    "score_groups": (("name", "dimension", "maximum", "minimum"),),
    "score_rules": (
        ("name", "points", "group"),
        ("kind", "activity_type", "at_most", "half_life_days"),
        "criteria",
        "catapult_to",
    ),
    "procedure": ("who", "text"),
    "commitments": (
        ("name", "side"),
        ("metric", "to_function", "stage"),
        ("comparison", "target", "unit", "period"),
        ("count", "cutoff", "answer_by"),
        ("calendar", "counts_in"),
        ("must_meet_percent", "warn_percent"),
        ("pausable", "skips_lead_holidays"),
        "scope",
        "text",
    ),
    "escalations": (("commitment", "at_percent", "action"),),
    "calendars": (("name", "time_zone"), "week", ("holiday_country", "holiday_region"), "exceptions"),
    "cadences": (
        ("name", "function"),
        ("attempts", "within_days", "minimum_gap_minutes"),
        "time_bands",
        "unreachable_reason",
    ),
    "dispositions": (
        ("label", "hotkey", "is_active"),
        ("human_answered", "real_contact", "counts_as_attempt"),
        ("effect", "retry_minutes", "other_time_band"),
        "reason",
    ),
    "reasons": (
        ("label", "kind", "is_active"),
        ("goes_to", "return_after_days", "counts_for"),
        ("needs_note", "needs_attribute", "needs_evidence", "suppresses_contact"),
    ),
    "routes": (("name", "leg"), ("to", "team", "person"), ("kind", "goes_around"), "criteria"),
    "messages": (("persona", "stage"), "text"),
    "clauses": ("heading", "text"),
    "questions": (("label", "kind", "is_required"), "help_text", ("choices", "fills_field")),
    "scripts": (("name", "function", "stage"), "text"),
    "faq": ("question", "answer"),
}

# Fields that name another term of the same draft by its key: section of that term.
REFERENCES: dict[tuple[str, str], str] = {
    ("commitments", "calendar"): "calendars",
    ("escalations", "commitment"): "commitments",
    ("cadences", "unreachable_reason"): "reasons",
    ("dispositions", "reason"): "reasons",
    ("score_rules", "group"): "score_groups",
    ("messages", "persona"): "personas",
}
FIXED = frozenset({"stages"})  # as many as there are codes: neither added nor removed


def lines_for(section: str, names: list[str]) -> tuple[Line, ...]:
    """The lines of a section with every field of `names` in them once."""
    lines = LINES.get(section, ())
    placed = {name for line in lines for name in ((line,) if isinstance(line, str) else line)}
    rest = tuple(name for name in names if name not in placed)
    kept: list[Line] = []
    for line in lines:
        group = tuple(name for name in ((line,) if isinstance(line, str) else line) if name in names)
        if group:
            kept.append(group if len(group) > 1 else group[0])
    return (*kept, *rest)
