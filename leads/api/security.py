"""How the kinds of token stand in the API's description."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object


class _BearerToken(OpenApiAuthenticationExtension):
    prefix = ""

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix=f"Bearer {self.prefix}")


class SourceToken(_BearerToken):
    target_class = "leads.api.authentication.SourceAuthentication"
    name = "source token"
    prefix = "hs_…"


class PersonToken(_BearerToken):
    target_class = "config.accounts.authentication.ApiTokenAuthentication"
    name = "personal token"
    prefix = "hu_…"


class VisitKey(OpenApiAuthenticationExtension):
    target_class = "leads.api.usage.VisitKey"
    name = "visit key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "query", "name": "key"}
