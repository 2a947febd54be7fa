"""Leads: sent by systems, read by people and their programs."""

from __future__ import annotations

from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.accounts.authentication import ApiTokenAuthentication
from config.web.access import MEMBERS, SOURCES, either
from leads.api.authentication import SourceAuthentication
from leads.api.intake import receive_lead
from leads.api.serializers import HandoffSerializer, LeadInputSerializer, LeadSerializer
from leads.models import Lead
from sla.stages import CHOICES

PAGE = 50


class LeadFilter(filters.FilterSet):
    """`after` is the `next` of the page before: pages stay whole while leads are added."""

    stage = filters.MultipleChoiceFilter(choices=CHOICES)
    source = filters.CharFilter()
    segment = filters.CharFilter(field_name="segment__key")
    owner = filters.UUIDFilter(field_name="owner__public_id")
    after = filters.NumberFilter(field_name="id", lookup_expr="lt")

    class Meta:
        model = Lead
        fields = ("stage", "source", "segment", "owner")


class Leads(APIView):
    """`POST` with a source's token sends a lead; `GET` as a person lists those one may see, newest first."""

    access = either(SOURCES, MEMBERS)
    access_by_method = {"POST": SOURCES, "GET": MEMBERS}
    authentication_classes = (SourceAuthentication, ApiTokenAuthentication, SessionAuthentication)

    @extend_schema(request=LeadInputSerializer, responses={201: dict, 200: dict})
    def post(self, request: Request) -> Response:
        return receive_lead(request)

    @extend_schema(responses=LeadSerializer(many=True))
    def get(self, request: Request) -> Response:
        visible = Lead.objects.visible_to(request._request.actor).for_lists()  # type: ignore[attr-defined]
        found = LeadFilter(request.query_params, visible)
        if not found.is_valid():
            return Response({"error": {"code": "invalid", "message": "", "fields": found.errors}}, status=400)
        rows = list(found.qs.order_by("-id")[: PAGE + 1])
        more = rows[PAGE - 1].pk if len(rows) > PAGE else None
        return Response({"results": LeadSerializer(rows[:PAGE], many=True).data, "next": more})


class OneLead(APIView):
    """One lead with its handoffs, newest first."""

    access = MEMBERS

    @extend_schema(responses=LeadSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        visible = Lead.objects.visible_to(request._request.actor).for_lists()  # type: ignore[attr-defined]
        lead = visible.filter(public_id=public_id).first()
        if lead is None:
            raise Http404
        handoffs = lead.handoffs.select_related("to_team", "to_user", "lead").order_by("-id")
        return Response(LeadSerializer(lead).data | {"handoffs": HandoffSerializer(handoffs, many=True).data})
