"""The list of leads: sorted and narrowed by what an index serves, page by page by the place of the last row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest
from config.web.tables import Choice, Column, Day, Filter, Table, TableView, Text
from leads.models import Handoff, HandoffState, Lead
from leads.services import choosing, overview, searching
from leads.views.labels import stage_label
from sla.services.compiling import in_force

COLUMNS = (
    Column("name", "Lead"),
    Column("stage", "Stage"),
    Column("score", "Points", sort="points", align="end", newest_first=True, hint="Leads that were never scored are left out of this order."),
    Column("source", "Source"),
    Column("holder", "With whom"),
    Column("promise", "Next promise"),
    Column("received", "Came in", sort="received_at", align="end", newest_first=True),
)  # fmt: skip
LEVELS = (("1", "1: as much as is asked for"), ("2", "2: at least half"), ("3", "3: less"))
LAST_DAY = date(9999, 12, 30)
VIEWS = (("open", "Open"), ("mine", "Mine"), ("closed", "Closed"), ("all", "All"))


def _named(field: str) -> Callable[[QuerySet[Lead], list[str]], QuerySet[Lead]]:
    """Rows by the values of a field that may be empty."""

    def chosen(rows: QuerySet[Lead], names: list[str]) -> QuerySet[Lead]:
        return rows.filter(**{f"{field}__in": ["" if name == choosing.NOT_GIVEN else name for name in names]})

    return chosen


def _rejected(rows: QuerySet[Lead], reason: str) -> QuerySet[Lead]:
    refused = Handoff.objects.filter(state=HandoffState.REJECTED, reason=reason)
    return rows.filter(pk__in=refused.values("lead_id"))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _since(rows: QuerySet[Lead], day: date) -> QuerySet[Lead]:
    return rows.filter(received_at__gte=_midnight(day))


def _until(rows: QuerySet[Lead], day: date) -> QuerySet[Lead]:
    return rows.filter(received_at__lt=_midnight(min(day, LAST_DAY) + timedelta(days=1)))


def table(request: PortalRequest, at: datetime) -> Table:
    """The table with the choices there are for this person; all of them cost one query."""
    found, current = choosing.choices(request.actor), in_force(at)

    def owner(rows: QuerySet[Lead], code: str) -> QuerySet[Lead]:
        return rows.filter(owner=request.user) if code == "me" else rows.filter(owner__public_id=code)

    stages = choosing.stages(current, request.GET.get("segment", ""))
    filters: list[Filter] = [
        Text("q", "Name, e-mail, phone, company", searching.narrowed, placeholder="Begin to type"),
        Choice("stage", "Stage", "stage", options=stages, many=True),
        Choice("source", "Source", _named("source"), options=found.sources, many=True),
        Choice("owner", "Owner", owner, options=found.owners),
    ]
    if len(found.segments) > 1:
        filters.append(Choice("segment", "Segment", "segment__key", options=found.segments))
    if found.campaigns:
        filters.append(Choice("campaign", "Campaign", "campaign__key", options=found.campaigns))

    def levels(rows: QuerySet[Lead], codes: list[str]) -> QuerySet[Lead]:
        return rows.filter(overview.at_levels(current, {int(code) for code in codes}))

    filters += [
        Choice("fit", "Fit", "fit_grade", options=[(grade, grade) for grade in overview.GRADES], many=True),
        Choice("engagement", "Engagement", levels, options=LEVELS, many=True),
    ]
    personas = choosing.personas(current)
    if personas:
        filters.append(
            Choice(
                "persona", "Persona", _named("persona"), options=[*personas, (choosing.NOT_GIVEN, "None")], many=True
            )
        )
    reasons = choosing.reject_reasons(current)
    if reasons:
        filters.append(Choice("rejected", "Rejected for", _rejected, options=reasons))
    filters += [Day("since", "Came in since", _since), Day("until", "until", _until)]
    return Table(columns=COLUMNS, filters=filters, sort="-received")


@dataclass(frozen=True)
class Line:
    """A lead with the handoff it is in now, if it is in one."""

    lead: Lead
    handoff: Handoff | None

    @property
    def stage_label(self) -> str:
        return stage_label(self.lead)

    @property
    def source_label(self) -> str:
        return choosing.source_label(self.lead.source)

    @property
    def holder(self) -> str:
        """The person, else the team whose turn it is."""
        if self.handoff is not None:
            held = self.handoff.to_user or self.handoff.to_team
            return str(held)
        return str(self.lead.owner) if self.lead.owner else ""


@allow(MEMBERS)
@require_GET
@never_cache
def leads(request: PortalRequest) -> HttpResponse:
    at = timezone.now()
    view = table(request, at).read(request.GET)
    show = request.GET.get("show", "open")
    show = show if show in dict(VIEWS) else "open"
    page = view.page(rows_of(request, view, show))
    context = {
        "table": view,
        "page": page,
        "lines": lines_of(page.rows),
        "tabs": tabs(request, show),
        "keep": [("show", show)],
    }
    return render(request, "leads/leads/page.html", context)


def rows_of(request: PortalRequest, view: TableView, show: str) -> QuerySet[Lead]:
    rows: QuerySet[Lead] = Lead.objects.visible_to(request.actor).filter(merged_into=None)
    if show == "open":
        rows = rows.filter(closed_at=None)
    elif show == "closed":
        rows = rows.filter(closed_at__isnull=False)
    elif show == "mine":
        rows = rows.filter(owner=request.user)
    if view.sort.removeprefix("-") == "score":
        rows = rows.filter(score__isnull=False)
    return (
        rows.select_related("person", "company", "score", "owner")
        .annotate(points=F("score__total"))
        .defer("attributes", "person__search", "person__attributes", "company__search", "company__attributes")
    )


def lines_of(rows: list[Lead]) -> list[Line]:
    """The rows with their open handoffs; one query."""
    handoffs = Handoff.objects.open().filter(lead__in=rows).select_related("to_user", "to_team")
    held = {handoff.lead_id: handoff for handoff in handoffs.defer("packet", "route_why", "note")} if rows else {}
    return [Line(lead, held.get(lead.pk)) for lead in rows]


def tabs(request: PortalRequest, show: str) -> list[dict[str, Any]]:
    """The views keep what is filtered."""
    kept = request.GET.copy()
    kept.pop("cursor", None)
    found = []
    for code, label in VIEWS:
        kept["show"] = code
        found.append({"label": label, "url": f"{reverse('leads')}?{kept.urlencode()}", "active": code == show})
    return found
