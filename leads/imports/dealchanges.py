"""One imported deal as an opportunity: written as it was, or, where somebody works on it here, by the ordinary verbs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from config.accounts.models import User
from config.web.errors import Conflict, Refusal
from leads.imports.context import NOTHING_SAID, Context
from leads.imports.dealrows import Terms
from leads.imports.vocabulary import Vocabulary
from leads.models import Handoff, IntakeKey, Opportunity, OpportunityChange, OpportunityStage, Product
from leads.models.handoff import OPEN_HANDOFF
from leads.models.opportunity import DEFAULT_PROBABILITY
from leads.services import opportunities
from leads.services.chronicle import set_state
from leads.services.nurture import local_date

Act = Callable[[], Opportunity | None]


def opportunity_of(context: Context, terms: Terms, product_id: int | None, owner_id: int) -> Opportunity:
    """The deal as it stands, yet to be stored."""
    when = terms.opened_at or terms.closed_at
    opportunity = Opportunity(
        owner_id=owner_id,
        name=terms.name,
        product_id=product_id,
        probability=_probability(terms),
        amount=terms.amount,
        currency=terms.currency,
        base_amount=terms.base_amount,
        rate=terms.rate,
        rate_on=local_date(terms.closed_at or when or context.at),
        expected_close_on=terms.expected_close_on,
        self_sourced=terms.self_sourced,
        opened_at=terms.opened_at,
        closed_at=terms.closed_at,
        created_at=when or context.at,
    )
    set_state(opportunity, terms.stage, "stage")
    if terms.stage == OpportunityStage.LOST:
        opportunity.lost_reason, opportunity.lost_note = terms.reason or NOTHING_SAID, terms.note
    if not terms.is_over:
        opportunity.next_step, opportunity.next_step_on = terms.next_step, terms.next_step_on
    return opportunity


def _probability(terms: Terms) -> int:
    usual = DEFAULT_PROBABILITY[OpportunityStage(terms.stage)]
    return usual if terms.is_over or terms.probability is None else terms.probability


def past_changes(opportunity: Opportunity, now: datetime) -> list[OpportunityChange]:
    """That it was opened, and how it ended, at the source's own instants."""
    opened = opportunity.opened_at or opportunity.closed_at or now
    first = str(OpportunityStage.DISCOVERY if opportunity.closed_at else opportunity.stage)
    rows = [
        OpportunityChange(opportunity=opportunity, at=opened, by_id=opportunity.owner_id, field="opened", after=first)
    ]
    if opportunity.closed_at:
        rows.append(
            OpportunityChange(
                opportunity=opportunity, at=opportunity.closed_at, by_id=opportunity.owner_id, field="stage",
                before=first, after=str(opportunity.stage),
            )
        )  # fmt: skip
    return rows


# --- by the ordinary verbs -------------------------------------------------------------------------------------------------


@transaction.atomic
def bring(context: Context, lead_id: int, terms: Terms, product_id: int | None, owner_id: int) -> Opportunity:
    """A deal of a lead that is being worked on: its handoff ends in an opportunity, or the open one is brought up to date."""
    owner = User.objects.get(pk=owner_id)
    opportunity = Opportunity.objects.open().filter(lead_id=lead_id).first()
    if opportunity is None:
        handoff = Handoff.objects.get(lead_id=lead_id, state__in=OPEN_HANDOFF)
        at = max(terms.opened_at or context.at, handoff.offered_at)
        opportunity = opportunities.open_from(handoff.pk, _deal(terms, product_id), by=owner, at=at)
    return _follow(context, opportunity, terms, product_id, owner)


def _deal(terms: Terms, product_id: int | None) -> opportunities.Deal:
    return opportunities.Deal(
        name=terms.name,
        amount=terms.amount,
        currency=terms.currency,
        rate=terms.rate,
        expected_close_on=terms.expected_close_on,
        product=Product.objects.filter(pk=product_id or 0).first(),
        next_step=terms.next_step,
        next_step_on=terms.next_step_on,
        probability=terms.probability,
    )


@transaction.atomic
def change(
    context: Context, words: Vocabulary, stored: IntakeKey, terms: Terms, product_id: int | None, owner_id: int
) -> Opportunity:
    """The source says something else of a deal. Raises Refusal where it would undo an end."""
    assert stored.opportunity_id is not None, "the key of a deal names one"
    opportunity = Opportunity.objects.select_related("owner").get(pk=stored.opportunity_id)
    if not opportunity.is_open:
        return _correct(opportunity, terms, product_id, context.at)
    owner = User.objects.get(pk=owner_id)
    if opportunity.lead_id is None and terms.stage == OpportunityStage.LOST and not words.current:
        return _lost_by_itself(opportunity, terms)
    return _follow(context, opportunity, terms, product_id, owner)


def _follow(
    context: Context, opportunity: Opportunity, terms: Terms, product_id: int | None, owner: User
) -> Opportunity:
    """Bring an open opportunity to where the file says it stands."""
    said: dict[str, Any] = {
        "name": terms.name,
        "amount": terms.amount,
        "currency": terms.currency,
        "rate": terms.rate,
        "expected_close_on": terms.expected_close_on,
        "probability": terms.probability,
    }
    changes = {name: v for name, v in said.items() if v is not None and v != getattr(opportunity, name)}
    if product_id is not None and product_id != opportunity.product_id:
        changes["product"] = Product.objects.get(pk=product_id)
    if owner.pk != opportunity.owner_id and opportunities.may_own(owner):
        changes["owner"] = owner
    if not terms.is_over and terms.stage != opportunity.stage:
        changes["stage"] = terms.stage
    pk, by = opportunity.pk, opportunity.owner
    if changes:
        opportunity = opportunities.update(pk, by=by, at=context.at, **changes)
    at = max(terms.closed_at or context.at, opportunity.opened_at or opportunity.created_at)
    if terms.stage == OpportunityStage.WON:
        return opportunities.win(pk, by=by, at=at)
    if terms.stage == OpportunityStage.LOST:
        return opportunities.lose(pk, by=by, at=at, reason=terms.reason, note=terms.note)
    return opportunity


def _lost_by_itself(opportunity: Opportunity, terms: Terms) -> Opportunity:
    """A deal without a lead, lost where no agreement is in force whose reasons could be asked for."""
    assert terms.closed_at is not None
    before = str(opportunity.stage)
    opportunity._lose(terms.closed_at, terms.reason or NOTHING_SAID, terms.note)
    opportunity.save()
    OpportunityChange.objects.create(
        opportunity=opportunity, at=terms.closed_at, by=opportunity.owner, field="stage", before=before,
        after=str(opportunity.stage),
    )  # fmt: skip
    return opportunity


def _correct(opportunity: Opportunity, terms: Terms, product_id: int | None, at: datetime) -> Opportunity:
    """A deal that is over keeps its end; its amount and product may be put right."""
    if terms.stage != opportunity.stage:
        raise Conflict(
            "opportunity_over", f"{opportunity.name} is {opportunity.get_stage_display().lower()} here already."
        )
    if terms.amount is not None and terms.amount != opportunity.amount:
        before = "" if opportunity.amount is None else str(opportunity.amount)
        OpportunityChange.objects.create(
            opportunity=opportunity, at=at, by=None, field="amount", before=before, after=str(terms.amount)
        )
        opportunity.amount, opportunity.base_amount, opportunity.rate = terms.amount, terms.base_amount, terms.rate
    if terms.currency != opportunity.currency:
        raise Refusal("currency_fixed", "The currency of a deal that is over stays.", fields={"currency": "It stays."})
    opportunity.product_id = product_id or opportunity.product_id
    opportunity.save()
    return opportunity
