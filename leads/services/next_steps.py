"""The dated next steps of opportunities: their owners are reminded on the day, and told with their managers when it has
gone by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from config.accounts.choices import Function
from config.accounts.models import Membership, User
from config.notices.kinds import register_kind
from config.notices.services.notices import tell
from leads.models import Opportunity
from leads.models.opportunity import OPEN_OPPORTUNITY
from leads.services.escalation import managers_of
from leads.services.nurture import local_date

KIND_DUE, KIND_OVERDUE = "step_due", "step_overdue"
register_kind(KIND_DUE, "The next step of an opportunity of mine is due today", group="Opportunities")
register_kind(KIND_OVERDUE, "A next step has gone by", group="Opportunities")
CAUGHT_UP = timedelta(days=3)  # days on which no worker ran are made up for
FROM_HOUR = 6  # of the company's day: nobody is woken by what is due


@transaction.atomic
def remind(at: datetime) -> int:
    """Tell of every step that is due today, and of those whose day has gone by; each once, however often this runs, and not
    in the night. Returns how many steps there are."""
    if at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).hour < FROM_HOUR:
        return 0
    today = local_date(at)
    rows = (
        Opportunity.objects.filter(
            stage__in=OPEN_OPPORTUNITY, next_step_on__gte=today - CAUGHT_UP, next_step_on__lte=today
        )
        .select_related("owner")
        .order_by("next_step_on", "id")
    )
    found = list(rows)
    managers: dict[int, list[User]] = {}
    for deal in found:
        if deal.next_step_on == today:
            _tell(deal, [deal.owner], KIND_DUE, f"Due today: {deal.next_step}", at)
            continue
        if deal.owner_id not in managers:
            managers[deal.owner_id] = managers_of(_sales_teams(deal.owner))
        people = [deal.owner, *managers[deal.owner_id]]
        _tell(deal, people, KIND_OVERDUE, f"Gone by: {deal.next_step}, of {deal.owner.name}", at)
    return len(found)


def _tell(deal: Opportunity, people: Iterable[User], kind: str, title: str, at: datetime) -> None:
    day: date | None = deal.next_step_on
    tell(
        people,
        kind=kind,
        title=title,
        body=f"{deal.name}. Do it, or say what comes next and when.",
        url=reverse("opportunity", args=[deal.public_id]),
        dedupe_key=f"{kind}:{deal.pk}:{day:%Y%m%d}",
        at=at,
    )


def _sales_teams(owner: User) -> list[int]:
    seats = Membership.objects.active().filter(user=owner, team__function=Function.SALES)
    return list(seats.values_list("team_id", flat=True))
