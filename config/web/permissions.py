"""The API asks the same declared rules as the pages."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config.web.access import Rule


class DeclaredAccess(BasePermission):
    """Asks the view's `access` rule; a rule for machines is judged by that view's own authentication."""

    def has_permission(self, request: Request, view: Any) -> bool:
        by_method: dict[str, Rule] = getattr(view, "access_by_method", {})
        rule: Rule = by_method.get(request.method or "", view.access)
        if rule.machine:
            return request.auth is not None and not request.user.is_authenticated
        return bool(rule.allows(getattr(request._request, "actor", None) or None))
