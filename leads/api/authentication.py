"""Connected systems sign in with the token of their source."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from config.accounts.authentication import bearer
from config.accounts.models import token_hash
from config.web.prepared import one_row
from leads.models import IntakeSource

PREFIX = "hs_"


class SourceAuthentication(BaseAuthentication):
    """`Authorization: Bearer hs_…`: `request.auth` is the intake source."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, IntakeSource] | None:
        token = bearer(request)
        if not token.startswith(PREFIX):
            return None
        source = one_row(IntakeSource, "WHERE token_hash = %(hash)s AND is_active", {"hash": token_hash(token)})
        if source is None:
            raise AuthenticationFailed("This token is unknown or its source is switched off.")
        return AnonymousUser(), source

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
