"""How many reps each hour needs for a promise, beside those planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from config.web.access import allow
from config.web.charts import Chart, Series
from config.web.forms import Form
from config.web.http import PortalRequest
from config.web.wording import duration, percent_of
from leads.erlang import ASSUMPTIONS, Hour, Promise
from leads.models import CallQueue
from leads.services import staffing as figures
from leads.services.staffing import WEEKDAYS
from leads.views.board import _queues
from leads.views.callers import DESK_MANAGERS

WEEKS = 8


class Wish(Form):
    """What is asked of the page. Empty fields mean the queue's own promise."""

    percent = forms.FloatField(min_value=1, max_value=99.9, label="Share of first calls", required=False)
    minutes = forms.FloatField(min_value=0.1, max_value=24 * 60, label="made within", required=False)
    weeks = forms.IntegerField(min_value=1, max_value=52, label="From the last", required=False)
    until = forms.DateField(
        label="before", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    day = forms.TypedChoiceField(
        choices=[(str(n), name) for n, name in enumerate(WEEKDAYS)], coerce=int, required=False, empty_value=None
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.asked_for = True  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Asked:
    queue: CallQueue
    promise: Promise
    weeks: int
    until: date
    weekday: int
    form: Wish


def _asked(request: PortalRequest, queues: list[CallQueue]) -> Asked:
    queue = next((q for q in queues if str(q.pk) == request.GET.get("queue")), queues[0])
    form = Wish(request.GET, auto_id="wish_%s")
    given = form.cleaned_data if form.is_valid() else {}
    promise = Promise(
        given.get("percent") or queue.service_level_percent, given.get("minutes") or queue.service_level_minutes
    )
    weekday = given.get("day")
    today = timezone.now().astimezone(ZoneInfo(queue.team.time_zone)).date()
    weeks, until = int(given.get("weeks") or WEEKS), given.get("until") or today
    usual = {"percent": promise.percent, "minutes": promise.minutes, "weeks": weeks, "until": until}
    shown = form if form.errors else Wish(initial=usual, auto_id="wish_%s")
    return Asked(queue, promise, weeks, until, today.weekday() if weekday is None else weekday, shown)


@allow(DESK_MANAGERS)
@require_GET
def staffing(request: PortalRequest) -> HttpResponse:
    queues = _queues(request)
    if not queues:
        return render(request, "leads/staffing/none.html")
    asked = _asked(request, queues)
    period = figures.last_weeks(asked.weeks, asked.queue.team.time_zone, timezone.now(), asked.until)
    plan = figures.planned_for(asked.queue)
    hours = figures.week(asked.queue, period).on(asked.weekday, plan.get(asked.weekday, {}), asked.promise)
    waited = figures.waits([asked.queue.pk], period, asked.promise.seconds)
    handled = figures.handling([asked.queue.pk], period)
    context = {
        "asked": asked,
        "queues": queues,
        "period": period,
        "last_day": period.until - timedelta(days=1),
        "days": period.days_like(asked.weekday),
        "hours": hours,
        "chart": _chart(hours, asked) if hours else None,
        "tabs": _tabs(asked),
        "tiles": _tiles(waited, handled, asked),
        "waited": waited,
        "assumptions": ASSUMPTIONS,
        "weekday": WEEKDAYS[asked.weekday],
        "weekdays": [(n, name, n == asked.weekday) for n, name in enumerate(WEEKDAYS)],
        "grid": [(hour, plan.get(asked.weekday, {}).get(hour, 0)) for hour in _grid_hours(hours, plan)],
        "zone": asked.queue.team.time_zone,
        "is_planned": bool(plan),
        "short": sum(max(hour.short, 0) for hour in hours),
    }
    return render(request, "leads/staffing/staffing.html", context, status=422 if asked.form.errors else 200)


def _grid_hours(hours: list[Hour], plan: figures.Plan) -> range:
    """The hours one may plan: the day from 6 to 22, more where leads come or are planned for, and one on either side."""
    known = [6, 21, *(hour.hour for hour in hours), *(hour for day in plan.values() for hour in day)]
    return range(max(min(known) - 1, 0), min(max(known) + 1, 23) + 1)


def _query(asked: Asked, **changes: Any) -> str:
    values = {"queue": asked.queue.pk, "day": asked.weekday, "percent": f"{asked.promise.percent:g}",
              "minutes": f"{asked.promise.minutes:g}", "weeks": asked.weeks, "until": asked.until.isoformat()} | changes  # fmt: skip
    return "?" + "&".join(f"{name}={value}" for name, value in values.items())


def _tabs(asked: Asked) -> list[dict[str, Any]]:
    return [
        {"label": name, "url": reverse("staffing") + _query(asked, day=number), "active": number == asked.weekday}
        for number, name in enumerate(WEEKDAYS)
    ]


def _chart(hours: list[Hour], asked: Asked) -> Chart:
    return Chart(
        "bar",
        f"Reps needed and planned, {WEEKDAYS[asked.weekday]}",
        [f"{hour.hour}:00" for hour in hours],
        [
            Series("Needed", [hour.needed for hour in hours]),
            Series("Planned", [hour.planned for hour in hours], tone="quiet"),
        ],
        x_title="Hour",
        y_title="Reps at the telephone",
        note=f"For {asked.promise.percent:g} % of first calls within {asked.promise.minutes:g} minutes.",
    )


def _tiles(waited: figures.Waits, handled: figures.Spread, asked: Asked) -> list[dict[str, Any]]:
    within = f"{asked.promise.minutes:g} min"
    return [
        {"label": "Leads arrived", "figure": f"{waited.arrived:,}", "sub": f"in {asked.weeks} weeks"},
        {"label": f"Called within {within}", "figure": _share(waited), "sub": percent_of(waited.called_in_time, waited.arrived),
         "hint": "Working time, where the agreement times the first call"},
        {"label": "Median wait", "figure": duration(waited.waited.median, days=False), "sub": f"of {waited.waited.count:,} that waited"},
        {"label": "90 % called after", "figure": duration(waited.waited.ninetieth, days=False), "sub": "at most"},
        {"label": "Handling time", "figure": duration(handled.mean, days=False), "sub": f"mean of {handled.count:,} calls"},
    ]  # fmt: skip


def _share(waited: figures.Waits) -> str:
    return "–" if waited.level is None else f"{waited.level * 100:.0f} %"


@allow(DESK_MANAGERS)
@require_POST
def staffing_plan(request: PortalRequest) -> HttpResponse:
    """Plan the hours of one or several weekdays."""
    mine = {queue.pk for queue in _queues(request)}
    queue = get_object_or_404(CallQueue, public_id=request.POST.get("queue") or None, pk__in=mine)
    days = [int(day) for day in map(str, request.POST.getlist("days")) if day.isdigit()]
    reps = {
        int(name.removeprefix("hour-")): int(value)
        for name, value in request.POST.dict().items()
        if name.startswith("hour-") and name.removeprefix("hour-").isdigit() and value.isdigit()
    }
    figures.plan_day(queue, days, reps, by=request.user)
    messages.success(request, "Planned: " + ", ".join(WEEKDAYS[day] for day in days) + ".")
    return redirect(f"{reverse('staffing')}?queue={queue.pk}&day={days[0]}")
