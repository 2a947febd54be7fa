"""Leads found, read and followed: list, page, search, companies, opportunities, nurture, the audit."""

from django.urls import path

from leads.views import audit, companies, lead, leads, nurture, opportunities, search

urlpatterns = [
    path("search/", search.search, name="search"),
    path("leads/", leads.leads, name="leads"),
    path("leads/<uuid:public_id>/", lead.lead, name="lead"),
    path("leads/<uuid:public_id>/history/", lead.lead_history, name="lead_history"),
    path("leads/<uuid:public_id>/comments/", lead.lead_comment, name="lead_comment"),
    path("leads/<uuid:public_id>/files/", lead.lead_files, name="lead_files"),
    path("leads/files/<uuid:public_id>/", lead.lead_file, name="lead_file"),
    path("leads/files/<uuid:public_id>/remove/", lead.lead_file_remove, name="lead_file_remove"),
    path("companies/<uuid:public_id>/", companies.company, name="company"),
    path("opportunities/", opportunities.opportunity_list, name="opportunities"),
    path("opportunities/new/", opportunities.opportunity_new, name="opportunity_new"),
    path("opportunities/<uuid:public_id>/", opportunities.opportunity, name="opportunity"),
    *(
        path(
            f"opportunities/<uuid:public_id>/{act}/",
            opportunities.opportunity_act,
            {"act": act},
            name=f"opportunity_{act}",
        )
        for act in opportunities.ACTS
    ),
    path("operations/audit/", audit.audit, name="audit"),
    path("operations/audit/run/", audit.audit_run, name="audit_run"),
    path("nurture/", nurture.nurture, name="nurture"),
    path("nurture/return/", nurture.nurture_return, name="nurture_return"),
    path("nurture/postpone/", nurture.nurture_postpone, name="nurture_postpone"),
]
