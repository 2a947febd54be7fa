"""Attach the actor to the request, lazily."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from config.accounts.actor import Actor


class ActorMiddleware:
    """`request.actor` is the signed-in person as an `Actor`, or falsy. Pages show that person's local time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: _actor_of(request))  # type: ignore[attr-defined]
        with timezone.override(None):
            if request.session.get("_auth_user_id") and request.user.is_authenticated:
                timezone.activate(request.user.time_zone)
            return self.get_response(request)


def _actor_of(request: HttpRequest) -> Actor | None:
    return Actor.of(request.user) if request.user.is_authenticated else None
