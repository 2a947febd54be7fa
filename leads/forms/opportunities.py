"""What an opportunity says of itself, and what its ends ask for."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils import timezone

from config.accounts.actor import Actor
from config.accounts.choices import Function
from config.accounts.models import Membership, User
from config.web.forms import Form
from leads.forms.handoffs import PersonField
from leads.models import Company, Handoff, Opportunity, Person, Product
from leads.models.opportunity import OPEN_OPPORTUNITY, OpportunityStage
from leads.services.nurture import local_date
from leads.services.opportunities import Deal

MOST_CONTACTS = 50


def sellers() -> Any:
    seats = Membership.objects.active().filter(team__function__in=(Function.SALES, Function.BUSINESS_DEVELOPMENT))
    return User.objects.filter(pk__in=seats.values("user"))


class DealForm(Form):
    """`company`, `lead_person_id` and `first` are set by the class a `…_form` function makes."""

    company: ClassVar[Company | None] = None
    lead_person_id: ClassVar[int | None] = None
    first: ClassVar[dict[str, Any]] = {}

    name = forms.CharField(max_length=160)
    amount = forms.DecimalField(required=False, min_value=0, max_digits=14, decimal_places=2, label="Expected amount")
    currency = forms.RegexField(r"^[A-Z]{3}$", max_length=3, error_messages={"invalid": "Three letters, such as EUR."})
    rate = forms.DecimalField(
        required=False, min_value=Decimal("0.000001"), max_digits=14, decimal_places=6,
        label="Rate", help_text=f"What one of it is in {settings.COMPANY_CURRENCY}; needed for another currency.",
    )  # fmt: skip
    expected_close_on = forms.DateField(required=False, label="Expected close", widget=forms.DateInput())
    probability = forms.IntegerField(required=False, min_value=0, max_value=100, label="Probability")
    product = forms.ModelChoiceField(Product.objects.filter(is_active=True), required=False)
    next_step = forms.CharField(max_length=160, label="Next step")
    next_step_on = forms.DateField(label="On", widget=forms.DateInput())
    owner = PersonField(User.objects.none(), label="Owner")
    contacts = forms.ModelMultipleChoiceField(
        Person.objects.none(), required=False, label="Other contacts", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs["initial"] = {"currency": settings.COMPANY_CURRENCY} | self.first | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = sellers()  # type: ignore[attr-defined]
        colleagues = Person.objects.none()
        if self.company is not None:
            colleagues = Person.objects.filter(company=self.company, erased_at=None, merged_into=None)
            colleagues = colleagues.exclude(pk=self.lead_person_id or 0).order_by("last_name", "id")
        if not colleagues[:1]:
            del self.fields["contacts"]
        else:
            shown = colleagues.values("pk")[:MOST_CONTACTS]
            self.fields["contacts"].queryset = Person.objects.filter(pk__in=list(shown.values_list("pk", flat=True)))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        foreign = cleaned.get("currency") not in (None, settings.COMPANY_CURRENCY)
        if foreign and not cleaned.get("rate"):
            self.add_error("rate", f"What is one {cleaned['currency']} in {settings.COMPANY_CURRENCY}?")
        if not foreign:
            cleaned["rate"] = Decimal(1)
        if not self.errors:
            cleaned["deal"] = self.deal(cleaned)
        return cleaned

    @staticmethod
    def deal(cleaned: dict[str, Any]) -> Deal:
        plain = {name: cleaned[name] for name in (
            "name", "amount", "currency", "rate", "expected_close_on", "product", "next_step", "next_step_on",
            "probability", "owner",
        )}  # fmt: skip
        return Deal(**plain, contacts=tuple(cleaned.get("contacts") or ()))


def _made(base: type[DealForm], **attributes: Any) -> type[DealForm]:
    return type(base.__name__, (base,), attributes)


def deal_form(handoff: Handoff, actor: Actor) -> type[DealForm]:
    """The form that opens an opportunity from a handoff, filled with what is known."""
    lead = handoff.lead
    owner = handoff.to_user or actor.user
    packet = handoff.packet or {}
    first = {
        "name": lead.company.name if lead.company else lead.person.name,
        "next_step": packet.get("next_step", ""),
        "next_step_on": local_date(handoff.meeting_at) if handoff.meeting_at else None,
        "probability": 20,
        "owner": owner.public_id,
    }
    return _made(DealForm, company=lead.company, lead_person_id=lead.person_id, first=first)


class OwnDealForm(DealForm):
    """An opportunity that sales found by itself."""

    company_name = forms.CharField(max_length=160, label="Company", help_text="Found by its name, or made new.")
    field_order = ("company_name", "name")


def own_deal_form(actor: Actor) -> type[DealForm]:
    soon = local_date(timezone.now()) + timedelta(days=7)
    first = {"probability": 20, "owner": actor.user.public_id, "next_step_on": soon}
    return _made(OwnDealForm, first=first)


class ChangeForm(DealForm):
    """What an open opportunity says now."""

    stage = forms.ChoiceField(
        choices=[(code, OpportunityStage(code).label) for code in OPEN_OPPORTUNITY], widget=forms.RadioSelect
    )
    field_order = ("name", "stage")

    def changes(self) -> dict[str, Any]:
        """What `opportunities.update` takes; the probability only when it was changed by hand."""
        names = (
            "name", "stage", "amount", "currency", "rate", "expected_close_on", "product", "next_step", "next_step_on",
            "owner",
        )  # fmt: skip
        changed = {name: self.cleaned_data[name] for name in names}
        if "probability" in self.changed_data and self.cleaned_data["probability"] is not None:
            changed["probability"] = self.cleaned_data["probability"]
        return changed


def change_form(opportunity: Opportunity) -> type[DealForm]:
    first = {
        name: getattr(opportunity, name)
        for name in (
            "name", "stage", "amount", "currency", "expected_close_on", "probability", "product", "next_step",
            "next_step_on",
        )
    }  # fmt: skip
    first |= {"owner": opportunity.owner.public_id}
    if opportunity.currency != settings.COMPANY_CURRENCY:
        first["rate"] = opportunity.rate
    lead_person = opportunity.lead.person_id if opportunity.lead else None
    first["contacts"] = [contact.pk for contact in opportunity.contacts.all()]
    return _made(ChangeForm, company=opportunity.company, lead_person_id=lead_person, first=first)


class WinForm(Form):
    amount = forms.DecimalField(min_value=0, max_digits=14, decimal_places=2, label="Amount won")


class NextStepForm(Form):
    next_step = forms.CharField(max_length=160, label="Next step")
    next_step_on = forms.DateField(label="On", widget=forms.DateInput())
