"""Who may open what. Every view declares a rule; `config/web/checks.py` stops the start of one that does not.

    @allow(of(Function.SALES))
    def inbox(request): ...

A visitor without a session is sent to sign in (401 for the API), one without the right gets 403; which *objects*
a permitted person sees is decided by querysets, where others' objects are simply not found (404).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Rule:
    """`allows` gets the actor (None when nobody is signed in)."""

    name: str
    allows: Callable[[Any], bool]
    machine: bool = False  # judged by a token of its own, inside the view

    def __str__(self) -> str:
        return self.name


PUBLIC = Rule("everyone", lambda actor: True)
SIGNED_IN = Rule("signed in", bool)
MEMBERS = Rule("members of any team", lambda actor: bool(actor) and (bool(actor.seats) or actor.is_admin))
MANAGERS = Rule("managers", lambda actor: bool(actor) and actor.is_manager)
ADMINS = Rule("admins", lambda actor: bool(actor) and actor.is_admin)
READERS = Rule("who reads everything", lambda actor: bool(actor) and actor.reads_everything)
SOURCES = Rule("connected systems, by token", lambda actor: True, machine=True)


def of(*functions: str, managers: bool = False) -> Rule:
    """Members of teams with these functions (only their managers, if asked); admins always."""
    who = "managers of " if managers else ""

    def allows(actor: Any) -> bool:
        if not actor:
            return False
        if managers:
            return bool(actor.manages(*functions))
        return bool(actor.is_admin or actor.works_in(*functions))

    named = [str(getattr(function, "label", function)).lower() for function in functions]
    return Rule(who + (", ".join(named[:-1]) + " and " if named[1:] else "") + named[-1], allows)


def either(*rules: Rule) -> Rule:
    return Rule(" or ".join(rule.name for rule in rules), lambda actor: any(r.allows(actor) for r in rules))


def allow(rule: Rule) -> Callable[[View], View]:
    """Declare and enforce the rule on a function view."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not rule.allows(request.actor or None):  # type: ignore[attr-defined]
                if not request.user.is_authenticated:
                    return redirect_to_login(request.get_full_path())
                raise PermissionDenied(f"This page is for {rule}.")
            return view(request, *args, **kwargs)

        guarded.access = rule  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


# Views of other packages cannot carry our decorator; each route is named here with the rule that package enforces.
# The longest route that fits decides.
THIRD_PARTY: dict[str, Rule] = {
    "admin/": MANAGERS,
    "admin/login/": PUBLIC,
    "admin/logout/": PUBLIC,
    "admin/jsi18n/": MANAGERS,
    "accounts/": PUBLIC,
    "accounts/password/change/": SIGNED_IN,
    "accounts/password/set/": SIGNED_IN,
    "accounts/email/": SIGNED_IN,
    "accounts/reauthenticate/": SIGNED_IN,
    "accounts/2fa/": SIGNED_IN,
    "accounts/2fa/authenticate/": PUBLIC,
    "accounts/3rdparty/": SIGNED_IN,
    "accounts/3rdparty/login/": PUBLIC,
    "accounts/3rdparty/signup/": PUBLIC,
}


def declared_access(callback: Callable[..., Any], route: str) -> Rule | None:
    """The rule a URL's view declares, if any; `route` is the URL's whole pattern."""
    view_class = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    rule = getattr(callback, "access", None) or getattr(view_class, "access", None)
    if rule is None:
        fitting = [prefix for prefix in THIRD_PARTY if route.startswith(prefix)]
        rule = THIRD_PARTY[max(fitting, key=len)] if fitting else None
    return rule
