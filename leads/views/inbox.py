"""The sales inbox: what is handed to me or my team, soonest promise first; and what we gave, with its questions and answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KT
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from config.accounts.actor import Actor
from config.accounts.choices import Function
from config.web.access import allow, of
from config.web.http import PortalRequest
from config.web.paging import Page, keyset
from leads.models import Contest, Handoff, HandoffMessage, HandoffState
from leads.services import clockwork
from leads.views import handoffs_detail
from leads.views.handoffs_acts import ACTS, acts_for
from leads.views.labels import rejection_words, stage_label
from sla.models import Clock

HANDED_TO = (Function.SALES, Function.BUSINESS_DEVELOPMENT, Function.TELEQUALIFICATION, Function.MARKETING)
INBOX = of(*HANDED_TO)
SIZE = 40
COUNTED = 100  # more are shown as 99+, so nothing further is counted
MINE, TEAM = "mine", "team"


@dataclass(frozen=True)
class Tab:
    """`gives`: the giver's side of the table. `by` and `descending` order it."""

    key: str
    label: str
    by: str
    descending: bool = False
    gives: bool = False
    empty: tuple[str, str] = ("Nothing here", "")
    bulk: tuple[str, ...] = ()


TABS: dict[str, Tab] = {
    tab.key: tab
    for tab in (
        Tab(
            "decide", "To decide", "due_at",
            empty=("Nothing to decide", "New leads appear here the moment they are handed to you."),
            bulk=("accept", "reject", "reassign"),
        ),
        Tab("asked", "Asked", "offered_at", empty=("No question is open", "What you ask a giver waits here for its answer."),
            bulk=("reject", "reassign")),
        Tab("working", "Working", "due_at", empty=("You work on no lead", "Accepted leads stay here until they have an outcome."),
            bulk=("recycle", "disqualify", "reassign")),
        Tab("rejected", "Rejected", "pk", True, empty=("Nothing was rejected", "What you reject stays here, with its reason.")),
        Tab("answer", "To answer", "offered_at", gives=True,
            empty=("Nobody waits for your answer", "Questions about leads you gave appear here.")),
        Tab("given", "Given", "pk", True, gives=True, bulk=("withdraw", "let-stand"),
            empty=("You have given no lead", "What you hand over, and what became of it.")),
    )
}  # fmt: skip


def rows_of(tab: str, scope: str, actor: Actor) -> QuerySet[Handoff]:
    """The handoffs of a tab. What waits in a call queue is worked from there."""
    handoffs = Handoff.objects.all()
    asks = Exists(HandoffMessage.objects.filter(handoff=OuterRef("pk"), asks=True, answered_at=None))
    if TABS[tab].gives:
        given = handoffs.filter(from_user=actor.user) if scope == MINE else handoffs.given_by(actor)
        return given.open().filter(asks) if tab == "answer" else given
    rows = handoffs.filter(queue=None) & _received(handoffs, scope, actor)
    if tab == "rejected":
        return rows.filter(state=HandoffState.REJECTED)
    if tab == "asked":
        return rows.open().filter(asks)
    # The states are named twice so that the partial indexes of open work serve the narrower lists too.
    state = HandoffState.OFFERED if tab == "decide" else HandoffState.ACCEPTED
    return rows.open().filter(state=state)


def _received(handoffs: Any, scope: str, actor: Actor) -> Any:
    if scope == TEAM:
        return handoffs.filter(to_team__in=actor.team_ids)
    return handoffs.filter(Q(to_user=actor.user) | Q(to_user=None, to_team__in=actor.team_ids))


def for_list(rows: QuerySet[Handoff]) -> QuerySet[Handoff]:
    """With what a line shows, and without the packet, of which only two figures are wanted."""
    return (
        rows.select_related(
            "lead__person", "lead__company", "lead__score", "to_user", "from_user", "to_team", "contest"
        )
        .defer("packet", "route_why", "note", "lead__attributes")
        .annotate(
            filled=KT("packet__completeness__filled"),
            needed=KT("packet__completeness__needed"),
            asks=Exists(HandoffMessage.objects.filter(handoff=OuterRef("pk"), asks=True, answered_at=None)),
        )
    )


@dataclass(frozen=True)
class Line:
    """One handoff in the list, with the clock of its soonest promise."""

    handoff: Handoff
    clock: Clock | None
    url: str

    @property
    def happened_at(self) -> datetime:
        """What a line without a running promise says of its time."""
        return self.handoff.closed_at or self.handoff.decided_at or self.handoff.offered_at

    @property
    def stage_label(self) -> str:
        return stage_label(self.handoff.lead)

    @property
    def rejection(self) -> str:
        return rejection_words(self.handoff)

    @property
    def contest(self) -> Contest | None:
        return getattr(self.handoff, "contest", None)

    @property
    def incomplete(self) -> bool:
        filled, needed = getattr(self.handoff, "filled", None), getattr(self.handoff, "needed", None)
        return bool(needed) and filled != needed


@dataclass(frozen=True)
class Asked:
    """What the address asks for, each part checked."""

    tab: Tab
    scope: str
    cursor: str
    opened: UUID | None

    def url(self, **changes: Any) -> str:
        parameters = {"tab": self.tab.key, "scope": self.scope, "cursor": self.cursor} | changes
        kept = {key: value for key, value in parameters.items() if value}
        return f"{reverse('inbox')}?{urlencode(kept)}"


def read(request: PortalRequest) -> Asked:
    gives_first = not request.actor.works_in(Function.SALES, Function.BUSINESS_DEVELOPMENT)
    usual = "answer" if gives_first else "decide"
    tab = TABS.get(request.GET.get("tab", ""), TABS[usual])
    manages = request.actor.is_manager
    scope = request.GET.get("scope", "")
    if scope not in (MINE, TEAM):
        scope = TEAM if manages or (tab.gives and Function.MARKETING in request.actor.functions) else MINE
    try:
        opened = UUID(request.GET["open"]) if request.GET.get("open") else None
    except ValueError:
        opened = None
    return Asked(tab, scope, request.GET.get("cursor", ""), opened)


@allow(INBOX)
@require_GET
@never_cache
def inbox(request: PortalRequest) -> HttpResponse:
    """List beside detail. The list alone for htmx, which renews it whenever something has changed."""
    asked, now = read(request), timezone.now()
    alone = request.htmx.target == "inbox-list"
    opened = handoffs_detail.load(request.actor, asked.opened, now) if asked.opened and not alone else None
    if opened is not None:
        opened.acts = acts_for(opened)
    page = keyset(
        for_list(rows_of(asked.tab.key, asked.scope, request.actor)),
        by=asked.tab.by, descending=asked.tab.descending, cursor=asked.cursor, size=SIZE,
    )  # fmt: skip
    context = {
        "asked": asked,
        "tab": asked.tab,
        "scopes": scopes(asked),
        "page": page,
        "lines": lines_of(page, asked),
        "tabs": tabs(request.actor, asked),
        "opened": opened,
        "first": page.rows[0] if page.rows else None,
        "list_url": asked.url(),
        "bulk": [ACTS[key] for key in asked.tab.bulk],
        "now": now,
    }
    return render(request, "leads/inbox/live.html" if alone else "leads/inbox/page.html", context)


def lines_of(page: Page[Handoff], asked: Asked) -> list[Line]:
    clocks = clockwork.of([row.pk for row in page.rows]) if page.rows else {}
    return [Line(row, _shown(clocks[row.pk]), asked.url(open=str(row.public_id))) for row in page.rows]


def _shown(clocks: list[Clock]) -> Clock | None:
    """The clock a line shows: the soonest that runs, else one that stands still."""
    running = [clock for clock in clocks if clock.is_open]
    running.sort(key=lambda clock: (clock.due_at is None, clock.due_at or timezone.now()))
    return running[0] if running else None


def tabs(actor: Actor, asked: Asked) -> list[dict[str, Any]]:
    """The tabs with how much waits in each, all counted in one query that stops at a hundred each."""
    wanted = [key for key in TABS if key not in ("rejected", "given")]
    parts = [
        rows_of(key, asked.scope, actor).order_by().annotate(tab=Value(key)).values("tab", mark=F("pk"))[:COUNTED]
        for key in wanted
    ]
    counts = dict.fromkeys(wanted, 0)
    for row in parts[0].union(*parts[1:], all=True):
        counts[row["tab"]] += 1
    found = []
    for tab in TABS.values():
        count = counts.get(tab.key)
        shown = None if count is None else "99+" if count >= COUNTED else count
        if tab.key == "answer" and not count and asked.tab.key != "answer":
            continue  # a question put to us is rare; its tab comes when there is one
        active = tab.key == asked.tab.key
        found.append({"label": tab.label, "url": asked.url(tab=tab.key, cursor=""), "active": active, "count": shown})
    return found


def scopes(asked: Asked) -> list[tuple[str, str, bool]]:
    """Mine, or the whole team's."""
    return [
        ("Mine", asked.url(scope=MINE, cursor=""), asked.scope == MINE),
        ("My team's", asked.url(scope=TEAM, cursor=""), asked.scope == TEAM),
    ]
