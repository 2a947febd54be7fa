from django.urls import path

from reports.catalogue import REPORTS
from reports.views import files, leads, pages, saved, wishes

urlpatterns = [
    path("leads/", leads.behind, name="reports_leads"),
    *(path(f"{key}/", pages.page, {"key": key}, name=report.url_name) for key, report in REPORTS.items()),
    path("settings/", wishes.settings, name="reports_settings"),
    path("digest/", wishes.digest, name="reports_digest"),
    path("views/<uuid:public_id>/", saved.view_open, name="reports_view"),
    path("views/<uuid:public_id>/remove/", saved.view_remove, name="reports_view_remove"),
    path("<slug:key>/keep/", saved.view_save, name="reports_view_save"),
    path("<slug:key>/file.<slug:ending>", files.export, name="reports_export"),
    path("<slug:key>/part/<slug:section>/", pages.part, name="reports_part"),
]
