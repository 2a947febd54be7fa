"""The forms of an import: the file, what its columns become, and how it is carried out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.utils.text import slugify

from config.accounts.actor import Actor
from config.web.forms import Form
from leads.imports.columns import DATE, NUMBER, TEXT, YES, Column
from leads.imports.kinds import KNOWS_HISTORY
from leads.imports.layout import ENDINGS, Layout
from leads.imports.plan import CREATE, MATCH, OFFER, UNKNOWN_END, ColumnPlan, Plan, holds_dates, own_field
from leads.imports.targets import DAY, HOLDERS, MOMENT, MONTH, PHONE, TARGETS, Target, label_of, target_of
from leads.models import ImportRun, IntakeSource

Kind = ImportRun.Kind
OWN_PREFIX = "+"  # in the form: an own field of this holder, under the column's own name
OWN_LABELS = {
    "attributes": "Own field of the lead",
    "person_attributes": "Own field of the person",
    "company_attributes": "Own field of the company",
    "properties": "Property of the activity",
}
FIXED = 3
NAMING_PEOPLE = frozenset({"owner", "manager"})
LONGEST_WORDS = 4000
ADMIN_KINDS = frozenset({Kind.MEMBERS})  # they make accounts


class UploadForm(Form):
    kind = forms.ChoiceField(label="What its rows are")
    source = forms.CharField(
        label="The system it comes from",
        max_length=60,
        help_text="A name such as HubSpot. The same name next time: rows brought in before are known again.",
        widget=forms.TextInput(attrs={"list": "sources", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label="File",
        help_text="CSV or Excel, as the other system exports it: " + ", ".join(ENDINGS) + ".",
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(ENDINGS)}),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        kinds = [(value, label) for value, label in Kind.choices if actor.is_admin or value not in ADMIN_KINDS]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.sources = list(IntakeSource.objects.order_by("name").values_list("name", flat=True))

    def clean_source(self) -> IntakeSource:
        """The source of this name or key; a new one is only stored with the file."""
        name = " ".join(self.cleaned_data["source"].split())
        key = slugify(name)
        if not key:
            raise forms.ValidationError("A name needs a letter or a digit.")
        found = IntakeSource.objects.filter(name__iexact=name).first() or IntakeSource.objects.filter(key=key).first()
        return found or IntakeSource(key=key[:40], name=name)


# --- what the columns become -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ColumnRow:
    """A column with its fields, as the page shows it."""

    column: Column
    to: BoundField
    more: list[BoundField]
    is_open: bool  # something of `more` is set, or wrong


class PlanForm(Form):
    """Every column of the file, and how the file as a whole is read. `plan()` is what was chosen."""

    history = forms.BooleanField(
        label="This is the past: the file's dates become the ledger's",
        required=False,
        help_text="No promise is timed over it, nobody is told, and no old lead is handed over.",
    )
    open_leads = forms.ChoiceField(
        label="Leads whose end the file does not tell",
        choices=[
            (UNKNOWN_END, "are closed with an unknown outcome"),
            (OFFER, "are handed over by the agreement in force"),
        ],
    )
    owners = forms.BooleanField(
        label="Make the people who are not found",
        required=False,
        help_text="They cannot sign in until an admin lets them.",
    )
    zone = forms.CharField(label="Time zone of times without one", max_length=60, required=False)
    phone_country = forms.CharField(
        label="Country of phone numbers without a prefix",
        max_length=2,
        required=False,
        help_text="Two letters, such as US.",
    )
    order = forms.ChoiceField(
        label="Dates such as 5/4/2024",
        choices=[("", "as the data decide"), ("dmy", "day first"), ("mdy", "month first")],
        required=False,
    )

    def __init__(self, data: Any = None, *, run_kind: str, layout: Layout, before: Plan):
        self.kind, self.layout, self.before = run_kind, layout, before
        super().__init__(data, initial=self._initial(), label_suffix="")
        for option in unasked(run_kind):
            del self.fields[option]
        choices = target_choices(run_kind)
        for number, column in enumerate(layout.columns):
            self._add(number, column, choices)
        known = choices[2:] if HOLDERS.get(run_kind) else choices[1:]
        fixed_to = [("", "No field"), *known]
        for number in range(FIXED):
            self.fields[f"fixed_to_{number}"] = forms.ChoiceField(choices=fixed_to, required=False, label="Field")
            self.fields[f"fixed_value_{number}"] = forms.CharField(
                max_length=200, required=False, label="Value for all rows"
            )

    def _initial(self) -> dict[str, Any]:
        options = self.before.options
        found: dict[str, Any] = {
            "history": options.history,
            "open_leads": options.open_leads,
            "owners": options.owners == CREATE,
            "zone": options.zone or settings.COMPANY_TIME_ZONE,
            "phone_country": options.phone_country,
            "order": options.order,
        }
        for number, (name, value) in enumerate(list(self.before.fixed.items())[:FIXED]):
            found |= {f"fixed_to_{number}": name, f"fixed_value_{number}": value}
        for number, column in enumerate(self.layout.columns):
            said = self.before.columns.get(column.name, ColumnPlan())
            found |= {
                f"to_{number}": _chosen(said.to),
                f"kind_{number}": said.kind if _is_own(said.to) else column.kind,
                f"order_{number}": said.order,
                f"blank_{number}": "; ".join(said.blank),
                f"words_{number}": "\n".join(f"{word} = {meant}" for word, meant in said.values.items()),
            }
        return found

    def _add(self, number: int, column: Column, choices: list[Any]) -> None:
        name = column.name
        self.fields[f"to_{number}"] = forms.ChoiceField(choices=choices, required=False, label=f"{name} becomes")
        self.fields[f"kind_{number}"] = forms.ChoiceField(
            choices=[(TEXT, "text"), (NUMBER, "a number"), (YES, "yes or no"), (DATE, "a date")],
            required=False, label="As an own field it holds",
        )  # fmt: skip
        self.fields[f"order_{number}"] = forms.ChoiceField(
            choices=[("", "as the data decide"), ("dmy", "day first"), ("mdy", "month first")],
            required=False,
            label="Dates",
        )
        self.fields[f"blank_{number}"] = forms.CharField(
            required=False, max_length=200, label="Words that mean nothing", help_text="Such as Select; n/a"
        )
        self.fields[f"words_{number}"] = forms.CharField(
            required=False, max_length=LONGEST_WORDS, label="Read words as others", help_text="One a line: Closed Won = won",
            widget=forms.Textarea(attrs={"rows": 4}),
        )  # fmt: skip

    # --- for the page ------------------------------------------------------------------------------------------------------
    def rows(self) -> Iterator[ColumnRow]:
        for number, column in enumerate(self.layout.columns):
            said = self.before.columns.get(column.name, ColumnPlan())
            more = [self[f"{name}_{number}"] for name in ("words", "blank", "order", "kind")]
            is_open = any(field.errors for field in more) or bool(said.values or said.blank or said.order)
            is_open = is_open or (column.needs_order and holds_dates(self.kind, said))
            yield ColumnRow(column, self[f"to_{number}"], more, is_open)

    def general(self) -> list[BoundField]:
        names = ("history", "open_leads", "owners", "zone", "phone_country", "order")
        return [self[name] for name in names if name in self.fields]

    def fixed(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"fixed_to_{number}"], self[f"fixed_value_{number}"]) for number in range(FIXED)]

    # --- what was chosen ---------------------------------------------------------------------------------------------------
    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"]).strip()
        if zone and zone not in available_timezones():
            raise forms.ValidationError("This is not a time zone such as Europe/Berlin.")
        return zone

    def clean_phone_country(self) -> str:
        return str(self.cleaned_data["phone_country"]).upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for number in range(len(self.layout.columns)):
            for line in str(cleaned.get(f"words_{number}", "")).splitlines():
                if line.strip() and "=" not in line:
                    self.add_error(f"words_{number}", f"{line[:40]!r}: an equals sign is missing.")
        return cleaned

    def plan(self) -> Plan:
        given = self.cleaned_data
        columns = {column.name: self._column(number, column) for number, column in enumerate(self.layout.columns)}
        pairs = [(given[f"fixed_to_{n}"], given[f"fixed_value_{n}"].strip()) for n in range(FIXED)]
        options = replace(
            self.before.options,
            history=bool(given.get("history")),
            open_leads=given.get("open_leads") or UNKNOWN_END,
            owners=CREATE if given.get("owners") else MATCH,
            **{name: given[name] for name in ("zone", "phone_country", "order") if name in given},
        )
        return replace(
            self.before,
            columns=columns,
            fixed={name: value for name, value in pairs if name and value},
            options=options,
        )

    def _column(self, number: int, column: Column) -> ColumnPlan:
        given = self.cleaned_data
        said = self.before.columns.get(column.name, ColumnPlan())
        to, kind = given[f"to_{number}"], TEXT
        if to.startswith(OWN_PREFIX):
            holder = to.removeprefix(OWN_PREFIX)
            kept = said.to if said.to.startswith(f"{holder}.") else own_field(column, holder)["to"]
            to, kind = kept, given[f"kind_{number}"] or TEXT
        pairs = [line.partition("=") for line in given[f"words_{number}"].splitlines() if line.strip()]
        blank = [word.strip() for word in given[f"blank_{number}"].split(";") if word.strip()]
        return replace(
            said,
            to=to,
            kind=kind,
            order=given[f"order_{number}"],
            values={word.strip(): meant.strip() for word, _, meant in pairs},
            blank=tuple(blank),
        )


def unasked(kind: str) -> Iterator[str]:
    """The questions about a file as a whole that no column of this kind could need."""
    reads = {target.read_as for target in TARGETS[kind]}
    names_people = any(target.name.partition(".")[0] in NAMING_PEOPLE for target in TARGETS[kind])
    asked = {
        "history": kind in KNOWS_HISTORY,
        "open_leads": kind == Kind.LEADS,
        "owners": names_people,
        "zone": MOMENT in reads,
        "phone_country": PHONE in reads,
        "order": bool(reads & {MOMENT, DAY, MONTH}) or kind in HOLDERS,
    }
    return (name for name, needed in asked.items() if not needed)


def _is_own(to: str) -> bool:
    return to.partition(".")[0] in OWN_LABELS and "." in to


def _chosen(to: str) -> str:
    return OWN_PREFIX + to.partition(".")[0] if _is_own(to) else to


def target_choices(kind: str) -> list[Any]:
    """What a column may become, in groups: nothing, an own field, or one of the fields we know."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for target in TARGETS[kind]:
        groups.setdefault(target.group, []).append((target.name, _label(target)))
    own = [(OWN_PREFIX + holder, OWN_LABELS[holder]) for holder in HOLDERS.get(kind, ())]
    return [("", "Leave out"), *([("Own fields", own)] if own else []), *groups.items()]


def _label(target: Target) -> str:
    return label_of(target) + (" (only for the past)" if target.past_only else "")


def label_for(kind: str, to: str) -> str:
    """A plan's target in words."""
    if not to:
        return "left out"
    if _is_own(to):
        return f"{OWN_LABELS[to.partition('.')[0]]}: {to.partition('.')[2]}"
    target = target_of(kind, to)
    return label_of(target) if target else to


class StartForm(Form):
    where_faulty = forms.ChoiceField(
        label="Where rows are faulty",
        choices=[("good", "bring in the good rows, and list the faulty ones"), ("nothing", "bring in nothing")],
        widget=forms.RadioSelect,
    )
