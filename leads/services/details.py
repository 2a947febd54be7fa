"""What an outcome of a try needs beside its code, and the check that it is there before the rep goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from config.accounts.models import User
from config.web.errors import Refusal
from leads.models import Attempt
from leads.services import handoffs, outcomes
from leads.services.cases import Case
from sla.terms import DispositionTerms


@dataclass(frozen=True)
class Details:
    """All of it optional here; `check` says what a certain outcome demands."""

    note: str = ""
    callback_at: datetime | None = None
    reason: str = ""
    evidence: str = ""
    return_on: date | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    next_step: str = ""
    warm: bool = False
    meeting_at: datetime | None = None
    to_user: int | None = None
    new_number: str = ""
    talk_seconds: int | None = None
    handling_seconds: int | None = None
    contact_point: int | None = None

    def stored(self) -> dict[str, Any]:
        return {
            "callback_at": self.callback_at.isoformat() if self.callback_at else None,
            "reason": self.reason,
            "evidence": self.evidence,
            "return_on": self.return_on.isoformat() if self.return_on else None,
            "answers": self.answers,
            "next_step": self.next_step,
            "warm": self.warm,
            "meeting_at": self.meeting_at.isoformat() if self.meeting_at else None,
            "to_user": self.to_user,
            "new_number": self.new_number,
        }

    @classmethod
    def restored(cls, attempt: Attempt) -> Details:
        kept = attempt.details
        moment = lambda name: datetime.fromisoformat(kept[name]) if kept.get(name) else None  # noqa: E731
        return cls(
            note=attempt.note,
            callback_at=moment("callback_at"),
            reason=kept.get("reason", ""),
            evidence=kept.get("evidence", ""),
            return_on=date.fromisoformat(kept["return_on"]) if kept.get("return_on") else None,
            answers=kept.get("answers", {}),
            next_step=kept.get("next_step", ""),
            warm=bool(kept.get("warm")),
            meeting_at=moment("meeting_at"),
            to_user=kept.get("to_user"),
            new_number=kept.get("new_number", ""),
        )

    def on_line(self) -> User | None:
        """Who of sales takes a warm transfer."""
        return User.objects.filter(pk=self.to_user).first() if self.warm and self.to_user else None


def check(term: DispositionTerms, details: Details, case: Case, *, queued: bool) -> None:
    """Refusal naming the field that lacks. `queued`: the lead waits in a queue, so somebody must know when to go on."""
    if term.effect == "callback" or (term.effect == "next_step" and queued):
        _check_time(term, details, case)
    if term.effect == "skip" and not details.note.strip():
        raise Refusal("skip_reason", "Say why you skip this lead.", fields={"note": "A few words."})
    if term.effect in ("disqualify", "suppress"):
        key = details.reason or term.reason
        handoffs.checked_reason(case.terms, "disqualify", key, note=details.note, evidence=details.evidence)
    if term.effect == "recycle":
        handoffs.checked_reason(case.terms, "recycle", details.reason or term.reason, note=details.note)
    if term.effect == "qualify":
        outcomes.check_qualification(
            case, details.answers, meeting_at=details.meeting_at, warm=details.warm, taken_by=details.on_line()
        )


def _check_time(term: DispositionTerms, details: Details, case: Case) -> None:
    if details.callback_at is None:
        words = "When shall we call back?" if term.effect == "callback" else "When is the next step due?"
        raise Refusal("callback_time", words, fields={"callback_at": "Choose a time."})
    if details.callback_at <= case.at:
        raise Refusal("callback_past", "That time has passed.", fields={"callback_at": "Choose a later time."})
