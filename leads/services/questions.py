"""The thread between receiver and giver: what is missing, and the answer. A question stands the pausable clocks still."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from config.accounts.models import User
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Refusal
from leads.models import Handoff, HandoffMessage
from leads.services import cases, clockwork, late
from sla.metrics import PAUSED_BY_A_QUESTION

PAUSED = "the giver owes an answer"  # the pauses that it ends; a date the lead asked for is another matter


@transaction.atomic
def ask(handoff_id: int, *, by: User, at: datetime, text: str) -> HandoffMessage:
    """The receiver asks the giver for what is missing. Where agreed, its clocks stand still until the answer."""
    handoff, _case = cases.load_handoff(handoff_id, at)
    if not handoff.is_open:
        raise late.over(handoff)
    message = _write(handoff, by, at, text, asks=True)
    clockwork.pause(handoff, PAUSED_BY_A_QUESTION, at, reason=PAUSED, note=text.strip()[:200], by=by)
    clockwork.refresh_due(handoff)
    _tell("handoff.asked", handoff, at, message=message.pk, **cases.signed(by))
    return message


@transaction.atomic
def answer(handoff_id: int, *, by: User, at: datetime, text: str) -> HandoffMessage:
    """The giver answers every open question; the clocks go on from here."""
    handoff, _case = cases.load_handoff(handoff_id, at)
    if not handoff.is_open:
        raise late.over(handoff)
    waiting = _open_questions(handoff)
    if not waiting.exists():
        raise Conflict("answered", "No question is open on this handoff any more.")
    message = _write(handoff, by, at, text, asks=False)
    waiting.update(answered_at=at)
    _go_on(handoff, at, f"{by.name} answered")
    _tell("handoff.answered", handoff, at, message=message.pk, **cases.signed(by))
    return message


@transaction.atomic
def withdraw(handoff_id: int, *, by: User, at: datetime) -> None:
    """The receiver does not need the answer any more; the clocks go on from here."""
    handoff, _case = cases.load_handoff(handoff_id, at)
    if not _open_questions(handoff).update(answered_at=at):
        raise Conflict("answered", "No question is open on this handoff any more.")
    if handoff.is_open:
        _go_on(handoff, at, f"{by.name} needs no answer any more")
    _tell("handoff.answered", handoff, at, **cases.signed(by))


@transaction.atomic
def say(handoff_id: int, *, by: User, at: datetime, text: str) -> HandoffMessage:
    """A word in the thread that asks nothing and stops nothing; also after the handoff has ended."""
    handoff = Handoff.objects.select_related("lead").get(pk=handoff_id)
    message = _write(handoff, by, at, text, asks=False)
    _tell("handoff.said", handoff, at, message=message.pk, **cases.signed(by))
    return message


def _open_questions(handoff: Handoff) -> Any:
    return HandoffMessage.objects.filter(handoff=handoff, asks=True, answered_at=None)


def _write(handoff: Handoff, by: User, at: datetime, text: str, *, asks: bool) -> HandoffMessage:
    if not text.strip():
        raise Refusal("empty", "Write a few words.", fields={"text": "A few words."})
    return HandoffMessage.objects.create(handoff=handoff, author=by, asks=asks, text=text.strip()[:4000], at=at)


def _go_on(handoff: Handoff, at: datetime, why: str) -> None:
    """Resume what the question has paused."""
    clockwork.resume(handoff, at, why, reason=PAUSED)
    clockwork.refresh_due(handoff)


def _tell(topic: str, handoff: Handoff, at: datetime, **payload: Any) -> None:
    publish(
        News(
            topic,
            str(handoff.public_id),
            at,
            {"lead": str(handoff.lead.public_id)} | payload,
            teams=[team for team in (handoff.to_team_id, handoff.from_team_id) if team],
            users=[user for user in (handoff.to_user_id, handoff.from_user_id) if user],
        )
    )
