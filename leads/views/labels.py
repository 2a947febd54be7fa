"""What an agreement calls things: stage labels and reasons, by the version that a lead or handoff stands under."""

from __future__ import annotations

from config.web.wording import DASH
from leads.forms.reasons import attribute_label
from leads.models import Handoff, Lead
from sla.services.compiling import terms_by_id
from sla.stages import LABELS
from sla.terms import Terms


def terms_of(row: Lead | Handoff) -> Terms | None:
    """The terms of the row's version; None for what no agreement covers."""
    return terms_by_id(row.version_id) if row.version_id else None


def stage_label(lead: Lead) -> str:
    terms = terms_of(lead)
    return terms.label(lead.stage) if terms else LABELS.get(lead.stage, lead.stage)


def reason_label(terms: Terms | None, key: str) -> str:
    """A reason as the version names it; one it does not know is shown as it is."""
    if not key:
        return DASH
    found = terms.reasons.get(key) if terms else None
    return found.label if found else key.replace("-", " ").capitalize()


def rejection_words(handoff: Handoff) -> str:
    """Reason and attribute of a rejection."""
    terms = terms_of(handoff)
    words = reason_label(terms, handoff.reason)
    if handoff.reason_attribute and terms:
        words += f": {attribute_label(terms, handoff.reason_attribute).lower()}"
    return words
