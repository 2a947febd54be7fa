"""The live board: what waits and how urgently, who works on what, and moving leads between hands and queues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.accounts.models import Membership, User
from config.web.access import allow
from config.web.errors import Refusal
from config.web.http import PortalRequest
from config.web.tables import Choice, Column, Flag, Table
from leads.models import CallQueue, Handoff, QueueItem
from leads.services import board as verbs
from leads.views.callers import DESK_MANAGERS

MOST_AT_ONCE = 200
STATES = (("now", "Waiting"), ("later", "Later"), ("in_hand", "In hand"))
SORTS = {"now": "promise", "later": "opens", "in_hand": "since"}


def _within(rows: QuerySet[QueueItem], minutes: str) -> QuerySet[QueueItem]:
    return rows.filter(promise_at__lte=timezone.now() + timedelta(minutes=int(minutes)))


def _late(rows: QuerySet[QueueItem], value: bool) -> QuerySet[QueueItem]:
    return verbs.breached(rows, timezone.now())


FIRST = {
    "now": Column("promise", "Call by", sort="promise_at"),
    "later": Column("opens", "Callable from", sort="callable_from"),
    "in_hand": Column("since", "In hand since", sort="claimed_at"),
}
REST = (
    Column("lead", "Lead"),
    Column("who", "With whom"),
    Column("why", "Why it is here"),
    Column("tries", "Tries", align="end"),
    Column("value", "Fit", align="end"),
)


def _table(state: str) -> Table:
    filters = [
        Choice("due", "Due within", _within, options=[("5", "5 minutes"), ("15", "15 minutes"), ("60", "60 minutes")]),
        Flag("late", "Late only", _late),
    ]
    return Table(
        columns=(FIRST[state], *REST), filters=filters if state == "now" else filters[1:], sort=SORTS[state], size=40,
        selectable=True,
    )  # fmt: skip


def _read(request: PortalRequest, at: datetime) -> dict[str, Any]:
    queues = _queues(request)
    chosen = next((q for q in queues if str(q.pk) == request.GET.get("queue")), queues[0] if queues else None)
    state = request.GET.get("state", "now")
    state = state if state in SORTS else "now"
    view = _table(state).read(request.GET)
    rows = verbs.rows(chosen.pk, state, at) if chosen else QueueItem.objects.none()
    found = verbs.counts([q.pk for q in queues], at)
    teams = sorted({queue.team_id for queue in queues})
    crew = verbs.people(teams, at, request.user.time_zone)
    return {
        "now": at,
        "table": view,
        "page": view.page(rows),
        "state": state,
        "queues": queues,
        "chosen": chosen,
        "counts": found,
        "tiles": _tiles(found, chosen),
        "people": crew,
        "tabs": _tabs(chosen, state, found),
        "reps": [person.user for person in crew],
        "back": request.GET.urlencode(),
        "others": [queue for queue in queues if chosen and queue.team_id == chosen.team_id and queue.pk != chosen.pk],
    }


def _queues(request: PortalRequest) -> list[CallQueue]:
    """The queues of the teams this person leads."""
    managed = [seat.team_id for seat in request.actor.seats if seat.role != "rep"]
    rows = CallQueue.objects.filter(is_active=True).select_related("team")
    return list(rows if request.actor.is_admin else rows.filter(team__in=managed))


def shown(count: int) -> str:
    return f"{count - 1}+" if count >= verbs.COUNTED else str(count)


def _tiles(found: verbs.Counts, chosen: CallQueue | None) -> list[dict[str, Any]]:
    here = f"{reverse('queue_board')}?queue={chosen.pk}" if chosen else reverse("queue_board")
    return [
        {"label": "Waiting now", "figure": shown(found.now), "sub": f"{shown(found.later)} later", "href": here},
        {"label": "In hand", "figure": shown(found.in_hand), "sub": "being called", "href": f"{here}&state=in_hand"},
        {"label": "Due in 5 minutes", "figure": shown(found.due_5), "sub": "of those waiting, the late ones too", "href": f"{here}&due=5"},
        {"label": "Due in 15 minutes", "figure": shown(found.due_15), "sub": "of those waiting, the late ones too", "href": f"{here}&due=15"},
        {"label": "Due in 60 minutes", "figure": shown(found.due_60), "sub": "of those waiting, the late ones too", "href": f"{here}&due=60"},
        {"label": "Late", "figure": shown(found.breached), "sub": "with a broken promise", "href": f"{here}&late=1"},
    ]  # fmt: skip


def _tabs(chosen: CallQueue | None, state: str, found: verbs.Counts) -> list[dict[str, Any]]:
    query = f"queue={chosen.pk}&" if chosen else ""
    return [
        {"label": label, "url": f"{reverse('queue_board')}?{query}state={code}", "active": code == state}
        for code, label in STATES
    ]


@allow(DESK_MANAGERS)
@require_GET
@never_cache
def board(request: PortalRequest) -> HttpResponse:
    return render(request, "leads/board/board.html", _read(request, timezone.now()))


@allow(DESK_MANAGERS)
@require_GET
@never_cache
def board_live(request: PortalRequest) -> HttpResponse:
    return render(request, "leads/board/live.html", _read(request, timezone.now()))


@allow(DESK_MANAGERS)
@require_POST
def board_move(request: PortalRequest) -> HttpResponse:
    """Give the picked leads to a rep, move them to another queue, or free them: one by one, so that one that cannot be
    moved does not hold up the others."""
    at = timezone.now()
    handoffs = Handoff.objects.decided_by(request.actor).filter(
        public_id__in=request.POST.getlist("pick")[:MOST_AT_ONCE]
    )
    act, words = _act(request, at)
    done, problems = 0, []
    for handoff in handoffs.select_related("lead__person"):
        try:
            act(handoff.pk)
            done += 1
        except Refusal as refusal:
            problems.append(f"{handoff.lead.person.name}: {refusal.message}")
    if done:
        messages.success(request, f"{done} {'lead' if done == 1 else 'leads'} {words}.")
    for problem in problems[:5]:
        messages.error(request, problem)
    if not done and not problems:
        messages.info(request, "Pick the leads first.")
    back = request.POST.get("back", "")
    return redirect(f"{reverse('queue_board')}?{back}" if back else "queue_board")


Act = Callable[[int], Any]


def _act(request: PortalRequest, at: datetime) -> tuple[Act, str]:
    user, given, act = request.user, request.POST, request.POST.get("act")
    if act == "give":
        rep = get_object_or_404(_members(request), public_id=given.get("to_user") or None)
        return (lambda pk: verbs.give(pk, to_user=rep, by=user, at=at)), f"kept for {rep.name} for an hour"
    if act == "move":
        queue = get_object_or_404(
            CallQueue, public_id=given.get("to_queue") or None, pk__in=[q.pk for q in _queues(request)]
        )
        return (lambda pk: verbs.move(pk, to_queue=queue, by=user, at=at)), f"moved to {queue.name}"
    return (lambda pk: verbs.free(pk, by=user, at=at)), "open to everybody"


def _members(request: PortalRequest) -> QuerySet[User]:
    teams = {queue.team_id for queue in _queues(request)}
    return User.objects.filter(pk__in=Membership.objects.active().filter(team__in=teams).values("user_id"))
