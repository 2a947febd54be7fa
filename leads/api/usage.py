"""Product use and visits in: `POST /api/v1/usage`, `POST /api/v1/visits`."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.web.access import SOURCES
from config.web.api import HTTP_200, HTTP_201
from leads.api.authentication import SourceAuthentication
from leads.api.intake import source_of
from leads.api.serializers import not_ahead
from leads.models import IntakeSource, UsageKind
from leads.services import usage, visits


class UsageSerializer(serializers.Serializer[Any]):
    """One use. `name` is what was done; a person's lead has it as an activity of that type."""

    name = serializers.SlugField(max_length=60)
    kind = serializers.ChoiceField(choices=UsageKind.choices)
    occurred_at = serializers.DateTimeField(required=False, validators=[not_ahead])
    email = serializers.CharField(max_length=254, required=False, allow_blank=True, default="")
    domain = serializers.CharField(max_length=253, required=False, allow_blank=True, default="")
    company = serializers.CharField(max_length=160, required=False, allow_blank=True, default="")
    user_key = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    quantity = serializers.IntegerField(min_value=0, max_value=2_000_000_000, required=False, allow_null=True)
    properties = serializers.DictField(required=False, default=dict)
    external_id = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class Usage(APIView):
    """Send one use of the product. The same external id twice is once."""

    access = SOURCES
    authentication_classes = (SourceAuthentication,)

    @extend_schema(request=UsageSerializer, responses={201: dict, 200: dict})
    def post(self, request: Request) -> Response:
        at = timezone.now()
        given = UsageSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = {"occurred_at": at} | given.validated_data
        counted = usage.receive(source_of(request), usage.UsageInput(**values, raw=dict(request.data)), at=at)
        body = {
            "company": str(counted.company.public_id) if counted.company else None,
            "lead": str(counted.lead.public_id) if counted.lead else None,
            "stage": counted.lead.stage if counted.lead else None,
            "repeated": counted.repeated,
            "handoff": str(counted.handoff.public_id) if counted.handoff else None,
        }
        return Response(body, status=HTTP_200 if counted.repeated else HTTP_201)


class VisitKey(BaseAuthentication):
    """`?key=hv_…`: stands in the pages of the company's own site, and may send nothing but visits from there."""

    def authenticate(self, request: Request) -> tuple[Any, IntakeSource] | None:
        from django.contrib.auth.models import AnonymousUser

        key = request.query_params.get("key", "")
        if not key:
            return None
        source = IntakeSource.objects.filter(visit_key=key, is_active=True).first()
        if source is None:
            raise AuthenticationFailed("This key is unknown or its source is switched off.")
        origin = request.headers.get("Origin", "")
        if origin and origin not in source.visit_origins:
            raise AuthenticationFailed("This site may not send visits with this key.")
        return AnonymousUser(), source

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class PlainJson(JSONParser):
    """What a browser's beacon sends without asking beforehand."""

    media_type = "text/plain"


class VisitSerializer(serializers.Serializer[Any]):
    """One visit. Which deed it is follows from the page; a connected system may name its `type` itself."""

    visitor = serializers.CharField(max_length=80)
    page = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")
    type = serializers.SlugField(max_length=60, required=False)
    occurred_at = serializers.DateTimeField(required=False, validators=[not_ahead])
    properties = serializers.DictField(required=False, default=dict)
    external_id = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class Visits(APIView):
    """A visitor, known by nothing but an id of the browser, has looked at a page."""

    access = SOURCES
    authentication_classes = (SourceAuthentication, VisitKey)
    parser_classes = (JSONParser, PlainJson)

    @extend_schema(request=VisitSerializer, responses={201: dict, 200: dict})
    def post(self, request: Request) -> Response:
        at = timezone.now()
        given = VisitSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        sent = given.validated_data
        by_browser = isinstance(request.successful_authenticator, VisitKey)
        named = "" if by_browser else sent.get("type", "")
        new, _ = visits.receive(
            source_of(request),
            sent["visitor"],
            named or visits.type_of(sent["page"]),
            sent.get("occurred_at", at),
            at=at,
            properties=sent["properties"] | ({"page": sent["page"]} if sent["page"] else {}),
            external_id=sent["external_id"],
            raw=dict(request.data),
        )
        answer = Response({"repeated": not new}, status=HTTP_201 if new else HTTP_200)
        if by_browser and (origin := request.headers.get("Origin")):
            answer["Access-Control-Allow-Origin"] = origin
            answer["Vary"] = "Origin"
        return answer
