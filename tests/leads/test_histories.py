"""Random histories of everything anybody can do to leads, some of it by two at the same instant: the audit stays clean,
and the ledger has neither a gap nor an overlap.

Acts draw their particulars from a number, so that a failing history can be played again. `HANDOFF_HISTORIES=500` tells
more of them; the suite tells as many as fit half a minute.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from config.accounts.models import User
from config.web.errors import Refusal
from leads.models import (
    Attempt,
    Contest,
    Handoff,
    Lead,
    Opportunity,
    OpportunityStage,
    QueueItem,
    StageEntry,
)
from leads.services import (
    attempts,
    audit,
    board,
    callbacks,
    claiming,
    contests,
    handoffs,
    nurture,
    opportunities,
    outcomes,
    questions,
)
from leads.services.intake import Deed, receive_activity
from leads.services.opportunities import Deal
from sla.models import Clock, ClockEvent
from sla.services import sweeping
from tests.cast import ANSWERS, NOW, Cast
from tests.emptying import empty
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)

HISTORIES = int(os.environ.get("HANDOFF_HISTORIES", "8"))
STEPS = int(os.environ.get("HANDOFF_HISTORY_STEPS", "40"))
MOST_LEADS = 3
SECOND = timedelta(seconds=1)
ALL_ROLES = ("mara", "jonas", "tom", "tim", "tess", "sina", "sam", "nina", "eva", "priya")
DEEDS = ("webinar", "pricing_page", "demo_request", "careers_page", "trial_start", "content_download")
LEAPS = (timedelta(minutes=2), timedelta(minutes=70), timedelta(hours=7), timedelta(days=3), timedelta(days=40), timedelta(days=200))  # fmt: skip
WORD = "A few words."

Verb = Callable[["Act"], Any]
VERBS: dict[str, Verb] = {}


class Act:
    """One try to do something: to which lead, by whom, when, with what luck."""

    def __init__(self, cast: Cast, lead_id: int, by: User, at: datetime, luck: random.Random):
        self.cast, self.lead_id, self.by, self.at, self.luck = cast, lead_id, by, at, luck

    @property
    def day(self) -> Any:
        return nurture.local_date(self.at) + timedelta(days=self.luck.choice((0, 1, 5, 60)))

    @property
    def who(self) -> User:
        return getattr(self.cast, self.luck.choice(ALL_ROLES))

    def reason(self, kind: str) -> str:
        return self.luck.choice([reason.key for reason in self.cast.terms.reasons_of(kind)])

    @property
    def handoff(self) -> int:
        return self._latest(Handoff.objects.filter(lead=self.lead_id))

    @property
    def deal(self) -> int:
        return self._latest(Opportunity.objects.filter(lead=self.lead_id))

    @property
    def contest(self) -> int:
        return self._latest(Contest.objects.filter(handoff__lead=self.lead_id))

    @staticmethod
    def _latest(rows: Any) -> int:
        found = rows.order_by("-id").values_list("pk", flat=True).first()
        if found is None:
            raise Refusal("nothing_there", "There is none yet.")
        return int(found)


def verb(function: Verb) -> Verb:
    VERBS[function.__name__] = function
    return function


# --- what can be done ----------------------------------------------------------------------------------------------


@verb
def accept(act: Act) -> None:
    meeting = act.at + timedelta(days=1) if act.luck.random() < 0.2 else None
    handoffs.accept(act.handoff, by=act.by, at=act.at, meeting_at=meeting)


@verb
def reject(act: Act) -> None:
    attribute = act.luck.choice(("", "company.industry"))
    handoffs.reject(act.handoff, by=act.by, at=act.at, reason=act.reason("reject"), attribute=attribute, note=WORD)


@verb
def withdraw(act: Act) -> None:
    handoffs.withdraw(act.handoff, by=act.by, at=act.at, note=WORD)


@verb
def reassign(act: Act) -> None:
    handoffs.reassign(act.handoff, to_user=act.who, by=act.by, at=act.at)


@verb
def expire(act: Act) -> None:
    handoffs.expire(act.handoff, at=act.at)


@verb
def claim(act: Act) -> None:
    with transaction.atomic():
        claiming.claim(act.handoff, by=act.by, at=act.at)


@verb
def let_go(act: Act) -> None:
    with transaction.atomic():
        claiming.let_go(act.handoff, by=act.by, at=act.at)


@verb
def give(act: Act) -> None:
    if not QueueItem.objects.filter(pk=act.handoff).exists():
        raise Refusal("not_queued", "It waits in no queue.")
    board.give(act.handoff, to_user=act.who, by=act.by, at=act.at)


@verb
def call(act: Act) -> None:
    terms = [term for term in act.cast.terms.dispositions.values() if term.is_active]
    term = act.luck.choice(terms)
    reason = ""
    if term.effect in ("disqualify", "suppress", "recycle"):
        reason = act.reason("recycle" if term.effect == "recycle" else "disqualify")
    details = attempts.Details(
        note=WORD, evidence=WORD, reason=reason, answers=ANSWERS, next_step=WORD,
        callback_at=act.at + timedelta(hours=act.luck.choice((1, 30))), new_number=act.luck.choice(("", "+4930999888")),
        warm=act.luck.random() < 0.2, to_user=act.who.pk,
    )  # fmt: skip
    undo = timedelta(seconds=act.luck.choice((0, 0, 10)))
    attempts.record(act.handoff, by=act.by, at=act.at, disposition=term.key, details=details, undo=undo)


@verb
def undo(act: Act) -> None:
    found = Attempt.objects.filter(lead=act.lead_id).order_by("-id").first()
    if found is None:
        raise Refusal("nothing_there", "There is none yet.")
    assert found.by is not None
    attempts.undo(found.pk, by=found.by, at=act.at)


@verb
def qualify(act: Act) -> None:
    outcomes.qualify(act.handoff, by=act.by, at=act.at, answers=ANSWERS, next_step=WORD)


@verb
def disqualify(act: Act) -> None:
    outcomes.disqualify(act.handoff, by=act.by, at=act.at, reason=act.reason("disqualify"), evidence=WORD)


@verb
def recycle(act: Act) -> None:
    outcomes.recycle(act.handoff, by=act.by, at=act.at, reason=act.reason("recycle"), return_on=act.day)


@verb
def ask(act: Act) -> None:
    questions.ask(act.handoff, by=act.by, at=act.at, text=WORD)


@verb
def answer(act: Act) -> None:
    questions.answer(act.handoff, by=act.by, at=act.at, text=WORD)


@verb
def contest(act: Act) -> None:
    rejected = Handoff.objects.filter(lead=act.lead_id, state="rejected").order_by("-id").first()
    if rejected is None:
        raise Refusal("nothing_there", "There is none yet.")
    contests.contest(rejected.pk, by=act.by, at=act.at, comment=WORD)


@verb
def let_stand(act: Act) -> None:
    contests.let_stand(act.handoff, by=act.by, at=act.at)


@verb
def take_back(act: Act) -> None:
    contests.take_back(act.contest, by=act.by, at=act.at, note=WORD)


@verb
def settle(act: Act) -> None:
    contests.settle(act.contest, upheld=act.luck.random() < 0.4, by=act.by, at=act.at, note=WORD)


@verb
def open_deal(act: Act) -> None:
    deal = Deal("Deal", Decimal(1000), next_step=WORD, next_step_on=act.day)
    opportunities.open_from(act.handoff, deal, by=act.by, at=act.at)


@verb
def change_deal(act: Act) -> None:
    stage = act.luck.choice((OpportunityStage.DISCOVERY, OpportunityStage.PROPOSAL, OpportunityStage.WON))
    opportunities.update(act.deal, by=act.by, at=act.at, stage=stage, amount=Decimal(act.luck.randrange(5000)))


@verb
def win(act: Act) -> None:
    opportunities.win(act.deal, by=act.by, at=act.at)


@verb
def lose(act: Act) -> None:
    opportunities.lose(act.deal, by=act.by, at=act.at, reason=act.reason("lost"), note=WORD)


@verb
def bring_back(act: Act) -> None:
    nurture.return_lead(act.lead_id, at=act.at, by=act.by, cause="by hand")


@verb
def postpone(act: Act) -> None:
    nurture.change_return(act.lead_id, return_on=act.day, by=act.by, at=act.at)


@verb
def revive(act: Act) -> None:
    nurture.revive(act.lead_id, return_on=act.day, by=act.by, at=act.at)


@verb
def do_something(act: Act) -> None:
    lead = Lead.objects.get(pk=act.lead_id)
    deed = Deed(act.luck.choice(DEEDS), act.at)
    receive_activity(act.cast.source, lead, deed, external_id="", raw={}, at=act.at)


@verb
def come_again(act: Act) -> None:
    """The same person by another form: a new cycle where the last was closed."""
    name = Lead.objects.get(pk=act.lead_id).person.first_name.lower()
    deeds = tuple(act.luck.sample(DEEDS, act.luck.randrange(3)))
    act.cast.lead(name, act.at, external_id=f"{name}-{act.at.timestamp()}", deeds=deeds)


# Weighted so that histories get somewhere: most acts are those of an ordinary day.
ORDINARY = ("accept", "qualify", "open_deal", "call", "reject", "recycle", "do_something", "contest", "claim")
NAMES = sorted([*VERBS, *ORDINARY, *ORDINARY])
verbs, roles, lucks = st.sampled_from(NAMES), st.sampled_from(ALL_ROLES), st.integers(0, 2**20)


# --- what suits how a lead stands ------------------------------------------------------------------------------------

DESK, SALES, MARKETING = ("tim", "tess"), ("sam", "nina", "sina"), ("mara", "jonas")
Likely = list[tuple[str, tuple[str, ...]]]


def likely(cast: Cast, lead_id: int) -> Likely:
    """Verbs with whom they suit, as the lead stands: what carries a history on to where chance alone seldom gets."""
    roles_of = {user.pk: role for role, user in cast.people.items()}
    lead = Lead.objects.get(pk=lead_id)
    handoff = Handoff.objects.filter(lead=lead).order_by("-id").first()
    found: Likely = []
    for contest in Contest.objects.filter(handoff__lead=lead, state=Contest.State.OPEN).select_related("handoff"):
        found += [("settle", ("eva",)), ("take_back", (roles_of.get(contest.handoff.decided_by_id or 0, "sina"),))]
    for deal in Opportunity.objects.filter(lead=lead, closed_at=None):
        owner = (roles_of.get(deal.owner_id or 0, "sina"),)
        found += [("change_deal", owner), ("change_deal", owner), ("win", owner), ("lose", owner)]
    if handoff is not None and handoff.is_open:
        found += _open(handoff, roles_of)
    elif handoff is not None and handoff.state == "rejected":
        giver = (roles_of.get(handoff.from_user_id or 0, "tim"),)
        found += [("contest", giver), ("contest", giver), ("let_stand", giver)]
    if lead.stage == "nurture":
        found += [("bring_back", MARKETING), ("postpone", MARKETING), ("do_something", ("mara",))]
    if lead.closed_at is not None:
        found += [("come_again", ("mara",)), ("revive", MARKETING)]
    return found or [("do_something", ("mara",)), ("come_again", ("mara",))]


def _open(handoff: Handoff, roles_of: dict[int, str]) -> Likely:
    if QueueItem.objects.filter(pk=handoff.pk).exists():
        asked: Likely = [
            (name, DESK) for name in ("call", "call", "qualify", "qualify", "disqualify", "recycle", "claim", "let_go")
        ]
        return [*asked, ("undo", DESK), ("give", ("tom",)), ("withdraw", ("mara",))]
    holder = (roles_of[handoff.to_user_id],) if handoff.to_user_id else SALES
    if handoff.state == "offered":
        found: Likely = [(name, holder) for name in ("accept", "accept", "accept", "reject", "reject", "ask")]
    else:
        found = [(name, holder) for name in ("open_deal", "open_deal", "recycle", "disqualify", "call")]
    return [*found, ("reassign", ("sina",)), ("answer", ("tom", *DESK)), ("withdraw", ("tom",))]


class Histories(RuleBasedStateMachine):
    """A few leads at a time; what was refused is as much a part of a history as what was done."""

    cast: ClassVar[Cast]
    template: ClassVar[Callable[[], Cast]]
    done: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self) -> None:
        empty(connection)
        type(self).cast = type(self).template()
        self.at = NOW
        self.leads: list[int] = []
        self.arrive(7)

    def act_of(self, role: str, luck: int) -> Act:
        source = random.Random(luck)
        return Act(self.cast, source.choice(self.leads), getattr(self.cast, role), self.at, source)

    def try_to(self, name: str, act: Act) -> None:
        try:
            VERBS[name](act)
        except Refusal:
            self.refused[name] += 1
        else:
            self.done[name] += 1

    @rule(luck=lucks)
    def arrive(self, luck: int) -> None:
        if len(self.leads) >= MOST_LEADS:
            return
        source = random.Random(luck)
        deeds = tuple(source.sample(DEEDS, source.choice((0, 1, 2)))) if self.leads else ("demo_request",)
        received = self.cast.lead(f"lead{len(self.leads)}", self.at, deeds=deeds, phone="+4930123456", intent="Demo")
        self.leads.append(received.lead.pk)

    @rule(name=verbs, role=roles, luck=lucks)
    def act(self, name: str, role: str, luck: int) -> None:
        self.at += SECOND
        self.try_to(name, self.act_of(role, luck))

    @rule(names=st.tuples(verbs, verbs), role=st.tuples(roles, roles), luck=lucks)
    def act_at_once(self, names: tuple[str, str], role: tuple[str, str], luck: int) -> None:
        """Two people do things to the same lead at the same instant."""
        self.at += SECOND
        self.together(names, *(self.act_of(who, luck) for who in role))

    def together(self, names: tuple[str, str], first: Act, second: Act) -> None:
        results = race(partial(VERBS[names[0]], first), partial(VERBS[names[1]], second))
        for name, result in zip(names, results, strict=True):
            assert not isinstance(result, Exception) or isinstance(result, Refusal), (name, result)
            self.done["at once"] += not isinstance(result, Exception)

    def likely_act(self, source: random.Random, lead_id: int) -> tuple[str, Act]:
        name, who = source.choice(likely(self.cast, lead_id))
        return name, Act(self.cast, lead_id, getattr(self.cast, source.choice(who)), self.at, source)

    @rule(luck=lucks)
    def the_day_goes_on(self, luck: int) -> None:
        """A dozen acts, one after the other, each of them what one would do next."""
        source = random.Random(luck)
        for _ in range(12):
            self.at += source.choice((3 * SECOND, timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=35)))
            self.try_to(*self.likely_act(source, source.choice(self.leads)))

    @rule(luck=lucks)
    def what_suits_is_done_twice_at_once(self, luck: int) -> None:
        self.at += SECOND
        source = random.Random(luck)
        lead_id = source.choice(self.leads)
        (first, one), (second, other) = (self.likely_act(random.Random(luck + n), lead_id) for n in (1, 2))
        self.together((first, second), one, other)

    @rule(leap=st.sampled_from(LEAPS))
    def time_goes_by(self, leap: timedelta) -> None:
        """The machinery does its rounds at the end of it."""
        self.at += leap
        attempts.settle_due(self.at)
        claiming.lapse(self.at)
        sweeping.resume_due(self.at)
        sweeping.sweep(self.at)
        sweeping.deliver(self.at)
        callbacks.attend(self.at)
        nurture.return_due(self.at)

    @invariant()
    def every_lead_is_where_it_belongs(self) -> None:
        findings = [(finding.rule.key, finding.examples) for finding in audit.run() if not finding.clean]
        assert findings == []

    def teardown(self) -> None:
        failed = [*Clock.objects.exclude(sweep_error=""), *ClockEvent.objects.exclude(last_error="")]
        assert failed == [], [getattr(row, "sweep_error", "") or getattr(row, "last_error", "") for row in failed]
        for lead_id in self.leads:
            first = StageEntry.objects.filter(lead=lead_id).order_by("entered_at", "id").first()
            assert first is not None


def test_no_history_loses_a_lead_or_tears_the_ledger(db: None) -> None:
    from tests.cast import assemble

    Histories.template = staticmethod(assemble)
    Histories.done.clear()
    Histories.refused.clear()
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    never = set(VERBS) - set(Histories.done)
    assert not never or HISTORIES < 1000, f"never once done: {never}"
    assert sum(Histories.done.values()) > HISTORIES  # most of what luck tries is refused, not all
