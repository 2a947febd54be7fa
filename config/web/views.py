"""The start page, health, theme, the live stream, and the page that shows every component."""

from __future__ import annotations

from datetime import datetime

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.accounts.actor import Actor
from config.outbox.health import report
from config.web import gallery
from config.web.access import MEMBERS, PUBLIC, SIGNED_IN, allow
from config.web.live import HUB, Listener
from config.web.start import NAVIGATION


@allow(SIGNED_IN)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Each role starts where its work is."""
    start = NAVIGATION.start_page(request.actor)  # type: ignore[attr-defined]
    return redirect(start) if start else render(request, "web/no_team.html", status=403)


@allow(PUBLIC)
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme")
    if theme not in ("auto", "light", "dark"):
        return HttpResponse("theme must be auto, light or dark", status=400)
    response = HttpResponse(status=204)
    response.set_cookie("theme", theme, max_age=60 * 60 * 24 * 365, samesite="Lax", httponly=True)
    return response


@allow(MEMBERS)
@require_GET
def design(request: HttpRequest) -> HttpResponse:
    """Every component in every state, on one page."""
    return render(request, "web/design.html", gallery.examples(timezone.now()))


@allow(PUBLIC)
@require_GET
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the database answers and the clock sweep ran within a minute; else 503, saying what is wrong."""
    found = report(timezone.now())
    return JsonResponse(found.as_json(), status=200 if found.healthy else 503)


@allow(PUBLIC)
@require_GET
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """Whether this process answers at all, for a supervisor."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return JsonResponse({"alive": True})


def listener_for(request: HttpRequest) -> Listener | None:
    actor: Actor | None = request.actor or None  # type: ignore[attr-defined]
    if actor is None:
        return None
    return Listener(user=actor.user.pk, teams=frozenset(actor.team_ids), hears_all=actor.is_admin)


def moment_of(text: str | None) -> float | None:
    """When the page that asks was made, in seconds of the epoch; None where it does not say. Raises ValueError."""
    return None if text is None else datetime.fromisoformat(text).timestamp()


async def live_events(request: HttpRequest) -> StreamingHttpResponse | HttpResponse:
    """Server-sent events: what this person's teams and they themselves should see at once, from `since` on."""
    listener = await sync_to_async(listener_for)(request)
    if listener is None:
        return HttpResponse(status=401)
    try:
        since = moment_of(request.GET.get("since"))
    except ValueError:
        return HttpResponse("since must be a moment such as 2026-03-01T09:30:00+00:00", status=400)
    response = StreamingHttpResponse(HUB.stream(listener, since), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


live_events.access = SIGNED_IN  # type: ignore[attr-defined]
