"""What the API takes and gives."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from config.accounts.models import validate_time_zone
from leads.models import Handoff, Lead
from leads.services.intake import Deed, LeadInput

AHEAD = timedelta(minutes=5)  # clocks of other systems may run ahead of ours by this much


def not_ahead(value: datetime) -> None:
    if value > timezone.now() + AHEAD:
        raise serializers.ValidationError("This moment lies in the future.")


class DeedInput(serializers.Serializer[Any]):
    """One activity."""

    type = serializers.SlugField(max_length=60)
    occurred_at = serializers.DateTimeField(required=False, validators=[not_ahead])
    properties = serializers.DictField(required=False, default=dict)


class LeadInputSerializer(serializers.Serializer[Any]):
    """A lead as a connected system sends it. Unknown fields are kept in the raw input and otherwise ignored."""

    external_id = serializers.CharField(max_length=120, required=False, allow_blank=True)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    first_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    job_title = serializers.CharField(max_length=120, required=False, allow_blank=True)
    seniority = serializers.CharField(max_length=40, required=False, allow_blank=True)
    department = serializers.CharField(max_length=80, required=False, allow_blank=True)
    country = serializers.CharField(max_length=60, required=False, allow_blank=True)
    city = serializers.CharField(max_length=80, required=False, allow_blank=True)
    language = serializers.CharField(max_length=8, required=False, allow_blank=True)
    time_zone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    company = serializers.CharField(max_length=160, required=False, allow_blank=True)
    website = serializers.CharField(max_length=300, required=False, allow_blank=True)
    industry = serializers.CharField(max_length=80, required=False, allow_blank=True)
    employees = serializers.IntegerField(min_value=0, max_value=10_000_000, required=False, allow_null=True)
    revenue = serializers.DecimalField(max_digits=16, decimal_places=2, min_value=0, required=False, allow_null=True)
    company_country = serializers.CharField(max_length=60, required=False, allow_blank=True)
    company_region = serializers.CharField(max_length=80, required=False, allow_blank=True)
    source = serializers.CharField(max_length=60, required=False, allow_blank=True)  # type: ignore[assignment]
    campaign = serializers.CharField(max_length=80, required=False, allow_blank=True)
    intent = serializers.CharField(max_length=40, required=False, allow_blank=True)
    territory = serializers.CharField(max_length=40, required=False, allow_blank=True)
    visitor = serializers.CharField(max_length=80, required=False, allow_blank=True)
    received_at = serializers.DateTimeField(required=False, validators=[not_ahead])
    attributes = serializers.DictField(required=False)
    person_attributes = serializers.DictField(required=False)
    company_attributes = serializers.DictField(required=False)
    activities = DeedInput(many=True, required=False)

    def validate_time_zone(self, value: str) -> str:
        if value:
            validate_time_zone(value)
        return value


READER = (
    LeadInputSerializer()
)  # keeps nothing of what it reads, so that its thirty fields need not be made for each lead


def read_lead(sent: Any, at: datetime) -> LeadInput:
    """A lead as it was sent. Raises ValidationError naming the fields that are wrong."""
    values = dict(READER.run_validation(sent))
    deeds = tuple(
        Deed(deed["type"], deed.get("occurred_at", at), deed["properties"]) for deed in values.pop("activities", ())
    )
    return LeadInput(activities=deeds, raw=dict(sent), **values)


class ActivityInputSerializer(DeedInput):
    """An activity of a lead that is found by its public id, its external id, its e-mail or its visitor."""

    external_id = serializers.CharField(max_length=120, required=False, allow_blank=True)
    lead = serializers.UUIDField(required=False)
    lead_external_id = serializers.CharField(max_length=120, required=False)
    email = serializers.CharField(max_length=254, required=False)
    visitor = serializers.CharField(max_length=80, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.get(name) for name in ("lead", "lead_external_id", "email", "visitor")):
            raise serializers.ValidationError(
                {"lead": "Say whose activity it is: lead, lead_external_id, email or visitor."}
            )
        return attrs


class LeadSerializer(serializers.ModelSerializer[Lead]):
    """A lead as it stands, with its score's reasons."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    person = serializers.SerializerMethodField()
    company = serializers.CharField(source="company.name", default="", read_only=True)
    segment = serializers.CharField(source="segment.key", read_only=True)
    score = serializers.SerializerMethodField()

    class Meta:
        model = Lead
        fields = (
            "id",
            "person",
            "company",
            "segment",
            "stage",
            "stage_since",
            "source",
            "intent",
            "persona",
            "fit_grade",
            "score",
            "received_at",
            "closed_at",
            "closed_reason",
        )
        read_only_fields = fields

    def get_person(self, lead: Lead) -> dict[str, str]:
        return {"id": str(lead.person.public_id), "name": lead.person.name, "job_title": lead.person.job_title}

    def get_score(self, lead: Lead) -> dict[str, Any] | None:
        if not hasattr(lead, "score"):
            return None
        return {"total": lead.score.total, "fit": lead.score.fit, "engagement": lead.score.engagement}


class HandoffSerializer(serializers.ModelSerializer[Handoff]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    lead = serializers.UUIDField(source="lead.public_id", read_only=True)
    to_team = serializers.CharField(source="to_team.name", read_only=True)
    to_user = serializers.CharField(source="to_user.name", default=None, read_only=True)

    class Meta:
        model = Handoff
        fields = (
            "id",
            "lead",
            "kind",
            "state",
            "from_function",
            "to_function",
            "to_team",
            "to_user",
            "offered_at",
            "decided_at",
            "due_at",
            "outcome",
            "reason",
            "reason_attribute",
            "note",
            "route",
            "route_why",
            "packet",
        )
        read_only_fields = fields
