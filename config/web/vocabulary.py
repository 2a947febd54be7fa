"""Codes and what people read for them: labels and colours, asked of the module that owns them when first needed.

The owners lie above this package, so they are named here as text, as settings name apps; an app may add its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

NEUTRAL = "secondary"


@dataclass(frozen=True)
class Word:
    """One code as people see it. `tone` is one of the colours of the style sheet."""

    code: str
    label: str
    tone: str = NEUTRAL


# name: (module, its labels: a mapping or Django choices, its colours or nothing)
SETS: dict[str, tuple[str, str, str]] = {
    "stage": ("sla.stages", "LABELS", "COLOUR"),
    "handoff": ("leads.models.handoff", "HandoffState", "HANDOFF_COLOUR"),
    "outcome": ("leads.models.handoff", "Outcome", ""),
    "opportunity": ("leads.models.opportunity", "OpportunityStage", "OPPORTUNITY_COLOUR"),
    "clock": ("sla.models.clock", "ClockState", ""),
    "presence": ("config.accounts.choices", "PresenceState", "PRESENCE_COLOUR"),
    "function": ("config.accounts.choices", "Function", ""),
    "role": ("config.accounts.choices", "Role", ""),
}


def add(name: str, module: str, labels: str, colours: str = "") -> None:
    """Let templates say `{{ code|label_of:"name" }}` and `{% badge "name" code %}` for another set of codes."""
    SETS[name] = (module, labels, colours)
    words.cache_clear()


@cache
def words(name: str) -> Mapping[str, Word]:
    module_name, labels_name, colours_name = SETS[name]
    module = import_module(module_name)
    labels: Any = getattr(module, labels_name)
    pairs = labels.items() if isinstance(labels, Mapping) else getattr(labels, "choices", labels)
    colours: Mapping[Any, str] = getattr(module, colours_name) if colours_name else {}
    return {str(code): Word(str(code), str(label), colours.get(code, NEUTRAL)) for code, label in pairs}


def word(name: str, code: Any) -> Word:
    """The word for a code; a code that nobody knows (an old row) is shown as it is, in the neutral colour."""
    known = words(name).get(str(code))
    return known or Word(str(code), str(code).replace("_", " ").capitalize())
