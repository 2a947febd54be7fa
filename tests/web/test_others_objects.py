"""What belongs to others is not found: reps of another team try every address with objects of the cast."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.accounts.models import Membership, Team, User
from config.notices.models import Notice
from config.web.urlwalk import Site
from leads.models import Attempt, Callback, Handoff, Opportunity
from leads.services import attempts, contests, handoffs, opportunities
from leads.services.opportunities import Deal
from sla.models import Clock
from tests.cast import HOUR, MINUTE, NOW, Cast, assemble
from tests.web.test_every_url import our_sites

BACKEND = "config.accounts.backends.AccountBackend"
# Addresses of what every member of a team may read, or of what a person keeps; their right is tried role by role.
FOR_ALL = (
    "agreement/",
    "reports/",
    "versions/",
    "taxonomy/versions/",
    "campaigns/",
    "handoffs/many/",
    "api/v1/reports/",
)
VALID = '{"reason": "duplicate", "disposition": "na"}'  # so that the input is not what is refused
NOT_TRIED = {
    "action_link": "the token is the right",
    "callbacks_feed": "the token is the right",
    "watch_remove": "tried with the watches",
    "member": "managers of other teams: tried with the people",
    "absence_remove": "tried with the people",
    "lead_file": "tried with the lead's page",
    "lead_file_remove": "tried with the lead's page",
}  # fmt: skip


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


@pytest.fixture
def things(cast: Cast) -> dict[str, str]:
    """One of each, by the beginning of its addresses."""
    queued = cast.hot("queued")
    worked = cast.with_sales("worked")
    deal = opportunities.open_from(worked.pk, a_deal(cast), by=worked.to_user or cast.sam, at=NOW + HOUR)
    refused = cast.with_sales("refused")
    handoffs.reject(refused.pk, by=refused.to_user or cast.sam, at=NOW + HOUR, reason="duplicate")
    contested = contests.contest(refused.pk, by=refused.from_user or cast.tim, at=NOW + 2 * HOUR, comment="She is new")
    called = cast.hot("called")
    attempts.record(called.pk, by=cast.tim, at=NOW + MINUTE, disposition="na", details=attempts.Details())
    callback = Callback.objects.create(
        handoff=queued, owner=cast.tim, due_at=NOW + HOUR, opens_at=NOW + HOUR, time_zone="Europe/Berlin"
    )
    notice = Notice.objects.create(
        recipient=cast.tim, kind="clock_warned", title="Soon", dedupe_key="one", created_at=NOW
    )
    return {
        "notices/": str(notice.public_id),
        "leads/": str(worked.lead.public_id),
        "taxonomy/leads/": str(worked.lead.public_id),
        "api/v1/leads/": str(worked.lead.public_id),
        "companies/": str(worked.lead.company.public_id) if worked.lead.company else "",
        "opportunities/": str(deal.public_id),
        "queue/undo/": str(Attempt.objects.get(handoff=called).public_id),
        "api/v1/attempts/": str(Attempt.objects.get(handoff=called).public_id),
        "queue/callbacks/": str(callback.public_id),
        "queue/": str(queued.public_id),
        "handoffs/": str(refused.public_id),
        "api/v1/handoffs/": str(queued.public_id),
        "contests/": str(contested.public_id),
        "clocks/": str(Clock.objects.filter(subject=worked.pk)[0].public_id),
    }


def a_deal(cast: Cast) -> Deal:
    return Deal(
        name="Acme", amount=None, currency="EUR", rate=1, expected_close_on=None, product=None, next_step="Call",  # type: ignore[arg-type]
        next_step_on=(NOW + timedelta(days=3)).date(), probability=None, owner=cast.sam,
    )  # fmt: skip


def stranger(function: str) -> User:
    user = User.objects.create(email=f"{function}@elsewhere.example", name="Stranger")
    team = Team.objects.create(name=f"Another {function} team", function=function)
    Membership.objects.create(user=user, team=team, role="rep")
    return user


def thing_of(site: Site, things: dict[str, str]) -> str | None:
    """The id for the longest beginning that fits."""
    fitting = [beginning for beginning in things if site.route.startswith(beginning)]
    return things[max(fitting, key=len)] if fitting else None


def sites(things: dict[str, str]) -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for site, rule in our_sites():
        if not site.arguments or site.route.startswith(FOR_ALL) or site.name in NOT_TRIED or rule.machine:
            continue
        if rule.name.startswith("managers"):
            continue  # a rep is refused before anything is looked up
        thing = thing_of(site, things)
        assert thing is not None, f"No object of the cast is tried at /{site.route}; say in `things` which."
        values = {name: thing if name == "public_id" else "accept" for name in site.arguments}
        found.append((site.name, reverse(site.name, kwargs=values), values))
    return found


@pytest.mark.parametrize("function", ["telequalification", "sales"])
def test_others_objects_are_not_found(cast: Cast, client: Client, things: dict[str, str], function: str) -> None:
    client.force_login(stranger(function), backend=BACKEND)
    before = Handoff.objects.order_by("id").values_list("pk", "state", "to_user", "note")
    states = list(before)
    seen = []
    for name, url, _ in sites(things):
        for method in ("get", "post"):
            body = {"data": VALID, "content_type": "application/json"} if url.startswith("/api/") else {}
            status = getattr(client, method)(url, **(body if method == "post" else {})).status_code
            if status not in (404, 405, 403):
                seen.append(f"{method.upper()} {name} {url}: {status}")
    assert seen == [], "\n".join(seen)
    assert list(before.all()) == states
    assert Opportunity.objects.get().stage not in ("won", "lost")
