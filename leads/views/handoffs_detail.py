"""Everything the page of one handoff shows, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Value

from config.accounts.actor import Actor
from leads import scoring
from leads.forms.reasons import attribute_label
from leads.models import (
    Attempt,
    Contest,
    Handoff,
    HandoffMessage,
    HandoffState,
    NurtureSpell,
    Opportunity,
    QueueItem,
)
from leads.services import cases, clockwork, contests, scores
from leads.services.judging import label_of
from leads.views.labels import reason_label, terms_of
from leads.views.reaching import Reach, reach_of
from sla.document.compose import clause_number
from sla.metrics import METRICS
from sla.models import Clock
from sla.stages import LABELS
from sla.terms import MessageTerms, PersonaTerms, Terms
from sla.words.promises import promise_words

WITH = (
    "lead__person", "lead__company", "lead__score", "lead__segment", "lead__campaign", "lead__owner", "version__agreement",
    "to_team", "from_team", "to_user", "from_user", "decided_by", "contest__contested_by", "contest__settled_by", "follows",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One qualification question with what the lead said."""

    label: str
    text: str
    is_required: bool


@dataclass(frozen=True)
class ClockRow:
    """A clock with its commitment's name."""

    clock: Clock
    name: str
    clause: str = ""
    words: str = ""


@dataclass
class Detail:
    """One handoff as one person sees it at `now`."""

    handoff: Handoff
    actor: Actor
    now: datetime
    clocks: list[Clock]
    messages: list[HandoffMessage]
    attempts: list[Attempt]
    reach: Reach
    followed_by: list[Handoff]
    opportunity: Opportunity | None
    spell: NurtureSpell | None
    item: QueueItem | None
    may_decide: bool
    may_answer_for: bool
    acts: Sequence[Any] = field(default_factory=list)

    @property
    def buttons(self) -> list[Any]:
        return [act for act in self.acts if not act.in_menu]

    @property
    def more(self) -> list[Any]:
        return [act for act in self.acts if act.in_menu]

    @property
    def beyond_the_thumb(self) -> list[Any]:
        """What a phone keeps in the menu."""
        return [act for act in self.buttons if self.handoff.state not in act.under_thumb]

    # --- the agreement -----------------------------------------------------------------------------------------
    @cached_property
    def terms(self) -> Terms | None:
        return terms_of(self.handoff)

    @property
    def lead(self) -> Any:
        return self.handoff.lead

    @property
    def stage_label(self) -> str:
        terms = terms_of(self.lead)
        return terms.label(self.lead.stage) if terms else LABELS[self.lead.stage]

    @property
    def version_words(self) -> str:
        version = self.handoff.version
        return f"{version.agreement.name}, version {version.number}" if version else ""

    @property
    def decider(self) -> str:
        return cases.who(self.handoff.decided_by)

    @property
    def settled_by(self) -> str:
        return contests.settled_by_words(self.handoff) if self.handoff.version_id else ""

    @property
    def reason(self) -> str:
        return reason_label(self.terms, self.handoff.reason) if self.handoff.reason else ""

    @property
    def attribute(self) -> str:
        return attribute_label(self.terms, self.handoff.reason_attribute) if self.terms else ""

    # --- promises ----------------------------------------------------------------------------------------------
    @property
    def running(self) -> list[ClockRow]:
        """Open clocks, the soonest first; what stands still last."""
        rows = [clock for clock in self.clocks if clock.is_open]
        rows.sort(key=lambda clock: (clock.due_at is None, clock.due_at or clock.started_at))
        return [ClockRow(clock, self.name_of(clock)) for clock in rows]

    @property
    def ended(self) -> list[ClockRow]:
        return [ClockRow(clock, self.name_of(clock)) for clock in self.clocks if not clock.is_open]

    @property
    def standing_still(self) -> list[ClockRow]:
        return [row for row in self.running if row.clock.state == "paused"]

    @property
    def clauses(self) -> list[ClockRow]:
        """Every clock with the number of the clause it times and what that promises."""
        return [ClockRow(row.clock, row.name, *self._clause_of(row.clock)) for row in (*self.running, *self.ended)]

    def _clause_of(self, clock: Clock) -> tuple[str, str]:
        if self.terms is None or all(item.key != clock.commitment for item in self.terms.commitments):
            return "", ""
        words = promise_words(self.terms.commitment(clock.commitment), self.terms)
        return clause_number(self.terms, f"commitment:{clock.commitment}"), words

    def name_of(self, clock: Clock) -> str:
        if self.terms and any(item.key == clock.commitment for item in self.terms.commitments):
            return self.terms.commitment(clock.commitment).name
        return METRICS[clock.kind].label

    @property
    def reply_until(self) -> Clock | None:
        """The clock of the giver's reply while it runs."""
        found = next((clock for clock in self.clocks if clock.kind == "contest"), None)
        return found if found is not None and self.may_reply else None

    @property
    def may_reply(self) -> bool:
        found = next((clock for clock in self.clocks if clock.kind == "contest"), None)
        return contests.may_reply(self.handoff, found, self.now)

    @property
    def let_stand(self) -> Clock | None:
        found = next((clock for clock in self.clocks if clock.kind == "contest"), None)
        return found if found is not None and found.evidence.get("act") == contests.LET_STAND else None

    # --- the packet --------------------------------------------------------------------------------------------
    @property
    def packet(self) -> dict[str, Any]:
        return self.handoff.packet

    @cached_property
    def answers(self) -> list[Answer]:
        given = self.packet.get("answers", {})
        known = {question.key: question for question in self.terms.questions} if self.terms else {}
        rows = [Answer(q.label, str(given.get(q.key) or ""), q.is_required) for q in known.values()]
        rows += [Answer(key, str(value), False) for key, value in given.items() if key not in known]
        return rows if given else []

    @cached_property
    def missing(self) -> list[str]:
        """What the packet lacks, in people's words."""
        names: list[str] = self.packet.get("completeness", {}).get("missing", [])
        questions = {f"question.{q.key}": q.label for q in self.terms.questions} if self.terms else {}
        return [questions.get(name) or label_of(name) for name in names]

    @property
    def deeds(self) -> list[dict[str, Any]]:
        return [
            {"at": datetime.fromisoformat(deed["at"]), "title": deed["type"].replace("_", " ").capitalize(), "icon": "world"}
            for deed in self.packet.get("timeline", [])
        ]  # fmt: skip

    # --- whom it is about --------------------------------------------------------------------------------------
    @cached_property
    def persona(self) -> PersonaTerms | None:
        key = self.packet.get("persona") or self.lead.persona
        return next((item for item in self.terms.personas if item.key == key), None) if self.terms else None

    @cached_property
    def key_messages(self) -> list[MessageTerms]:
        """What both sides agreed to say to this persona at this stage, the most particular first."""
        if self.terms is None:
            return []
        persona = self.persona.key if self.persona else ""
        fitting = [
            message
            for message in self.terms.messages
            if message.persona in ("", persona) and message.stage in ("", self.lead.stage, self.handoff.stage)
        ]
        return sorted(fitting, key=lambda message: (not message.persona, not message.stage))

    @property
    def facts(self) -> list[tuple[str, Any]]:
        """What is known of person and company, beside how to reach them."""
        person, company, lead = self.lead.person, self.lead.company, self.lead
        size = f"{company.employees:,}".replace(",", "\u202f") if company and company.employees else ""
        found = [
            ("Industry", company.industry if company else ""),
            ("Employees", size),
            ("Place", ", ".join(part for part in (person.city, person.country) if part)),
            (
                "Source",
                " · ".join(
                    p
                    for p in (lead.source.replace("_", " ").capitalize(), lead.campaign.name if lead.campaign else "")
                    if p
                ),
            ),
            ("Asked for", lead.intent),
            ("Owner", lead.owner.name if lead.owner else ""),
        ]
        return [(label, value) for label, value in found if value]

    @property
    def points(self) -> int:
        kept: int | None = self.packet.get("score", {}).get("total")
        if kept is not None:
            return kept
        return self.lead.score.total if hasattr(self.lead, "score") else 0

    @property
    def grade(self) -> str:
        return str(self.packet.get("fit_grade") or self.lead.fit_grade)

    @property
    def threshold(self) -> int | None:
        return self.terms.points_asked(self.handoff.stage) if self.terms else None

    @property
    def tries(self) -> list[dict[str, Any]]:
        """Tries to reach the lead, as the timeline shows them."""
        known = self.terms.dispositions if self.terms else {}
        return [
            {
                "at": attempt.at,
                "title": f"{attempt.get_channel_display()}: {known[attempt.disposition].label if attempt.disposition in known else attempt.disposition}",
                "text": attempt.note if attempt.counts else f"{attempt.note} (Does not count: {attempt.why_not_counted}.)".strip(),
                "by": attempt.by,
                "icon": "phone-call" if attempt.real_contact else "phone-outgoing",
                "tone": "green" if attempt.real_contact else "secondary",
            }
            for attempt in self.attempts
        ]  # fmt: skip

    @cached_property
    def score_groups(self) -> list[tuple[str, int, list[dict[str, Any]]]]:
        """The score's lines by group: (name, points, lines). As handed over, or as it stands where nothing was kept."""
        log: list[dict[str, Any]] = self.packet.get("score", {}).get("log", [])
        if not log and hasattr(self.lead, "score"):
            log = scoring.log(scores.log_of(self.lead.score))
        return grouped_score(log, self.terms)

    @property
    def whys(self) -> list[str]:
        """Why it came here: what was noted then, else the agreed route by its name."""
        if self.handoff.route_why:
            return [str(line) for line in self.handoff.route_why]
        routes = self.terms.routes if self.terms else ()
        name = next((route.name for route in routes if route.key == self.handoff.route), "")
        return [f"By the agreed route “{name}”."] if name else []

    @property
    def open_questions(self) -> list[HandoffMessage]:
        return [message for message in self.messages if message.asks and message.answered_at is None]

    @property
    def is_queued(self) -> bool:
        return self.item is not None

    @property
    def contest(self) -> Contest | None:
        return getattr(self.handoff, "contest", None)


def grouped_score(log: list[dict[str, Any]], terms: Terms | None) -> list[tuple[str, int, list[dict[str, Any]]]]:
    names = {group.key: group.name for group in terms.score_groups} if terms else {}
    found: dict[str, list[dict[str, Any]]] = {}
    for line in log:
        found.setdefault(line["group"], []).append(line)
    return [(names.get(key, key), sum(line["points"] for line in lines), lines) for key, lines in found.items()]


def load(actor: Actor, public_id: Any, now: datetime) -> Detail | None:
    """The handoff with all that belongs to it; None when this person may not see it."""
    rows = Handoff.objects.visible_to(actor).select_related(*WITH).defer("version__compiled")
    handoff = rows.filter(public_id=public_id).first()
    if handoff is None:
        return None
    return detail_of(handoff, actor, now)


def _rights(handoff: Handoff, actor: Actor) -> set[str]:
    """What this person may do with it: decide on it, answer for who gave it; asked of the same rows as the verbs ask."""
    mine = Handoff.objects.filter(pk=handoff.pk).order_by()
    deciding = mine.decided_by(actor).annotate(right=Value("decide")).values_list("right")
    giving = mine.given_by(actor).annotate(right=Value("give")).values_list("right")
    return {right for (right,) in deciding.union(giving)}


def detail_of(handoff: Handoff, actor: Actor, now: datetime) -> Detail:
    rights = _rights(handoff, actor)
    item = (
        QueueItem.objects.select_related("queue", "claimed_by").filter(pk=handoff.pk).first()
        if handoff.is_open
        else None
    )
    return Detail(
        handoff=handoff,
        actor=actor,
        now=now,
        clocks=clockwork.of([handoff.pk])[handoff.pk],
        messages=list(handoff.messages.select_related("author")),
        attempts=list(handoff.attempts.select_related("by").filter(undone_at=None).order_by("-at")[:20]),
        reach=reach_of(handoff, now, is_queued=item is not None),
        followed_by=list(handoff.followed_by.select_related("to_team").order_by("id")),
        opportunity=handoff.opportunities.order_by("-id").first() if handoff.state == HandoffState.CLOSED else None,
        spell=handoff.nurture_spells.order_by("-id").first() if not handoff.is_open else None,
        item=item,
        may_decide="decide" in rights,
        may_answer_for="give" in rights,
    )
