"""What allauth may and may not do here."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest


class ClosedSignupAdapter(DefaultAccountAdapter):
    """Accounts are made by the company's admins."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class CompanySocialAdapter(DefaultSocialAccountAdapter):
    """Company sign-in opens existing accounts by verified e-mail; it makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False
