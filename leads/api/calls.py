"""A telephone system tells of its calls: `POST /api/v1/calls/events`, with the token of its source."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.web.access import SOURCES
from leads.api.authentication import SourceAuthentication
from leads.api.intake import source_of
from leads.api.serializers import not_ahead
from leads.models import PhoneCall
from leads.services import dialling
from leads.services.dialling import CallEvent

EVENTS = ("ringing", "answered", "ended")


class CallEventInput(serializers.Serializer[Any]):
    """`call` is the id that the webhook `call.requested` carried; without it, `external_id` is the system's own id."""

    event = serializers.ChoiceField(choices=EVENTS)
    at = serializers.DateTimeField(validators=[not_ahead])
    call = serializers.UUIDField(required=False)
    external_id = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    direction = serializers.ChoiceField(choices=PhoneCall.Direction.choices, default=PhoneCall.Direction.OUT)
    number = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    email = serializers.EmailField(required=False, allow_blank=True, default="")
    talk_seconds = serializers.IntegerField(min_value=0, required=False, allow_null=True)


class CallEvents(APIView):
    """An event of a call. The same event twice changes nothing; a late one never turns a call back."""

    access = SOURCES
    authentication_classes = (SourceAuthentication,)

    @extend_schema(request=CallEventInput, responses={200: dict})
    def post(self, request: Request) -> Response:
        given = CallEventInput(data=request.data)
        given.is_valid(raise_exception=True)
        call = dialling.take_event(source_of(request), CallEvent(**given.validated_data))
        return Response(
            {
                "call": str(call.public_id),
                "state": call.state,
                "handoff": str(call.handoff.public_id) if call.handoff else None,
                "talk_seconds": call.talk_seconds,
            }
        )
