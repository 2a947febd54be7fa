"""Who is asking: a user with the functions, teams and roles their memberships give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from config.accounts.choices import Function, Role

if TYPE_CHECKING:
    from config.accounts.models import User


@dataclass(frozen=True)
class Seat:
    """One membership, without the database."""

    id: int
    team_id: int
    team: str
    function: str
    role: str


class Actor:
    """Answers questions of access. `seats` are the user's active memberships."""

    def __init__(self, user: User, seats: tuple[Seat, ...]):
        self.user = user
        self.seats = seats

    @classmethod
    def of(cls, user: User) -> Actor:
        """The actor for a user; reads the memberships unless the user was loaded `with_memberships()`."""
        rows = getattr(user, "membership_rows", None)
        if rows is None:
            rows = type(user).objects.get_queryset().with_memberships().get(pk=user.pk).membership_rows
        return cls(user, tuple(Seat(**row) for row in rows))

    @cached_property
    def functions(self) -> frozenset[str]:
        return frozenset(seat.function for seat in self.seats)

    @cached_property
    def team_ids(self) -> list[int]:
        return [seat.team_id for seat in self.seats]

    @cached_property
    def is_admin(self) -> bool:
        """Admins of any team run the portal: revenue operations and the company's system people."""
        return self.user.is_superuser or any(seat.role == Role.ADMIN for seat in self.seats)

    @cached_property
    def is_manager(self) -> bool:
        return self.is_admin or any(seat.role == Role.MANAGER for seat in self.seats)

    @cached_property
    def reads_everything(self) -> bool:
        """Managers, executives and marketing see all leads; reps see their own team's work."""
        return self.is_manager or bool(self.functions & {Function.MARKETING, Function.MANAGEMENT})

    def works_in(self, *functions: str) -> bool:
        return bool(self.functions.intersection(functions))

    def manages(self, *functions: str) -> bool:
        """Manager of a team with one of these functions. Admins manage every team."""
        return self.is_admin or any(
            seat.function in functions and seat.role in (Role.MANAGER, Role.ADMIN) for seat in self.seats
        )

    def manages_team(self, team_id: int | None) -> bool:
        return self.is_admin or any(seat.team_id == team_id and seat.role == Role.MANAGER for seat in self.seats)
