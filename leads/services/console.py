"""Everything the console shows of one lead, gathered in a bounded number of queries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from config.accounts.choices import Function
from config.accounts.models import User
from config.web.wording import ago
from leads.models import (
    Activity,
    Attempt,
    Callback,
    CallDraft,
    ContactKind,
    Handoff,
    HandoffState,
    Lead,
    Outcome,
    PhoneCall,
    QueueItem,
)
from leads.services import callbacks, cases, clockwork, dialling, drafts, gates
from leads.services.gates import Clearance
from sla.criteria import humanise
from sla.models import Clock, ClockState
from sla.services.compiling import terms_by_id
from sla.terms import CadenceTerms, DispositionTerms, PersonaTerms, QuestionTerms, Terms

DEEDS, TOUCHES = 6, 12
FIELD = re.compile(r"\{([a-z_]+)\}")
UNKNOWN = {"first_name": "there", "company": "your company", "industry": "your industry", "intent": "our product"}
ASKED = ("callback", "next_step", "qualify", "recycle", "skip", "reroute", "other_number")
GROUPS = (
    ("Nobody reached", lambda term: not term.human_answered and term.effect != "skip"),
    ("Somebody answered", lambda term: term.human_answered and not term.real_contact),
    ("Spoke with them", lambda term: term.real_contact),
    ("Pass on", lambda term: term.effect == "skip"),
)


@dataclass(frozen=True)
class Key:
    """One outcome on the console: its key, and whether it asks for more before it is recorded."""

    term: DispositionTerms
    asks: bool
    tone: str


@dataclass
class Sheet:
    """A lead as the rep has it before them."""

    handoff: Handoff
    lead: Lead
    terms: Terms
    at: datetime
    item: QueueItem | None
    draft: CallDraft | None
    callback: Callback | None
    call: PhoneCall | None
    clearance: Clearance | None
    clocks: list[Clock]
    deeds: list[Activity]
    touches: list[dict[str, Any]]
    rep: User
    tries: int = 0
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def persona(self) -> PersonaTerms | None:
        return next((term for term in self.terms.personas if term.key == self.lead.persona), None)

    @property
    def cadence(self) -> CadenceTerms | None:
        return self.terms.cadence_for(self.handoff.to_function)

    @property
    def is_shut(self) -> bool:
        """Whether no call can be made, and none is under way."""
        return self.clearance is not None and bool(self.clearance.stops) and self.call is None

    @property
    def is_mine(self) -> bool:
        return self.item is not None and self.item.claimed_by_id == self.rep.pk

    @property
    def holder(self) -> User | None:
        """Who else has the lead in hand now."""
        if self.item is None or self.is_mine or self.item.claimed_by is None:
            return None
        return self.item.claimed_by if self.item.lease_until and self.item.lease_until > self.at else None

    @property
    def threshold(self) -> int | None:
        return self.terms.points_asked(self.handoff.stage)

    @property
    def there(self) -> datetime | None:
        """What their clock shows."""
        return self.at.astimezone(ZoneInfo(self.clearance.window.zone)) if self.clearance else None

    # --- what to say ---------------------------------------------------------------------------------------------------
    @property
    def scripts(self) -> list[tuple[str, str]]:
        found = [s for s in self.terms.scripts if s.function == self.handoff.to_function]
        return [(s.name, filled(s.text, self._values)) for s in found if s.stage in ("", self.handoff.stage)]

    @property
    def messages(self) -> list[str]:
        """The key messages for this kind of person at this stage, the most particular first."""
        fits = [
            (bool(m.persona) + bool(m.stage), m.text)
            for m in self.terms.messages
            if m.persona in ("", self.lead.persona) and m.stage in ("", self.handoff.stage)
        ]
        return [text for _, text in sorted(fits, key=lambda pair: -pair[0])]

    @property
    def _values(self) -> dict[str, str]:
        person, company = self.lead.person, self.lead.company
        return {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "name": person.name,
            "job_title": person.job_title,
            "company": company.name if company else "",
            "industry": company.industry if company else "",
            "source": self.lead.source,
            "intent": self.lead.intent,
            "rep": self.rep.name,
            "our_company": settings.COMPANY_NAME,
        }

    @property
    def questions(self) -> list[tuple[QuestionTerms, Any]]:
        """Each question with what was answered so far: in this call, in an earlier try, or by who gave the lead."""
        known = dict(self.handoff.packet.get("answers", {})) | (self.draft.answers if self.draft else {})
        return [(question, known.get(question.key, "")) for question in self.terms.questions]

    @property
    def known_answers(self) -> list[tuple[str, Any]]:
        return [(question.label, answer) for question, answer in self.questions if answer not in ("", None)]

    # --- what to press --------------------------------------------------------------------------------------------------
    @property
    def keys(self) -> list[tuple[str, list[Key]]]:
        active = [term for term in self.terms.dispositions.values() if term.is_active]
        grouped = [(name, [self._key(term) for term in active if fits(term)]) for name, fits in GROUPS]
        return [(name, keys) for name, keys in grouped if keys]

    def _key(self, term: DispositionTerms) -> Key:
        tone = "green" if term.effect == "qualify" else "red" if term.effect == "suppress" else ""
        return Key(term, asks_more(term, self.terms), tone)

    def free_key(self, wanted: str) -> str:
        """The letter for an act of the page: itself, or its capital where an outcome of the agreement has it."""
        taken = {term.hotkey for term in self.terms.dispositions.values() if term.is_active}
        return wanted.upper() if wanted in taken else wanted


def asks_more(term: DispositionTerms, terms: Terms) -> bool:
    """Whether an outcome needs more than its key."""
    if term.effect in ASKED:
        return True
    if term.effect == "disqualify":
        reason = terms.reasons.get(term.reason)
        return reason is None or reason.needs_evidence or reason.needs_note
    return False


def filled(text: str, values: dict[str, str]) -> str:
    """A script with the lead's data put in; what is not known becomes a word that still makes a sentence."""

    def value_of(found: re.Match[str]) -> str:
        name = found[1]
        return values.get(name) or UNKNOWN.get(name) or (f"[{name.replace('_', ' ')}]" if name in values else found[0])

    return FIELD.sub(value_of, text)


# --- gathering -----------------------------------------------------------------------------------------------------------


def sheet(handoff: Handoff, *, rep: User, at: datetime) -> Sheet:
    """The console's sheet. The clearance is only looked at here; showing a number is `clearing.ask_for_number`."""
    assert handoff.version_id is not None, "only imported handoffs have no version, and none of them waits"
    terms = terms_by_id(handoff.version_id)
    lead = Lead.objects.select_related("person", "company", "campaign", "score", "segment").get(pk=handoff.lead_id)
    handoff.lead = lead
    addresses = cases.addresses_of(lead.person_id)
    email, phone = addresses.get(ContactKind.EMAIL, ""), addresses.get(ContactKind.PHONE, "")
    tries = list(
        Attempt.objects.filter(lead=lead, undone_at=None).select_related("by").order_by("-at", "-id")[:TOUCHES]
    )
    handed = list(lead.handoffs.select_related("to_team", "from_user", "decided_by").order_by("-id")[:TOUCHES])
    return Sheet(
        handoff=handoff,
        lead=lead,
        terms=terms,
        at=at,
        item=QueueItem.objects.select_related("claimed_by", "reserved_for", "queue").filter(pk=handoff.pk).first(),
        draft=drafts.of(handoff),
        callback=Callback.objects.filter(handoff=handoff, state__in=callbacks.OPEN).select_related("owner").first(),
        call=dialling.latest_of(handoff, rep),
        clearance=gates.examine(handoff, lead, terms, email=email, phone=phone, at=at),
        clocks=shown_clocks(handoff.pk, at),
        deeds=list(Activity.objects.filter(lead=lead).order_by("-occurred_at")[:DEEDS]),
        touches=touches_of(tries, handed, terms),
        rep=rep,
        tries=sum(1 for tried in tries if tried.handoff_id == handoff.pk and tried.counts),
        addresses=addresses,
    )


def shown_clocks(handoff_id: int, at: datetime) -> list[Clock]:
    """The promises that run, the soonest first; a paused one last."""
    found = [clock for clock in clockwork.of([handoff_id])[handoff_id] if clock.is_open]
    return sorted(found, key=lambda clock: (clock.state == ClockState.PAUSED, clock.due_at or at))


def deed_names(terms: Terms) -> dict[str, str]:
    """What the agreement calls each kind of deed."""
    return {rule.activity_type: rule.name for rule in terms.score_rules if rule.activity_type}


def named_deeds(deeds: Iterable[Activity], terms: Terms, at: datetime) -> list[dict[str, Any]]:
    names = deed_names(terms)
    return [
        {
            "name": names.get(deed.type) or humanise(deed.type),
            "at": deed.occurred_at,
            "ago": ago(deed.occurred_at, at),
            "detail": ", ".join(str(value) for value in deed.properties.values() if isinstance(value, str | int))[:80],
        }
        for deed in deeds
    ]


def touches_of(tries: list[Attempt], handed: list[Handoff], terms: Terms) -> list[dict[str, Any]]:
    """Every try and every handing over of this lead, newest first, for the history."""
    found = [_try(tried, terms) for tried in tries]
    for handoff in handed:
        found.append(
            {
                "at": handoff.offered_at,
                "title": f"Handed to {handoff.to_team.name}",
                "by": handoff.from_user.name if handoff.from_user else "the agreement",
                "icon": "arrows-exchange",
                "tone": "azure",
            }
        )
        if ended := _ending(handoff, terms):
            found.append({"text": handoff.note, **ended})
    return sorted(found, key=lambda item: item["at"], reverse=True)[:TOUCHES]


def _ending(handoff: Handoff, terms: Terms) -> dict[str, Any] | None:
    """How a handoff came back; None while it goes on, went on to the next team, or ended with a call that is told anyway."""
    if handoff.state == HandoffState.CLOSED and handoff.to_function == Function.TELEQUALIFICATION:
        return None
    reason = terms.reasons.get(handoff.reason)
    because = f": {reason.label}" if reason else ""
    team, decided = handoff.to_team.name, {"at": handoff.decided_at, "by": cases.who(handoff.decided_by)}
    match handoff.state:
        case HandoffState.REJECTED:
            return {"title": f"Rejected by {team}{because}", "icon": "thumb-down", "tone": "red", **decided}
        case HandoffState.EXPIRED:
            return {"title": f"Pulled back from {team}", "icon": "arrow-back-up", "tone": "orange", **decided}
        case HandoffState.WITHDRAWN:
            return {"title": f"Withdrawn from {team}", "icon": "arrow-back-up", "tone": "secondary", **decided}
        case HandoffState.CLOSED if handoff.outcome in (Outcome.RECYCLED, Outcome.DISQUALIFIED):
            words = "Given back" if handoff.outcome == Outcome.RECYCLED else "Ruled out"
            title = f"{words} by {team}{because}"
            return {"title": title, "icon": "arrow-back-up", "tone": "secondary", "at": handoff.closed_at}
    return None


def _try(tried: Attempt, terms: Terms) -> dict[str, Any]:
    term = terms.dispositions.get(tried.disposition)
    spoke = tried.real_contact
    return {
        "at": tried.at,
        "title": term.label if term else humanise(tried.disposition),
        "text": tried.note,
        "by": tried.by.name if tried.by else "",
        "icon": "phone-call" if spoke else "phone-off",
        "tone": "green" if spoke else "secondary",
    }
