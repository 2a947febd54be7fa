"""Promised calls: what is due, moving and calling off, the calendar feed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.accounts.models import Membership
from config.web.access import PUBLIC, allow
from config.web.forms import Form
from config.web.http import PortalRequest
from leads.callback_words import Unclear, Zones, understand
from leads.models import CalendarFeed, Callback
from leads.services import callbacks, feeds
from leads.views.callers import CALLERS
from leads.views.console_forms import WHEN_HELP, WhenField, members_of

NEW_TOKEN = "callbacks_feed_token"  # noqa: S105 - the name under which the session keeps it until it is shown


class MoveForm(Form):
    when = WhenField(label="Call when?", help_text=WHEN_HELP)
    owner = forms.ChoiceField(label="By whom?")

    def __init__(self, *args: Any, callback: Callback, at: datetime, **options: Any):
        self.callback, self.at = callback, at
        super().__init__(*args, **options)
        people = members_of(callback.handoff.to_team_id)
        self.fields["owner"].choices = [(str(user.pk), user.name) for user in people]  # type: ignore[attr-defined]
        self.initial.setdefault("owner", str(callback.owner_id))
        url = reverse("console_when", args=[callback.handoff.public_id])
        self.fields["when"].previewed_at(url, self["when"].auto_id)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        words = self.cleaned_data.get("when", "")
        self.due_at: datetime | None = None
        try:
            zones = Zones(own_zone=self.callback.owner.time_zone, their_zone=self.callback.time_zone)
            self.due_at = understand(words, now=self.at, **zones).at if words else None
        except Unclear as error:
            self.add_error("when", str(error))
        return self.cleaned_data


def _visible(request: PortalRequest) -> list[int]:
    """Whose callbacks this person sees: their own, and those of the teams they lead."""
    managed = [seat.team_id for seat in request.actor.seats if seat.role != "rep"]
    found = {request.user.pk}
    if managed:
        found |= set(Membership.objects.active().filter(team__in=managed).values_list("user_id", flat=True))
    return sorted(found)


@allow(CALLERS)
@require_GET
@never_cache
def callbacks_page(request: PortalRequest) -> HttpResponse:
    at = timezone.now()
    users = _visible(request)
    team = request.GET.get("whose") == "team" and len(users) > 1
    rows = [_row(one) for one in callbacks.open_of(users if team else [request.user.pk])]
    today = at.astimezone(ZoneInfo(request.user.time_zone)).date()
    groups = [
        ("Due", [row for row in rows if row["callback"].due_at <= at]),
        ("Today", [r for r in rows if r["callback"].due_at > at and _day(r, request) == today]),
        ("Later", [r for r in rows if r["callback"].due_at > at and _day(r, request) != today]),
    ]
    token = request.session.pop(NEW_TOKEN, "")
    feed_path = reverse("callbacks_feed", args=[token]) if token else ""
    return render(
        request,
        "leads/callbacks/callbacks.html",
        {
            "now": at,
            "groups": [(name, found) for name, found in groups if found],
            "team": team,
            "leads_a_team": len(users) > 1,
            "feed": CalendarFeed.objects.filter(user=request.user).first(),
            "feed_url": f"{settings.SITE_URL}{feed_path}" if token else "",
        },
    )


def _row(callback: Callback) -> dict[str, Any]:
    there = callback.due_at.astimezone(ZoneInfo(callback.time_zone))
    return {
        "callback": callback,
        "lead": callback.handoff.lead,
        "there": f"{there:%a} {there.day} {there:%b}, {there:%H:%M}",
    }


def _day(row: dict[str, Any], request: PortalRequest) -> Any:
    return row["callback"].due_at.astimezone(ZoneInfo(request.user.time_zone)).date()


@allow(CALLERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def callback_change(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Another time, another person, or called off with a reason."""
    at = timezone.now()
    callback = (
        Callback.objects.filter(public_id=public_id, owner__in=_visible(request))
        .select_related("owner", "handoff__lead__person", "handoff__lead__company")
        .first()
    )
    if callback is None:
        raise Http404("No such callback")
    if request.method == "POST" and "cancel" in request.POST:
        callbacks.cancel(callback.pk, by=request.user, at=at, why=request.POST.get("why", ""))
        messages.success(request, "Called off. The lead is back in the queue.")
        return redirect("callbacks")
    form = MoveForm(request.POST or None, callback=callback, at=at)
    if request.method == "POST" and form.is_valid() and form.due_at is not None:
        owner = members_of(callback.handoff.to_team_id).get(pk=int(form.cleaned_data["owner"]))
        callbacks.move(callback.pk, by=request.user, at=at, due_at=form.due_at, owner=owner)
        messages.success(request, "Moved.")
        return redirect("callbacks")
    context = {
        "form": form,
        "callback": callback,
        "person": callback.handoff.lead.person,
        "there": _row(callback)["there"],
    }
    template = "leads/callbacks/change.html" if request.htmx else "leads/callbacks/change_page.html"
    return render(request, template, context, status=422 if form.errors else 200)


# --- the calendar feed ---------------------------------------------------------------------------------------------------


@allow(CALLERS)
@require_POST
def feed_change(request: PortalRequest) -> HttpResponse:
    """A new secret address, shown once; or none any more."""
    if request.POST.get("act") == "close":
        feeds.close_feed(request.user)
        messages.success(request, "The address no longer works.")
    else:
        request.session[NEW_TOKEN] = feeds.open_feed(request.user, timezone.now())
    return redirect("callbacks")


@allow(PUBLIC)
@require_GET
@never_cache
def feed(request: PortalRequest, token: str) -> HttpResponse:
    """The calendar behind a secret address, for programs that cannot sign in."""
    found = feeds.feed_of(token, timezone.now())
    if found is None:
        raise Http404("No such calendar")
    return HttpResponse(found, content_type="text/calendar; charset=utf-8")
