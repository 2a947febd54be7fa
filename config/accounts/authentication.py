"""API sign-in by bearer token."""

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from config.accounts.actor import Actor
from config.accounts.models import ApiToken, User, token_hash

PREFIX = "hu_"


def bearer(request: Request) -> str:
    """The bearer token of the Authorization header, or an empty string."""
    scheme, _, value = get_authorization_header(request).decode("latin-1").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


class ApiTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer hu_…`: the program acts as the token's user."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        token = bearer(request)
        if not token.startswith(PREFIX):
            return None
        user = (
            User.objects.get_queryset()
            .with_memberships()
            .filter(
                Q(api_tokens__expires_at=None) | Q(api_tokens__expires_at__gt=timezone.now()),
                is_active=True,
                api_tokens__token_hash=token_hash(token),
                api_tokens__is_active=True,
            )
            .first()
        )
        if user is None:
            raise AuthenticationFailed("This token is unknown, expired or switched off.")
        request._request.actor = Actor.of(user)  # type: ignore[attr-defined]
        return user, ApiToken(user=user)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
