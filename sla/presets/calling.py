"""Default dispositions, cadence, qualification questions and scripts of a telephone desk.

Spacing follows common practice: busy again after 30 minutes, no answer after 4 hours in another part of the day,
voicemail the next day; six tries before a lead counts as unreachable.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
DAY = 24 * 60


def _disposition(code: str, label: str, hotkey: str, flags: str, effect: str, **more: Any) -> Row:
    """`flags` holds h (human answered), c (real contact), a (counts as attempt)."""
    return {
        "key": code.lower(),
        "label": label,
        "hotkey": hotkey,
        "human_answered": "h" in flags,
        "real_contact": "c" in flags,
        "counts_as_attempt": "a" in flags,
        "effect": effect,
    } | more


DISPOSITIONS: list[Row] = [
    _disposition("NA", "No answer", "1", "a", "retry", retry_minutes=240, other_time_band=True),
    _disposition("BSY", "Busy", "2", "a", "retry", retry_minutes=30),
    _disposition("VM", "Voicemail left", "3", "a", "retry", retry_minutes=DAY),
    _disposition("VMN", "Voicemail, no message", "4", "a", "retry", retry_minutes=240, other_time_band=True),
    _disposition("GK", "Gatekeeper", "5", "ha", "retry", retry_minutes=DAY),
    _disposition("CB", "Callback requested", "c", "hca", "callback"),
    _disposition("CQ", "Connected, in progress", "p", "hca", "next_step"),
    _disposition("TQL", "Qualified", "q", "hca", "qualify"),
    _disposition("NUR", "Not now", "n", "hca", "recycle", reason="timing-wrong"),
    _disposition("NI", "Not interested", "i", "hca", "disqualify", reason="not-interested"),
    _disposition("NF", "Not a fit", "f", "hca", "disqualify", reason="not-a-fit"),
    _disposition("WN", "Wrong number", "w", "ha", "other_number"),
    _disposition("DC", "Disconnected", "d", "a", "other_number"),
    _disposition("DNC", "Do not call", "x", "hca", "suppress", reason="asked-not-to-be-called"),
    _disposition("LANG", "Language", "l", "ha", "reroute"),
    _disposition("SKIP", "Skipped", "s", "", "skip"),
]

CADENCE: Row = {
    "key": "first-calls",
    "name": "First calls",
    "function": "telequalification",
    "attempts": 6,
    "within_days": 14,
    "minimum_gap_minutes": 30,
    "time_bands": [["09:00", "12:00"], ["12:00", "15:00"], ["15:00", "18:00"]],
    "unreachable_reason": "unreachable",
}
SALES_CADENCE: Row = CADENCE | {"key": "sales-contact", "name": "Sales contact", "function": "sales"}

QUESTIONS: list[Row] = [
    {
        "key": "need",
        "label": "Need",
        "help_text": "Which problem do they want to solve, and what happens if they do not?",
        "kind": "text",
        "is_required": True,
    },
    {
        "key": "budget",
        "label": "Budget",
        "help_text": "Is money set aside, or who would have to release it?",
        "kind": "choice",
        "choices": ["Set aside", "Can be released", "None yet", "Not said"],
        "is_required": True,
    },
    {
        "key": "authority",
        "label": "Authority",
        "help_text": "Who decides, and what is this person's part in it?",
        "kind": "choice",
        "choices": ["Decides", "Recommends", "Uses", "Not said"],
        "is_required": True,
    },
    {
        "key": "timeline",
        "label": "Timeline",
        "help_text": "By when do they want it to be working?",
        "kind": "choice",
        "choices": ["Within a month", "This quarter", "This year", "Later", "Not said"],
        "is_required": True,
    },
    {"key": "tools-today", "label": "What they use today", "kind": "text"},
]

SCRIPTS: list[Row] = [
    {
        "key": "opening",
        "name": "Opening",
        "function": "telequalification",
        "text": "Hello {first_name}, this is {rep} from {our_company}. I am calling about your request ({intent}), "
        "and would like to hear what brought you to us. Do you have two minutes?",
    },
    {
        "key": "questions",
        "name": "Questions",
        "function": "telequalification",
        "text": "What made {company} look into this now?\nWho else at {company} cares about it?\n"
        "What would have to be true for you to start this quarter?",
    },
    {
        "key": "closing",
        "name": "Closing",
        "function": "telequalification",
        "text": "I will introduce you to a colleague who knows {industry} well. Shall we fix a time right now?",
    },
]
