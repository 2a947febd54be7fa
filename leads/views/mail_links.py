"""What buttons in mails do: accept a lead, or reject it with a reason. The page behind one asks first (config/notices).

The link says who decides; whether that person still may is judged when it is opened, and again when it is used.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from config.accounts.actor import Actor
from config.accounts.models import User
from config.notices.services import links
from config.web.errors import Conflict
from leads.forms.reasons import RejectForm
from leads.models import Handoff, HandoffState
from leads.services import handoffs, late
from leads.views.labels import terms_of


def to_decide(subject: str, user: User) -> Handoff:
    """The offered handoff this person may decide on. Conflict says what became of it, or who has it now."""
    found = (
        Handoff.objects.select_related("lead__person", "lead__company", "to_user", "to_team", "decided_by", "from_user")
        .filter(public_id=UUID(subject))
        .first()
    )
    if found is None:
        raise Conflict("gone", "This lead is not there any more.")
    if found.state != HandoffState.OFFERED:
        raise late.over(found)
    if not Handoff.objects.decided_by(Actor.of(user)).filter(pk=found.pk).exists():
        raise late.given_away(found)
    return found


def _facts(handoff: Handoff) -> list[tuple[str, Any]]:
    """Little: whoever holds the mail sees it."""
    person, company = handoff.lead.person, handoff.lead.company
    giver = handoff.from_user.name if handoff.from_user else handoff.get_from_function_display()
    facts = [("Lead", person.name), ("Company", company.name if company else ""), ("Handed over by", giver)]
    return [(label, value) for label, value in facts if value]


def describe_accept(subject: str, user: User) -> links.Description:
    found = to_decide(subject, user)
    name = found.lead.person.name
    return {
        "title": f"Accept {name}?", "facts": _facts(found), "button": "Accept the lead", "done": f"You have accepted {name}",
    }  # fmt: skip


def accept(subject: str, user: User, data: dict[str, Any], at: datetime) -> str:
    found = to_decide(subject, user)
    handoffs.accept(found.pk, by=user, at=at)
    return reverse("handoff", args=[found.public_id])


def describe_reject(subject: str, user: User) -> links.Description:
    found = to_decide(subject, user)
    terms = terms_of(found)
    if terms is None:
        raise Conflict("imported", "This handoff was imported as history; there is nothing left to decide on it.")
    return {
        "title": f"Reject {found.lead.person.name}?",
        "facts": _facts(found),
        "button": "Reject the lead",
        "done": f"You have rejected {found.lead.person.name}",
        "form": RejectForm.for_terms(terms),
    }


def reject(subject: str, user: User, data: dict[str, Any], at: datetime) -> str:
    found = to_decide(subject, user)
    handoffs.reject(found.pk, by=user, at=at, reason=data["reason"], attribute=data["attribute"], note=data["note"])
    return reverse("handoff", args=[found.public_id])


links.register_verb("accept_handoff", describe=describe_accept, act=accept)
links.register_verb("reject_handoff", describe=describe_reject, act=reject)
