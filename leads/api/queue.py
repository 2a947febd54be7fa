"""The call queue for programs: claim, hold, let go, ask for the number, record a try, take it back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.accounts.choices import Function
from config.web.access import MEMBERS, of
from config.web.errors import Conflict
from leads.api.serializers import HandoffSerializer
from leads.api.work import actor_of, shown, workable
from leads.models import Attempt, AttemptChannel
from leads.services import attempts, cases, claiming, clearing
from leads.services.gates import Clearance

CALLERS = of(Function.TELEQUALIFICATION)


class ClaimNext(APIView):
    """Take the next-best lead of one's queues; 204 when nothing may be called now.

    The claim is a lease of a quarter of an hour; `hold` renews it. Who holds a lead is given that one again.
    """

    access = CALLERS

    @extend_schema(request=None, responses={200: HandoffSerializer, 204: None})
    def post(self, request: Request) -> Response:
        handoff = claiming.next_lead(actor_of(request), timezone.now())
        return shown(handoff) if handoff else Response(status=204)


class Claim(APIView):
    """Take one particular waiting lead; 409 says who was faster. DELETE puts it back in its order."""

    access = CALLERS

    @extend_schema(request=None, responses=HandoffSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        handoff = workable(request, public_id)
        with transaction.atomic():
            claiming.claim(handoff.pk, by=actor_of(request).user, at=timezone.now())
        return shown(handoff)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, public_id: str) -> Response:
        handoff = workable(request, public_id)
        claiming.let_go(handoff.pk, by=actor_of(request).user, at=timezone.now())
        return Response(status=204)


class Hold(APIView):
    """Renew the lease; 409 when the lead is no longer this rep's."""

    access = CALLERS

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, public_id: str) -> Response:
        handoff = workable(request, public_id)
        if not claiming.hold(handoff.pk, by=actor_of(request).user, at=timezone.now()):
            raise Conflict("lost", "This lead is no longer yours.")
        return Response(status=204)


class ClearanceSerializer(serializers.Serializer[Clearance]):
    """The number, or every rule that stops the call."""

    number = serializers.CharField(source="number.normalised", default=None, read_only=True)
    time_zone = serializers.CharField(source="window.zone", read_only=True)
    time_zone_from = serializers.CharField(source="window.origin", read_only=True)
    stops = serializers.SerializerMethodField()

    def get_stops(self, found: Clearance) -> list[dict[str, Any]]:
        return [
            {
                "rule": stop.code,
                "words": stop.words,
                "until": stop.until.isoformat() if stop.until else None,
                "a_manager_may_override": stop.overridable,
            }
            for stop in found.stops
        ]


class Number(APIView):
    """The number of a lead one has claimed, through the same gate as on the console; what it refuses is recorded."""

    access = CALLERS

    @extend_schema(request=None, responses=ClearanceSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        handoff, user = workable(request, public_id), actor_of(request).user
        with transaction.atomic():
            locked, case = cases.load_handoff(handoff.pk, timezone.now())
            claiming.must_hold(locked.pk, by=user)
            found = clearing.ask_for_number(locked, case, by=user)
        return Response(ClearanceSerializer(found).data)


class AttemptInput(serializers.Serializer[Any]):
    disposition = serializers.SlugField(max_length=60)
    channel = serializers.ChoiceField(choices=AttemptChannel.choices, default=AttemptChannel.CALL)
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    callback_at = serializers.DateTimeField(required=False, allow_null=True)
    reason = serializers.SlugField(required=False, allow_blank=True, default="")
    evidence = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    return_on = serializers.DateField(required=False, allow_null=True)
    answers = serializers.DictField(required=False, default=dict)
    next_step = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")
    meeting_at = serializers.DateTimeField(required=False, allow_null=True)
    new_number = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    talk_seconds = serializers.IntegerField(min_value=0, required=False, allow_null=True)


class Attempts(APIView):
    """Record a try to reach the lead, with its outcome and effects, which happen at once."""

    access = MEMBERS

    @extend_schema(request=AttemptInput, responses=HandoffSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        given = AttemptInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        handoff = workable(request, public_id)
        attempts.record(
            handoff.pk,
            by=actor_of(request).user,
            at=timezone.now(),
            disposition=values.pop("disposition"),
            channel=values.pop("channel"),
            details=attempts.Details(**values),
        )
        return shown(handoff)


class UndoAttempt(APIView):
    """Take back an outcome of the last seconds; 409 when its effects have happened."""

    access = CALLERS

    @extend_schema(request=None, responses=HandoffSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        user = actor_of(request).user
        attempt = Attempt.objects.select_related("handoff").filter(public_id=public_id, by=user).first()
        if attempt is None or attempt.handoff is None:
            raise Http404
        attempts.undo(attempt.pk, by=user, at=timezone.now())
        return shown(attempt.handoff)
