"""The standing cast: three teams, their people, and an agreement in force. Most tests need no more.

`NOW` is a Wednesday, 11:00 in Berlin: everybody is at work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from config.accounts.choices import Function, Role
from config.accounts.models import Membership, Team, User
from leads.models import CallQueue, Handoff, IntakeSource, Lead
from leads.services.intake import Deed, LeadInput, Received, receive
from sla.models import Agreement, CalendarTerm, Segment, Version
from sla.services import drafting, versions
from sla.services.compiling import terms_by_id
from sla.terms import Terms

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ANSWERS = {"need": "Fewer quarrels", "budget": "Set aside", "authority": "Decides", "timeline": "This quarter"}
FUNCTIONS = {"mar": Function.MARKETING, "tel": Function.TELEQUALIFICATION, "sal": Function.SALES}


def make_team(function: str, name: str = "") -> Team:
    return Team.objects.get_or_create(function=function, name=name or Function(function).label)[0]


def make_user(name: str, *seats: tuple[str, str], **fields: Any) -> User:
    """A user with seats as (function, role); the address is the name at example.com."""
    user = User(email=f"{name.lower().replace(' ', '.')}@example.com", name=name, **fields)
    user.set_unusable_password()
    user.save()
    for function, role in seats:
        Membership.objects.create(user=user, team=make_team(function), role=role)
    return user


@dataclass
class Cast:
    """Who is on stage."""

    mara: User  # heads marketing
    jonas: User  # works in marketing
    tom: User  # heads telequalification
    tim: User  # calls
    tess: User  # calls
    sina: User  # heads sales
    sam: User  # sells
    nina: User  # sells
    eva: User  # executive
    priya: User  # admin
    segment: Segment
    agreement: Agreement
    version: Version
    queue: CallQueue
    source: IntakeSource

    @property
    def terms(self) -> Terms:
        return terms_by_id(self.version.pk)

    @property
    def people(self) -> dict[str, User]:
        names = ("mara", "jonas", "tom", "tim", "tess", "sina", "sam", "nina", "eva", "priya")
        return {name: getattr(self, name) for name in names}

    def team(self, function: str) -> Team:
        return make_team(function)

    def lead(self, name: str = "ada", at: datetime = NOW, *, deeds: tuple[str, ...] = (), **given: Any) -> Received:
        """A lead through the intake. Without deeds it stays known; `hot()` makes one that qualifies."""
        values: dict[str, Any] = {
            "external_id": name,
            "email": f"{name}@acme.example",
            "first_name": name.title(),
            "last_name": "Lovelace",
            "company": "Acme",
            "country": "DE",
            "activities": tuple(Deed(kind, at - MINUTE) for kind in deeds),
        }
        return receive(self.source, LeadInput(**values | given), at=at)

    def hot(self, name: str = "ada", at: datetime = NOW, **given: Any) -> Handoff:
        """A lead that asks for a demo: qualified and offered to telequalification at once."""
        values = {"intent": "Demo", "phone": "+4930123456", "deeds": ("demo_request",)}
        received = self.lead(name, at, **values | given)
        assert received.handoff is not None
        return Handoff.objects.get(pk=received.handoff.pk)

    def with_sales(self, name: str = "ada", at: datetime = NOW, **given: Any) -> Handoff:
        """A handoff that telequalification has qualified and sales has not yet decided on."""
        from leads.services import outcomes

        handoff = self.hot(name, at, **given)
        onward = outcomes.qualify(handoff.pk, by=self.tim, at=at + 3 * MINUTE, answers=ANSWERS)
        return Handoff.objects.get(pk=onward.pk)

    def fresh(self, lead: Lead) -> Lead:
        return Lead.objects.get(pk=lead.pk)


def sign_all(cast: Cast | dict[str, User], version: Version, at: datetime) -> Version:
    """Propose and sign for every side, so that the version takes effect at `at`."""
    people = cast.people if isinstance(cast, Cast) else cast
    version = versions.propose(version.pk, by=people["mara"], at=at)
    from sla.services.compiling import terms_of

    for side in terms_of(version).signing_sides:
        signer = {"marketing": "mara", "telequalification": "tom", "sales": "sina"}[side]
        version = versions.sign(version.pk, side=side, by=people[signer], at=at, content_hash=version.content_hash)
    return version


ROUND_THE_CLOCK = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def assemble(
    preset: str = "three-in-a-box", since: datetime = NOW - 30 * DAY, *, always_open: bool = False
) -> Cast:  # fmt: skip
    """Put the cast on stage, with the preset in force since then.

    `always_open` is for what runs by the real clock, such as a browser: the desk works day and night.
    """
    rep, manager = Role.REP, Role.MANAGER
    marketing, desk, sales = Function.MARKETING, Function.TELEQUALIFICATION, Function.SALES
    people = {
        "mara": make_user("Mara Lindt", (marketing, manager)),
        "jonas": make_user("Jonas Weiss", (marketing, rep)),
        "tom": make_user("Tom Berger", (desk, manager)),
        "tim": make_user("Tim Novak", (desk, rep)),
        "tess": make_user("Tess Olsen", (desk, rep)),
        "sina": make_user("Sina Vogel", (sales, manager)),
        "sam": make_user("Sam Okafor", (sales, rep)),
        "nina": make_user("Nina Keller", (sales, rep)),
        "eva": make_user("Eva Brandt", (Function.MANAGEMENT, manager)),
        "priya": make_user("Priya Nair", (marketing, Role.ADMIN)),
    }
    Membership.objects.filter(role=manager).update(weekly_capacity=0)  # managers manage
    segment = Segment.objects.create(key="all", name="All", is_default=True)
    agreement = Agreement.objects.create(segment=segment, name="Lead agreement")
    queue = CallQueue.objects.create(team=make_team(desk), name="First calls")
    version = drafting.draft_from_preset(agreement, preset, by=people["mara"])
    if always_open:
        CalendarTerm.objects.filter(version=version).update(week=ROUND_THE_CLOCK, holiday_country="")
    version = sign_all(people, version, since)
    source = IntakeSource.objects.create(key="website", name="Website", default_lead_source="website")
    return Cast(**people, segment=segment, agreement=agreement, version=version, queue=queue, source=source)
