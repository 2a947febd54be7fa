"""An agreement's machine terms in plain words: what a clause of the document says, and what a difference is called.

Everything here takes terms (`sla/terms.py`) and gives text; nothing reads the database.
"""

from sla.words.basics import amount_words, function_label, listed, number_words, percent_words
from sla.words.hours import calendar_words, exception_words, week_words, zone_words
from sla.words.process import (
    cadence_words,
    disposition_words,
    party_words,
    question_words,
    reason_fate,
    reason_needs,
    reason_words,
)
from sla.words.promises import (
    at_risk_words,
    commitment_facts,
    commitment_words,
    deadline_words,
    due_words,
    escalation_words,
    promise_words,
)
from sla.words.taxonomy import (
    criteria_words,
    definition_words,
    ideal_customer_words,
    name_fields_by,
    persona_words,
    route_words,
    rule_words,
    stage_words,
)

__all__ = [
    "amount_words",
    "at_risk_words",
    "cadence_words",
    "calendar_words",
    "commitment_facts",
    "commitment_words",
    "criteria_words",
    "deadline_words",
    "definition_words",
    "disposition_words",
    "due_words",
    "escalation_words",
    "exception_words",
    "function_label",
    "ideal_customer_words",
    "listed",
    "name_fields_by",
    "number_words",
    "party_words",
    "percent_words",
    "persona_words",
    "promise_words",
    "question_words",
    "reason_fate",
    "reason_needs",
    "reason_words",
    "route_words",
    "rule_words",
    "stage_words",
    "week_words",
    "zone_words",
]
