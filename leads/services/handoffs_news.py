"""Who is told what of a handoff, once each: the receiver of an offer, the giver of a decision, managers of a contest.

Subscribers of the outbox: they run in a worker, in the transaction that marks the event as handled.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from config.accounts.choices import Role
from config.accounts.models import Membership, Team, User
from config.notices.kinds import register_kind
from config.notices.models import Urgency
from config.notices.services.notices import Action, tell
from config.outbox.models import Event
from config.outbox.services.subscribers import subscribe
from config.web.wording import local
from leads.models import Handoff, HandoffMessage, HandoffState, Opportunity
from leads.services import contests
from leads.services.escalation import givers, managers_of

GROUP = "Handoffs"
for code, label in (
    ("handoff_offered", "A lead is handed to me"),
    ("handoff_rejected", "A lead I gave was rejected"),
    ("handoff_accepted", "A lead I gave was accepted"),
    ("handoff_back", "A lead was taken back, or pulled back"),
    ("handoff_asked", "I am asked what is missing"),
    ("handoff_answered", "My question was answered"),
    ("handoff_said", "Somebody writes about a handoff"),
    ("contest_opened", "A rejection is contested"),
    ("contest_settled", "A contest is settled"),
    ("opportunity_ended", "A lead I gave was won or lost"),
):
    register_kind(code, label, group=GROUP)


def handoff_of(event: Event) -> Handoff | None:
    return (
        Handoff.objects.select_related(
            "lead__person", "lead__company", "to_team", "from_team", "to_user", "from_user", "decided_by", "version"
        )
        .filter(public_id=event.subject)
        .first()
    )


def named(handoff: Handoff) -> str:
    """The lead in a few words: person, company."""
    person, company = handoff.lead.person.name, handoff.lead.company
    return f"{person}, {company.name}" if company else person


def receivers(handoff: Handoff) -> list[User]:
    """Who is to decide: its owner, else the team's people; a lead in a queue rings nobody, the queue itself is live."""
    if handoff.to_user is not None:
        return [handoff.to_user]
    seats = Membership.objects.active().filter(team_id=handoff.to_team_id).select_related("user")
    return [seat.user for seat in seats if seat.role in (Role.REP, Role.MANAGER)]


def _tell(event: Event, handoff: Handoff, people: Iterable[User | None], kind: str, title: str, **more: Any) -> None:
    """One notice per event and person; nobody is told of what they did themselves."""
    tell(
        [person for person in people if person is not None and not _did_it(event, person)],
        kind=kind,
        title=title,
        url=more.pop("url", f"/handoffs/{handoff.public_id}/"),
        dedupe_key=f"event:{event.public_id}",
        subject=str(handoff.lead.public_id),
        at=event.occurred_at,
        **more,
    )


def _did_it(event: Event, person: User) -> bool:
    return str(person.public_id) == event.payload.get("by_id")


def at_team(at: datetime, team: Team | None) -> str:
    """A moment by the wall clock of the team that reads it: one text goes to several people."""
    with timezone.override(team.time_zone if team else settings.COMPANY_TIME_ZONE):
        return local(at)


# --- to the receiver -----------------------------------------------------------------------------------------------


@subscribe("handoff.offered")
def offered(event: Event) -> None:
    handoff = handoff_of(event)
    if handoff is None or handoff.state != HandoffState.OFFERED or event.payload.get("queue"):
        return
    subject = str(handoff.public_id)
    _tell(
        event, handoff, receivers(handoff), "handoff_offered", f"A lead for you: {named(handoff)}",
        body=offer_words(handoff), urgency=Urgency.NOW,
        actions=[Action("Accept", "accept_handoff", subject), Action("Reject", "reject_handoff", subject)],
    )  # fmt: skip


def offer_words(handoff: Handoff) -> str:
    """Who gives it, what is promised next, and by when to decide."""
    giver = handoff.from_user.name if handoff.from_user else handoff.get_from_function_display()
    lines = [f"Handed over by {giver}."]
    if handoff.packet.get("next_step"):
        lines.append(f"Promised next: {handoff.packet['next_step']}.")
    if handoff.meeting_at:
        lines.append(f"Meeting booked for {at_team(handoff.meeting_at, handoff.to_team)}.")
    if handoff.due_at:
        lines.append(f"Please decide by {at_team(handoff.due_at, handoff.to_team)}.")
    return " ".join(lines)


@subscribe("handoff.reassigned")
def reassigned(event: Event) -> None:
    handoff = handoff_of(event)
    if handoff is None or not handoff.is_open or handoff.to_user is None:
        return
    by = event.payload.get("by", "")
    _tell(
        event, handoff, [handoff.to_user], "handoff_offered", f"{by} gave you {named(handoff)}",
        body=offer_words(handoff), urgency=Urgency.NOW,
    )  # fmt: skip


@subscribe("handoff.answered")
def answered(event: Event) -> None:
    handoff, message = handoff_of(event), _message(event)
    if handoff is None or message is None:
        return
    asked = User.objects.filter(pk__in=handoff.messages.filter(asks=True).values("author"))
    _tell(
        event, handoff, asked, "handoff_answered", f"{message.author.name} answered about {named(handoff)}",
        body=message.text,
    )  # fmt: skip


def _message(event: Event) -> HandoffMessage | None:
    return HandoffMessage.objects.select_related("author").filter(pk=event.payload.get("message")).first()


# --- to the giver --------------------------------------------------------------------------------------------------


@subscribe("handoff.accepted")
def accepted(event: Event) -> None:
    handoff = handoff_of(event)
    if handoff is None or handoff.from_user is None:
        return  # marketing's qualification hands over by itself: nobody waits for each single yes
    _tell(
        event, handoff, [handoff.from_user], "handoff_accepted",
        f"{event.payload.get('by')} accepted {named(handoff)}", urgency=Urgency.WHENEVER,
    )  # fmt: skip


@subscribe("handoff.rejected")
def rejected(event: Event) -> None:
    handoff = handoff_of(event)
    if handoff is None:
        return
    words = [f"Reason: {event.payload.get('reason')}."]
    if handoff.reason_attribute:
        words.append(f"Attribute: {handoff.reason_attribute}.")
    if handoff.note:
        words.append(f"“{handoff.note}”")
    if handoff.due_at:
        words.append(f"You may contest it until {at_team(handoff.due_at, handoff.from_team)}, or let it stand.")
    _tell(
        event, handoff, givers(handoff), "handoff_rejected", f"{event.payload.get('by')} rejected {named(handoff)}",
        body=" ".join(words),
    )  # fmt: skip


@subscribe("handoff.asked")
def asked(event: Event) -> None:
    handoff, message = handoff_of(event), _message(event)
    if handoff is None or message is None:
        return
    _tell(
        event, handoff, givers(handoff), "handoff_asked", f"{message.author.name} asks about {named(handoff)}",
        body=message.text, urgency=Urgency.NOW,
    )  # fmt: skip


@subscribe("handoff.said")
def said(event: Event) -> None:
    """To whoever else has written, and to both ends."""
    handoff, message = handoff_of(event), _message(event)
    if handoff is None or message is None:
        return
    others = User.objects.filter(pk__in=handoff.messages.values("author")).exclude(pk=message.author_id)
    people = {user.pk: user for user in (*others, handoff.to_user, handoff.from_user) if user is not None}
    people.pop(message.author_id, None)
    _tell(
        event, handoff, people.values(), "handoff_said", f"{message.author.name} writes about {named(handoff)}",
        body=message.text,
    )  # fmt: skip


@subscribe("handoff.withdrawn")
def withdrawn(event: Event) -> None:
    handoff = handoff_of(event)
    if handoff is None:
        return
    _tell(
        event, handoff, [handoff.to_user], "handoff_back", f"{event.payload.get('by')} took {named(handoff)} back",
        body=handoff.note,
    )  # fmt: skip


@subscribe("handoff.expired")
def expired(event: Event) -> None:
    handoff = handoff_of(event)
    if handoff is None:
        return
    people = [handoff.to_user, *givers(handoff), *managers_of([handoff.to_team_id])]
    _tell(
        event, handoff, people, "handoff_back", f"{named(handoff)} was pulled back",
        body="Nobody decided in the agreed time.",
    )  # fmt: skip


# --- contests ------------------------------------------------------------------------------------------------------


@subscribe("handoff.contested")
def contested(event: Event) -> None:
    """The receiver may take the rejection back; whoever the agreement names may settle."""
    handoff = handoff_of(event)
    if handoff is None or not hasattr(handoff, "contest"):
        return
    people = [handoff.decided_by, *managers_of([handoff.to_team_id]), *contests.settlers(handoff)]
    _tell(
        event, handoff, people, "contest_opened",
        f"{event.payload.get('by')} contests the rejection of {named(handoff)}",
        body=handoff.contest.comment, url=f"/contests/{handoff.contest.public_id}/",
    )  # fmt: skip


@subscribe("handoff.contest_settled")
def contest_settled(event: Event) -> None:
    handoff = handoff_of(event)
    if handoff is None or not hasattr(handoff, "contest"):
        return
    words = {"taken_back": "took back the rejection of", "upheld": "upheld the rejection of"}
    did = words.get(str(event.payload.get("state")), "overturned the rejection of")
    people = {user.pk: user for user in (*givers(handoff), handoff.contest.contested_by)}
    if handoff.decided_by is not None:
        people[handoff.decided_by.pk] = handoff.decided_by
    _tell(
        event, handoff, people.values(), "contest_settled", f"{event.payload.get('by')} {did} {named(handoff)}",
        body=handoff.contest.settled_note, url=f"/contests/{handoff.contest.public_id}/",
    )  # fmt: skip


# --- what became of it ---------------------------------------------------------------------------------------------


@subscribe("opportunity.won")
@subscribe("opportunity.lost")
def opportunity_ended(event: Event) -> None:
    """Who handed the lead over hears what became of it."""
    deal = Opportunity.objects.select_related("handoff__from_user", "lead").filter(public_id=event.subject).first()
    if deal is None or deal.handoff is None or deal.lead is None:
        return
    reason = f" Reason: {event.payload['reason']}." if event.payload.get("reason") else ""
    tell(
        [person for person in givers(deal.handoff) if not _did_it(event, person)],
        kind="opportunity_ended",
        title=f"{deal.name} is {deal.get_stage_display().lower()}",
        body=f"{event.payload.get('by')} closed it.{reason}",
        url=f"/opportunities/{deal.public_id}/",
        urgency=Urgency.WHENEVER,
        dedupe_key=f"event:{event.public_id}",
        subject=str(deal.lead.public_id),
        at=event.occurred_at,
    )
