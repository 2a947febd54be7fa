"""People named in files: found among the users by address, name or the source's id; or made, where that is asked for.

Who is made cannot sign in and gets no leads until an admin switches them on, but their past is theirs.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from config.accounts.choices import Function, Role
from config.accounts.models import Membership, Team, User, normalise_email
from leads.models import IntakeSource

NOWHERE = "imported.invalid"  # no mail can ever be sent there
LONGEST = 48
TEAM_NAMES = {
    Function.MARKETING: "Marketing",
    Function.TELEQUALIFICATION: "Telequalification",
    Function.SALES: "Sales",
    Function.BUSINESS_DEVELOPMENT: "Business development",
    Function.MANAGEMENT: "Management",
}


def slug(text: str) -> str:
    """A name or id as the first part of an address; what would be cut off or dropped is told apart by a few digits."""
    flat = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "-", flat.lower()).strip("-")
    if plain and len(plain) <= LONGEST and text.isascii():
        return plain
    return f"{plain[:LONGEST]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}".lstrip("-")


class Members:
    """Knows every user; `ask` first for all names of a batch, then `find` gives each one's id."""

    def __init__(self, source: IntakeSource, *, create: bool, dry: bool = False):
        self.source, self.create, self.dry = source, create, dry
        self.made = 0
        self._by_address: dict[str, int] = {}
        self._by_name: dict[str, list[int]] = {}
        self._seats: dict[int, list[tuple[str, int]]] = {}
        self._teams: dict[str, int] = {}
        self._asleep: set[int] = set()  # cannot sign in: only they are given seats by a file
        self._pending: set[str] = set()
        self._load()

    def _load(self) -> None:
        for row in User.objects.values_list("pk", "email", "name", "is_active"):
            self._know(*row)
        for pk, team, function in Membership.objects.values_list("user_id", "team_id", "team__function"):
            self._seats.setdefault(pk, []).append((function, team))
        for pk, function in Team.objects.filter(is_active=True).order_by("-id").values_list("pk", "function"):
            self._teams[function] = pk

    def _know(self, pk: int, address: str, name: str, is_active: bool) -> None:
        self._by_address[address] = pk
        self._by_name.setdefault(name.strip().lower(), []).append(pk)
        if not is_active:
            self._asleep.add(pk)

    # --- finding -------------------------------------------------------------------------------------------------------
    def find(self, named: str) -> int | None:
        """The user a file means by an address, an id or a name that only one person has; None where there is none."""
        if "@" in named:
            return self._by_address.get(normalise_email(named))
        found = self._by_address.get(self.address_of(named))
        if found is not None:
            return found
        namesakes = self._by_name.get(named.strip().lower(), [])
        return namesakes[0] if len(namesakes) == 1 else None

    def knows(self, named: str) -> bool:
        """Whether `find` finds this person, or will once they are made."""
        return self.find(named) is not None or self.create or named in self._pending

    def address_of(self, named: str) -> str:
        """The address of somebody made by an import: it stands for the source's id or name."""
        return f"{slug(named)}@{self.source.key}.{NOWHERE}"

    def team(self, function: str, user_id: int | None = None) -> int | None:
        """The person's own team of a function, else the company's first active one."""
        for seat, team in self._seats.get(user_id or 0, []):
            if seat == function:
                return team
        return self._teams.get(function)

    # --- making --------------------------------------------------------------------------------------------------------
    def ask(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Make sure of people by (name, function): where that is asked for, who is missing is made, and gets a seat."""
        if not self.create:
            return
        named = {(name, function) for name, function in wanted if name and function}
        missing = sorted({name for name, _ in named if self.find(name) is None})
        if self.dry:
            self._pending |= set(missing)
            return
        self._make(missing)
        self._seat({(self.find(name) or 0, function) for name, function in named})

    def _make(self, missing: list[str]) -> None:
        rows: list[User] = []
        for name in missing:
            address = normalise_email(name) if "@" in name else self.address_of(name)
            user = User(email=address, name=name.partition("@")[0][:120], is_active=False)
            user.set_unusable_password()
            rows.append(user)
        User.objects.bulk_create(rows, ignore_conflicts=True)
        made = User.objects.filter(email__in=[row.email for row in rows])
        for row in made.values_list("pk", "email", "name", "is_active"):
            self._know(*row)
        self.made += len(rows)

    def _seat(self, wanted: set[tuple[int, str]]) -> None:
        seats = []
        for user_id, function in sorted(wanted):
            if user_id not in self._asleep or any(seat == function for seat, _ in self._seats.get(user_id, [])):
                continue
            team_id = self._teams.get(function) or self._found(function)
            seats.append(Membership(user_id=user_id, team_id=team_id, role=Role.REP, weekly_capacity=0))
            self._seats.setdefault(user_id, []).append((function, team_id))
        Membership.objects.bulk_create(seats, ignore_conflicts=True)

    def _found(self, function: str) -> int:
        """The company's first team of this function."""
        team, _ = Team.objects.get_or_create(name=TEAM_NAMES[Function(function)], defaults={"function": function})
        self._teams[function] = team.pk
        return team.pk
