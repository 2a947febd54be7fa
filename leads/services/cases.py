"""A lead with everything a verb decides on, loaded and locked once: person, company, deeds, facts, score, terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from config.accounts.models import User
from config.web.errors import Conflict, Refusal
from config.web.prepared import fetch_all, fetch_one, one_row
from leads import scoring
from leads.calling import country_of
from leads.models import Activity, Handoff, Lead
from leads.services import judging
from leads.services.desk import Desk, desk_of
from sla.criteria import Facts
from sla.services.compiling import InForce, in_force, terms_by_id
from sla.terms import Terms

# No stronger than an update needs: who claims a place in the queue writes rows that point at the handoff, and must not
# wait for it at commit while the holder of the handoff waits for the place.
LOCKED = "WHERE row.id = %(id)s FOR NO KEY UPDATE OF row"
ADDRESSES = """
    SELECT kind, normalised FROM leads_contactpoint WHERE person_id = %(person)s AND is_workable ORDER BY is_primary DESC, id
"""
PARTIES = ("to_team", "from_team", "to_user", "from_user", "decided_by")


@dataclass
class Case:
    """One lead at one instant. `facts` and `score` are worked out when first asked for."""

    lead: Lead
    addresses: dict[str, str]
    activities: list[Activity]
    terms: Terms
    at: datetime
    _desks: dict[int, Desk] = field(default_factory=dict, repr=False)

    def desk(self, team_id: int) -> Desk:
        """What the handoff to this team needs to know of it, and of the country in which the lead is called."""
        if team_id not in self._desks:
            country = country_of(self.lead.person, self.addresses.get("phone", ""))
            self._desks[team_id] = desk_of(team_id, country, self.at)
        return self._desks[team_id]

    @cached_property
    def facts(self) -> Facts:
        return judging.facts_of(self.lead, self.addresses, self.activities, self.at)

    @cached_property
    def score(self) -> scoring.Score:
        return judging.score_of(self.facts, self.terms)


def locked_lead(lead_id: int) -> Lead:
    """The lead, locked: every verb locks the lead first, so that two verbs on one lead take turns."""
    found = one_row(Lead, LOCKED, {"id": lead_id}, ("person", "company", "campaign", "segment"))
    if found is None:
        raise Lead.DoesNotExist
    return found


def addresses_of(person_id: int) -> dict[str, str]:
    """The primary workable e-mail and phone of a person, normalised."""
    found: dict[str, str] = {}
    for kind, value in fetch_all(ADDRESSES, {"person": person_id}):
        found.setdefault(kind, value)
    return found


def deeds_of(lead_id: int) -> list[Activity]:
    return list(
        Activity.objects.filter(lead_id=lead_id).only("type", "occurred_at", "properties").order_by("occurred_at")
    )


def terms_for(lead: Lead, at: datetime, current: InForce | None = None) -> Terms:
    """The terms in force for the lead's segment. Raises Refusal where none are."""
    terms = (current or in_force(at)).terms_for(lead.segment_id)
    if terms is None:
        raise Refusal("no_agreement", f"No agreement is in force for {lead.segment.name}.")
    return terms


def load(lead_id: int, at: datetime, *, terms: Terms | None = None) -> Case:
    """The locked lead as a case under the given terms, or those in force."""
    lead = locked_lead(lead_id)
    return Case(lead, addresses_of(lead.person_id), deeds_of(lead.pk), terms or terms_for(lead, at), at)


def load_handoff(handoff_id: int, at: datetime) -> tuple[Handoff, Case]:
    """A handoff with its lead, both locked, under the version the handoff is pinned to."""
    named = fetch_one("SELECT lead_id, version_id FROM leads_handoff WHERE id = %(id)s", {"id": handoff_id})
    if named is None:
        raise Handoff.DoesNotExist
    lead_id, version_id = named
    if version_id is None:
        raise Conflict("imported", "This handoff was imported as history; there is nothing left to decide on it.")
    case = load(lead_id, at, terms=terms_by_id(version_id))
    handoff = one_row(Handoff, LOCKED, {"id": handoff_id}, PARTIES)
    assert handoff is not None, "handoffs are not deleted"
    handoff.lead = case.lead
    return handoff, case


def renewed(case: Case) -> Case:
    """The same lead under the terms in force now: what is offered from here on is pinned to these. Where no agreement is
    in force any more, under those it came with."""
    current = in_force(case.at).terms_for(case.lead.segment_id)
    if current is None or current.version_id == case.terms.version_id:
        return case
    return Case(case.lead, case.addresses, case.activities, current, case.at)


def who(user: Any) -> str:
    """A person's name for messages about what happened; the system has one too."""
    return user.name if user is not None else "The agreement"


def signed(user: User | None) -> dict[str, str | None]:
    """What news says of who did it."""
    return {"by": who(user), "by_id": str(user.public_id) if user else None}
