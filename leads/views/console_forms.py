"""What an outcome asks for before it is recorded: one form for each effect, built from the handoff's own agreement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.urls import reverse

from config.accounts.choices import Function
from config.accounts.models import User
from config.web.forms import Form
from leads.callback_words import Unclear, Zones, understand, understand_day
from leads.services.attempts import Details
from leads.services.console import Sheet
from leads.services.nurture import local_date
from sla.terms import DispositionTerms, QuestionTerms

QUESTION = "answer-"
WHEN_HELP = "tomorrow 10 · in 2 h · Mon 14:30 their time · next week Tue 9 · 24 Dec 9:00"


class WhenField(forms.CharField):
    """Words that mean a moment, or with `kind="day"` a day; what they mean is shown beside while they are typed."""

    says_when = True

    def __init__(self, *, kind: str = "moment", **options: Any):
        self.kind = kind
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        super().__init__(max_length=80, widget=forms.TextInput(attrs=attrs), **options)

    def previewed_at(self, url: str, auto_id: str) -> None:
        """Have the page ask `url` what the words mean."""
        self.widget.attrs |= {
            "hx-get": f"{url}?kind={self.kind}",
            "hx-trigger": "input changed delay:150ms, load",
            "hx-target": f"#{auto_id}_preview",
            "hx-swap": "innerHTML",
        }


class OutcomeForm(Form):
    """Base of the outcomes' forms: knows the lead, and gives what the verb takes."""

    def __init__(self, *args: Any, sheet: Sheet, term: DispositionTerms, at: datetime, **options: Any):
        self.sheet, self.term, self.at = sheet, term, at
        super().__init__(*args, **options)
        url = reverse("console_when", args=[sheet.handoff.public_id])
        for name, field in self.fields.items():
            if isinstance(field, WhenField):
                field.previewed_at(url, self[name].auto_id)

    def moment(self, name: str) -> datetime | None:
        """The moment that a field's words mean; an error of that field where they are unclear."""
        words = self.cleaned_data.get(name, "")
        if not words:
            return None
        zones = zones_of(self.sheet)
        try:
            return understand(words, now=self.at, **zones).at
        except Unclear as error:
            self.add_error(name, str(error))
            return None

    def details(self) -> Details:
        return Details(note=self.cleaned_data.get("note", ""))


def zones_of(sheet: Sheet) -> Zones:
    own = sheet.rep.time_zone
    return {"own_zone": own, "their_zone": sheet.clearance.window.zone if sheet.clearance else own}


class CallbackForm(OutcomeForm):
    when = WhenField(label="Call back when?", help_text=WHEN_HELP)

    def clean(self) -> dict[str, Any]:
        self.due_at = self.moment("when")
        return self.cleaned_data

    def details(self) -> Details:
        return Details(callback_at=self.due_at)


class NextStepForm(CallbackForm):
    when = WhenField(label="When is it due?", help_text=WHEN_HELP)
    next_step = forms.CharField(label="What is the next step?", max_length=400)
    field_order = ("next_step", "when")

    def details(self) -> Details:
        return Details(callback_at=self.due_at, next_step=self.cleaned_data["next_step"])


class RecycleForm(OutcomeForm):
    reason = forms.ChoiceField(label="Why not now?")
    back = WhenField(kind="day", label="Back on", help_text="in 3 months · 1 March · next week", required=False)

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        reasons = self.sheet.terms.reasons_of("recycle")
        self.fields["reason"].choices = [(reason.key, reason.label) for reason in reasons]  # type: ignore[attr-defined]
        first = next((r for r in reasons if r.key == self.term.reason), reasons[0] if reasons else None)
        if first is not None:
            self.initial.setdefault("reason", first.key)
            if first.return_after_days:
                self.initial.setdefault("back", f"in {first.return_after_days} days")

    def clean(self) -> dict[str, Any]:
        self.return_on: date | None = None
        if words := self.cleaned_data.get("back"):
            try:
                self.return_on = understand_day(words, now=self.at, zone=self.sheet.rep.time_zone)
            except Unclear as error:
                self.add_error("back", str(error))
        if self.return_on is not None and self.return_on <= local_date(self.at):
            self.add_error("back", "Choose a later day.")
        return self.cleaned_data

    def details(self) -> Details:
        return Details(reason=self.cleaned_data["reason"], return_on=self.return_on)


class DisqualifyForm(OutcomeForm):
    reason = forms.ChoiceField(label="Why is it ruled out?")
    evidence = forms.CharField(
        label="What did they say or show?", widget=forms.Textarea(attrs={"rows": 2}), max_length=1000, required=False
    )

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        reasons = self.sheet.terms.reasons_of("disqualify")
        self.fields["reason"].choices = [(reason.key, reason.label) for reason in reasons]  # type: ignore[attr-defined]
        self.initial.setdefault("reason", self.term.reason)

    def details(self) -> Details:
        return Details(reason=self.cleaned_data["reason"], evidence=self.cleaned_data["evidence"])


class OtherNumberForm(OutcomeForm):
    new_number = forms.CharField(
        label="Another number, if you learnt one", max_length=40, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )  # fmt: skip

    def details(self) -> Details:
        return Details(new_number=self.cleaned_data["new_number"])


class ColleagueForm(OutcomeForm):
    to_user = forms.ChoiceField(label="Who should call?", required=False)

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        people = members_of(self.sheet.handoff.to_team_id).exclude(pk=self.sheet.rep.pk)
        choices = [("", "Whoever is next"), *((str(user.pk), user.name) for user in people)]
        self.fields["to_user"].choices = choices  # type: ignore[attr-defined]

    def details(self) -> Details:
        chosen = self.cleaned_data["to_user"]
        return Details(to_user=int(chosen) if chosen else None)


class SkipForm(OutcomeForm):
    note = forms.CharField(label="Why do you skip this lead?", max_length=200)


class QualifyForm(OutcomeForm):
    """The agreement's questions, the promised next step, and how the lead is handed over."""

    next_step = forms.CharField(label="Promised next step", max_length=400, required=False)
    meeting = WhenField(label="Meeting", required=False, help_text="Leave empty, or: Thu 15, next week Tue 9.")
    on_line = forms.ChoiceField(label="On the line", required=False)

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        asked = {f"{QUESTION}{question.key}": question_field(question) for question, _ in self.sheet.questions}
        self.fields = asked | self.fields
        for question, answer in self.sheet.questions:
            self.initial.setdefault(f"{QUESTION}{question.key}", answer)
        if self.sheet.draft:
            self.initial.setdefault("next_step", self.sheet.draft.next_step)
        sellers = User.objects.get_queryset().working_in(Function.SALES).order_by("name")
        choices = [("", "Nobody: sales decides from the inbox"), *((str(u.pk), u.name) for u in sellers)]
        self.fields["on_line"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        self.meeting_at = self.moment("meeting")
        return self.cleaned_data

    def answers(self) -> dict[str, Any]:
        given = {n.removeprefix(QUESTION): v for n, v in self.cleaned_data.items() if n.startswith(QUESTION)}
        return {key: value.isoformat() if isinstance(value, date) else value for key, value in given.items()}

    def details(self) -> Details:
        chosen = self.cleaned_data["on_line"]
        return Details(
            answers={key: value for key, value in self.answers().items() if value not in ("", None)},
            next_step=self.cleaned_data["next_step"],
            meeting_at=self.meeting_at,
            warm=bool(chosen),
            to_user=int(chosen) if chosen else None,
        )


def question_field(question: QuestionTerms) -> forms.Field:
    """The control for a question's kind. Required ones are refused by the verb, so that a draft may lack them."""
    options: dict[str, Any] = {"label": question.label, "help_text": question.help_text, "required": False}
    field = _control(question, options)
    field.asked_for = question.is_required  # type: ignore[attr-defined]
    return field


def _control(question: QuestionTerms, options: dict[str, Any]) -> forms.Field:
    if question.kind == "choice":
        return forms.ChoiceField(choices=[("", "Not asked yet"), *((c, c) for c in question.choices)], **options)
    if question.kind == "yes_no":
        return forms.ChoiceField(choices=[("", "Not asked yet"), ("Yes", "Yes"), ("No", "No")], **options)
    if question.kind == "number":
        return forms.IntegerField(**options)
    if question.kind == "date":
        return forms.DateField(**options)
    return forms.CharField(max_length=1000, **options)


def members_of(team_id: int) -> Any:
    return User.objects.filter(
        is_active=True, memberships__team=team_id, memberships__is_active=True
    ).order_by("name")  # fmt: skip


FORMS: dict[str, type[OutcomeForm]] = {
    "callback": CallbackForm,
    "next_step": NextStepForm,
    "recycle": RecycleForm,
    "disqualify": DisqualifyForm,
    "other_number": OtherNumberForm,
    "reroute": ColleagueForm,
    "skip": SkipForm,
    "qualify": QualifyForm,
}
