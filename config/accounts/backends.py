"""Sign-in: allauth's e-mail backend; the user comes with their memberships and presence in the same query."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from config.accounts.models import User


class AccountBackend(AuthenticationBackend):
    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.get_queryset().with_memberships().select_related("presence").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
