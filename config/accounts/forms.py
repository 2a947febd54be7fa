"""What people say of themselves, and managers of their teams."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms

from config.accounts.models import Membership, User
from config.web.forms import Form, ModelForm

ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
)


class ProfileForm(ModelForm):
    time_zone = forms.ChoiceField(
        choices=[(zone, zone.replace("_", " ")) for zone in ZONES],
        help_text="All times are shown to you in this zone.",
    )

    class Meta:
        model = User
        fields = ("name", "phone", "time_zone", "theme")
        labels = {"phone": "Your own number", "theme": "Colours"}
        help_texts = {"phone": "For warm transfers: colleagues reach you here."}


class AbsenceForm(Form):
    """Whole days away, in the person's own zone."""

    first_day = forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    last_day = forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    reason = forms.CharField(max_length=80, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "The last day lies before the first.")
        elif first and last and (last - first).days > 366:
            self.add_error("last_day", "At most a year at a time.")
        return cleaned

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """From the first midnight to the one after the last day."""
        place = ZoneInfo(zone)
        first, last = self.cleaned_data["first_day"], self.cleaned_data["last_day"]
        return (
            datetime.combine(first, time(), place),
            datetime.combine(last + timedelta(days=1), time(), place),
        )


class CapacityForm(ModelForm):
    class Meta:
        model = Membership
        fields = ("weekly_capacity",)
        labels = {"weekly_capacity": "New leads a week"}
