"""Who works here, in the admin: people with their places in teams, teams, and the tokens by which programs act as them."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from config.accounts.adminaccess import NOBODY, ActorAdminMixin
from config.accounts.models import ApiToken, Membership, Team, User
from config.accounts.shownonce import ShownOnceMixin

log = logging.getLogger(__name__)


class MembershipInline(ActorAdminMixin, TabularInline):
    """Switched off rather than deleted: what somebody did in a team stays told."""

    model = Membership
    delete_rule = NOBODY
    fields = ("team", "role", "weekly_capacity", "is_active")
    extra = 0


@admin.register(User)
class UserAdmin(ActorAdminMixin, ModelAdmin):
    """A person is invited by mail to choose a password. Who leaves is switched off: signed out at once, given no new leads."""

    delete_rule = NOBODY
    list_display = ("name", "email", "places", "is_active", "last_login")
    list_filter = ("is_active", "memberships__team")
    search_fields = ("name", "email")
    fields = ("name", "email", "phone", "time_zone", "is_active")
    inlines = (MembershipInline,)
    actions = ("invite",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("memberships__team")

    @display(description="Works in")
    def places(self, user: User) -> str:
        rows = [row for row in user.memberships.all() if row.is_active]
        return ", ".join(f"{row.team} ({row.get_role_display().lower()})" for row in rows) or "no team"

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:  # who reads the old mailbox must not get in by it
            EmailAddress.objects.filter(user=obj).exclude(email__iexact=obj.email).delete()

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        transaction.on_commit(partial(invite, request, obj))  # a mail that fails must not take the person back
        return redirect("admin:accounts_user_change", obj.pk)

    @admin.action(description="Invite by mail to choose a password", permissions=["change"])
    def invite(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users.filter(is_active=True):
            transaction.on_commit(partial(invite, request, user))


def invite(request: HttpRequest, user: User) -> None:
    """A mail with a link to choose a password; it works once, and not for ever."""
    form = ResetPasswordForm({"email": user.email})
    try:
        if form.is_valid():
            form.save(request)
    except OSError as error:
        log.exception("An invitation could not be sent.")
        messages.error(
            request, f"The mail to {user.email} could not be sent ({error}). Invite them again from the list."
        )
    else:
        messages.success(request, f"{user.email} has been sent a link to choose a password.")


@admin.register(Team)
class TeamAdmin(ActorAdminMixin, ModelAdmin):
    """What a team does decides what its people see, and which side of an agreement they are."""

    delete_rule = NOBODY
    list_display = ("name", "function", "time_zone", "is_active")
    list_filter = ("function", "is_active")
    search_fields = ("name",)
    fields = ("name", "function", "time_zone", "is_active")


@admin.register(ApiToken)
class ApiTokenAdmin(ActorAdminMixin, ShownOnceMixin, ModelAdmin):
    """Lets a program act as a person. The token is shown when it is made, and never again."""

    shown_as = "Token"
    list_display = ("label", "user", "is_active", "expires_at", "created_at")
    list_filter = ("is_active",)
    search_fields = ("label", "user__name", "user__email")
    autocomplete_fields = ("user",)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        return ("label", "user", "expires_at", "is_active") if obj else ("label", "user", "expires_at")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        return ("user",) if obj else ()

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        token = "" if change else obj.renew()
        super().save_model(request, obj, form, change)
        if token:
            self.show_once(request, obj, token)
