"""The API's manners: errors in one shape."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.exceptions import ValidationError as ApiValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from config.web.errors import Refusal


def error_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """`{"error": {"code", "message", "fields"}}` for every error the API gives."""
    if isinstance(error, Refusal):
        return Response(error.as_json(), status=error.status)
    if isinstance(error, ValidationError):
        error = ApiValidationError(getattr(error, "message_dict", None) or error.messages)
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = {"error": _described(error)}
    return response


def _described(error: Exception) -> dict[str, Any]:
    if isinstance(error, ApiValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"": error.detail}
        named = {key: _sentence(value) for key, value in fields.items()}
        return {
            "code": "invalid",
            "message": "; ".join(f"{key}: {value}" if key else value for key, value in named.items()),
            "fields": named,
        }
    if isinstance(error, Http404):
        return {"code": "not_found", "message": "There is nothing here for you.", "fields": {}}
    if isinstance(error, PermissionDenied):
        return {"code": "forbidden", "message": str(error) or "You may not do this.", "fields": {}}
    assert isinstance(error, APIException)
    return {"code": error.default_code, "message": str(error.detail), "fields": {}}


def _sentence(detail: Any) -> str:
    if isinstance(detail, dict):
        return "; ".join(f"{key}: {_sentence(value)}" for key, value in detail.items())
    if isinstance(detail, list):
        return " ".join(_sentence(item) for item in detail)
    return str(detail)


HTTP_201, HTTP_200 = status.HTTP_201_CREATED, status.HTTP_200_OK
