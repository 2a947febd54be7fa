"""Opportunities: opened from an accepted handoff or by sales itself, moved, won, lost. Every change is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django_fsm import TransitionNotAllowed

from config.accounts.choices import Function
from config.accounts.models import Membership, User
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Refusal
from leads.models import (
    Company,
    Handoff,
    Lead,
    Opportunity,
    OpportunityChange,
    OpportunityStage,
    Outcome,
    Person,
    Product,
)
from leads.models.opportunity import DEFAULT_PROBABILITY
from leads.services import afterwards, cases, clockwork, handoffs, stages
from leads.services.cases import Case
from leads.services.nurture import local_date
from sla.services.compiling import in_force, terms_by_id
from sla.stages import Stage
from sla.terms import Terms

MOVES = {
    OpportunityStage.DISCOVERY: "_to_discovery",
    OpportunityStage.PROPOSAL: "_to_proposal",
    OpportunityStage.NEGOTIATION: "_to_negotiation",
}
FOLLOWED = (
    "name", "stage", "amount", "currency", "expected_close_on", "probability", "owner", "product", "next_step",
    "next_step_on",
)  # fmt: skip
CHANGEABLE = frozenset(FOLLOWED) | {"rate", "rate_on"}
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Deal:
    """What an opportunity says of itself. `rate` turns the amount into the company's currency on `rate_on`."""

    name: str
    amount: Decimal | None = None
    currency: str = ""
    rate: Decimal = Decimal(1)
    rate_on: date | None = None
    expected_close_on: date | None = None
    product: Product | None = None
    next_step: str = ""
    next_step_on: date | None = None
    probability: int | None = None
    contacts: tuple[Person, ...] = ()
    owner: User | None = None


# --- opening -------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_from(handoff_id: int, deal: Deal, *, by: User, at: datetime) -> Opportunity:
    """Open an opportunity from a handoff sales has taken on (or takes on by this). The handoff closes with that outcome."""
    handoff, case = cases.load_handoff(handoff_id, at)
    _check(deal, at)
    if handoff.state == "offered":
        handoffs.accept_locked(handoff, case, by=by)
    # A conversion is evidence too: nobody opens an opportunity with somebody they have not spoken with.
    clockwork.stop(handoff, ["first_attempt", "first_contact", "attempts"], at, {"act": "opportunity", "by": by.pk})
    handoffs.close(handoff, case, outcome=Outcome.OPPORTUNITY)
    clockwork.refresh_due(handoff)
    opportunity = _create(deal, by, at, lead=case.lead, handoff=handoff, company=case.lead.company)
    opportunity.contacts.add(case.lead.person, *deal.contacts)
    move = stages.Move(at, "opportunity", case.terms, by, case.score.total)
    stages.enter_through(case.lead, (Stage.SAL, Stage.SQL, Stage.OPPORTUNITY), move)
    case.lead.owner = opportunity.owner
    case.lead.save(update_fields=["owner", "stage"])
    _tell("opportunity.opened", opportunity, at, by)
    return opportunity


@transaction.atomic
def open_self_sourced(
    deal: Deal, *, by: User, at: datetime, company: Company | None = None, company_name: str = ""
) -> Opportunity:
    """An opportunity that sales found without a lead: what the contribution of handed-over leads is measured against.

    A company given by name is the latest one of that name, or a new one.
    """
    _check(deal, at)
    if company is None and company_name.strip():
        name = company_name.strip()
        company = Company.objects.filter(name__iexact=name).order_by("-id").first() or Company.objects.create(name=name)
    opportunity = _create(deal, by, at, lead=None, handoff=None, company=company)
    opportunity.contacts.add(*deal.contacts)
    _tell("opportunity.opened", opportunity, at, by)
    return opportunity


def _check(deal: Deal, at: datetime) -> None:
    """What every open opportunity has. Raises Refusal naming each field that lacks or is wrong."""
    faults: dict[str, str] = {}
    if not deal.name.strip():
        faults["name"] = "Give it a name."
    if deal.amount is not None and deal.amount < 0:
        faults["amount"] = "An amount cannot be negative."
    if deal.rate <= 0:
        faults["rate"] = "A rate is more than 0."
    if deal.probability is not None and not 0 <= deal.probability <= 100:
        faults["probability"] = "Between 0 and 100 %."
    if not deal.next_step.strip():
        faults["next_step"] = "Say what happens next."
    if deal.next_step_on is None:
        faults["next_step_on"] = "On which day?"
    elif deal.next_step_on < local_date(at):
        faults["next_step_on"] = "The next step's day has passed."
    if deal.owner is not None and not may_own(deal.owner):
        faults["owner"] = f"{deal.owner.name} does not work in sales."
    if faults:
        raise Refusal("incomplete", " ".join(faults.values()), fields=faults)


def may_own(user: User) -> bool:
    sellers = (Function.SALES, Function.BUSINESS_DEVELOPMENT)
    return Membership.objects.active().filter(user=user, team__function__in=sellers).exists()


def _create(
    deal: Deal, by: User, at: datetime, *, lead: Lead | None, handoff: Handoff | None, company: Company | None
) -> Opportunity:
    opportunity = Opportunity(
        lead=lead,
        handoff=handoff,
        company=company,
        owner=deal.owner or by,
        name=deal.name.strip(),
        product=deal.product,
        probability=20 if deal.probability is None else deal.probability,
        amount=deal.amount,
        currency=deal.currency or settings.COMPANY_CURRENCY,
        rate=deal.rate,
        rate_on=deal.rate_on or local_date(at),
        expected_close_on=deal.expected_close_on,
        next_step=deal.next_step.strip(),
        next_step_on=deal.next_step_on,
        self_sourced=lead is None,
        opened_at=at,
    )
    _convert(opportunity)
    opportunity.save()
    OpportunityChange.objects.create(
        opportunity=opportunity, at=at, by=by, field="opened", after=str(opportunity.stage)
    )
    return opportunity


def _convert(opportunity: Opportunity) -> None:
    amount = opportunity.amount
    opportunity.base_amount = None if amount is None else (amount * opportunity.rate).quantize(CENT)


# --- changing ------------------------------------------------------------------------------------------------------


def locked(opportunity_id: int, at: datetime) -> tuple[Opportunity, Case | None]:
    """The opportunity with its lead's case, lead first: the order in which every verb locks.

    The case is under the terms in force, else those its handoff came under.
    """
    lead_id, segment_id, version_id = Opportunity.objects.values_list(
        "lead_id", "lead__segment_id", "handoff__version_id"
    ).get(pk=opportunity_id)
    terms = in_force(at).terms_for(segment_id) if segment_id else None
    if terms is None and version_id:
        terms = terms_by_id(version_id)
    case = cases.load(lead_id, at, terms=terms) if lead_id else None
    opportunity = (
        Opportunity.objects.select_for_update(of=("self",), no_key=True)
        .select_related("owner", "handoff", "lead__person")
        .get(pk=opportunity_id)
    )
    return opportunity, case


@transaction.atomic
def update(opportunity_id: int, *, by: User, at: datetime, **changes: Any) -> Opportunity:
    """Change what an open opportunity says; each change of a followed field is written down.

    Its next step stays dated, and a new date lies ahead. Moving it to another stage sets that stage's usual
    probability, unless one is given.
    """
    unknown = set(changes) - CHANGEABLE - {"contacts"}
    assert not unknown, f"not to be changed by hand: {unknown}"
    opportunity, case = locked(opportunity_id, at)
    if not opportunity.is_open:
        raise over(opportunity)
    stage = str(changes.pop("stage", "") or opportunity.stage)
    contacts = changes.pop("contacts", None)
    before = {name: _shown(opportunity, name) for name in FOLLOWED}
    for name, value in changes.items():
        setattr(opportunity, name, value)
    _check_change(opportunity, before, at)
    if stage != opportunity.stage:
        if stage not in MOVES:
            raise Refusal("unknown_stage", "An opportunity is won or lost by its own act.", fields={"stage": "Choose."})
        _move(opportunity, MOVES[OpportunityStage(stage)])
        if "probability" not in changes:
            opportunity.probability = DEFAULT_PROBABILITY[OpportunityStage(stage)]
    _convert(opportunity)
    opportunity.save()
    if contacts is not None:
        opportunity.contacts.set(contacts)
    if case is not None and before["owner"] != _shown(opportunity, "owner"):
        case.lead.owner = opportunity.owner
        case.lead.save(update_fields=["owner", "stage"])
    _write_changes(opportunity, before, by, at)
    _tell("opportunity.changed", opportunity, at, by)
    return opportunity


def _check_change(opportunity: Opportunity, before: dict[str, str], at: datetime) -> None:
    """The same demands as on opening; a step whose day passed long ago may stay while something else is changed."""
    unmoved = before["next_step_on"] == _shown(opportunity, "next_step_on")
    _check(
        Deal(
            name=opportunity.name,
            amount=opportunity.amount,
            rate=opportunity.rate,
            probability=opportunity.probability,
            next_step=opportunity.next_step,
            next_step_on=local_date(at) if unmoved and opportunity.next_step_on else opportunity.next_step_on,
            owner=None if before["owner"] == _shown(opportunity, "owner") else opportunity.owner,
        ),
        at,
    )


def _shown(opportunity: Opportunity, name: str) -> str:
    value = getattr(opportunity, f"{name}_id" if name in ("owner", "product") else name)
    return "" if value is None else str(value)


def _write_changes(opportunity: Opportunity, before: dict[str, str], by: User, at: datetime) -> None:
    OpportunityChange.objects.bulk_create(
        OpportunityChange(
            opportunity=opportunity, at=at, by=by, field=name, before=was, after=_shown(opportunity, name)
        )
        for name, was in before.items()
        if was != _shown(opportunity, name)
    )


def _move(opportunity: Opportunity, transition: str, *arguments: Any) -> None:
    try:
        getattr(opportunity, transition)(*arguments)
    except TransitionNotAllowed as error:
        raise over(opportunity) from error


def over(opportunity: Opportunity) -> Conflict:
    return Conflict(
        "opportunity_over",
        f"{opportunity.name} is {opportunity.get_stage_display().lower()} already.",
        at=opportunity.closed_at,
    )


# --- ending --------------------------------------------------------------------------------------------------------


@transaction.atomic
def win(opportunity_id: int, *, by: User, at: datetime, amount: Decimal | None = None) -> Opportunity:
    """The deal is won; the lead became a customer, and stays linked to what was won."""
    opportunity, case = locked(opportunity_id, at)
    if not opportunity.is_open:
        raise over(opportunity)
    before = {name: _shown(opportunity, name) for name in FOLLOWED}
    if amount is not None:
        opportunity.amount = amount
    if opportunity.amount is None or opportunity.amount < 0:
        raise Refusal("amount_needed", "A won deal needs its amount.", fields={"amount": "What was it worth?"})
    _convert(opportunity)
    _move(opportunity, "_win", at)
    opportunity.save()
    _write_changes(opportunity, before, by, at)
    if case is not None:
        stages.enter(case.lead, Stage.WON, stages.Move(at, "won", case.terms, by, case.score.total))
        case.lead.closed_at, case.lead.closed_reason = at, "won"
        case.lead.save(update_fields=["closed_at", "closed_reason", "stage"])
    _tell("opportunity.won", opportunity, at, by)
    return opportunity


@transaction.atomic
def lose(
    opportunity_id: int, *, by: User, at: datetime, reason: str, note: str = "", return_on: date | None = None
) -> Opportunity:
    """The deal is lost for a listed reason; the lead goes where that says: nurture with a date, or closed."""
    opportunity, case = locked(opportunity_id, at)
    if not opportunity.is_open:
        raise over(opportunity)
    term = handoffs.checked_reason(terms_of(opportunity, case, at), "lost", reason, note=note)
    if return_on is not None and return_on <= local_date(at):
        raise Refusal("past_date", "The return date must lie ahead.", fields={"return_on": "Choose a later date."})
    before = {name: _shown(opportunity, name) for name in FOLLOWED}
    _move(opportunity, "_lose", at, term.key, note)
    opportunity.save()
    _write_changes(opportunity, before, by, at)
    if case is not None:
        stages.enter(case.lead, Stage.LOST, stages.Move(at, f"lost:{term.key}", case.terms, by, case.score.total))
        afterwards.send(case, opportunity.handoff, term, kind="lost", by=by, note=note, return_on=return_on)
    _tell("opportunity.lost", opportunity, at, by, reason=term.label)
    return opportunity


def terms_shown(opportunity: Opportunity, at: datetime) -> Terms:
    """The same terms for a page that only asks, without locking anything."""
    segment_id = opportunity.lead.segment_id if opportunity.lead else None
    terms = in_force(at).terms_for(segment_id) if segment_id else None
    if terms is None and opportunity.handoff is not None and opportunity.handoff.version_id:
        terms = terms_by_id(opportunity.handoff.version_id)
    return terms or terms_of(opportunity, None, at)


def terms_of(opportunity: Opportunity, case: Case | None, at: datetime) -> Terms:
    """The terms whose reasons hold: of the lead's segment; of the last segment, the default, where there is no lead."""
    if case is not None:
        return case.terms
    rows = in_force(at).rows
    if not rows:
        raise Refusal("no_agreement", "No agreement is in force, so there are no reasons to choose from.")
    return rows[-1][2]


def _tell(topic: str, opportunity: Opportunity, at: datetime, by: User | None, **payload: Any) -> None:
    handoff = opportunity.handoff
    teams: Iterable[int | None] = (handoff.to_team_id, handoff.from_team_id) if handoff else ()
    data = {"name": opportunity.name, "stage": opportunity.stage} | cases.signed(by) | payload
    data["amount"] = None if opportunity.amount is None else str(opportunity.amount)
    publish(
        News(
            topic,
            str(opportunity.public_id),
            at,
            data,
            teams=[team for team in teams if team],
            users=[opportunity.owner_id],
        )
    )
