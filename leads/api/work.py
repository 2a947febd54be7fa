"""The work on handoffs: accept, reject. The same verbs as the pages call."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.accounts.actor import Actor
from config.web.access import MEMBERS
from leads.api.serializers import HandoffSerializer
from leads.models import Handoff
from leads.services import handoffs


def actor_of(request: Request) -> Actor:
    actor: Actor = request._request.actor  # type: ignore[attr-defined]
    return actor


def workable(request: Request, public_id: str) -> Handoff:
    """A handoff this person may decide on or work; others' are not found."""
    handoff = Handoff.objects.decided_by(actor_of(request)).filter(public_id=public_id).first()
    if handoff is None:
        raise Http404
    return handoff


def shown(handoff: Handoff) -> Response:
    fresh = Handoff.objects.select_related("to_team", "to_user", "lead").get(pk=handoff.pk)
    return Response(HandoffSerializer(fresh).data)


class OneHandoff(APIView):
    access = MEMBERS

    @extend_schema(responses=HandoffSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        visible = Handoff.objects.visible_to(actor_of(request)).filter(public_id=public_id).first()
        if visible is None:
            raise Http404
        return shown(visible)


class AcceptInput(serializers.Serializer[Any]):
    meeting_at = serializers.DateTimeField(required=False, allow_null=True)


class Accept(APIView):
    access = MEMBERS

    @extend_schema(request=AcceptInput, responses=HandoffSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        given = AcceptInput(data=request.data)
        given.is_valid(raise_exception=True)
        handoff = workable(request, public_id)
        handoffs.accept(
            handoff.pk,
            by=actor_of(request).user,
            at=timezone.now(),
            meeting_at=given.validated_data.get("meeting_at"),
        )
        return shown(handoff)


class RejectInput(serializers.Serializer[Any]):
    reason = serializers.SlugField(max_length=60)
    attribute = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")


class Reject(APIView):
    access = MEMBERS

    @extend_schema(request=RejectInput, responses=HandoffSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        given = RejectInput(data=request.data)
        given.is_valid(raise_exception=True)
        handoff = workable(request, public_id)
        handoffs.reject(handoff.pk, by=actor_of(request).user, at=timezone.now(), **given.validated_data)
        return shown(handoff)
