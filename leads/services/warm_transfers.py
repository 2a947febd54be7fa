"""Warm transfers: sales is on the line when telequalification hands over, and takes the lead on there and then."""

from __future__ import annotations

from config.accounts.choices import Function
from config.accounts.models import Membership, User
from config.web.errors import Refusal
from leads.services import routing
from leads.services.cases import Case


def line_to(case: Case, taken_by: User | None) -> routing.Decision:
    """The decision for a lead that somebody of sales takes on the call. Raises Refusal when nobody is named, or somebody
    who does not sell."""
    if taken_by is None:
        raise Refusal("nobody_on_line", "Who of sales is on the line?", fields={"to_user": "Name who takes the call."})
    sellers = (Function.SALES, Function.BUSINESS_DEVELOPMENT)
    seats = Membership.objects.active().filter(user=taken_by, team__function__in=sellers).select_related("team")
    teams = {team_id: place for place, team_id in enumerate(_teams_of_routes(case))}
    seat = min(seats, key=lambda found: teams.get(str(found.team.public_id), len(teams)), default=None)
    if seat is None:
        raise Refusal(
            "not_in_sales", f"{taken_by.name} does not work in sales.", fields={"to_user": "Name somebody of sales."}
        )
    return routing.Decision(
        route="",
        team_id=seat.team_id,
        team_name=seat.team.name,
        function=seat.team.function,
        user_id=taken_by.pk,
        to_queue=False,
        kind="warm",
        why=(f"Warm transfer: {taken_by.name} was on the line and took the call.",),
    )


def _teams_of_routes(case: Case) -> list[str]:
    """The teams the agreement's routes after telequalification lead to, in order: who sits in two is there for the first."""
    return [route.team["id"] for route in case.terms.routes_on(routing.LEG_TELEQUALIFIED)]


def sellers() -> list[User]:
    """Who of sales can take a call, for the form."""
    functions = (Function.SALES, Function.BUSINESS_DEVELOPMENT)
    seats = Membership.objects.active().filter(team__function__in=functions).select_related("user")
    return sorted({seat.user_id: seat.user for seat in seats}.values(), key=lambda user: user.name)
