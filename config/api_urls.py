"""The API, version 1."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from config.web.access import SIGNED_IN

SpectacularAPIView.access = SIGNED_IN  # type: ignore[attr-defined]

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(), name="api_schema"),
    path("", include("leads.api.urls")),
    path("", include("reports.api.urls")),
]
