"""What a verb raises when it will not do what was asked. Pages, API and tasks answer each in their own way."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A rule says no (HTTP 422): `message` is a sentence for people, `fields` names the inputs that were wrong."""

    status = 422

    def __init__(self, code: str, message: str, *, fields: dict[str, str] | None = None, **facts: Any):
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields or {}
        self.facts = facts

    def as_json(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "fields": self.fields, **self.facts}}


class Conflict(Refusal):
    """Somebody was faster, or the state is another than the caller saw (HTTP 409): says who did what, when."""

    status = 409


class Forbidden(Refusal):
    """The actor may see the object but not do this to it (HTTP 403)."""

    status = 403
