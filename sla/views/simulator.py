"""The calendar simulator: pick a calendar, a start and a time, and see the walk through working hours."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.web.access import MEMBERS, allow
from config.web.forms import Form
from config.web.http import PortalRequest
from sla.businesstime import NeverOpen
from sla.openhours import local_instant
from sla.services.compiling import in_force
from sla.services.explaining import Simulation, simulate
from sla.terms import Terms

UNITS = (("minutes", "working minutes"), ("hours", "working hours"))
MOST_MINUTES = 60 * 24 * 366


class SimulatorForm(Form):
    calendar = forms.ChoiceField(label="Calendar")
    start = forms.DateTimeField(
        label="Starts",
        help_text="In the calendar's own time.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    amount = forms.FloatField(label="Time", min_value=0.01, initial=8)
    unit = forms.ChoiceField(label="Counted in", choices=UNITS, initial="hours")

    def __init__(self, *args: object, calendars: list[tuple[str, str]], **kwargs: object):
        super().__init__(*args, **kwargs)
        self.fields["calendar"].choices = calendars  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if self.minutes() > MOST_MINUTES:
            self.add_error("amount", "At most a year of working time.")
        return cleaned

    def minutes(self) -> float:
        return float(self.cleaned_data.get("amount") or 0) * (60 if self.cleaned_data.get("unit") == "hours" else 1)


def calendars_of(found: list[Terms]) -> dict[str, tuple[Terms, str]]:
    """Every calendar of the agreements in force, by a key that names both."""
    return {f"{terms.version_id}:{key}": (terms, key) for terms in found for key in terms.calendars}


@allow(MEMBERS)
@require_GET
def simulator(request: PortalRequest) -> HttpResponse:
    known = calendars_of([terms for _, _, terms in in_force(timezone.now()).rows])
    choices = [(name, f"{terms.calendars[key].name} ({terms.name})") for name, (terms, key) in known.items()]
    if "start" in request.GET:
        form = SimulatorForm(request.GET, calendars=choices)
    else:
        now = timezone.localtime().replace(second=0, microsecond=0)
        form = SimulatorForm(calendars=choices, initial={"start": now, "calendar": choices[0][0] if choices else ""})
    result = _simulated(form, known) if form.is_bound and form.is_valid() else None
    return render(request, "sla/simulator.html", {"form": form, "result": result, "known": bool(choices)})


def _simulated(form: SimulatorForm, known: dict[str, tuple[Terms, str]]) -> Simulation | None:
    terms, key = known[form.cleaned_data["calendar"]]
    wall: datetime = form.cleaned_data["start"].replace(tzinfo=None)
    zone = terms.calendars[key].time_zone
    try:
        return simulate(terms, key, local_instant(zone, wall).astimezone(ZoneInfo(zone)), form.minutes())
    except (NeverOpen, ValueError) as error:
        form.add_error(None, str(error))
        return None
