"""What campaigns cost, by API: read, and set month by month."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leads.api.work import actor_of
from leads.models import CampaignCost
from leads.services import costs
from leads.views.costs import KEEPERS

PAGE = 500


class CostInput(serializers.Serializer[Any]):
    """One month of one campaign; sent again it replaces what was there. `name` makes a campaign nobody knows yet."""

    campaign = serializers.CharField(max_length=80)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    month = serializers.RegexField(r"^\d{4}-(0[1-9]|1[0-2])$", help_text="2026-03")
    amount = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=0)
    currency = serializers.CharField(max_length=3, required=False, default="")
    rate = serializers.DecimalField(max_digits=14, decimal_places=6, required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=160, required=False, allow_blank=True, default="")

    def validate_month(self, value: str) -> Any:
        return serializers.DateField().to_internal_value(f"{value}-01")


class CostSerializer(serializers.ModelSerializer[CampaignCost]):
    campaign = serializers.CharField(source="campaign.key")
    month = serializers.DateField(format="%Y-%m")

    class Meta:
        model = CampaignCost
        fields = ("campaign", "month", "amount", "currency", "rate", "base_amount", "note")


class CampaignCosts(APIView):
    access = KEEPERS

    @extend_schema(responses=CostSerializer(many=True))
    def get(self, request: Request) -> Response:
        rows = CampaignCost.objects.select_related("campaign").order_by("-month", "campaign__key")[:PAGE]
        return Response({"results": CostSerializer(rows, many=True).data})

    @extend_schema(request=CostInput, responses=CostSerializer)
    def put(self, request: Request) -> Response:
        given = CostInput(data=request.data)
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        cost = costs.enter(
            data.pop("campaign"),
            data.pop("month"),
            data.pop("amount"),
            **data,
            by=actor_of(request).user,
            at=timezone.now(),
        )
        return Response(CostSerializer(cost).data)
