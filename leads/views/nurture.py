"""Leads in nurture: why they are there and when they come back; marketing brings them back or moves their day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.web.access import READERS, allow
from config.web.errors import Refusal
from config.web.http import PortalRequest
from config.web.paging import Page
from config.web.tables import Choice, Column, Day, Table
from leads.forms.nurture import PostponeForm
from leads.models import Lead, NurtureSpell
from leads.services import choosing, nurturing, wordings
from leads.services.nurture import local_date
from leads.services.nurturing import AT_ONCE, Count, Done
from leads.views.callers import NURTURERS
from sla.services.compiling import in_force, terms_by_id
from sla.terms import Terms

SOON = timedelta(days=7)
KINDS = (
    ("rejected", "Rejected"), ("recycled", "Given back"), ("disqualified", "Ruled out"), ("lost", "Lost deal"),
    ("expired", "Nobody decided"), ("withdrawn", "Taken back"),
)  # fmt: skip
COLUMNS = (
    Column("name", "Lead"),
    Column("why", "Why it is here"),
    Column("source", "Source"),
    Column("campaign", "Campaign"),
    Column("since", "Since", sort="entered_at", newest_first=True),
    Column("back", "Comes back", sort="return_on"),
)


def _source(rows: QuerySet[NurtureSpell], name: str) -> QuerySet[NurtureSpell]:
    return rows.filter(lead__source="" if name == choosing.NOT_GIVEN else name)


def reason_words(count: Count, usual: Terms | None) -> str:
    """What the reason is called, by the version under which it was last given."""
    kind = dict(KINDS).get(count.kind, count.kind.capitalize())
    reason = wordings.reason(_terms(count, usual), count.key)
    return f"{kind}: {reason}" if reason else kind


def table(found: nurturing.Overview, usual: Terms | None) -> Table:
    reasons = list({row.key: wordings.reason(_terms(row, usual), row.key) for row in found.reasons if row.key}.items())
    return Table(
        columns=COLUMNS,
        filters=(
            Choice("kind", "How it came here", "kind", options=KINDS),
            Choice("reason", "Reason", "reason", options=reasons, many=True),
            Choice(
                "source", "Source", _source,
                options=[(row.key or choosing.NOT_GIVEN, choosing.source_label(row.key)) for row in found.sources],
            ),
            Choice("campaign", "Campaign", "lead__campaign__key", options=[(row.key, row.name) for row in found.campaigns]),
            Day("until", "Back until", "return_on__lte"),
        ),
        sort="back",
        selectable=True,
    )  # fmt: skip


def _terms(row: Count, usual: Terms | None) -> Terms | None:
    """The version under which the reason was last given; for a lost deal without a handoff, what is in force."""
    return terms_by_id(row.version_id) if row.version_id else usual


@dataclass(frozen=True)
class Line:
    """A spell in words. `usual`: the terms where the spell itself names none."""

    spell: NurtureSpell
    usual: Terms | None

    @property
    def terms(self) -> Terms | None:
        handoff = self.spell.handoff
        return terms_by_id(handoff.version_id) if handoff and handoff.version_id else self.usual

    @property
    def why(self) -> str:
        kind = dict(KINDS).get(self.spell.kind, self.spell.kind.capitalize())
        reason = wordings.reason(self.terms, self.spell.reason)
        return f"{kind}: {reason}" if reason else kind

    @property
    def source(self) -> str:
        return choosing.source_label(self.spell.lead.source)


@allow(READERS)
@require_GET
@never_cache
def nurture(request: PortalRequest) -> HttpResponse:
    today = local_date(timezone.now())
    found = nurturing.overview(today + SOON)
    usual = choosing.default_terms(in_force(timezone.now()))
    view = table(found, usual).read(request.GET)
    rows = NurtureSpell.objects.filter(left_at=None).select_related(
        "lead__person", "lead__company", "lead__campaign", "handoff"
    )
    page: Page[NurtureSpell] = view.page(rows.defer("handoff__packet", "lead__attributes"))
    context = {
        "table": view,
        "page": page,
        "lines": [Line(spell, usual) for spell in page.rows],
        "found": found,
        "summary": summary(found, usual),
        "today": today,
        "soon_url": f"{reverse('nurture')}?until={(today + SOON).isoformat()}",
        "form": PostponeForm(),
        "may_work": NURTURERS.allows(request.actor),
        "back": request.get_full_path(),
    }
    return render(request, "leads/nurture/page.html", context)


def summary(found: nurturing.Overview, usual: Terms | None) -> list[tuple[str, list[tuple[str, str, int]]]]:
    """By reason, source and campaign: (heading, [(words, address, count), …])."""
    url = reverse("nurture")
    return [
        ("By reason", [(reason_words(r, usual), f"{url}?kind={r.kind}" + (f"&reason={r.key}" if r.key else ""), r.count) for r in found.reasons[:12]]),
        ("By source", [(choosing.source_label(r.key), f"{url}?source={r.key or choosing.NOT_GIVEN}", r.count) for r in found.sources[:12]]),
        ("By campaign", [(r.name, f"{url}?campaign={r.key}", r.count) for r in found.campaigns[:12]]),
    ]  # fmt: skip


def picked(request: PortalRequest) -> QuerySet[Lead]:
    ids = [value for value in request.POST.getlist("pick")[:AT_ONCE] if len(value) == 36]
    return Lead.objects.visible_to(request.actor).filter(public_id__in=ids).select_related("person").order_by("pk")


def _answer(request: PortalRequest, done: Done, words: str) -> HttpResponse:
    if done.count:
        messages.success(request, f"{done.count} {'lead' if done.count == 1 else 'leads'} {words}.")
    for problem in done.problems[:5]:
        messages.error(request, problem)
    if not done.count and not done.problems:
        messages.info(request, "Pick the leads first.")
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe and back.startswith("/") else "nurture")


@allow(NURTURERS)
@require_POST
def nurture_return(request: PortalRequest) -> HttpResponse:
    """Back at once: offered where they still qualify, else engaged and warmed anew."""
    done = nurturing.return_now(picked(request), by=request.user, at=timezone.now())
    return _answer(request, done, "brought back")


@allow(NURTURERS)
@require_POST
def nurture_postpone(request: PortalRequest) -> HttpResponse:
    form = PostponeForm(request.POST)
    if not form.is_valid():
        raise Refusal("date_needed", "Say on which day they come back.", fields={"return_on": "Choose a date."})
    day = form.cleaned_data["return_on"]
    done = nurturing.postpone(picked(request), return_on=day, by=request.user, at=timezone.now())
    return _answer(request, done, f"come back on {day:%a} {day.day} {day:%b %Y}")
