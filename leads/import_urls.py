"""Files brought in, under /imports/."""

from django.urls import path

from leads.views import imports

urlpatterns = [
    path("", imports.imports, name="imports"),
    path("new/", imports.import_new, name="import_new"),
    path("<uuid:public_id>/", imports.import_run, name="import_run"),
    path("<uuid:public_id>/columns/", imports.import_columns, name="import_columns"),
    path("<uuid:public_id>/start/", imports.import_start, name="import_start"),
    path("<uuid:public_id>/again/", imports.import_again, name="import_again"),
    path("<uuid:public_id>/reopen/", imports.import_reopen, name="import_reopen"),
    path("<uuid:public_id>/discard/", imports.import_discard, name="import_discard"),
    path("<uuid:public_id>/faults.csv", imports.import_faults, name="import_faults"),
]
