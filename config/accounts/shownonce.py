"""Secrets in the admin that are shown when they are made, on the page of what they belong to, and never again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class ShownOnceMixin:
    """Stands before the admin's own class. Whoever makes a secret keeps it by `show_once`; a new row's page follows at once."""

    shown_as: ClassVar[str]
    opts: Any

    def _place(self, pk: Any) -> str:
        return f"shown_once_{self.opts.label_lower}_{pk}"

    def show_once(self, request: HttpRequest, obj: Any, secret: str) -> None:
        request.session[self._place(obj.pk)] = secret

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", obj.pk)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        secret = request.session.pop(self._place(object_id), None)
        if secret:
            # Added while the page that shows it is made, so that it is never stored in a cookie.
            messages.warning(request, f"{self.shown_as}, shown this once: {secret}")
        response: HttpResponse = super().change_view(request, object_id, *args, **kwargs)  # type: ignore[misc]
        return response
