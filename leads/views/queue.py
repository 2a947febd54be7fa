"""The queue: what waits and why, what is in one's hands, the one next lead, today's own tally."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.accounts.choices import PresenceState
from config.accounts.services import presence
from config.web.access import allow
from config.web.http import PortalRequest
from config.web.tables import Choice, Column, Filter, Table, TableView, Text
from config.web.wording import duration, local
from leads.models import Attempt, CallQueue, QueueItem
from leads.services import attempts, claiming, waiting
from leads.views.callers import CALLERS, workable
from sla.services.compiling import terms_by_id

COLUMNS = (
    Column("promise", "Call by", sort="promise_at", hint="The last moment at which a call still keeps the promise"),
    Column("lead", "Lead"),
    Column("why", "Why it is here"),
    Column("there", "Their time"),
    Column("tries", "Tries", align="end"),
    Column("value", "Fit", sort="value", align="end", newest_first=True),
)
LATER_COLUMNS = (Column("opens", "Callable from", sort="callable_from"), *COLUMNS[1:])
SIZE = 25
WORKED = "queue"  # in the session: the queue a rep works just now, where it is not all


def _by_name(rows: Any, words: str) -> Any:
    from django.db.models import Q

    found = Q(handoff__lead__person__last_name__istartswith=words) | Q(
        handoff__lead__person__first_name__istartswith=words
    )
    return rows.filter(found | Q(handoff__lead__company__name__istartswith=words))


def _table(queues: list[CallQueue], later: bool) -> Table:
    """Sorting is by the order in which leads are given out; who looks for one lead filters."""
    filters: list[Filter] = [Text("q", "Name or company", _by_name, placeholder="Begins with …")]
    if len(queues) > 1:
        filters.insert(0, Choice("queue", "Queue", "queue_id", options=[(str(q.pk), q.name) for q in queues]))
    columns = LATER_COLUMNS if later else COLUMNS
    return Table(columns=columns, filters=filters, sort="opens" if later else "promise", size=SIZE)


def _read(request: PortalRequest, at: datetime) -> dict[str, Any]:
    """Everything the page shows but its frame: five queries, however long the queue."""
    queues = waiting.queues_of(request.actor)
    ids = [queue.pk for queue in queues]
    chosen = next((queue for queue in queues if str(queue.pk) == request.GET.get("queue")), None)
    later = request.GET.get("when") == "later"
    view: TableView = _table(queues, later).read(request.GET)
    rows = waiting.later(ids) if later else waiting.ready(ids, at)
    page = view.page(rows)
    mine = waiting.in_hands(request.user, at)
    tally = waiting.tally(request.actor, at)
    return {
        "now": at,
        "table": view,
        "page": page,
        "later": later,
        "held": next((item for item in mine if item.claimed_by_id == request.user.pk), None),
        "mine": [item for item in mine if item.claimed_by_id != request.user.pk],
        "tally": tally,
        "tiles": _tiles(tally, mine, at),
        "undo": _undo(tally),
        "just_in": waiting.just_in(ids, at),
        "tabs": [
            {"label": "Now", "url": reverse("queue"), "active": not later, "icon": "phone"},
            {"label": "Later", "url": f"{reverse('queue')}?when=later", "active": later, "icon": "clock"},
        ],
        "has_queue": bool(queues),
        "chosen": chosen,
        "several": len(queues) > 1 and chosen is None,
        "opens": None if later or page.rows else waiting.next_opening(ids),
    }


def _tiles(tally: waiting.Tally, mine: list[QueueItem], at: datetime) -> list[dict[str, Any]]:
    """One's own day first."""
    due = [item for item in mine if item.is_callback]
    pace = duration(tally.handling_seconds, days=False) if tally.handling_seconds else "–"
    return [
        {"label": "Calls today", "figure": tally.calls, "sub": f"{pace} each" if tally.calls else "none yet"},
        {"label": "Reached", "figure": tally.reached, "sub": f"of {tally.calls} calls"},
        {"label": "Handed to sales", "figure": tally.handed_on, "sub": "today"},
        {"label": "Time in calls", "figure": duration(tally.talk_seconds, days=False), "sub": "today, as far as told"},
        {"label": "Callbacks", "figure": len(due), "sub": _next_callback(due, at), "href": reverse("callbacks")},
        {
            "label": "Leads this week",
            "figure": tally.leads_this_week,
            "sub": f"of {tally.capacity} you can follow up" if tally.capacity else "no capacity set",
        },
    ]


def _next_callback(due: list[QueueItem], at: datetime) -> str:
    ahead = [item.reserved_from for item in due if item.reserved_from and item.reserved_from > at]
    return f"next {local(min(ahead), 'time')}" if ahead else ("due now" if due else "none today")


def _undo(tally: waiting.Tally) -> dict[str, Any] | None:
    if tally.undoable is None:
        return None
    term = terms_by_id(tally.undoable.version_id).dispositions.get(tally.undoable.disposition)
    return {
        "name": tally.undoable.name,
        "outcome": term.label if term else tally.undoable.disposition,
        "until": tally.undoable.until,
        "url": reverse("queue_undo", args=[tally.undoable.attempt]),
    }


def undo_bar(request: PortalRequest, at: datetime) -> dict[str, Any] | None:
    """The outcome that can still be taken back, for pages that show no tally."""
    found = attempts.undoable_of(request.user, at)
    if found is None or found.handoff is None or found.handoff.version_id is None:
        return None
    term = terms_by_id(found.handoff.version_id).dispositions.get(found.disposition)
    return {
        "name": found.lead.person.name,
        "outcome": term.label if term else found.disposition,
        "until": found.settles_at,
        "url": reverse("queue_undo", args=[found.public_id]),
    }


@allow(CALLERS)
@require_GET
@never_cache
def queue(request: PortalRequest) -> HttpResponse:
    return render(request, "leads/queue/queue.html", _read(request, timezone.now()))


@allow(CALLERS)
@require_GET
@never_cache
def queue_live(request: PortalRequest) -> HttpResponse:
    """The page without its frame, for when something has changed."""
    return render(request, "leads/queue/live.html", _read(request, timezone.now()))


@allow(CALLERS)
@require_POST
def queue_next(request: PortalRequest) -> HttpResponse:
    """The next-best lead, in this rep's hands, on the console: of the queue the page was narrowed to, or of all. So it goes on
    from lead to lead, until "Next lead" is pressed again."""
    at = timezone.now()
    chosen = request.POST.get("queue", "")
    request.session[WORKED] = int(chosen) if chosen.isdigit() else None
    presence.set_state(request.user, PresenceState.AVAILABLE, at=at)
    return bring_next(request, at)


def bring_next(request: PortalRequest, at: datetime) -> HttpResponse:
    worked = request.session.get(WORKED)
    handoff = claiming.next_lead(request.actor, at, only=worked)
    if handoff is None:
        messages.info(request, "Nothing may be called just now. New leads appear here by themselves.")
        return redirect(reverse("queue") + (f"?queue={worked}" if worked else ""))
    return redirect("console", handoff.public_id)


@allow(CALLERS)
@require_POST
def queue_undo(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Take the last outcome back: the lead is in hand again, its notes as they were."""
    at = timezone.now()
    mine = Attempt.objects.filter(by=request.user, handoff__isnull=False).select_related("handoff")
    attempt = get_object_or_404(mine, public_id=public_id)
    assert attempt.handoff is not None
    attempts.undo(attempt.pk, by=request.user, at=at)
    messages.success(request, "Taken back.")
    return redirect("console", workable(request, attempt.handoff.public_id).public_id)
