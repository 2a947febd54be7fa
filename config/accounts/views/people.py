"""The teams: who works where, is here now, can take how many leads, and is away when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from config.accounts.choices import PresenceState
from config.accounts.forms import AbsenceForm, CapacityForm
from config.accounts.models import Absence, Membership, Team
from config.accounts.services import absences
from config.web.access import MANAGERS, allow
from config.web.errors import Refusal
from config.web.http import PortalRequest

SILENT_AFTER = timedelta(minutes=5)  # a page that has not been heard of for this long means offline


@dataclass(frozen=True)
class Seat:
    """A member as the list shows them."""

    membership: Membership
    presence: str
    since: datetime | None
    away: Absence | None
    may_edit: bool


@allow(MANAGERS)
@require_GET
def people(request: PortalRequest) -> HttpResponse:
    """Every team with its members; managers edit their own teams. Three queries, whatever the company's size."""
    now = timezone.now()
    members = Membership.objects.active().select_related("user__presence", "team").order_by("team__name", "user__name")
    away = {a.user_id: a for a in Absence.objects.filter(until_at__gt=now).order_by("-from_at")}
    teams: dict[Team, list[Seat]] = {}
    for member in members:
        seat = _seat(member, away.get(member.user_id), request.actor.manages_team(member.team_id), now)
        teams.setdefault(member.team, []).append(seat)
    return render(request, "accounts/people.html", {"teams": teams.items(), "now": now})


def _seat(member: Membership, absence: Absence | None, may_edit: bool, now: datetime) -> Seat:
    found = getattr(member.user, "presence", None)
    if found is None or found.seen_at < now - SILENT_AFTER:
        return Seat(member, PresenceState.OFFLINE, found.seen_at if found else None, absence, may_edit)
    return Seat(member, found.state, found.since_at, absence, may_edit)


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def member(request: PortalRequest, pk: int) -> HttpResponse:
    """Capacity and absences of a member of one's own team; anybody else's are not found."""
    found = get_object_or_404(Membership.objects.active().select_related("user", "team"), pk=pk)
    if not request.actor.manages_team(found.team_id):
        raise Http404
    capacity = CapacityForm(request.POST if "weekly_capacity" in request.POST else None, instance=found)
    absence = AbsenceForm(request.POST if "first_day" in request.POST else None)
    if request.method == "POST" and (capacity.is_bound or absence.is_bound):
        if capacity.is_bound and capacity.is_valid():
            capacity.save()
            messages.success(request, f"{found.user.name} now takes {found.weekly_capacity} new leads a week.")
            return redirect("people")
        if absence.is_bound and absence.is_valid() and _noted(request, found, absence):
            return redirect("member", pk=pk)
    coming = Absence.objects.filter(user=found.user, until_at__gt=timezone.now())
    context = {"member": found, "capacity": capacity, "absence": absence, "coming": coming}
    return render(request, "accounts/member.html", context)


def _noted(request: PortalRequest, found: Membership, form: AbsenceForm) -> bool:
    start, end = form.span(found.user.time_zone)
    reason = form.cleaned_data["reason"]
    try:
        absences.add(found.user, from_at=start, until_at=end, reason=reason, by=request.user, at=timezone.now())
    except Refusal as refusal:
        form.refuse(refusal)
        return False
    messages.success(request, f"Noted: {found.user.name} gets no new leads then.")
    return True
