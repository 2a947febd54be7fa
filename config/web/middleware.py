"""Answers given the same way everywhere: the security policy, and what a refused verb looks like."""

from __future__ import annotations

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from config.web.errors import Refusal


class ContentSecurityMiddleware(CSPMiddleware):
    """The strict policy for the portal; the admin, and only the admin, gets its own."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/admin/"):
            response._csp_update = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
        return super().process_response(request, response)


class ConflictMiddleware:
    """Turns a `Refusal` that a view let through into its answer: 409, 422 or 403, never a 500.

    An htmx request gets the message as a toast and keeps its page; a form post gets a page that says what happened.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refusal):
            return None
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse(error.as_json(), status=error.status)
        template = "components/refusal_toast.html" if getattr(request, "htmx", False) else "refusal.html"
        response = render(request, template, {"refusal": error}, status=error.status)
        if getattr(request, "htmx", False):
            response["HX-Retarget"] = "#toasts"
            response["HX-Reswap"] = "beforeend"
        return response
