"""Files that are not about leads: what campaigns cost, companies, products, and who works here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from config.accounts.choices import Function, Role
from config.accounts.models import Membership, Team, User, normalise_email
from leads.imports.context import CREATED, UNCHANGED, UPDATED, Context
from leads.imports.dealrows import Companies, fill, money
from leads.imports.members import slug
from leads.imports.records import Record
from leads.models import Campaign, CampaignCost, Product
from leads.services import campaigns
from leads.services.nurture import local_date

WHOLE_FILE = 100_000  # costs of one month may stand in several rows, which are added up
BATCH = 500


class Costs:
    """Several rows of one campaign and month are one sum; a file brought in again replaces its sums, it never adds."""

    batch = WHOLE_FILE

    def __init__(self, context: Context):
        self.context = context

    def check(self, records: list[Record]) -> None:
        self._take(records, write=False)

    def write(self, records: list[Record]) -> None:
        self._take(records, write=True)

    def _take(self, records: list[Record], *, write: bool) -> None:
        good = [record for record in records if self._readable(record)]
        found = self._campaigns(good, make=write)
        stored = {
            (cost.campaign.key, cost.month): cost
            for cost in CampaignCost.objects.filter(campaign__in=found.values()).select_related("campaign")
        }
        for (key, month), rows in self._sums(good, found).items():
            campaign = found.get(rows[0].values["campaign"])
            cost = stored.get((key, month)) or CampaignCost(campaign=campaign, month=month)
            outcome = self._fill(cost, rows)
            if write and outcome != UNCHANGED:
                cost.save()
                self._channel(cost.campaign, rows[0])
            for record in rows:
                record.outcome = outcome

    def _readable(self, record: Record) -> bool:
        for needed in ("campaign", "month", "amount"):
            if needed not in record.values and not record.faults:
                record.fault(self.context.heading(needed), "It is empty.")
        money(self.context, record)
        return not record.faults

    def _campaigns(self, records: list[Record], *, make: bool) -> dict[str, Campaign]:
        """The campaigns the rows name, by the word they use."""
        names = {record.values["campaign"]: record.values.get("campaign_name", "") for record in records}
        found = campaigns.known(names)
        self.context.notes["campaigns"] += len({word.lower() for word in names.keys() - found.keys()})
        return campaigns.named(names, names) if make else found

    def _sums(self, records: list[Record], found: dict[str, Campaign]) -> dict[tuple[str, date], list[Record]]:
        """The rows of each campaign, known by its key, and month."""
        sums: dict[tuple[str, date], list[Record]] = {}
        for record in records:
            word = record.values["campaign"]
            key = found[word].key if word in found else word.lower()
            same = sums.setdefault((key, record.values["month"]), [])
            if same and same[0].values.get("currency") != record.values.get("currency"):
                record.fault(
                    self.context.heading("currency"), f"Line {same[0].line} gives this month in another currency."
                )
                continue
            same.append(record)
        return sums

    def _fill(self, cost: CampaignCost, rows: list[Record]) -> str:
        _, currency, rate = money(self.context, rows[0])
        amount = sum((record.values["amount"] for record in rows), Decimal(0)).quantize(Decimal("0.01"))
        said = {"amount": amount, "currency": currency, "rate": rate, "note": rows[0].values.get("note", "")[:160]}
        before = {name: getattr(cost, name) for name in said}
        if cost.pk is not None and before == said:
            return UNCHANGED
        for name, value in said.items():
            setattr(cost, name, value)
        cost.base_amount = (amount * rate).quantize(Decimal("0.01"))
        cost.rate_on = cost.rate_on or local_date(self.context.at)
        return CREATED if cost.pk is None else UPDATED

    def _channel(self, campaign: Campaign, record: Record) -> None:
        channel = str(record.values.get("channel", ""))[:60]
        if channel and not campaign.channel:
            campaign.channel = channel
            campaign.save(update_fields=["channel"])


class CompanyBook:
    """Companies by domain, or by a name that only one has; what the file says of them takes the place of what was there."""

    batch = BATCH

    def __init__(self, context: Context):
        self.context = context
        self.companies = Companies(context)

    def check(self, records: list[Record]) -> None:
        self._take(records, write=False)

    def write(self, records: list[Record]) -> None:
        self._take(records, write=True)

    def _take(self, records: list[Record], *, write: bool) -> None:
        rows = [record for record in records if not record.faults]
        members = self.context.members
        members.ask((record.values["owner"], str(Function.SALES)) for record in rows if "owner" in record.values)
        self.companies.load(rows)
        for record in rows:
            if not record.values.get("company") and not record.values.get("website"):
                record.fault(self.context.heading("company"), "A company needs a name or a domain.")
                continue
            owner = record.values.get("owner")
            if owner and not members.knows(owner):
                record.fault(self.context.heading("owner"), f"Nobody here is known as {owner!r}.")
                continue
            self._one(record, members.find(owner) if owner else None, write=write)

    def _one(self, record: Record, owner_id: int | None, *, write: bool) -> None:
        known = self.companies.find(record)
        company = known or self.companies.of(record)
        assert company is not None, "a row without name and domain was refused"
        changed = fill(company, record) or (owner_id is not None and owner_id != company.owner_id)
        company.owner_id = owner_id or company.owner_id
        record.outcome = CREATED if known is None else UPDATED if changed else UNCHANGED
        if write and (known is None or changed):
            company.save()


class ProductBook:
    """Products by their key; other spellings are added to those known."""

    batch = BATCH

    def __init__(self, context: Context):
        self.context = context

    def check(self, records: list[Record]) -> None:
        self._take(records, write=False)

    def write(self, records: list[Record]) -> None:
        self._take(records, write=True)

    def _take(self, records: list[Record], *, write: bool) -> None:
        for record in records:
            if record.faults:
                continue
            name = record.values.get("name")
            if not name:
                record.fault(self.context.heading("name"), "A product needs a name.")
                continue
            key = slug(str(record.values.get("key") or name))
            product = Product.objects.filter(key=key).first() or Product(key=key)
            called = sorted({*product.also_called, *record.values.get("also_called", [])})
            same = (product.name, product.also_called) == (name[:120], called)
            record.outcome = CREATED if product.pk is None else UNCHANGED if same else UPDATED
            if write and record.outcome != UNCHANGED:
                product.name, product.also_called = name[:120], called
                product.save()


class MemberBook:
    """Who works here, in which team and role. Who is new cannot sign in until an admin switches them on."""

    batch = BATCH

    def __init__(self, context: Context):
        self.context = context

    def check(self, records: list[Record]) -> None:
        self._take(records, write=False)

    def write(self, records: list[Record]) -> None:
        self._take(records, write=True)

    def _take(self, records: list[Record], *, write: bool) -> None:
        for record in records:
            function = self._function(record)
            if record.faults:
                continue
            self._one(record, function, write=write)

    def _function(self, record: Record) -> str:
        named = str(record.values.get("function", Function.SALES)).lower()
        by_label = {str(label).lower(): str(code) for code, label in Function.choices}
        found = by_label.get(named, named)
        if found not in Function.values:
            record.fault(
                self.context.heading("function"), f"{named!r} is no function; there are {', '.join(Function.values)}."
            )
        if str(record.values.get("role", Role.REP)).lower() not in (Role.REP, Role.MANAGER):
            record.fault(
                self.context.heading("role"), "A file may make reps and managers; admins are made in the admin."
            )
        if "name" not in record.values and "email" not in record.values:
            record.fault(self.context.heading("name"), "A member needs a name or an address.")
        return found

    def _one(self, record: Record, function: str, *, write: bool) -> None:
        values = record.values
        team = str(values.get("team") or Function(function).label)
        role = str(values.get("role", Role.REP)).lower()
        outcome = self._seat(
            values.get("name") or values["email"], values.get("email"), team, function, role, record, write
        )
        manager = values.get("manager")
        if manager and write:
            self._seat(manager, None, team, function, Role.MANAGER, None, write)
        record.outcome = outcome

    def _seat(
        self,
        name: str,
        address: str | None,
        team_name: str,
        function: str,
        role: str,
        record: Record | None,
        write: bool,
    ) -> str:
        members = self.context.members
        found = members.find(address or name)
        team = Team.objects.filter(name=team_name[:80]).first()
        seat = Membership.objects.filter(user_id=found, team=team).first() if found and team else None
        if seat is not None:
            return UNCHANGED
        if not write:
            return UPDATED if found else CREATED
        user = User.objects.get(pk=found) if found else self._made(name, address, record)
        if user.is_active:
            if record is not None:
                words = "This person can sign in already; a seat in another team is given in the admin."
                record.fault(self.context.heading("email" if address else "name"), words)
            return UPDATED
        team = team or Team.objects.create(name=team_name[:80], function=function)
        capacity = (record.values.get("weekly_capacity") if record else None) or 0
        Membership.objects.create(user=user, team=team, role=role, weekly_capacity=capacity)
        return UPDATED if found else CREATED

    def _made(self, name: str, address: str | None, record: Record | None) -> User:
        members = self.context.members
        user = User(
            email=normalise_email(address) if address else members.address_of(name), name=name[:120], is_active=False
        )
        user.set_unusable_password()
        zone = record.values.get("time_zone") if record else None
        if zone:
            user.time_zone = zone
        user.save()
        members._know(user.pk, user.email, user.name, False)
        return user
