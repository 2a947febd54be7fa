"""Who may see and change what in the admin: the same rules as on the portal's pages, declared per model.

    class EndpointAdmin(ActorAdminMixin, ModelAdmin):
        view_rule = MANAGERS
        change_rule = ADMINS

Django's own permissions and groups are not asked: what a person may do follows from their memberships alone.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from config.web.access import ADMINS, Rule

NOBODY = Rule("nobody", lambda actor: False)


def sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The admin's own sign-in page never asks for a password: everybody comes in by the portal's, with its second step.

    Raises PermissionDenied for who is signed in and manages nothing.
    """
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        wanted = reverse("admin:index")
    user = request.user
    if not user.is_authenticated:
        return redirect_to_login(wanted)
    if not (user.is_active and getattr(user, "is_staff", False)):
        raise PermissionDenied
    return HttpResponseRedirect(wanted)


class ActorAdminMixin:
    """For model admins and inlines alike; stands before the admin's own class.

    `change_rule` covers adding and deleting too, unless `add_rule` or `delete_rule` says otherwise. With NOBODY rows
    are read only. Whoever may change may see.
    """

    view_rule: ClassVar[Rule] = ADMINS
    change_rule: ClassVar[Rule] = ADMINS
    add_rule: ClassVar[Rule | None] = None
    delete_rule: ClassVar[Rule | None] = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return permits(self.view_rule, request) or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return permits(self.change_rule, request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return permits(self.add_rule or self.change_rule, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return permits(self.delete_rule or self.change_rule, request)


def permits(rule: Rule, request: HttpRequest) -> bool:
    return bool(rule.allows(getattr(request, "actor", None) or None))
