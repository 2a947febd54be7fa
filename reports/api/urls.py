from django.urls import path

from reports.api import figures

urlpatterns = [
    path("reports", figures.Reports.as_view(), name="api_reports"),
    path("reports/<slug:key>", figures.OneReport.as_view(), name="api_report"),
]
