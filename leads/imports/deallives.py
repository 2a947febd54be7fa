"""What an imported deal says of the lead it came from: who had it, what more is known of it, and how it ended."""

from __future__ import annotations

import json

from django.db import connection, models

from leads.imports import lives
from leads.imports.context import Context
from leads.imports.dealrows import Terms
from leads.imports.extending import Onward, extend
from leads.imports.pasts import Past, Step
from leads.imports.records import Record
from leads.imports.vocabulary import Vocabulary
from leads.models import Handoff, Lead, Opportunity, OwnerSpell, StageEntry
from sla.stages import Stage

Told = tuple[Record, Terms, Opportunity]

ENRICH = """
UPDATE leads_lead l
SET attributes = l.attributes || v.attributes, company_id = coalesce(l.company_id, v.company), owner_id = v.owner
FROM unnest(%s::bigint[], %s::jsonb[], %s::bigint[], %s::bigint[]) AS v(id, attributes, company, owner) WHERE l.id = v.id
"""
EMPLOY = """
UPDATE leads_person p SET company_id = l.company_id FROM leads_lead l
WHERE l.id = ANY(%s) AND p.id = l.person_id AND p.company_id IS NULL AND l.company_id IS NOT NULL
"""


class DealLives:
    def __init__(self, context: Context, words: Vocabulary):
        self.context, self.words = context, words

    def rows_of(self, told: list[Told]) -> list[models.Model]:
        """The passings that the named owners prove, where no earlier file has told of them; the deal came of the last."""
        leads = [opportunity.lead_id for _, _, opportunity in told if opportunity.lead_id]
        known = set(Handoff.objects.filter(lead__in=leads, imported=True).values_list("lead_id", "to_function"))
        rows: list[models.Model] = []
        for record, terms, opportunity in told:
            if opportunity.lead is None:
                continue
            for leg in lives.legs(self.context, record, self._past(opportunity.lead, terms)):
                if (opportunity.lead_id, leg.function) in known:
                    continue
                handoff = lives.imported_handoff(opportunity.lead, leg, terms.reason)
                handoff.version_id = self.words.version_at(opportunity.lead.segment_id, leg.since)
                if leg.function == lives.SALES:
                    opportunity.handoff = handoff
                rows += [
                    handoff,
                    OwnerSpell(handoff=handoff, user_id=leg.user_id, from_at=leg.since, until_at=leg.until),
                ]
        return rows

    def _past(self, lead: Lead, terms: Terms) -> Past:
        return Past(lead.received_at, self._steps(terms, set()))

    def _steps(self, terms: Terms, seen: set[str]) -> tuple[Step, ...]:
        """The steps a deal proves: an opportunity, on the day it was opened or, undated, when it was over; and its end."""
        at = terms.closed_at or terms.opened_at or self.context.at
        steps = []
        if Stage.OPPORTUNITY not in seen or not terms.is_over:
            steps.append(Step(Stage.OPPORTUNITY, terms.opened_at or at, dated=terms.opened_at is not None))
        if terms.is_over:
            steps.append(Step(Stage(terms.stage), at))
        return tuple(steps)

    def carry_on(self, told: list[Told]) -> None:
        """The leads' ledgers go on to where the deals stand; a customer's further deals change nothing."""
        leads = {o.lead.pk: o.lead for _, _, o in told if o.lead is not None}
        if not leads:
            return
        seen: dict[int, set[str]] = {pk: set() for pk in leads}
        for pk, stage in StageEntry.objects.filter(lead__in=leads).values_list("lead_id", "stage"):
            seen[pk].add(stage)
        onwards = []
        for _, terms, opportunity in told:
            lead = opportunity.lead
            if lead is not None and lead.stage != Stage.WON:
                steps = self._steps(terms, seen[lead.pk])
                onwards.append(Onward(lead, steps, terms.reason))
        if onwards:
            extend(onwards, self.words, self.context.at)
        self._enrich(told)

    def _enrich(self, told: list[Told]) -> None:
        """What the deal's file says of the lead itself. It belongs to the deal's owner from now on."""
        rows = [
            (o.lead_id, json.dumps(record.own("attributes")), o.company_id, o.owner_id)
            for record, _, o in told
            if o.lead_id
        ]
        with connection.cursor() as cursor:
            cursor.execute(ENRICH, [list(column) for column in zip(*rows, strict=True)])
            cursor.execute(EMPLOY, [[row[0] for row in rows]])
