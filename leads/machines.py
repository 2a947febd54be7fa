"""Every state machine of the portal as a picture in words (Mermaid), read from the transitions that the code declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django_fsm import FSMField

from leads.models import Handoff, Lead, Opportunity
from sla.models import Clock, Version

MACHINES: tuple[tuple[type[Any], str, str], ...] = (
    (
        Lead, "A lead's stage",
        "Which stages are used, and what they are called, is a matter of the agreement in force: a transition to a stage"
        " that is switched off is not allowed. Backward moves and re-entry are ordinary; the ledger keeps every one.",
    ),
    (
        Handoff, "A handoff",
        "One passing of one lead from one team to another. Open means offered or accepted; a lead has at most one open"
        " handoff. A claim from the queue is a lease, not a state.",
    ),
    (Opportunity, "An opportunity", "What an accepted lead becomes in the hands of sales."),
    (
        Clock, "A clock",
        "The timing of one promise on one handoff. A breach is stamped with its own instant, whoever notices it and when.",
    ),
    (
        Version, "A version of an agreement",
        "In force and superseded are no states: they follow from the signatures and the moment a version takes effect.",
    ),
)  # fmt: skip
HEAD = """# State machines

Written by `manage.py draw_machines` from the transitions the code declares (django-fsm); do not edit.
"""


def page() -> str:
    return "\n".join([HEAD, *(section(*machine) for machine in MACHINES)])


def section(model: type[Any], title: str, words: str) -> str:
    field = next(field for field in model._meta.fields if isinstance(field, FSMField))
    lines = "\n".join(f"    {line}" for line in arrows(model, field))
    return f"## {title}\n\n{words}\n\n```mermaid\nstateDiagram-v2\n{lines}\n```\n"


def arrows(model: type[Any], field: Any) -> Iterator[str]:
    """One line for each way from one state to another, and for the state every new one begins in."""
    states = [value for value, _ in field.choices]
    yield f"[*] --> {name(field.default)}"
    ways: dict[tuple[str, str], set[str]] = {}
    for transition in field.get_all_transitions(model):
        sources = states if transition.source in ("*", "+") else [transition.source]
        targets = getattr(transition.target, "allowed_states", None) or [transition.target]
        for source in sources:
            for target in targets:
                if target is not None and (source != target or transition.source not in ("*", "+")):
                    ways.setdefault((str(source), str(target)), set()).add(transition.name)
    order = {str(state): place for place, state in enumerate(states)}
    for source, target in sorted(ways, key=lambda way: (order.get(way[0], 99), order.get(way[1], 99))):
        verbs = ", ".join(sorted(verb.strip("_").replace("_", " ") for verb in ways[source, target]))
        yield f"{name(source)} --> {name(target)}: {verbs}"


def name(state: Any) -> str:
    """Mermaid takes no hyphens in the name of a state."""
    return str(getattr(state, "value", state)).replace("-", "_")
