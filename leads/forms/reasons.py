"""Forms that ask for one of the agreed reasons, and for what that reason asks: an attribute, a note, evidence, a date."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from config.accounts.choices import Function
from config.web.errors import Refusal
from config.web.forms import Form
from leads.fields import FIELDS
from leads.services import handoffs
from sla.terms import ReasonTerms, Terms

# What a reason may blame: the company's and the person's own facts.
ATTRIBUTES = (
    "company.industry", "company.employees", "company.revenue", "company.country", "company.region",
    "person.job_title", "person.seniority", "person.department", "person.country", "person.language",
    "person.email", "person.phone",
)  # fmt: skip
PLACES = {
    "giver": "Goes back to who handed it over.",
    "reroute": "Goes to the right owner, by the agreed routes.",
    "closed": "The lead is closed.",
}


class KeyedRadios(forms.RadioSelect):
    """Radio buttons that the keys 1 to 9 choose."""

    def create_option(
        self,
        name: str,
        value: Any,
        label: int | str,
        selected: bool,
        index: int,
        subindex: int | None = None,
        attrs: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        option = super().create_option(name, value, label, selected, index, subindex, attrs)
        if index < 9:
            option["attrs"] |= {"data-key": str(index + 1), "data-key-label": str(label)}
        return dict(option)


def attribute_choices(terms: Terms) -> list[tuple[str, str]]:
    fields = [(name, FIELDS[name].label) for name in ATTRIBUTES]
    return [("", "Which one?"), *fields, *((f"question.{q.key}", q.label) for q in terms.questions)]


def attribute_label(terms: Terms, key: str) -> str:
    """What people call an attribute that a rejection named; a key that nobody knows is shown as it is."""
    return dict(attribute_choices(terms)).get(key, key) if key else ""


def consequence(reason: ReasonTerms) -> str:
    """What becomes of a lead for this reason, and whose figures it touches."""
    days = reason.return_after_days
    place = PLACES.get(reason.goes_to) or (
        f"Waits in nurture for {days} days." if days else "Waits in nurture until a date."
    )
    counts = f" Counts for {Function(reason.counts_for).label.lower()}." if reason.counts_for else ""
    quiet = " Nobody may call this person again." if reason.suppresses_contact else ""
    return place + counts + quiet


class ReasonForm(Form):
    """`terms` and `kind` are set by the class that `for_terms` makes: which reasons there are is a term."""

    terms: ClassVar[Terms]
    kind: ClassVar[str]
    note_label: ClassVar[str] = "In a few words"

    reason = forms.ChoiceField(widget=KeyedRadios)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        reasons = self.terms.reasons_of(self.kind)
        choice = self.fields["reason"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(reason.key, reason.label) for reason in reasons]
        if "attribute" in self.fields:
            self.fields["attribute"].choices = attribute_choices(self.terms)  # type: ignore[attr-defined]
            self.fields["attribute"].asked_for = True  # type: ignore[attr-defined]
        self._say_what_is_needed()

    def _say_what_is_needed(self) -> None:
        """What the chosen reason needs is not called optional; what was typed stays when another reason is chosen."""
        chosen = self.chosen
        note = self.fields["note"]
        if not self.is_bound:
            note.widget.attrs["hx-preserve"] = "true"
        if chosen is None:
            return
        needs = {"note": chosen.needs_note or chosen.needs_evidence, "attribute": chosen.needs_attribute}
        for name, needed in needs.items():
            if name in self.fields:
                self.fields[name].required = self.fields[name].required or needed

    @classmethod
    def for_terms(cls, terms: Terms) -> type[ReasonForm]:
        return type(cls.__name__, (cls,), {"terms": terms})

    @property
    def chosen(self) -> ReasonTerms | None:
        """The reason picked so far, in a form sent or in one that is only being filled in."""
        key = self.data.get(self.add_prefix("reason")) if self.is_bound else self.initial.get("reason")
        found = self.terms.reasons.get(str(key or ""))
        return found if found is not None and found.kind == self.kind else None

    @property
    def asks(self) -> list[forms.BoundField]:
        """The fields that the chosen reason asks for; all of them before one is chosen."""
        chosen = self.chosen
        hidden = {"reason"} | ({"attribute"} if chosen and not chosen.needs_attribute else set())
        return [self[name] for name in self.fields if name not in hidden]

    @property
    def consequence(self) -> str:
        return consequence(self.chosen) if self.chosen else ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("reason"):
            try:
                handoffs.checked_reason(
                    self.terms, self.kind, cleaned["reason"], attribute=cleaned.get("attribute", ""),
                    note=cleaned.get("note", ""),
                )  # fmt: skip
            except Refusal as refusal:
                self.refuse(refusal)
        return cleaned


def note_field(label: str) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=4000, label=label, widget=forms.Textarea(attrs={"rows": 3, "class": "short-text"})
    )


class RejectForm(ReasonForm):
    kind = "reject"
    attribute = forms.ChoiceField(required=False, label="Which attribute?")
    note = note_field("What should the giver know?")


class DisqualifyForm(ReasonForm):
    kind = "disqualify"
    note = note_field("Evidence: what did the lead say or show?")


class RecycleForm(ReasonForm):
    kind = "recycle"
    return_on = forms.DateField(
        required=False, label="Back on", help_text="Empty: after the days that the reason names.",
        widget=forms.DateInput(),
    )  # fmt: skip
    note = note_field("What should marketing know?")


class LoseForm(ReasonForm):
    kind = "lost"
    return_on = forms.DateField(
        required=False, label="Try again on", help_text="Empty: after the days that the reason names.",
        widget=forms.DateInput(),
    )  # fmt: skip
    note = note_field("What happened?")
