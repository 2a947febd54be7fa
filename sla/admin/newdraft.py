"""Beginning a draft: of which agreement, and what it starts from."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db import transaction
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from config.accounts.models import User
from sla.history import changed_by
from sla.models import Agreement, Version
from sla.presets import PRESETS
from sla.services import drafting
from sla.standing import standing_of


class NewDraftForm(forms.ModelForm):  # type: ignore[type-arg]
    """`start` is "preset:three-in-a-box" or "version:12"."""

    FIELDS: ClassVar[tuple[Any, ...]] = ("agreement", "start", ("time_zone", "country"))

    agreement = forms.ModelChoiceField(
        Agreement.objects.select_related("segment"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget(),
        help_text="One agreement for each segment; make new ones under Agreements.",
    )
    start = forms.ChoiceField(label="Starts from", widget=UnfoldAdminSelectWidget())
    time_zone = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Of the working hours, when it starts from a preset.",
    )
    country = forms.CharField(
        required=False, max_length=2, widget=UnfoldAdminTextInputWidget(), help_text="Whose public holidays are kept."
    )

    class Meta:
        model = Version
        fields = ("agreement",)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["start"].choices = self._starts()  # type: ignore[attr-defined]
        self.fields["time_zone"].initial = settings.COMPANY_TIME_ZONE
        self.fields["country"].initial = "DE"
        self.fields["agreement"].widget.choices = self.fields["agreement"].choices  # type: ignore[attr-defined]

    def _starts(self) -> list[tuple[str, list[tuple[str, str]]]]:
        from django.utils import timezone

        at = timezone.now()
        rows = Version.objects.select_related("agreement").defer("compiled").order_by("agreement_id", "-number")
        found = [
            (f"version:{row.pk}", f"{row}, {row.title or 'without a title'} ({standing_of(row, at).label})")
            for row in rows
        ]
        found.sort(key=lambda pair: "(In force)" not in pair[1])
        presets = [(f"preset:{preset.key}", f"{preset.name}: {preset.words}") for preset in PRESETS.values()]
        return [("A version there is", found), ("A preset", presets)] if found else [("A preset", presets)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind, _, name = str(cleaned.get("start", "")).partition(":")
        if kind == "version":
            source = Version.objects.select_related("agreement").filter(pk=name).first()
            if source is not None and source.agreement != cleaned.get("agreement"):
                self.add_error("start", f"{source} belongs to another agreement: import its export instead.")
        return cleaned

    def clean_time_zone(self) -> str:
        from config.accounts.models import validate_time_zone

        zone = str(self.cleaned_data["time_zone"] or settings.COMPANY_TIME_ZONE)
        validate_time_zone(zone)
        return zone

    def make(self, *, by: User, at: datetime) -> Version:
        kind, _, name = self.cleaned_data["start"].partition(":")
        with transaction.atomic(), changed_by(by):
            if kind == "version":
                source = Version.objects.select_related("agreement__segment").get(pk=name)
                return drafting.draft_from_version(source, by=by)
            return drafting.draft_from_preset(
                self.cleaned_data["agreement"],
                name,
                by=by,
                time_zone=self.cleaned_data["time_zone"],
                country=self.cleaned_data["country"].upper(),
                currency=settings.COMPANY_CURRENCY,
            )
