"""The leads behind a figure: the page every figure opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest
from reports import asked as asking
from reports.asked import Asked
from reports.database import from_snapshot
from reports.documents import wording
from reports.queries.choices import source_label
from reports.queries.leads import Found, Listed, listed
from reports.sets import LeadSet, NoSuchSet


@dataclass(frozen=True)
class Shown:
    """A row with what people read for its codes."""

    found: Found
    key: str
    mark: str
    state: str
    source: str


@allow(MEMBERS)
@require_GET
@from_snapshot
def behind(request: PortalRequest) -> HttpResponse:
    """The rows a figure counts, with the same period and filters; the count of the page is the figure's."""
    try:
        found = LeadSet.read(request.GET)
    except NoSuchSet as error:
        raise Http404(str(error)) from error
    asked = asking.read(request.GET, request.actor, timezone.now())
    cursor = request.GET.get("cursor", "")
    page = listed(found, asked.scope, asked.now, request.actor, cursor)
    context = {"asked": asked, "set": found, "page": page, "first": not cursor, "back": way_back(request)}
    return render(request, "reports/leads.html", context | words(found, asked, page))


def way_back(request: PortalRequest) -> str:
    """The report this was opened from, if it was one."""
    came_from = urlsplit(request.META.get("HTTP_REFERER", ""))
    ours = came_from.netloc == request.get_host() and came_from.path.startswith("/reports/")
    return f"{came_from.path}?{came_from.query}" if ours and came_from.path != request.path else ""


def words(found: LeadSet, asked: Asked, page: Listed) -> dict[str, Any]:
    """What the set and its rows are, in people's words."""
    fact, terms = found.fact, asked.terms
    heading = wording.mark_heading(fact)
    chips = [
        ("", [wording.key_label(fact, key, terms) for key in found.behind.keys]),
        (heading, [wording.mark_label(fact, mark, terms) for mark in found.behind.marks]),
        ("Now", [wording.state_label(fact, state, terms) for state in found.behind.states]),
    ]
    rows = [
        Shown(
            row, wording.key_label(fact, row.key, terms), wording.mark_label(fact, row.mark, terms),
            wording.state_label(fact, row.state, terms), source_label(row.lead.source) if row.lead else "",
        )
        for row in page.shown
    ]  # fmt: skip
    counted = wording.counted(page.rows, fact.item)
    hidden = page.rows - page.visible
    return {
        "title": fact.words.capitalize(),
        "sub": counted if fact.item == "lead" else f"{counted} of {wording.counted(page.leads, 'lead')}",
        "hidden_words": f"{hidden:,} of them belong to other teams; you can open the other {page.visible:,}.",
        "chips": [(label, ", ".join(values)) for label, values in chips if any(values)],
        "rows": rows,
        "mark_heading": heading,
        "has_keys": any(row.key for row in rows),
        "has_marks": any(row.mark for row in rows),
        "has_states": any(row.state for row in rows),
    }
