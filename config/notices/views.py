"""The bell, the list, one notice, and how a person wants to be told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.notices import kinds
from config.notices.forms import PreferenceForm
from config.notices.models import Channel, Notice, Preference
from config.notices.services import notices
from config.web.access import SIGNED_IN, allow
from config.web.context import UNREAD_SHOWN
from config.web.http import PortalRequest
from config.web.tables import Choice, Column, Flag, Table

LATEST = 10


def _unread(rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
    return rows.filter(read_at=None)


NOTICES = Table(
    columns=(Column("title", "Notice"), Column("kind", "Kind"), Column("when", "When")),
    filters=(Flag("unread", "Unread only", _unread), Choice("kind", "Kind", "kind", kinds.choices)),
)


@allow(SIGNED_IN)
@require_GET
def notices_list(request: PortalRequest) -> HttpResponse:
    view = NOTICES.read(request.GET)
    page = view.page(Notice.objects.filter(recipient=request.user))
    return render(request, "notices/list.html", {"table": view, "page": page})


@allow(SIGNED_IN)
@require_GET
@never_cache
def bell(request: PortalRequest) -> HttpResponse:
    """The bell itself when it asks to be renewed; else what it opens: the count and the latest notices."""
    mine = Notice.objects.filter(recipient=request.user)
    context: dict[str, Any] = {"unread": len(mine.unread().values_list("pk")[:UNREAD_SHOWN])}
    if request.htmx.target == "bell":
        return render(request, "notices/bell.html", context)
    return render(request, "notices/latest.html", context | {"latest": mine[:LATEST]})


@allow(SIGNED_IN)
@require_GET
def open_notice(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Mark it read and go where it points. Reading twice changes nothing, so a link may do it."""
    notice = notices.mark_read(request.user, public_id, timezone.now())
    if notice is None:
        raise Http404("No such notice")
    return redirect(notice.url if _stays_here(request, notice.url) else "notices")


@allow(SIGNED_IN)
@require_POST
def read_all(request: PortalRequest) -> HttpResponse:
    notices.mark_all_read(request.user, timezone.now())
    back = request.POST.get("next", "")
    return redirect(back if _stays_here(request, back) else "notices")


@allow(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PortalRequest) -> HttpResponse:
    preference = Preference.of(request.user)
    if request.method == "POST" and "test" in request.POST:
        return _send_test(request, preference)
    form = PreferenceForm(request.POST or None, instance=preference)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved. Notices reach you like this from now on.")
        return redirect("notice_preferences")
    context = {
        "form": form,
        "crumbs": [("Notices", reverse("notices"))],
        "mail_help": f"To {request.user.email}.",
        "zone_note": f"By the clock of {request.user.time_zone}. In quiet time nothing is sent, however urgent; "
        "it comes when quiet ends.",
    }
    return render(request, "notices/preferences.html", context, status=422 if form.errors else 200)


def _send_test(request: PortalRequest, preference: Preference) -> HttpResponse:
    notices.send_test(request.user, timezone.now())
    labels = {Channel.MAIL: "mail", Channel.CHAT: "chat"}
    ways = ["the bell", *(labels[channel] for channel in preference.channels_for(kinds.TEST))]
    messages.success(request, f"A test notice is on its way, by {' and '.join(ways)}.")
    return redirect("notice_preferences")


def _stays_here(request: HttpRequest, url: str) -> bool:
    return bool(url) and url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
