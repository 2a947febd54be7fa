"""Who works at the demo company, its agreement in two versions, its queues, campaigns and calling rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from config.accounts.choices import Function, PresenceState, Role
from config.accounts.models import Membership, Presence, Team, User
from leads.models import CallingRule, CallQueue, Campaign, CampaignCost, IntakeSource, PlannedReps, Product
from sla.models import Acknowledgement, Agreement, Definition, Segment, Version
from sla.services import drafting, versions
from sla.services.compiling import terms_by_id
from sla.terms import Terms

PASSWORD = "handoff-demo"  # noqa: S105 - printed at start for the demo company, which holds no real data
MAIL = "nordlicht.example"

PEOPLE: tuple[tuple[str, str, str, str, int], ...] = (
    ("Mara Lindt", Function.MARKETING, "Demand generation", Role.MANAGER, 0),
    ("Jonas Weiss", Function.MARKETING, "Demand generation", Role.REP, 0),
    ("Priya Nair", Function.MARKETING, "Demand generation", Role.ADMIN, 0),
    ("Tom Berger", Function.TELEQUALIFICATION, "Telequalification", Role.MANAGER, 20),
    ("Tim Novak", Function.TELEQUALIFICATION, "Telequalification", Role.REP, 60),
    ("Lea Fischer", Function.TELEQUALIFICATION, "Telequalification", Role.REP, 60),
    ("Omar Haddad", Function.TELEQUALIFICATION, "Telequalification", Role.REP, 45),
    ("Sina Vogel", Function.SALES, "Sales", Role.MANAGER, 5),
    ("Sam Okafor", Function.SALES, "Sales", Role.REP, 20),
    ("Nina Keller", Function.SALES, "Sales", Role.REP, 25),
    ("Paul Richter", Function.SALES, "Sales", Role.REP, 20),
    ("Eva Brandt", Function.MANAGEMENT, "Management", Role.MANAGER, 0),
)

# name, channel, share of leads, how good its leads are, monthly cost
CAMPAIGNS: tuple[tuple[str, str, str, float, float, int], ...] = (
    ("webinar-series", "Webinar series", "webinar", 0.18, 1.25, 4200),
    ("search-brand", "Search, brand", "paid_search", 0.17, 1.15, 3800),
    ("search-generic", "Search, generic", "paid_search", 0.16, 0.80, 6400),
    ("organic", "Organic", "organic_search", 0.21, 1.10, 900),
    ("trade-fair", "Trade fair", "event", 0.08, 1.00, 5200),
    ("content-syndication", "Content syndication", "syndication", 0.14, 0.45, 5600),
    ("referrals", "Customer referrals", "referral", 0.06, 1.70, 600),
)


@dataclass
class Company:
    """Everything the stories refer to."""

    users: dict[str, User]
    teams: dict[str, Team]
    segment: Segment
    versions: list[tuple[datetime, Terms]]
    queue: CallQueue
    source: IntakeSource
    campaigns: dict[str, Campaign]
    products: list[Product]

    def version_at(self, at: datetime) -> tuple[datetime, Terms]:
        """What was in force, and since when."""
        return [version for version in self.versions if version[0] <= at][-1]

    def terms_at(self, at: datetime) -> Terms:
        return self.version_at(at)[1]

    def reps(self, function: str) -> list[User]:
        wanted = {Function.TELEQUALIFICATION: ("Tim", "Lea", "Omar"), Function.SALES: ("Sam", "Nina", "Paul")}
        return [self.users[name] for name in wanted[Function(function)]]


def found(now: datetime) -> Company:
    """Make the company as of `now`: its agreement began seven months ago and was changed two months ago."""
    users, teams = _people(now)
    segment = Segment.objects.create(key="emea", name="EMEA", is_default=True)
    agreement = Agreement.objects.create(segment=segment, name="Lead agreement EMEA")
    queue = CallQueue.objects.create(team=teams[Function.TELEQUALIFICATION], name="First calls")
    _planned(queue)
    first = _first_version(agreement, users, now - timedelta(days=213))
    second = _second_version(first, users, now - timedelta(days=61))
    _draft(second, users)
    _second_segment(users, now)
    source = IntakeSource.objects.create(key="website", name="Website and forms", default_lead_source="direct")
    _calling_rules()
    return Company(
        users=users,
        teams=teams,
        segment=segment,
        versions=[(v.effective_at, terms_by_id(v.pk)) for v in (first, second) if v.effective_at],
        queue=queue,
        source=source,
        campaigns=_campaigns(now),
        products=[
            Product.objects.create(key="core", name="Nordlicht Core"),
            Product.objects.create(key="plus", name="Nordlicht Plus"),
            Product.objects.create(key="enterprise", name="Nordlicht Enterprise"),
        ],
    )


def _planned(queue: CallQueue) -> None:
    """Who is at the telephone: three in the middle of the day, fewer at its ends and on Fridays."""
    PlannedReps.objects.bulk_create(
        PlannedReps(queue=queue, weekday=day, hour=hour, reps=1 if hour in (8, 17) else 2 if day == 4 else 3)
        for day in range(5)
        for hour in range(8, 18)
    )


def _people(now: datetime) -> tuple[dict[str, User], dict[str, Team]]:
    users: dict[str, User] = {}
    teams: dict[str, Team] = {}
    hashed = User(email="x")
    hashed.set_password(PASSWORD)  # one hash for all: hashing is slow on purpose
    for name, function, team_name, role, capacity in PEOPLE:
        team = teams.get(function)
        if team is None:
            team = teams[function] = Team.objects.create(name=team_name, function=function)
        address = f"{name.split()[0].lower()}@{MAIL}"
        user = User.objects.create(
            email=address, name=name, password=hashed.password, joined_at=now - timedelta(days=400)
        )
        Membership.objects.create(user=user, team=team, role=role, weekly_capacity=capacity)
        Presence.objects.create(user=user, state=PresenceState.OFFLINE, since_at=now, seen_at=now - timedelta(hours=1))
        users[name.split()[0]] = user
    return users, teams


def _sign_all(version: Version, users: dict[str, User], at: datetime) -> Version:
    version = versions.propose(version.pk, by=users["Mara"], at=at - timedelta(days=4))
    for side, name, days in (("marketing", "Mara", 3), ("telequalification", "Tom", 2), ("sales", "Sina", 0)):
        version = versions.sign(
            version.pk, side=side, by=users[name], at=at - timedelta(days=days), content_hash=version.content_hash
        )
    for name in ("Tim", "Lea", "Sam", "Nina", "Paul", "Jonas"):
        Acknowledgement.objects.create(version=version, user=users[name], at=at + timedelta(days=1))
    return version


def _first_version(agreement: Agreement, users: dict[str, User], at: datetime) -> Version:
    version = drafting.draft_from_preset(agreement, "three-in-a-box", by=users["Mara"])
    version.title, version.summary = (
        "First agreement",
        "What marketing, telequalification and sales promise each other.",
    )
    version.planned_at = at
    version.created_at = at - timedelta(days=20)
    version.save()
    return _sign_all(version, users, at)


def _second_version(first: Version, users: dict[str, User], at: datetime) -> Version:
    """After a quarter of rejections both sides asked for more points before a call, and a faster first call."""
    version = drafting.draft_from_version(first, by=users["Mara"])
    version.title, version.summary = (
        "After the first quarter",
        "Threshold 45 instead of 40; decision in 6 working hours; a goal for revenue from leads.",
    )
    version.planned_at = at
    version.created_at = at - timedelta(days=12)
    version.save()
    Definition.objects.filter(version=version, key="marketing-qualified").update(
        minimum_score=45, words="Reaches 45 points, can be reached, and nothing excludes it."
    )
    version.commitment_rows.filter(key="sales-decision").update(target=Decimal(6))
    goal = version.commitment_rows.get(key="qualified-volume")
    goal.pk, goal.key, goal.name, goal.metric, goal.stage = (
        None,
        "revenue-goal",
        "Revenue from leads",
        "revenue_goal",
        "",
    )
    goal.target, goal.unit = Decimal(180_000), "money"
    goal.save(force_insert=True)
    return _sign_all(version, users, at)


def _draft(second: Version, users: dict[str, User]) -> None:
    version = drafting.draft_from_version(second, by=users["Mara"])
    version.title, version.summary = "Draft for the next quarter", "Content syndication must fit the ideal customer."
    version.save()
    version.commitment_rows.filter(key="qualified-volume").update(target=Decimal(110))


def _second_segment(users: dict[str, User], now: datetime) -> None:
    """Partners shall have an agreement of their own: it is proposed, marketing has signed, sales has not yet."""
    condition = {"field": "lead.source", "op": "is", "value": "partner"}
    segment = Segment.objects.create(key="partners", name="Partners", criteria=condition, position=1)
    agreement = Agreement.objects.create(segment=segment, name="Partner agreement")
    version = drafting.draft_from_preset(agreement, "mql-to-sql", by=users["Mara"])
    version.title, version.summary = "Leads from partners", "Straight to sales, without a call in between."
    version.save()
    proposed = versions.propose(version.pk, by=users["Mara"], at=now - timedelta(days=2))
    versions.sign(
        proposed.pk, side="marketing", by=users["Mara"], at=now - timedelta(days=1), content_hash=proposed.content_hash
    )


def _campaigns(now: datetime) -> dict[str, Campaign]:
    made = {}
    for key, name, channel, _share, _quality, cost in CAMPAIGNS:
        campaign = Campaign.objects.create(key=key, name=name, channel=channel)
        made[key] = campaign
        month = date(now.year, now.month, 1)
        for back in range(7):
            amount = Decimal(cost) * (Decimal("0.9") + Decimal(back % 3) / 10)
            CampaignCost.objects.create(
                campaign=campaign, month=month, amount=amount, currency="EUR", base_amount=amount, rate_on=month
            )
            month = (month - timedelta(days=1)).replace(day=1)
    return made


def _calling_rules() -> None:
    """Starting values; each names its source and is the company's to check and change."""
    every_day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    weekdays = every_day[:5]
    CallingRule.objects.bulk_create(
        [
            CallingRule(
                country="",
                window={day: [["09:00", "21:00"]] for day in every_day},
                source="A common default of call centre software; check it for each country you call.",
            ),
            CallingRule(
                country="US",
                window={day: [["08:00", "21:00"]] for day in every_day},
                source="Telephone Consumer Protection Act: 8:00 to 21:00 local time of the called person; a copy of the "
                "do-not-call registry may be 31 days old at most.",
            ),
            CallingRule(
                country="FR",
                window={day: [["10:00", "13:00"], ["14:00", "20:00"]] for day in weekdays},
                holidays_closed=True,
                most_attempts=4,
                attempts_within_days=30,
                rest_days_after_refusal=60,
                source="Décret 2022-1313, made for consumers, who must have consented since 2026-08-11; asked of business numbers "
                "only where you say so here.",
            ),
            CallingRule(
                country="GB",
                window={day: [["09:00", "21:00"]] for day in every_day},
                source="No hours by law; check numbers against TPS and CTPS, and put those listed on the do-not-call list.",
            ),
        ]
    )
