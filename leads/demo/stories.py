"""Six months of leads: each a story drawn from how good its campaign is and how fast it was called."""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.accounts.choices import Function
from config.accounts.models import User
from leads.demo.market import Market
from leads.demo.people import CAMPAIGNS, Company
from leads.models import Company as Firm
from leads.models import ContactPoint, Handoff, IntakeKey, Outcome, Person
from leads.services.chronicle import Chronicle
from leads.services.nurture import local_date
from sla import businesstime
from sla.openhours import Calendar
from sla.stages import BEFORE_QUALIFICATION, Stage

SMALL = ("page_view", "page_view", "page_view", "email_click", "content_download", "pricing_page", "webinar")
BIG = ("demo_request", "contact_form", "trial_start", "pricing_page")
INTENT = {"demo_request": "Demo", "trial_start": "Trial", "contact_form": "Contact", "pricing_page": "Pricing"}
ANSWERS = {
    "need": ("Leads get lost between teams", "No shared figures", "Sales rejects without reasons", "Too many tools"),
    "budget": ("Set aside", "Can be released", "Not said"),
    "authority": ("Decides", "Recommends"),
    "timeline": ("Within a month", "This quarter", "This year"),
}
REJECTS = ("outside-icp", "below-threshold", "duplicate", "existing-customer", "not-a-buyer", "other")
REJECT_WEIGHTS = (38, 22, 12, 10, 12, 6)


CURRENT_TOOL = "Current tool"
TOOLS = ("Spreadsheets", "Another CRM", "Nothing yet", "Built in house")


class Over(Exception):
    """The story has reached today."""


@dataclass
class Teller:
    """Tells stories up to `now`; everything after it has not happened yet and stays open work."""

    company: Company
    market: Market
    rng: random.Random
    now: datetime
    count: int = 0

    def __post_init__(self) -> None:
        terms = self.company.terms_at(self.now)
        self.phones: Calendar = terms.calendar("phones")
        self.office: Calendar = terms.calendar("office")

    def story(self, at: datetime) -> Chronicle:
        """One lead who first shows up at `at`."""
        rng = self.rng
        self.count += 1
        key, _, channel, _, quality, _ = rng.choices(CAMPAIGNS, [c[3] for c in CAMPAIGNS])[0]
        person, company, points = self.market.person()
        chronicle = Chronicle.begin(
            person=person,
            company=company,
            segment_id=self.company.segment.pk,
            terms=self.company.terms_at(at),
            received_at=at,
            points=points,
            key=IntakeKey(
                source=self.company.source,
                kind="lead",
                external_id=f"demo-{self.count}",
                raw=sent(person, company, points),
                received_at=at,
            ),
            source=channel,
            campaign=self.company.campaigns[key],
            attributes={CURRENT_TOOL: rng.choice(TOOLS)} if rng.random() < 0.4 else {},
        )
        chronicle.in_force = self.company.version_at(self.now)
        with contextlib.suppress(Over):
            self._warm(chronicle, at, quality)
        return chronicle

    # --- warming up ----------------------------------------------------------------------------------------------------
    def _warm(self, c: Chronicle, at: datetime, quality: float) -> None:
        rng = self.rng
        c.enter(Stage.KNOWN, at, cause="intake")
        eager = rng.random() < 0.34 * quality
        for number in range(rng.randrange(2, 9)):
            if number:  # the first is what they came in by
                at = self._later(at, timedelta(hours=rng.expovariate(1 / 20)))
            kind = rng.choice(BIG if eager and rng.random() < 0.45 else SMALL)
            if kind in INTENT and rng.random() < 0.8:
                c.lead.intent = INTENT[kind]
            c.under(*self.company.version_at(at))
            touched = {"campaign": rng.choice(CAMPAIGNS)[0]} if rng.random() < 0.2 else {}
            judgement = c.did(kind, at, "website", **touched)
            if judgement is None:
                continue
            if judgement.stage == Stage.ENGAGED and c.stage == Stage.KNOWN:
                c.enter(Stage.ENGAGED, at, cause=judgement.cause)
            elif judgement.stage == Stage.MQL and c.stage in BEFORE_QUALIFICATION:
                if c.stage == Stage.KNOWN:
                    c.enter(Stage.ENGAGED, at, cause="definition:engaged")
                c.enter(Stage.MQL, at, cause=judgement.cause, score=c.points)
                self._desk(c, at, quality)
                return

    def _later(self, at: datetime, wait: timedelta) -> datetime:
        at += wait
        if at >= self.now:
            raise Over
        return at

    def _working(self, calendar: Calendar, at: datetime, minutes: float) -> datetime:
        at = businesstime.add(calendar, at, minutes * 60)
        # Nobody acts on the very second: spread acts within the minute, so that no two share an instant.
        at += timedelta(seconds=self.rng.uniform(1, 50))
        if at >= self.now:
            raise Over
        return at

    # --- telequalification ----------------------------------------------------------------------------------------------
    def _desk(self, c: Chronicle, at: datetime, quality: float) -> None:
        rng = self.rng
        desk = self.company.teams[Function.TELEQUALIFICATION]
        offered = at
        c.offer(at, to_team=desk, route="telequalification")
        hot = c.lead.intent in ("Demo", "Trial", "Pricing")
        wait = rng.lognormvariate(math.log(3.2 if hot else 24), 0.9)
        rep = rng.choice(self.company.reps(Function.TELEQUALIFICATION))
        for number in range(6):
            at = self._working(self.phones, at, wait if number == 0 else rng.uniform(230, 900))
            minutes = businesstime.between(self.phones, offered, at) / 60
            if rng.random() < contact_rate(minutes, number):
                self._conversation(c, at, rep, quality, minutes)
                return
            c.attempt(at, rep, rng.choices(("na", "vm", "vmn", "bsy", "gk"), (46, 20, 14, 10, 10))[0])
            rep = rep if rng.random() < 0.7 else rng.choice(self.company.reps(Function.TELEQUALIFICATION))
        handoff = c.close(at, Outcome.DISQUALIFIED, reason="unreachable", note="6 tries")
        c.park(
            at,
            kind="disqualified",
            reason="unreachable",
            return_on=local_date(at) + timedelta(days=90),
            by=rep,
            handoff=handoff,
        )
        self._back(c, at + timedelta(days=90), quality)

    def _conversation(self, c: Chronicle, at: datetime, rep: User, quality: float, minutes: float) -> None:
        rng = self.rng
        talk = int(rng.lognormvariate(5.2, 0.7)) + 20
        speed = 1.25 if minutes <= 10 else 1.0 if minutes <= 60 else 0.75
        drawn = rng.random()
        if drawn < min(0.52 * quality * speed, 0.9):
            c.attempt(at, rep, "tql", talk_seconds=talk)
            answers = {key: rng.choice(values) for key, values in ANSWERS.items()}
            c.close(at, Outcome.QUALIFIED)
            c.enter_if_on((Stage.TAL, Stage.TQL), at, cause="telequalified", by=rep)
            self._sales(c, at, rep, answers, quality)
        elif drawn < 0.78:
            c.attempt(at, rep, "nur", talk_seconds=talk)
            handoff = c.close(at, Outcome.RECYCLED, reason="timing-wrong")
            days = rng.choice((30, 60, 90, 120))
            c.park(
                at,
                kind="recycled",
                reason="timing-wrong",
                return_on=local_date(at) + timedelta(days=days),
                by=rep,
                handoff=handoff,
            )
            self._back(c, at + timedelta(days=days), quality)
        else:
            code, reason = rng.choice((("ni", "not-interested"), ("nf", "not-a-fit")))
            c.attempt(at, rep, code, talk_seconds=talk)
            handoff = c.close(at, Outcome.DISQUALIFIED, reason=reason, note="Said so on the phone")
            if reason == "not-a-fit":
                c.enter(Stage.DISQUALIFIED, at, cause=f"disqualified:{reason}", by=rep)
                return
            c.park(
                at,
                kind="disqualified",
                reason=reason,
                return_on=local_date(at) + timedelta(days=60),
                by=rep,
                handoff=handoff,
            )
            self._back(c, at + timedelta(days=60), quality)

    def _back(self, c: Chronicle, at: datetime, quality: float) -> None:
        """The return date has come: called again where the lead still meets the definition, else warmed anew."""
        at = self._later(at.replace(hour=4, minute=self.rng.randrange(60)), timedelta())
        c.unpark(at, "date")
        c.under(*self.company.version_at(at))
        if c.qualifies_again(at) is None:
            c.enter(Stage.ENGAGED, at, cause="returned:date")
            return
        c.enter(Stage.MQL, at, cause="returned:date", score=c.case(at).score.total)
        self._desk(c, at, quality)

    # --- sales -----------------------------------------------------------------------------------------------------------
    def _sales(self, c: Chronicle, at: datetime, rep: User, answers: dict[str, str], quality: float) -> None:
        rng = self.rng
        desk, sales = self.company.teams[Function.TELEQUALIFICATION], self.company.teams[Function.SALES]
        seller = rng.choices(self.company.reps(Function.SALES), (3, 4, 3))[0]
        c.offer(
            at, to_team=sales, to_user=seller, from_function=Function.TELEQUALIFICATION, from_team=desk, from_user=rep,
            answers=answers, route="sales-team",
        )  # fmt: skip
        # Nobody lets an offer lie until it is passed on: that would have happened, and is not in the story.
        at = self._working(self.office, at, min(rng.lognormvariate(math.log(105), 1.0), 520))
        if rng.random() < 0.13 + 0.22 * max(0.0, 1.1 - quality):
            self._rejected(c, at, rep, seller, quality)
            return
        booked = rng.random() < 0.45
        c.accept(at, seller, meeting_at=self._meeting(at) if booked else None)
        at = self._working(self.office, at, rng.lognormvariate(math.log(240), 0.9))
        c.attempt(at, seller, "cq", talk_seconds=int(rng.lognormvariate(6.3, 0.5)))
        at = self._working(self.office, at, rng.lognormvariate(math.log(1600), 0.6))
        drawn = rng.random()
        if drawn < 0.56:
            self._deal(c, at, seller, c.handoff, quality)
        elif drawn < 0.8:
            handoff = c.close(at, Outcome.RECYCLED, reason="needs-nurture")
            c.park(
                at,
                kind="recycled",
                reason="needs-nurture",
                return_on=local_date(at) + timedelta(days=60),
                by=seller,
                handoff=handoff,
            )
            self._back(c, at + timedelta(days=60), quality)
        else:
            c.close(at, Outcome.DISQUALIFIED, reason="no-need", note="Has just bought another product")
            c.enter(Stage.DISQUALIFIED, at, cause="disqualified:no-need", by=seller)

    def _meeting(self, at: datetime) -> datetime:
        """On a full or half hour of one of the next working days."""
        wanted = businesstime.add(self.office, at, self.rng.uniform(6, 30) * 3600)
        return wanted.replace(minute=0 if wanted.minute < 30 else 30, second=0, microsecond=0)

    def _rejected(self, c: Chronicle, at: datetime, rep: User, seller: User, quality: float) -> None:
        rng = self.rng
        reason = rng.choices(REJECTS, REJECT_WEIGHTS)[0]
        attribute = rng.choice(("employees", "industry", "country")) if reason == "outside-icp" else ""
        note = "Asked for a product we do not sell" if reason == "other" else ""
        handoff = c.reject(at, seller, reason, attribute=attribute, note=note)
        if rng.random() < 0.22:
            self._contest(c, handoff, at, rep, seller)
        if reason in ("duplicate", "existing-customer", "not-a-buyer"):
            c.enter(Stage.DISQUALIFIED, at, cause=f"rejected:{reason}", by=seller)
            return
        days = {"outside-icp": 180, "below-threshold": 60, "other": 90}[reason]
        c.park(
            at,
            kind="rejected",
            reason=reason,
            return_on=local_date(at) + timedelta(days=days),
            by=seller,
            handoff=handoff,
        )
        self._back(c, at + timedelta(days=days), quality)

    def _contest(self, c: Chronicle, handoff: Handoff, at: datetime, rep: User, seller: User) -> None:
        contested = at + timedelta(hours=self.rng.uniform(1, 20))
        settled = contested + timedelta(hours=self.rng.uniform(2, 30))
        if settled >= self.now:
            return
        comment = "They named the size and the date on the phone; it is in the packet."
        eva = self.company.users["Eva"]
        c.contested(handoff, contested, rep, comment, state="upheld", settled_by=eva, settled_at=settled)

    def _deal(self, c: Chronicle, at: datetime, seller: User, handoff: Handoff | None, quality: float) -> None:
        rng = self.rng
        c.close(at, Outcome.OPPORTUNITY)
        amount = Decimal(int(rng.lognormvariate(9.6, 0.6) / 100) * 100 + 1200)
        close_on = local_date(at) + timedelta(days=rng.randrange(20, 90))
        company = c.lead.company
        step_on = max(local_date(self.now), local_date(at)) + timedelta(days=rng.randrange(0, 9))
        deal = c.deal(
            at, seller, name=f"{company.name if company else 'New'}: {self.company.products[0].name}", amount=amount,
            close_on=close_on, handoff=handoff, product=rng.choice(self.company.products),
            next_step=rng.choice(("Send the proposal", "Call about the offer", "Demo with their IT", "Reference call")),
            next_step_on=step_on,
        )  # fmt: skip
        for stage in ("proposal", "negotiation"):
            at = self._working(self.office, at, rng.lognormvariate(math.log(3600), 0.5))
            c.changed(at, "stage", deal.stage, stage)
            deal.__dict__["stage"] = stage
            deal.probability = 50 if stage == "proposal" else 75
            if rng.random() < 0.2:
                later = close_on + timedelta(days=30)
                c.changed(at, "expected_close_on", str(close_on), str(later))
                deal.expected_close_on = close_on = later
        at = self._working(self.office, at, rng.lognormvariate(math.log(4200), 0.5))
        if rng.random() < 0.30 + 0.12 * quality:
            c.ended(at, won=True)
            return
        reason = rng.choice(("lost-price", "lost-competitor", "lost-no-decision", "lost-no-budget"))
        c.ended(at, won=False, reason=reason)
        c.park(at, kind="lost", reason=reason, return_on=local_date(at) + timedelta(days=180), by=seller)


def sent(person: Person, company: Firm, points: Sequence[ContactPoint]) -> dict[str, Any]:
    """What the form on the website sent along, so that each fact says where it came from."""
    return {
        **{point.kind: point.value for point in points},
        "first_name": person.first_name,
        "last_name": person.last_name,
        "job_title": person.job_title,
        "seniority": person.seniority,
        "department": person.department,
        "country": company.country,
        "company": company.name,
        "website": company.domain,
        "industry": company.industry,
        "employees": company.employees,
    }


def contact_rate(minutes: float, tries_before: int) -> float:
    """How likely somebody picks up: falls with the minutes since they asked, and with each try in vain."""
    return (0.18 + 0.5 / (1 + minutes / 12)) * (0.82**tries_before)
