"""How Django's form controls look and what they tell a screen reader. Works for any form: ours, allauth's, a formset's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.safestring import SafeString

DATE, DATETIME, TIME = "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%H:%M"  # what the browsers' own pickers read


def kind_of(bound: BoundField) -> str:
    """`hidden`, `check` (one box), `choices` (radios or boxes), `file` or `control`: the field template's branches."""
    widget = bound.field.widget
    if bound.is_hidden:
        return "hidden"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    return "file" if isinstance(widget, forms.FileInput) else "control"


def css_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


def use_native_picker(widget: forms.Widget) -> None:
    """Dates and times are picked in the browser's own control."""
    for kind, input_type, pattern in (
        (forms.DateTimeInput, "datetime-local", DATETIME),
        (forms.DateInput, "date", DATE),
        (forms.TimeInput, "time", TIME),
    ):
        if isinstance(widget, kind) and widget.input_type == "text":
            widget.input_type, widget.format = input_type, pattern
            return


def described_by(bound: BoundField) -> str:
    named = [f"{bound.auto_id}_help"] if bound.help_text else []
    return " ".join(named + ([f"{bound.auto_id}_error"] if bound.errors else []))


def control(bound: BoundField, *, autofocus: bool = False) -> SafeString:
    widget = bound.field.widget
    use_native_picker(widget)
    invalid = " is-invalid" if bound.errors else ""
    given = widget.attrs.get("class", "")
    if bound.label and str(bound.label).lower() in str(widget.attrs.get("placeholder", "")).lower():
        del widget.attrs["placeholder"]  # it only repeats the label
    attrs: dict[str, Any] = {"class": f"{css_class(widget)} {given}".strip() + invalid}
    if autofocus:
        attrs["autofocus"] = True
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if kind_of(bound) != "choices" and described_by(bound):
        attrs["aria-describedby"] = described_by(bound)
    return SafeString(bound.as_widget(attrs=attrs))


def choice_control(choice: Any, bound: BoundField) -> SafeString:
    attrs = choice.data["attrs"]
    attrs["class"] = "form-check-input" + (" is-invalid" if bound.errors else "")
    return SafeString(choice.tag())
