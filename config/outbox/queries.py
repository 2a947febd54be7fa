"""How the outbox is doing, for those who run the portal. The number of queries never depends on the number of rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from config.outbox.models import DeliveryState, Event, Heartbeat, RetriedDelivery


@dataclass(frozen=True)
class Depth:
    """One queue: what waits, since when the oldest is due, and what was given up until somebody decides."""

    name: str
    waiting: int
    parked: int
    due_since: datetime | None


@dataclass(frozen=True)
class Failure:
    queue: str
    what: str
    error: str
    attempts: int
    failed_at: datetime
    parked: bool
    next_at: datetime


def _delivery_models() -> list[type[RetriedDelivery]]:
    """Every kind of outgoing thing, also those of apps above that this one does not know."""
    return sorted(RetriedDelivery.__subclasses__(), key=lambda model: model._meta.label)


def _name(model: type[RetriedDelivery]) -> str:
    return str(model._meta.verbose_name_plural).capitalize()


def depths() -> list[Depth]:
    """Events first, then each kind of delivery. One query each."""
    found = Event.objects.filter(handled_at=None).aggregate(
        waiting=Count("pk", filter=Q(parked_at=None)),
        parked=Count("pk", filter=~Q(parked_at=None)),
        due_since=Min("next_at", filter=Q(parked_at=None)),
    )
    return [Depth("Events", **found), *(_depth(model) for model in _delivery_models())]


def _depth(model: type[RetriedDelivery]) -> Depth:
    waiting, parked = Q(state=DeliveryState.WAITING), Q(state=DeliveryState.PARKED)
    counted = model._default_manager.exclude(state=DeliveryState.SENT).aggregate(
        waiting=Count("pk", filter=waiting), parked=Count("pk", filter=parked), due_since=Min("next_at", filter=waiting)
    )
    return Depth(_name(model), **counted)


def heartbeats() -> list[Heartbeat]:
    """The last run of each scheduled job."""
    return list(Heartbeat.objects.order_by("name"))


def recent_failures(limit: int = 20) -> list[Failure]:
    """What failed last and is not settled yet, latest first: events and deliveries together."""
    events = Event.objects.filter(handled_at=None).exclude(failed_at=None).order_by("-failed_at")[:limit]
    found = [_failure("Events", str(event), event, parked=event.parked_at is not None) for event in events]
    for model in _delivery_models():
        rows = model._default_manager.exclude(state=DeliveryState.SENT).exclude(failed_at=None)
        rows = rows.select_related(*_shown_with(model)).order_by("-failed_at")[:limit]
        found += [_failure(_name(model), row.what, row, parked=row.state == DeliveryState.PARKED) for row in rows]
    return sorted(found, key=lambda failure: failure.failed_at, reverse=True)[:limit]


def _shown_with(model: type[RetriedDelivery]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if field.is_relation]


def _failure(queue: str, what: str, row: Any, *, parked: bool) -> Failure:
    return Failure(queue, what, row.last_error, row.attempts, row.failed_at, parked, row.next_at)
