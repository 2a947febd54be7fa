"""One's own page: name, time zone, absences."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from config.accounts.forms import AbsenceForm, ProfileForm
from config.accounts.models import Absence, User
from config.accounts.services import absences
from config.web.access import SIGNED_IN, allow
from config.web.errors import Refusal
from config.web.http import PortalRequest


@allow(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def profile(request: PortalRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        response = redirect("profile")
        response.delete_cookie("theme")  # this browser's own choice would hide the new one
        return response
    return shown(request, form, AbsenceForm())


def shown(request: PortalRequest, form: ProfileForm, absence_form: AbsenceForm) -> HttpResponse:
    coming = Absence.objects.filter(user=request.user, until_at__gt=timezone.now())
    context = {"form": form, "absence_form": absence_form, "coming": coming, "seats": request.actor.seats}
    return render(request, "accounts/profile.html", context)


@allow(SIGNED_IN)
@require_POST
def absence_add(request: PortalRequest) -> HttpResponse:
    form = AbsenceForm(request.POST)
    if form.is_valid():
        start, end = form.span(request.user.time_zone)
        reason = form.cleaned_data["reason"]
        try:
            absences.add(request.user, from_at=start, until_at=end, reason=reason, by=request.user, at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Noted. You get no new leads then.")
            return redirect("profile")
    return shown(request, ProfileForm(instance=request.user), form)


@allow(SIGNED_IN)
@require_POST
def absence_remove(request: PortalRequest, pk: int) -> HttpResponse:
    absence = get_object_or_404(Absence.objects.select_related("user"), pk=pk, user=request.user)
    absences.remove(absence, by=request.user, at=timezone.now())
    messages.success(request, "Taken back.")
    return redirect("profile")
