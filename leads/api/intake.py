"""Leads and activities in: `POST /api/v1/leads`, `POST /api/v1/activities`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.web.access import SOURCES
from config.web.api import HTTP_200, HTTP_201
from leads.api.authentication import SourceAuthentication
from leads.api.serializers import ActivityInputSerializer, LeadInputSerializer, read_lead
from leads.models import Handoff, IntakeSource, Lead
from leads.services import finding, intake, visits
from leads.services.intake import Deed


def answer(received: intake.Received) -> dict[str, Any]:
    lead, handoff = received.lead, received.handoff
    if handoff is None and not received.created:  # sent again, or by somebody known: the handoff it is in already
        handoff = Handoff.objects.open().filter(lead=lead).first()
    return {
        "id": str(lead.public_id),
        "stage": lead.stage,
        "created": received.created,
        "repeated": received.repeated,
        "handoff": str(handoff.public_id) if handoff else None,
        "due_at": handoff.due_at.isoformat() if handoff and handoff.due_at else None,
    }


def source_of(request: Request) -> IntakeSource:
    assert isinstance(request.auth, IntakeSource), "only SourceAuthentication lets a request in here"
    return request.auth


@extend_schema(request=LeadInputSerializer, responses={201: dict, 200: dict})
def receive_lead(request: Request) -> Response:
    """Take a lead in. The same external id twice is once: the second time answers 200 with `repeated`."""
    at = timezone.now()
    received = intake.receive(source_of(request), read_lead(request.data, at), at=at)
    return Response(answer(received), status=HTTP_201 if received.created else HTTP_200)


class Activities(APIView):
    """Send an activity of a lead that is here already."""

    access = SOURCES
    authentication_classes = (SourceAuthentication,)

    @extend_schema(request=ActivityInputSerializer, responses={201: dict, 200: dict})
    def post(self, request: Request) -> Response:
        at = timezone.now()
        serializer = ActivityInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        sent = serializer.validated_data
        deed = Deed(sent["type"], sent.get("occurred_at", at), sent["properties"])
        source = source_of(request)
        if not any(sent.get(name) for name in ("lead", "lead_external_id", "email")):
            return self._of_visitor(source, sent, deed, request, at)
        lead = finding.lead_of(source, sent)
        external_id = sent.get("external_id", "")
        new, handoff = intake.receive_activity(
            source, lead, deed, external_id=external_id, raw=dict(request.data), at=at
        )
        stage = Lead.objects.values_list("stage", flat=True).get(pk=lead.pk)
        body = {
            "lead": str(lead.public_id),
            "stage": stage,
            "repeated": not new,
            "handoff": str(handoff.public_id) if handoff else None,
        }
        return Response(body, status=HTTP_201 if new else HTTP_200)

    @staticmethod
    def _of_visitor(source: IntakeSource, sent: dict[str, Any], deed: Deed, request: Request, at: datetime) -> Response:
        """Somebody who is a lead already, or will be once they give their address."""
        new, handoff = visits.receive(
            source,
            sent["visitor"],
            deed.type,
            deed.occurred_at,
            at=at,
            properties=deed.properties,
            external_id=sent.get("external_id", ""),
            raw=dict(request.data),
        )
        lead = Lead.objects.filter(visitors__key=sent["visitor"]).first()
        body = {
            "lead": str(lead.public_id) if lead else None,
            "stage": lead.stage if lead else "anonymous",
            "repeated": not new,
            "handoff": str(handoff.public_id) if handoff else None,
        }
        return Response(body, status=HTTP_201 if new else HTTP_200)
