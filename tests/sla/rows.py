"""A draft with a row in every table of a version, for tests that enumerate them."""

from __future__ import annotations

from typing import Any

from sla.models import Clause, KeyMessage, Script, TermRow, Version, term_models
from sla.services import drafting
from tests.cast import Cast

MORE: dict[type[TermRow], dict[str, Any]] = {
    Clause: {"heading": "Trade fairs", "text": "Leads from fairs are handed over within the week."},
    KeyMessage: {"text": "One agreement, both sides."},
    Script: {"name": "Opening", "text": "Good morning."},
}


def full_draft(cast: Cast) -> Version:
    """What is in force, and where a table would have no row, one more."""
    version = drafting.draft_from_version(cast.version, by=cast.mara)
    for model in term_models():
        if not model._default_manager.filter(version=version).exists():
            model._default_manager.create(version=version, key="one", **MORE[model])
    return version
