"""How people write what a draft keeps as JSON: conditions, hours of a week, dates, lists.

Each field gives back plain values, so that a form only counts as changed when what is meant has changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from sla.criteria import check_criteria
from sla.openhours import DAY_NAMES, WEEKDAYS
from sla.services import versions

RANGE = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|—|to|until)\s*(\d{1,2})(?:[:.](\d{2}))?")
BETWEEN = re.compile(r"\s*(?:,|;|and)\s*")


class PlainField(forms.Field):
    """A field whose value is plain JSON: compared by meaning, empty as the model's own emptiness."""

    empty: Callable[[], Any] = dict

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled:
            return False
        try:
            value = self.clean(data)
        except ValidationError:
            return True
        return (initial or self.empty()) != (value or self.empty())


# --- conditions ----------------------------------------------------------------------------------------------------


class CriteriaWidget(UnfoldAdminTextareaWidget):
    """A condition as JSON, with its plain words and its faults beside it as one types (`draft.js`).

    An app above may put a builder in its place: `use_criteria_widget(Builder)`. It must accept and submit the JSON
    of `sla/criteria` under the field's name.
    """

    def __init__(self, attrs: dict[str, Any] | None = None):
        super().__init__(
            {
                "rows": 3,
                "spellcheck": "false",
                "data-criteria": "",
                "placeholder": '{"field": "company.industry", "op": "in", "value": ["Retail"]}',
            }
            | (attrs or {})
        )

    def format_value(self, value: Any) -> str:
        return criteria_text(value)


def criteria_text(value: Any) -> str:
    """Nothing for a condition that always holds; broken text as it was typed."""
    if value is None or value in ("", {}):
        return ""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


_criteria_widget: list[type[forms.Widget]] = [CriteriaWidget]


def use_criteria_widget(widget: type[forms.Widget]) -> None:
    """Have every condition in the admin edited by this widget."""
    _criteria_widget[0] = widget


class CriteriaField(PlainField):
    """Gives back a checked condition, {} for none. `runs_at_once`: no proposal will check later what it looks at."""

    def __init__(self, *, runs_at_once: bool = False, **kwargs: Any):
        self.runs_at_once = runs_at_once
        super().__init__(**{"widget": _criteria_widget[0]} | kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        text = (value or "").strip()
        if not text:
            return {}
        try:
            found = json.loads(text)
        except ValueError as error:
            raise ValidationError(f"This is not JSON: {error}") from error
        if problems := check_criteria(found, versions.known_fields() if self.runs_at_once else None):
            raise ValidationError(problems)
        return found


# --- hours ---------------------------------------------------------------------------------------------------------


def read_ranges(text: str) -> list[list[str]]:
    """ "9-12:30, 13:30 to 18" is [["09:00", "12:30"], ["13:30", "18:00"]]; "closed" is []. ValidationError else."""
    said = text.strip().lower()
    if said in ("", "closed", "-", "–"):
        return []
    if said in ("all day", "24 h", "24h"):
        return [["00:00", "24:00"]]
    ranges = []
    for part in BETWEEN.split(said):
        found = RANGE.fullmatch(part.strip())
        if found is None:
            raise ValidationError(f"“{part}” is not a range of hours; write 9:00-17:00, several with commas.")
        hours = [int(found[1]), int(found[3])]
        minutes = [int(found[2] or 0), int(found[4] or 0)]
        if max(hours) > 24 or max(minutes) > 59 or any(h == 24 and m for h, m in zip(hours, minutes, strict=True)):
            raise ValidationError(f"“{part}” is no time of day.")
        ranges.append([f"{h:02d}:{m:02d}" for h, m in zip(hours, minutes, strict=True)])
    return ranges


def ranges_text(ranges: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{start}-{end}" for start, end in ranges)


class WeekWidget(forms.MultiWidget):
    """Seven lines of hours, drawn beside as bars; Monday's can be copied to the other working days."""

    template_name = "admin/sla/widgets/week.html"

    def __init__(self, attrs: dict[str, Any] | None = None):
        line = {"placeholder": "closed", "autocomplete": "off", "data-hours": ""}
        super().__init__({day: UnfoldAdminTextInputWidget(line) for day in WEEKDAYS}, attrs)

    def decompress(self, value: Any) -> list[str]:
        if isinstance(value, str):
            value = json.loads(value)
        return [ranges_text((value or {}).get(day, ())) for day in WEEKDAYS]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for widget, day in zip(context["widget"]["subwidgets"], DAY_NAMES, strict=True):
            widget["day"] = day
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return super().value_from_datadict(data, files, name)


class WeekField(forms.MultiValueField):
    def __init__(self, **kwargs: Any):
        lines = [forms.CharField(required=False) for _ in WEEKDAYS]
        super().__init__(lines, widget=WeekWidget, require_all_fields=False, required=False, **_only(kwargs))

    def compress(self, data_list: list[str]) -> dict[str, list[list[str]]]:
        week, problems = {}, []
        for day, name, text in zip(WEEKDAYS, DAY_NAMES, data_list or [""] * len(WEEKDAYS), strict=True):
            try:
                ranges = read_ranges(text or "")
            except ValidationError as error:
                problems.append(f"{name}: {error.messages[0]}")
                continue
            if ranges:
                week[day] = ranges
        if problems:
            raise ValidationError(problems)
        return week

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return {day: hours for day, hours in (initial or {}).items() if hours} != self.clean(data)
        except ValidationError:
            return True


def _only(kwargs: dict[str, Any]) -> dict[str, Any]:
    """What a form field takes of what the admin passes on for a model field."""
    return {name: value for name, value in kwargs.items() if name in ("label", "help_text", "initial", "disabled")}


class RangesField(PlainField):
    """Parts of the day in one line: "9:00-12:00, 12:00-15:00"."""

    empty = list

    def __init__(self, **kwargs: Any):
        super().__init__(
            **{"widget": UnfoldAdminTextInputWidget({"placeholder": "9:00-12:00, 12:00-15:00"})} | _only(kwargs),
            required=False,
        )

    def prepare_value(self, value: Any) -> Any:
        return ranges_text(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, list) else read_ranges(value or "")


class DatesField(PlainField):
    """Dates with hours of their own, one a line: "2026-12-24: 9:00-12:00", "2026-12-31: closed"."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            **{"widget": UnfoldAdminTextareaWidget({"rows": 3, "placeholder": "2026-12-24: 9:00-12:00"})}
            | _only(kwargs),
            required=False,
        )

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{day}: {ranges_text(hours) or 'closed'}" for day, hours in sorted(value.items()))

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        found = {}
        for line in (value or "").splitlines():
            if not line.strip():
                continue
            day, _, hours = line.partition(":")
            found[day.strip()] = read_ranges(hours)
        return found


class TextsField(PlainField):
    """A list of texts, one a line."""

    empty = list

    def __init__(self, **kwargs: Any):
        super().__init__(
            **{"widget": UnfoldAdminTextareaWidget({"rows": 3, "placeholder": "one a line"})} | _only(kwargs),
            required=False,
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(item) for item in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


# --- fields of a lead ----------------------------------------------------------------------------------------------

FieldGroups = list[tuple[str, list[tuple[str, str]]]]
_offered: list[Callable[[], FieldGroups]] = [list]


def offer_fields(groups: Callable[[], FieldGroups]) -> None:
    """The app that knows leads says which fields they have: under each heading, names with their labels."""
    _offered[0] = groups


class FieldsWidget(forms.CheckboxSelectMultiple):
    """Boxes to tick, in columns under their headings."""

    template_name = "admin/sla/widgets/fields.html"


class FieldsField(PlainField):
    """Names of fields, ticked off a list; one that is not known any more stays until somebody takes it out."""

    empty = list

    def __init__(self, **kwargs: Any):
        self.groups = _offered[0]()
        super().__init__(**{"widget": FieldsWidget(choices=self.groups)} | _only(kwargs), required=False)

    def prepare_value(self, value: Any) -> Any:
        names = value if isinstance(value, list) else []
        known = {name for _, rows in self.groups for name, _ in rows}
        unknown = [(name, name) for name in names if name not in known]
        self.widget.choices = [*self.groups, *([("Not known", unknown)] if unknown else [])]
        return names

    def to_python(self, value: Any) -> Any:
        return [str(name) for name in value or []]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and set(initial or []) != set(self.clean(data))


class OneField(forms.ChoiceField):
    """One field of a lead, or none."""

    def __init__(self, **kwargs: Any):
        choices: Any = [("", "–"), *_offered[0]()]
        widget = UnfoldAdminSelectWidget(choices=choices)
        super().__init__(choices=choices, widget=widget, required=False, **_only(kwargs))


# The field that edits each column of a term that people do not write as it is kept.
BY_NAME: dict[str, Callable[..., forms.Field]] = {
    "criteria": CriteriaField,
    "scope": CriteriaField,
    "exclusions": CriteriaField,
    "week": WeekField,
    "exceptions": DatesField,
    "time_bands": RangesField,
    "required_fields": FieldsField,
    "industries": TextsField,
    "countries": TextsField,
    "regions": TextsField,
    "choices": TextsField,
    "fills_field": OneField,
}


def field_for(name: str, **kwargs: Any) -> forms.Field:
    make = BY_NAME[name]
    if make is CriteriaField:
        field = CriteriaField(**_only(kwargs), required=False)
        if name == "exclusions":
            field.widget.attrs["data-counts"] = "out"
        return field
    return make(**kwargs)
