"""Open leads of an imported past are handed over: by the routes of the agreement in force, timed from the source's date.

What is late already when it is imported is marked so, told to nobody, and kept out of people's figures.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from config.accounts.choices import Function
from config.accounts.models import Team, User
from leads.imports import lives
from leads.imports.context import Context
from leads.imports.pasts import Past
from leads.imports.records import Record
from leads.imports.vocabulary import Vocabulary
from leads.models import Opportunity, OpportunityChange
from leads.services import handoffs, queueing, routing
from leads.services.chronicle import Chronicle
from leads.services.desk import Desk, desk_of
from leads.services.nurture import local_date
from sla.stages import FORWARD, IN_HANDS, QUALIFYING, RANK, Stage
from sla.terms import Terms

NEXT_STEP = "See how this imported opportunity stands"


class Offering:
    def __init__(self, context: Context, words: Vocabulary):
        self.context, self.words = context, words
        self._desks: dict[tuple[int, str], Desk] = {}
        self._active = set(User.objects.filter(is_active=True).values_list("pk", flat=True))

    def take_up(self, life: Chronicle, past: Past, record: Record) -> bool:
        """Leave the lead in somebody's hands. False where no agreement is in force for it, or an opportunity has no owner."""
        terms = self.words.terms_of(life.lead.segment_id)
        owner = self._owner(record, past)
        if terms is None or (past.stage == Stage.OPPORTUNITY and owner is None):
            return False
        life.terms = terms
        if past.stage == Stage.OPPORTUNITY:
            self._pursue(life, past, owner)
        else:
            self._hand_over(life, terms, owner)
        self.context.notes["offered"] += 1
        return True

    def _owner(self, record: Record, past: Past) -> User | None:
        """Whom the file names for where the lead stands, if they still work here."""
        wanted = lives.SALES if past.at(*lives.WITH_SALES) else lives.DESK
        named = next((name for name, function in lives.owners_of(record, past) if function == wanted), None)
        found = self.context.members.find(named) if named else None
        return User(pk=found) if found in self._active else None

    def _pursue(self, life: Chronicle, past: Past, owner: User | None) -> None:
        assert owner is not None
        company = life.lead.company
        since = past.at(Stage.OPPORTUNITY) or past.received_at
        deal = Opportunity(
            lead=life.lead, company=company, owner=owner, name=company.name if company else "Imported opportunity",
            opened_at=since, created_at=since, next_step=NEXT_STEP, next_step_on=local_date(self.context.at),
            currency=settings.COMPANY_CURRENCY,
        )  # fmt: skip
        life.lead.owner = owner
        life.rows += [
            deal,
            OpportunityChange(opportunity=deal, at=since, by=owner, field="opened", after=str(deal.stage)),
        ]

    def _hand_over(self, life: Chronicle, terms: Terms, owner: User | None) -> None:
        stage = self._enabled(life, terms)
        now = self.context.at
        qualified = stage in (*QUALIFYING, Stage.TAL)
        leg = routing.LEG_QUALIFIED if qualified else routing.LEG_TELEQUALIFIED
        case = life.case(now)
        decision = routing.decide(life.lead, case.facts, terms, leg, now) or handoffs._fallback(terms, leg)
        to_user = owner if owner and not decision.to_queue else None
        if to_user is None and decision.user_id:
            to_user = User(pk=decision.user_id)
        since = life.entries[-1].entered_at
        handoff = life.offer(
            since, to_team=Team(pk=decision.team_id, function=decision.function), to_user=to_user, imported=True,
            still_open=True, route=decision.route,
            from_function=Function.MARKETING if qualified else Function.TELEQUALIFICATION,
        )  # fmt: skip
        handoff.route_why = list(decision.why)
        if owner is not None and stage in (Stage.TAL, Stage.SAL, Stage.SQL):
            life.accept(since, owner, owned=not decision.to_queue, enters=False)
        if decision.to_queue:
            self._queue(life, decision.team_id)

    def _enabled(self, life: Chronicle, terms: Terms) -> str:
        """Where the lead stands, or the stage before it where the agreement has switched that one off."""
        stage = life.stage
        fitting = [s for s in FORWARD if RANK[s] <= RANK[stage] and s in IN_HANDS and terms.stage_enabled(s)]
        best = fitting[-1] if fitting else terms.qualifying_stages[0]
        if best != stage:
            life.entries[-1].stage = best
        return best

    def _queue(self, life: Chronicle, team_id: int) -> None:
        now = self.context.at
        country = life.lead.person.country
        key = (team_id, country)
        if key not in self._desks:
            self._desks[key] = desk_of(team_id, country, now)
        assert life.handoff is not None
        item: models.Model | None = queueing.item_for(life.handoff, life.case(now), self._desks[key], life.running)
        if item is not None:
            life.rows.append(item)
