"""What becomes of an accepted handoff: qualified and handed on, given back, or ruled out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from config.accounts.models import User
from config.outbox.services.events import News, publish
from config.web.errors import Refusal
from leads.models import Handoff, HandoffKind, Outcome
from leads.services import afterwards, cases, handoffs, routing, stages, warm_transfers
from leads.services.cases import Case
from leads.services.nurture import local_date
from sla.criteria import is_blank
from sla.stages import Stage


@transaction.atomic
def qualify(
    handoff_id: int,
    *,
    by: User,
    at: datetime,
    answers: dict[str, Any],
    next_step: str = "",
    note: str = "",
    warm: bool = False,
    meeting_at: datetime | None = None,
    taken_by: User | None = None,
) -> Handoff:
    """Telequalification has qualified the lead: its handoff closes and sales gets the next one, with the packet.

    `warm`: `taken_by` of sales is on the line and accepts now; `meeting_at`: handed over with a booked meeting. Returns
    the new handoff.
    """
    handoff, case = cases.load_handoff(handoff_id, at)
    return qualify_locked(
        handoff, case, by=by, answers=answers, next_step=next_step, note=note, warm=warm, meeting_at=meeting_at,
        taken_by=taken_by,
    )  # fmt: skip


def qualify_locked(
    handoff: Handoff,
    case: Case,
    *,
    by: User,
    answers: dict[str, Any],
    next_step: str = "",
    note: str = "",
    warm: bool = False,
    meeting_at: datetime | None = None,
    taken_by: User | None = None,
) -> Handoff:
    check_qualification(case, answers, meeting_at=meeting_at, warm=warm, taken_by=taken_by)
    onward = cases.renewed(case)
    line = warm_transfers.line_to(onward, taken_by) if warm else None
    if handoff.state == "offered":
        handoffs.accept_locked(handoff, case, by=by)
    handoffs.close(handoff, case, outcome=Outcome.QUALIFIED, note=note)
    move = stages.Move(case.at, "telequalified", case.terms, by, case.score.total)
    stages.enter_through(case.lead, (Stage.TAL, Stage.TQL), move)
    offer = handoffs.Offer(
        giver=handoffs.Giver(handoff.to_function, handoff.to_team_id, by),
        leg=routing.LEG_TELEQUALIFIED,
        answers=answers,
        next_step=next_step,
        note=note,
        kind=HandoffKind.WARM if warm else "",
        meeting_at=meeting_at,
        follows=handoff,
        to=line,
    )
    offered = handoffs.offered(onward, offer)
    if taken_by is not None and warm:
        return handoffs.accept_again(offered, onward, by=taken_by)
    return offered


def check_qualification(
    case: Case, answers: dict[str, Any], *, meeting_at: datetime | None, warm: bool, taken_by: User | None
) -> None:
    """Everything that handing on to sales asks for; Refusal names what is missing."""
    _check_answers(case, answers)
    if meeting_at is not None and meeting_at <= case.at:
        raise Refusal("past_meeting", "The meeting must lie ahead.", fields={"meeting_at": "Choose a later time."})
    if warm:
        warm_transfers.line_to(case, taken_by)


def _check_answers(case: Case, answers: dict[str, Any]) -> None:
    """Every required question answered, every answer one of its choices."""
    faults: dict[str, str] = {}
    known = {question.key: question for question in case.terms.questions}
    for question in case.terms.questions:
        value = answers.get(question.key)
        if question.is_required and is_blank(value):
            faults[question.key] = f"{question.label} is not answered."
        elif not is_blank(value) and question.kind == "choice" and value not in question.choices:
            faults[question.key] = f"{question.label}: choose one of {', '.join(question.choices)}."
    for key in set(answers) - set(known):
        faults[key] = "This question is not part of the agreement."
    if faults:
        raise Refusal("packet_incomplete", " ".join(faults.values()), fields=faults)


@transaction.atomic
def disqualify(handoff_id: int, *, by: User, at: datetime, reason: str, evidence: str = "", note: str = "") -> Handoff:
    """Rule the lead out after working it, for a listed reason and with evidence where that needs it."""
    handoff, case = cases.load_handoff(handoff_id, at)
    disqualify_locked(handoff, case, by=by, reason=reason, evidence=evidence, note=note)
    return handoff


def disqualify_locked(
    handoff: Handoff, case: Case, *, by: User | None, reason: str, evidence: str = "", note: str = ""
) -> None:
    term = handoffs.checked_reason(case.terms, "disqualify", reason, note=note, evidence=evidence)
    _accept_first(handoff, case, by)
    handoffs.close(handoff, case, outcome=Outcome.DISQUALIFIED, reason=term.key, note=evidence or note)
    afterwards.send(case, handoff, term, kind="disqualified", by=by, note=evidence or note)
    _tell("handoff.disqualified", handoff, case.at, reason=term.label, **cases.signed(by))


@transaction.atomic
def recycle(
    handoff_id: int, *, by: User, at: datetime, reason: str, return_on: date | None = None, note: str = ""
) -> Handoff:
    """Give the lead back to nurture with a reason and a return date."""
    handoff, case = cases.load_handoff(handoff_id, at)
    recycle_locked(handoff, case, by=by, reason=reason, return_on=return_on, note=note)
    return handoff


def recycle_locked(
    handoff: Handoff, case: Case, *, by: User, reason: str, return_on: date | None = None, note: str = ""
) -> None:
    term = handoffs.checked_reason(case.terms, "recycle", reason, note=note)
    if return_on is None and not term.return_after_days:
        raise Refusal("date_needed", "Say when the lead comes back.", fields={"return_on": "Choose a date."})
    if return_on is not None and return_on <= local_date(case.at):
        raise Refusal("past_date", "The return date must lie ahead.", fields={"return_on": "Choose a later date."})
    _accept_first(handoff, case, by)
    handoffs.close(handoff, case, outcome=Outcome.RECYCLED, reason=term.key, note=note)
    afterwards.send(case, handoff, term, kind="recycled", by=by, note=note, return_on=return_on)
    _tell("handoff.recycled", handoff, case.at, reason=term.label, **cases.signed(by))


def _accept_first(handoff: Handoff, case: Case, by: User | None) -> None:
    """Who brings a lead to an outcome has taken it on; an offer is accepted by the act itself."""
    if handoff.state == "offered" and by is not None:
        handoffs.accept_locked(handoff, case, by=by)


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
