"""Everything the page of one lead shows beside its history, in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from config.accounts.actor import Actor
from config.web.wording import local
from leads import scoring
from leads.models import (
    ContactPoint,
    Handoff,
    Lead,
    LeadComment,
    LeadFile,
    NurtureSpell,
    Opportunity,
    QueueItem,
)
from leads.services import clockwork, facts, scores, wordings
from leads.services.facts import Fact
from leads.views.handoffs_detail import grouped_score
from leads.views.labels import terms_of
from sla.models import Clock
from sla.stages import QUALIFYING
from sla.terms import PersonaTerms, Terms

WITH = (
    "person", "company__usage", "campaign", "segment", "owner", "score", "version__agreement", "merged_into",
)  # fmt: skip


@dataclass
class Detail:
    """One lead as one person sees it at `now`."""

    lead: Lead
    actor: Actor
    now: datetime
    handoffs: list[Handoff]
    clocks: list[Clock]
    item: QueueItem | None
    spell: NurtureSpell | None
    opportunities: list[Opportunity]
    points: list[ContactPoint]
    comments: list[LeadComment]
    files: list[LeadFile]
    others: list[Lead]
    facts: dict[str, list[Fact]]

    @cached_property
    def terms(self) -> Terms | None:
        return terms_of(self.lead)

    @property
    def stage_label(self) -> str:
        return wordings.stage(self.terms, self.lead.stage)

    # --- who holds it, and what is promised next ---------------------------------------------------------------
    @property
    def handoff(self) -> Handoff | None:
        """The handoff it is in now."""
        return next((row for row in self.handoffs if row.is_open), None)

    @property
    def opportunity(self) -> Opportunity | None:
        return next((row for row in self.opportunities if row.is_open), None)

    @property
    def holder(self) -> tuple[str, str]:
        """Who has it in hand, and how: ("Sam Okafor", "accepted 3 Mar, 11:00")."""
        held = self.handoff
        if held is not None:
            who = str(held.to_user or held.to_team)
            if held.state == "accepted":
                return who, f"since {local(held.decided_at, 'short')}"
            if self.item is not None:
                return who, f"waits in the queue {self.item.queue.name}"
            return who, f"is to decide since {local(held.offered_at, 'short')}"
        if self.opportunity is not None:
            return str(self.opportunity.owner), "has the opportunity"
        if self.spell is not None:
            return "Marketing", f"nurtures it until {local(self.spell.return_on)}"
        if self.lead.closed_at is not None:
            return "Nobody", f"closed {local(self.lead.closed_at, 'date')}"
        return (str(self.lead.owner), "owns it") if self.lead.owner else ("Marketing", "before qualification")

    @property
    def promises(self) -> list[tuple[str, Clock]]:
        """Open clocks with their commitment's name, the soonest first; what stands still last."""
        rows = sorted(
            (clock for clock in self.clocks if clock.is_open),
            key=lambda clock: (clock.due_at is None, clock.due_at or clock.started_at),
        )
        terms = terms_of(self.handoff) if self.handoff else self.terms
        return [(wordings.commitment(terms, clock.commitment, clock.kind), clock) for clock in rows]

    # --- who it is ---------------------------------------------------------------------------------------------
    @cached_property
    def persona(self) -> PersonaTerms | None:
        return (
            next((item for item in self.terms.personas if item.key == self.lead.persona), None) if self.terms else None
        )

    @property
    def score_groups(self) -> list[tuple[str, int, list[dict[str, Any]]]]:
        if not hasattr(self.lead, "score"):
            return []
        return grouped_score(scoring.log(scores.log_of(self.lead.score)), self.terms)

    @property
    def threshold(self) -> int | None:
        return self.terms.points_asked(*QUALIFYING) if self.terms else None

    @property
    def closed_words(self) -> str:
        return wordings.reason(self.terms, self.lead.closed_reason)

    @property
    def spell_words(self) -> str:
        return wordings.reason(self.terms, self.spell.reason) if self.spell else ""

    @property
    def zone_words(self) -> str:
        person = self.lead.person
        return f"{person.time_zone} ({person.get_time_zone_origin_display()})" if person.time_zone else ""


def load(lead: Lead, actor: Actor, now: datetime) -> Detail:
    """The lead was loaded with `WITH`, and this person may see it."""
    people = ("to_user", "to_team", "from_user", "from_team", "version")
    handoffs = list(Handoff.objects.filter(lead=lead).select_related(*people).order_by("-id"))
    held = next((row for row in handoffs if row.is_open), None)
    points = list(lead.person.contact_points.all())
    others = Lead.objects.visible_to(actor).filter(person=lead.person_id, merged_into=None).exclude(pk=lead.pk)
    return Detail(
        lead=lead,
        actor=actor,
        now=now,
        handoffs=handoffs,
        clocks=clockwork.of([held.pk])[held.pk] if held else [],
        item=QueueItem.objects.select_related("queue").filter(pk=held.pk).first() if held else None,
        spell=NurtureSpell.objects.filter(lead=lead, left_at=None).select_related("entered_by").first(),
        opportunities=list(Opportunity.objects.filter(lead=lead).select_related("owner").order_by("-id")),
        points=points,
        comments=list(lead.comments.select_related("author").order_by("at", "id")),
        files=list(lead.files.select_related("added_by")),
        others=list(others.select_related("segment").order_by("-id")[:10]),
        facts=facts.read(lead, points, handoffs),
    )
