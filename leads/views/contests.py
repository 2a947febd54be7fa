"""The right of reply: rejections that were contested, what waits to be settled, and how often each way it went."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from config.accounts.choices import Function
from config.web.access import MEMBERS, allow, of
from config.web.http import PortalRequest
from config.web.tables import Choice, Column, Table
from leads.models import Contest, Handoff
from leads.services import contests
from leads.views.inbox import HANDED_TO
from leads.views.labels import rejection_words

CONTESTS = of(*HANDED_TO, Function.MANAGEMENT)  # who may be named to settle
STATES = Contest.State
TABLE = Table(
    columns=(
        Column("at", "Contested", sort="pk", newest_first=True),
        Column("lead", "Lead"),
        Column("reason", "Rejected because"),
        Column("by", "Contested by"),
        Column("rejected", "Rejected by"),
        Column("state", "How it stands"),
    ),
    filters=(Choice("state", "How it stands", "state", options=STATES.choices),),
    sort="-at",
)
COLOUR = {STATES.OPEN: "yellow", STATES.TAKEN_BACK: "green", STATES.UPHELD: "secondary", STATES.OVERTURNED: "blue"}


def visible(request: PortalRequest) -> Any:
    rows = Contest.objects.all()
    if request.actor.reads_everything:
        return rows
    return rows.filter(handoff__in=Handoff.objects.visible_to(request.actor).order_by())


@allow(CONTESTS)
@require_GET
@never_cache
def contests_page(request: PortalRequest) -> HttpResponse:
    """All contests this person may see, the newest first, with how they ended."""
    rows = visible(request)
    view = TABLE.read(request.GET)
    page = view.page(
        rows.select_related(
            "handoff__lead__person", "handoff__lead__company", "handoff__decided_by", "contested_by", "settled_by"
        ).defer("handoff__packet", "handoff__route_why")
    )
    lines = [
        {
            "contest": row,
            "handoff": row.handoff,
            "reason": rejection_words(row.handoff),
            "tone": COLOUR[STATES(row.state)],
            "mine": contests.may_settle(request.actor, row, row.handoff),
        }
        for row in page.rows
    ]
    context = {"table": view, "page": page, "lines": lines, "tiles": tiles(rows), "now": timezone.now()}
    return render(request, "leads/contests/contests.html", context)


def tiles(rows: Any) -> list[dict[str, Any]]:
    """How many are open, and of those that ended how many each way."""
    counts = {state: Count("pk", filter=Q(state=state)) for state in STATES.values}
    found = rows.aggregate(**{f"n_{state}": count for state, count in counts.items()})
    ended = sum(found[f"n_{state}"] for state in STATES.values if state != STATES.OPEN)
    shown = [{"label": "Open", "figure": found["n_open"], "sub": "wait to be settled", "state": STATES.OPEN}]
    for state, label in (
        (STATES.UPHELD, "Upheld"),
        (STATES.OVERTURNED, "Overturned"),
        (STATES.TAKEN_BACK, "Taken back"),
    ):
        shown.append({"label": label, "figure": found[f"n_{state}"], "sub": f"of {ended} that ended", "state": state})
    return shown


@allow(MEMBERS)
@require_GET
def contest(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """A contest is seen, taken back and settled on the page of its handoff."""
    found = get_object_or_404(visible(request).select_related("handoff"), public_id=public_id)
    return redirect("handoff", found.handoff.public_id)
