"""Which segment, and so which agreement, a lead belongs to: in order, first match, one default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from config.web.errors import Refusal
from leads.models import Activity, Lead
from leads.services import judging
from sla import criteria
from sla.models import Segment
from sla.services.compiling import InForce
from sla.terms import Terms


def choose(
    lead: Lead, addresses: Mapping[str, str], deeds: Sequence[Activity], current: InForce, at: datetime
) -> tuple[int, Terms | None]:
    """The first segment with an agreement in force that the lead meets; else the default segment, without terms.

    Raises Refusal where the company has no default segment at all.
    """
    facts = judging.facts_of(lead, addresses, deeds, at)
    for segment_id, conditions, terms in current.rows:
        if criteria.holds(conditions, facts):
            return segment_id, terms
    default = Segment.objects.filter(is_default=True).values_list("pk", flat=True).first()
    if default is None:
        raise Refusal("no_segment", "No segment takes this lead, and there is no default segment.")
    return default, None
