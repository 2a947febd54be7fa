"""What each act on a handoff asks for."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from config.accounts.models import Membership, User
from config.web.forms import Form
from leads.models import AttemptChannel, Contest, Handoff
from sla.terms import Terms

FOLLOW_UPS = ("retry", "callback", "next_step", "other_number")  # what ends or hands on a lead has an act of its own


def words(label: str, *, required: bool = True, rows: int = 3, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=4000, help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )  # fmt: skip


class PersonField(forms.ModelChoiceField):
    """One person of several, by public id."""

    def __init__(self, queryset: Any, **options: Any):
        super().__init__(queryset, to_field_name="public_id", **options)


class MeetingForm(Form):
    meeting_at = forms.DateTimeField(label="Meeting", help_text="In your own time zone.", widget=forms.DateTimeInput())


class AskForm(Form):
    text = words("What is missing?", help_text="Clocks that the agreement lets wait stand still until the answer.")


class AnswerForm(Form):
    text = words("Your answer", help_text="The receiver's clocks go on when you send it.")


class SayForm(Form):
    text = words("Message", rows=2)
    answers = forms.BooleanField(required=False)  # the open question, so that the clock runs on


class WithdrawForm(Form):
    note = words("Why do you take it back?", rows=2)


class ContestForm(Form):
    comment = words(
        "Why is the rejection wrong?",
        help_text="Point to the packet, the call or the definition. It stays beside the rejection for good.",
    )


class TakeBackForm(Form):
    note = words("A word to the giver", required=False, rows=2, help_text="The lead is yours again, accepted.")


class SettleForm(Form):
    decision = forms.ChoiceField(
        choices=[
            (Contest.State.UPHELD, "The rejection stands"),
            (Contest.State.OVERTURNED, "The rejection is overturned: the lead is offered to the same people again"),
        ],
        widget=forms.RadioSelect,
        label="Your decision",
    )
    note = words("Why, for both sides")


class ReassignForm(Form):
    """`team_id` is set by `for_handoff`: only members of the receiving team can have it. `held_by` says whose it was
    when the form was opened (empty: nobody's), so that of two who give it away one hears of the other."""

    team_id: ClassVar[int] = 0
    not_user_id: ClassVar[int | None] = None
    holder: ClassVar[str | None] = None  # None: many at once, each with a holder of its own

    to_user = PersonField(User.objects.none(), label="Give it to")
    held_by = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.holder is None:
            del self.fields["held_by"]
        else:
            self.initial["held_by"] = self.holder
        members = Membership.objects.active().filter(team_id=self.team_id).exclude(user_id=self.not_user_id or 0)
        self.fields["to_user"].queryset = User.objects.filter(pk__in=members.values("user"))  # type: ignore[attr-defined]

    @classmethod
    def for_handoff(cls, handoff: Handoff) -> type[ReassignForm]:
        holder = str(handoff.to_user.public_id) if handoff.to_user else ""
        return cls.for_team(handoff.to_team_id, handoff.to_user_id, holder)

    @classmethod
    def for_team(cls, team_id: int, not_user_id: int | None = None, holder: str | None = None) -> type[ReassignForm]:
        return type(cls.__name__, (cls,), {"team_id": team_id, "not_user_id": not_user_id, "holder": holder})


class AttemptForm(Form):
    """A call, mail, message or meeting after acceptance."""

    terms: ClassVar[Terms]

    channel = forms.ChoiceField(
        choices=AttemptChannel.choices, initial=AttemptChannel.CALL, widget=forms.RadioSelect, label="How"
    )
    disposition = forms.ChoiceField(label="How did it go?")
    callback_at = forms.DateTimeField(
        required=False, label="Speak again at", help_text="If you agreed on a time; in your own time zone.",
        widget=forms.DateTimeInput(),
    )  # fmt: skip
    note = words("Note", required=False, rows=2)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        found = [term for term in self.terms.dispositions.values() if term.is_active and term.effect in FOLLOW_UPS]
        found.sort(key=lambda term: not term.real_contact)  # sales mostly notes that it spoke with somebody
        self.fields["disposition"].choices = [(term.key, term.label) for term in found]  # type: ignore[attr-defined]

    @classmethod
    def for_terms(cls, terms: Terms) -> type[AttemptForm]:
        return type(cls.__name__, (cls,), {"terms": terms})
