"""Every URL of the portal, by the app that answers it."""

from django.contrib import admin
from django.urls import include, path

from config.accounts.adminaccess import sign_in

admin.site.login = sign_in  # type: ignore[method-assign]

urlpatterns = [
    path("", include("config.web.urls")),
    path("", include("config.notices.urls")),
    path("people/", include("config.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("agreement/", include("sla.urls")),
    path("", include("leads.urls")),
    path("reports/", include("reports.urls")),
    path("api/v1/", include("config.api_urls")),
]
