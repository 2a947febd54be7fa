"""Leads with a known past, written as history: what reports are counted on."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from config.accounts.choices import Function
from config.accounts.models import User
from leads.models import Campaign, CampaignCost, Handoff, Lead, Outcome, Person
from leads.services import chronicle
from leads.services.chronicle import Chronicle
from sla.stages import Stage
from tests.cast import NOW, Cast, make_team

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class World:
    """Tells stories; `write` puts them into the database as they stand at `now`."""

    def __init__(self, cast: Cast):
        self.cast = cast
        self.told: list[Chronicle] = []
        self.desk = make_team(Function.TELEQUALIFICATION)
        self.sales = make_team(Function.SALES)
        self.campaigns: dict[str, Campaign] = {}

    def campaign(self, key: str, *costs: tuple[Any, str]) -> Campaign:
        """A campaign with costs by month, as (first of month, amount)."""
        found = self.campaigns.get(key) or Campaign.objects.create(key=key, name=key.title())
        self.campaigns[key] = found
        for month, amount in costs:
            CampaignCost.objects.create(
                campaign=found, month=month, amount=Decimal(amount), currency="EUR", base_amount=Decimal(amount)
            )
        return found

    # --- steps of a life -------------------------------------------------------------------------------------------
    def known(self, at: datetime, **fields: Any) -> Chronicle:
        """A lead that just showed up."""
        number = len(self.told)
        fields.setdefault("source", "web")
        c = Chronicle.begin(
            person=Person(first_name=f"Lead {number}", last_name="Lovelace", seniority="Head"),
            company=None,
            segment_id=fields.pop("segment_id", self.cast.segment.pk),
            terms=fields.pop("terms", self.cast.terms),
            received_at=at,
            **fields,
        )
        c.enter(Stage.KNOWN, at, cause="intake")
        self.told.append(c)
        return c

    def mql(self, at: datetime, **fields: Any) -> Chronicle:
        """A lead that is qualified at once and offered to the desk."""
        c = self.known(at, **fields)
        self.qualify(c, at)
        return c

    def qualify(self, c: Chronicle, at: datetime) -> None:
        c.enter_if_on((Stage.ENGAGED, Stage.MQL), at, cause="definition:marketing-qualified")
        c.offer(at, to_team=self.desk, route="telequalification")

    def qualify_again(self, c: Chronicle, at: datetime) -> None:
        c.enter(Stage.MQL, at, cause="definition:marketing-qualified")
        c.offer(at, to_team=self.desk, route="telequalification")

    def called(self, c: Chronicle, at: datetime, disposition: str = "na", by: User | None = None) -> None:
        c.attempt(at, by or self.cast.tim, disposition)

    def passed_on(self, c: Chronicle, at: datetime, by: User | None = None, **offer: Any) -> Handoff:
        """Qualified on the phone and handed to Sam."""
        rep = by or self.cast.tim
        self.called(c, at, "tql", rep)
        c.close(at, Outcome.QUALIFIED)
        c.enter_if_on((Stage.TAL, Stage.TQL), at, cause="telequalified", by=rep)
        return c.offer(
            at, to_team=self.sales, to_user=offer.pop("to_user", self.cast.sam), from_function=Function.TELEQUALIFICATION,
            from_team=self.desk, from_user=rep, answers={"need": "Fewer quarrels"}, **offer,
        )  # fmt: skip

    def straight_to_sales(self, at: datetime, **fields: Any) -> Chronicle:
        """Qualified and routed around the desk."""
        c = self.known(at, **fields)
        c.enter_if_on((Stage.ENGAGED, Stage.MQL), at, cause="catapult")
        c.offer(at, to_team=self.sales, to_user=self.cast.sam)
        return c

    def deal(self, c: Chronicle, at: datetime, amount: int | None = 1000, by: User | None = None) -> None:
        handoff = c.handoff
        c.close(at, Outcome.OPPORTUNITY)
        value = None if amount is None else Decimal(amount)
        c.deal(at, by or self.cast.sam, name="Deal", amount=value, close_on=None, handoff=handoff)

    def sold(self, at: datetime, amount: int = 1000, **fields: Any) -> Chronicle:
        """The whole way in four hours: qualified, called, accepted, opportunity, won."""
        c = self.mql(at, **fields)
        self.passed_on(c, at + MINUTE)
        c.accept(at + HOUR, self.cast.sam)
        self.deal(c, at + 2 * HOUR, amount)
        c.ended(at + 3 * HOUR, won=True)
        return c

    # --- the end ---------------------------------------------------------------------------------------------------
    def write(self, now: datetime = NOW) -> list[Lead]:
        """Write everything told so far; what comes later is told in a new chapter."""
        with transaction.atomic():
            chronicle.write([c.finish(now) for c in self.told])
        leads = [c.lead for c in self.told]
        self.told = []
        return leads
