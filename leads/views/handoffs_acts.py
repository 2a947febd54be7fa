"""What can be done with a handoff: who may, when it makes sense, what it asks for, and the verb that does it.

One registry serves the buttons, the dialogs, the keys and the addresses, so that none can offer what another refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import Form
from django.urls import reverse

from config.accounts.actor import Actor
from config.accounts.models import User
from config.web.errors import Conflict
from leads.forms import handoffs as forms
from leads.forms import reasons
from leads.forms.opportunities import deal_form
from leads.models import Contest, Handoff, HandoffState
from leads.services import attempts, contests, handoffs, opportunities, outcomes, questions
from leads.views.handoffs_detail import Detail
from leads.views.labels import terms_of

OFFERED, ACCEPTED, REJECTED = HandoffState.OFFERED, HandoffState.ACCEPTED, HandoffState.REJECTED
FormOf = Callable[[Handoff, Actor], type[Form] | None]


def no_form(handoff: Handoff, actor: Actor) -> None:
    return None


@dataclass(frozen=True)
class Act:
    """`rows` names the queryset method that finds whose handoffs; `do` returns where to go on, or nothing to stay."""

    key: str
    label: str
    icon: str
    title: str
    done: str
    rows: str
    fits: Callable[[Detail], bool]
    do: Callable[[Handoff, dict[str, Any], User, datetime], str | None]
    form: FormOf = no_form
    submit: str = ""
    hotkey: str = ""
    primary: bool = False
    danger: bool = False
    in_menu: bool = False
    under_thumb: tuple[str, ...] = ()  # the states in which a phone shows it beside the menu, not in it

    @property
    def asks(self) -> bool:
        """Whether it needs more than a press."""
        return self.form is not no_form

    def may(self, detail: Detail) -> bool:
        allowed = {"decided_by": detail.may_decide, "given_by": detail.may_answer_for, "visible_to": True}[self.rows]
        return allowed and detail.handoff.version_id is not None and self.fits(detail)


def _on(*states: str) -> Callable[[Detail], bool]:
    return lambda detail: detail.handoff.state in states and not detail.is_queued


def _terms_form(make: Callable[[Any], type[Form]]) -> FormOf:
    def form(handoff: Handoff, actor: Actor) -> type[Form]:
        terms = terms_of(handoff)
        if terms is None:
            raise Conflict("imported", "This handoff was imported as history; there is nothing left to decide on it.")
        return make(terms)

    return form


# --- the verbs, as the forms give them --------------------------------------------------------------------------------


def _accept(handoff: Handoff, data: dict[str, Any], by: User, at: datetime) -> None:
    handoffs.accept(handoff.pk, by=by, at=at, meeting_at=data.get("meeting_at"))


def _reject(handoff: Handoff, data: dict[str, Any], by: User, at: datetime) -> None:
    handoffs.reject(handoff.pk, by=by, at=at, reason=data["reason"], attribute=data["attribute"], note=data["note"])


def _disqualify(handoff: Handoff, data: dict[str, Any], by: User, at: datetime) -> None:
    outcomes.disqualify(handoff.pk, by=by, at=at, reason=data["reason"], evidence=data["note"])


def _recycle(handoff: Handoff, data: dict[str, Any], by: User, at: datetime) -> None:
    outcomes.recycle(handoff.pk, by=by, at=at, reason=data["reason"], return_on=data["return_on"], note=data["note"])


def _attempt(handoff: Handoff, data: dict[str, Any], by: User, at: datetime) -> None:
    details = attempts.Details(note=data["note"], callback_at=data["callback_at"])
    attempts.record(handoff.pk, by=by, at=at, disposition=data["disposition"], channel=data["channel"], details=details)


def _opportunity(handoff: Handoff, data: dict[str, Any], by: User, at: datetime) -> str:
    made = opportunities.open_from(handoff.pk, data["deal"], by=by, at=at)
    return reverse("opportunity", args=[made.public_id])


def _reassign(handoff: Handoff, data: dict[str, Any], by: User, at: datetime) -> None:
    handoffs.reassign(handoff.pk, to_user=data["to_user"], by=by, at=at, held_by=data.get("held_by"))


def _contest_of(handoff: Handoff) -> Contest:
    found = Contest.objects.filter(handoff=handoff).first()
    if found is None:
        raise Conflict("not_contested", "Nobody has contested this rejection.")
    return found


def _take_back(handoff: Handoff, data: dict[str, Any], by: User, at: datetime) -> str:
    contests.take_back(_contest_of(handoff).pk, by=by, at=at, note=data["note"])
    fresh = Handoff.objects.filter(follows=handoff).order_by("-id").first()
    return reverse("handoff", args=[(fresh or handoff).public_id])


def _settle(handoff: Handoff, data: dict[str, Any], by: User, at: datetime) -> None:
    upheld = data["decision"] == Contest.State.UPHELD
    contests.settle(_contest_of(handoff).pk, upheld=upheld, by=by, at=at, note=data["note"])


# --- when each makes sense -------------------------------------------------------------------------------------------


def _is_contested(detail: Detail) -> bool:
    return detail.contest is not None and detail.contest.state == Contest.State.OPEN


def _may_settle(detail: Detail) -> bool:
    return detail.contest is not None and contests.may_settle(detail.actor, detail.contest, detail.handoff)


ACTS: dict[str, Act] = {
    act.key: act
    for act in (
        Act(
            "accept", "Accept", "check", "Accept this lead", "Accepted.", "decided_by", _on(OFFERED), _accept,
            submit="Accept", hotkey="a", primary=True, under_thumb=(OFFERED,),
        ),
        Act(
            "reject", "Reject", "thumb-down", "Reject this lead", "Rejected; the giver sees why.", "decided_by",
            _on(OFFERED), _reject, _terms_form(reasons.RejectForm.for_terms), "Reject", hotkey="r", danger=True, under_thumb=(OFFERED,),
        ),
        Act(
            "meeting", "Accept and meet", "calendar-event", "Accept and book a meeting", "Accepted, with a meeting.",
            "decided_by", _on(OFFERED), _accept, lambda h, a: forms.MeetingForm, "Accept and book", hotkey="m",
        ),
        Act(
            "attempt", "Log a contact", "phone-call", "A call, mail, message or meeting", "Noted.", "decided_by",
            _on(ACCEPTED), _attempt, _terms_form(forms.AttemptForm.for_terms), "Save", hotkey="l", primary=True, under_thumb=(ACCEPTED,),
        ),
        Act(
            "opportunity", "Opportunity", "briefcase", "Open an opportunity", "The opportunity is open.",
            "decided_by", _on(OFFERED, ACCEPTED), _opportunity, deal_form, "Open it", hotkey="o",
            under_thumb=(ACCEPTED,),
        ),
        Act(
            "ask", "Ask", "message-question", "Ask what is missing", "Asked.", "decided_by",
            _on(OFFERED, ACCEPTED), lambda h, d, by, at: _nothing(questions.ask(h.pk, by=by, at=at, text=d["text"])),
            lambda h, a: forms.AskForm, "Ask", hotkey="q",
        ),
        Act(
            "recycle", "Give back until a date", "plant-2", "Give back to nurture", "Given back to nurture.",
            "decided_by", _on(ACCEPTED), _recycle, _terms_form(reasons.RecycleForm.for_terms), "Give back", hotkey="b",
        ),
        Act(
            "disqualify", "Rule out", "ban", "Rule this lead out", "Ruled out.", "decided_by", _on(ACCEPTED),
            _disqualify, _terms_form(reasons.DisqualifyForm.for_terms), "Rule out", hotkey="d", danger=True,
        ),
        Act(
            "reassign", "Give to a colleague", "user-plus", "Give to a colleague", "Given to a colleague.", "decided_by",
            _on(OFFERED, ACCEPTED), _reassign, lambda h, a: forms.ReassignForm.for_handoff(h), "Give", hotkey="e",
            in_menu=True,
        ),
        Act(
            "unask", "The answer is not needed any more", "clock-play", "The answer is not needed any more",
            "The clocks go on.", "decided_by", lambda d: d.handoff.is_open and bool(d.open_questions),
            lambda h, d, by, at: questions.withdraw(h.pk, by=by, at=at), submit="Let the clocks go on", in_menu=True,
        ),
        Act(
            "answer", "Answer", "message", "Answer the question", "Answered.", "given_by",
            lambda d: d.handoff.is_open and bool(d.open_questions),
            lambda h, d, by, at: _nothing(questions.answer(h.pk, by=by, at=at, text=d["text"])),
            lambda h, a: forms.AnswerForm, "Answer", hotkey="w", primary=True, under_thumb=(OFFERED, ACCEPTED),
        ),
        Act(
            "withdraw", "Take it back", "arrow-back-up", "Take this lead back", "Taken back.", "given_by",
            lambda d: d.handoff.state == OFFERED,
            lambda h, d, by, at: _nothing(handoffs.withdraw(h.pk, by=by, at=at, note=d["note"])),
            lambda h, a: forms.WithdrawForm, "Take it back", in_menu=True,
        ),
        Act(
            "contest", "Contest", "gavel", "Contest this rejection", "Contested; the receiver and the manager know.",
            "given_by", lambda d: d.may_reply,
            lambda h, d, by, at: _nothing(contests.contest(h.pk, by=by, at=at, comment=d["comment"])),
            lambda h, a: forms.ContestForm, "Contest it", hotkey="t", primary=True, under_thumb=(REJECTED,),
        ),
        Act(
            "let-stand", "Let it stand", "checks", "Let this rejection stand", "The rejection stands.", "given_by",
            lambda d: d.reply_until is not None,
            lambda h, d, by, at: _nothing(contests.let_stand(h.pk, by=by, at=at)), submit="Let it stand", hotkey="s", under_thumb=(REJECTED,),
        ),
        Act(
            "take-back", "Take the rejection back", "arrow-back-up", "Take the rejection back",
            "Taken back; the lead is yours.", "decided_by", _is_contested, _take_back, lambda h, a: forms.TakeBackForm,
            "Take it back", hotkey="u", primary=True, under_thumb=(REJECTED,),
        ),
        Act(
            "settle", "Settle", "scale", "Settle this contest", "Settled; both sides know.", "visible_to", _may_settle,
            _settle, lambda h, a: forms.SettleForm, "Settle", hotkey="v", primary=True, under_thumb=(REJECTED,),
        ),
    )
}  # fmt: skip


def _nothing(_: object) -> None:
    """A verb's result that the page does not need."""


def acts_for(detail: Detail) -> list[Act]:
    return [act for act in ACTS.values() if act.may(detail)]
