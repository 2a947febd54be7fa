"""Opportunities: the list with its sums, the page of one with the history of every change, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from config.accounts.choices import Function
from config.accounts.models import User
from config.web.access import MEMBERS, allow, of
from config.web.errors import Conflict, Forbidden, Refusal
from config.web.http import PortalRequest
from config.web.tables import Choice, Column, Day, Flag, Table, Text
from leads.forms.nurture import ReviveForm
from leads.forms.opportunities import NextStepForm, WinForm, change_form, own_deal_form
from leads.forms.reasons import LoseForm
from leads.models import OPEN_OPPORTUNITY, Opportunity, OpportunityStage
from leads.services import choosing, nurture, opportunities, searching, wordings
from leads.views.answers import done
from sla.stages import Stage

SELLERS = of(Function.SALES, Function.BUSINESS_DEVELOPMENT)
COLUMNS = (
    Column("name", "Opportunity"),
    Column("stage", "Stage"),
    Column("amount", "Amount", sort="base_amount", align="end", newest_first=True),
    Column("probability", "Probability", align="end"),
    Column("close", "Expected close", sort="expected_close_on"),
    Column("next", "Next step", sort="next_step_on"),
    Column("owner", "Owner"),
    Column("opened", "Opened", sort="opened_at", align="end", newest_first=True),
)
VIEWS = (("open", "Open"), ("won", "Won"), ("lost", "Lost"), ("all", "All"))


# --- the list ------------------------------------------------------------------------------------------------------


def _overdue(rows: QuerySet[Opportunity], value: bool) -> QuerySet[Opportunity]:
    return rows.filter(stage__in=OPEN_OPPORTUNITY, next_step_on__lt=nurture.local_date(timezone.now()))


def table(request: PortalRequest) -> Table:
    def owner(rows: QuerySet[Opportunity], code: str) -> QuerySet[Opportunity]:
        return rows.filter(owner=request.user) if code == "me" else rows.filter(owner__public_id=code)

    stages = [(code.value, code.label) for code in OPEN_OPPORTUNITY]
    return Table(
        columns=COLUMNS,
        filters=(
            Text("q", "Opportunity or company", searching.narrowed_by, placeholder="Begin to type"),
            Choice("stage", "Stage", "stage", options=stages, many=True),
            Choice("owner", "Owner", owner, options=choosing.choices(request.actor).owners),
            Day("close_from", "Closes from", "expected_close_on__gte"),
            Day("close_until", "until", "expected_close_on__lte"),
            Flag("self", "Found by sales itself", "self_sourced"),
            Flag("overdue", "Next step overdue", _overdue),
        ),
        sort="-opened",
    )


@allow(MEMBERS)
@require_GET
@never_cache
def opportunity_list(request: PortalRequest) -> HttpResponse:
    view = table(request).read(request.GET)
    show = request.GET.get("show", "open")
    show = show if show in dict(VIEWS) else "open"
    rows = visible(request)
    shown = {"open": OPEN_OPPORTUNITY, "won": [OpportunityStage.WON], "lost": [OpportunityStage.LOST]}.get(show)
    page = view.page((rows.filter(stage__in=shown) if shown else rows).select_related("company", "owner"))
    context = {
        "table": view,
        "page": page,
        "tabs": tabs(request, show),
        "keep": [("show", show)],
        "tiles": tiles(view.narrowed(rows)) if show == "open" else [],
        "today": nurture.local_date(timezone.now()),
        "may_open": SELLERS.allows(request.actor),
    }
    return render(request, "leads/opportunities/list.html", context)


def visible(request: PortalRequest) -> QuerySet[Opportunity]:
    """What this person may see, each once, whichever way they may see it."""
    if request.actor.reads_everything:
        return Opportunity.objects.all()
    mine = Opportunity.objects.visible_to(request.actor).order_by().values("pk")
    return Opportunity.objects.filter(pk__in=mine)


def tabs(request: PortalRequest, show: str) -> list[dict[str, Any]]:
    kept = request.GET.copy()
    kept.pop("cursor", None)
    found = []
    for code, label in VIEWS:
        kept["show"] = code
        found.append({"label": label, "url": f"{reverse('opportunities')}?{kept.urlencode()}", "active": code == show})
    return found


def tiles(rows: QuerySet[Opportunity]) -> list[dict[str, Any]]:
    """Count and sum of what is open, stage by stage, in the company's currency."""
    found = rows.filter(stage__in=OPEN_OPPORTUNITY).order_by().values("stage")
    sums: dict[str, Any] = {row["stage"]: row for row in found.annotate(count=Count("pk"), sum=Sum("base_amount"))}
    url = reverse("opportunities")
    return [
        {
            "label": stage.label,
            "amount": sums.get(stage, {}).get("sum") or Decimal(0),
            "currency": settings.COMPANY_CURRENCY,
            "count": sums.get(stage, {}).get("count", 0),
            "href": f"{url}?stage={stage.value}",
        }
        for stage in OPEN_OPPORTUNITY
    ]


# --- one -----------------------------------------------------------------------------------------------------------


def found_by(request: PortalRequest, public_id: UUID) -> Opportunity:
    rows = visible(request).select_related(
        "company", "owner", "product", "handoff__version", "lead__person", "lead__segment"
    )
    return get_object_or_404(rows, public_id=public_id)


def may_work(request: PortalRequest, found: Opportunity) -> bool:
    return Opportunity.objects.worked_by(request.actor).filter(pk=found.pk).exists()


@allow(MEMBERS)
@require_GET
@never_cache
def opportunity(request: PortalRequest, public_id: UUID) -> HttpResponse:
    found = found_by(request, public_id)
    changes = list(found.changes.select_related("by").order_by("-at", "-id"))
    names = wordings.names_in(changes)
    history = [
        {
            "at": row.at,
            "title": wordings.change(row, names),
            "by": row.by.name if row.by else "",
            "text": rolled(row.field, row.before, row.after),
            "icon": "trophy" if row.after == "won" else "circle-x" if row.after == "lost" else "edit",
            "tone": {"won": "green", "lost": "red"}.get(row.after, "orange" if row.field == "stage" else "secondary"),
        }
        for row in changes
    ]
    context = {
        "deal": found,
        "history": history,
        "contacts": list(found.contacts.select_related("company")),
        "may_work": may_work(request, found),
        "may_revive": found.lead is not None and found.lead.stage == Stage.LOST,
        "lost_words": lost_words(found),
        "today": nurture.local_date(timezone.now()),
    }
    return render(request, "leads/opportunities/page.html", context)


def lost_words(found: Opportunity) -> str:
    if not found.lost_reason:
        return ""
    try:
        return wordings.reason(opportunities.terms_shown(found, timezone.now()), found.lost_reason)
    except Refusal:
        return wordings.reason(None, found.lost_reason)


def rolled(field: str, before: str, after: str) -> str:
    """A later close rolls the deal out of its period, an earlier one rolls it in."""
    if field != "expected_close_on" or not before or not after:
        return ""
    months = (int(after[:4]) - int(before[:4])) * 12 + int(after[5:7]) - int(before[5:7])
    if not months:
        return ""
    span = f"{abs(months)} month{'s' if abs(months) > 1 else ''}"
    return f"Rolled out by {span}." if months > 0 else f"Rolled in by {span}."


@dataclass(frozen=True)
class Act:
    """What can be done with an opportunity: the form it asks for, and the verb."""

    title: str
    submit: str
    done: str
    form: Callable[[Opportunity, datetime], type[Form]]
    do: Callable[[Opportunity, Any, User, datetime], Any]
    danger: bool = False


def _change(found: Opportunity, form: Any, by: User, at: datetime) -> None:
    changes = form.changes()
    if "contacts" in form.fields:  # those the form cannot offer stay: the lead's own person, people of elsewhere
        offered = form.fields["contacts"].queryset
        changes["contacts"] = [*found.contacts.exclude(pk__in=offered), *form.cleaned_data["contacts"]]
    opportunities.update(found.pk, by=by, at=at, **changes)


def _lose_form(found: Opportunity, at: datetime) -> type[Form]:
    return LoseForm.for_terms(opportunities.terms_shown(found, at))


def _lose(found: Opportunity, form: Any, by: User, at: datetime) -> None:
    data = form.cleaned_data
    opportunities.lose(
        found.pk, by=by, at=at, reason=data["reason"], note=data["note"], return_on=data["return_on"]
    )  # fmt: skip


def _revive(found: Opportunity, form: Any, by: User, at: datetime) -> None:
    if found.lead_id is None:
        raise Conflict("no_lead", "Sales found this deal by itself, so there is no lead to nurture.")
    data = form.cleaned_data
    nurture.revive(found.lead_id, return_on=data["return_on"], by=by, at=at, note=data["note"])


ACTS: dict[str, Act] = {
    "change": Act(
        "Change the opportunity", "Save", "Changed.", lambda found, at: change_form(found),
        _change,
    ),
    "step": Act(
        "The next step", "Save", "Noted.", lambda found, at: NextStepForm,
        lambda found, form, by, at: opportunities.update(found.pk, by=by, at=at, **form.cleaned_data),
    ),
    "win": Act(
        "Won", "It is won", "Won. Well done.", lambda found, at: WinForm,
        lambda found, form, by, at: opportunities.win(found.pk, by=by, at=at, amount=form.cleaned_data["amount"]),
    ),
    "lose": Act("Lost", "It is lost", "Noted as lost.", _lose_form, _lose, danger=True),
    "revive": Act(
        "Back to nurture", "Back to nurture", "The lead is in nurture until its date.", lambda found, at: ReviveForm,
        _revive,
    ),
}  # fmt: skip


@allow(MEMBERS)
@require_http_methods(["GET", "POST"])
@never_cache
def opportunity_act(request: PortalRequest, public_id: UUID, act: str) -> HttpResponse:
    """GET asks what the act needs, in a dialog or on a page; POST does it."""
    found, at, what = found_by(request, public_id), timezone.now(), ACTS[act]
    if not may_work(request, found):
        raise Forbidden("not_yours", f"{found.owner.name} has this opportunity; they and their manager change it.")
    if act != "revive" and not found.is_open:
        raise opportunities.over(found)
    form_class = what.form(found, at)
    initial = {"amount": found.amount} if act == "win" else {
        "next_step": found.next_step, "next_step_on": found.next_step_on, "reason": request.GET.get("reason", ""),
    }  # fmt: skip
    form: Any = (
        form_class(request.POST)
        if request.method == "POST"
        else form_class(initial=initial if act != "change" else None)
    )
    url = reverse("opportunity", args=[public_id])
    if form.is_bound and form.is_valid():
        try:
            what.do(found, form, request.user, at)
        except Refusal as refusal:
            if refusal.status != Refusal.status:
                raise
            form.refuse(refusal)
        else:
            return done(request, what.done, url=url, go=True)
    return _ask(request, what, form, title=f"{what.title}: {found.name}", back=url)


def _ask(request: PortalRequest, what: Act, form: Any, *, title: str, back: str) -> HttpResponse:
    dialog = request.htmx and request.htmx.target == "dialog-fill"
    template = "leads/opportunities/act_dialog.html" if dialog else "leads/opportunities/act_page.html"
    context = {"act": what, "form": form, "title": title, "back": back, "action": request.path}
    return render(request, template, context, status=422 if form.is_bound else 200)


@allow(SELLERS)
@require_http_methods(["GET", "POST"])
def opportunity_new(request: PortalRequest) -> HttpResponse:
    """One that sales found by itself: it is counted apart from what marketing handed over."""
    form: Any = own_deal_form(request.actor)(request.POST or None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            made = opportunities.open_self_sourced(
                data["deal"], by=request.user, at=timezone.now(), company_name=data["company_name"]
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("opportunity", made.public_id)
    what = Act("New opportunity", "Open it", "", lambda found, at: Form, lambda *_: None)
    return _ask(request, what, form, title="A new opportunity that sales found itself", back=reverse("opportunities"))
