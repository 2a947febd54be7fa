from django.urls import include, path

from leads.views import amending, clocks, costs, operations

urlpatterns = [
    path("", include("leads.lead_urls")),
    path("queue/", include("leads.queue_urls")),
    path("taxonomy/", include("leads.taxonomy_urls")),
    path("", include("leads.inbox_urls")),
    path("imports/", include("leads.import_urls")),
    path("versions/<uuid:public_id>/apply/", amending.version_apply, name="version_apply"),
    path("campaigns/costs/", costs.campaign_costs, name="campaign_costs"),
    path("campaigns/costs/<int:cost>/remove/", costs.campaign_cost_remove, name="campaign_cost_remove"),
    path("operations/", operations.operations, name="operations"),
    path("operations/retry/", operations.operations_retry, name="operations_retry"),
    path("clocks/<uuid:public_id>/", clocks.clock_panel, name="clock"),
    path("clocks/<uuid:public_id>/cause/", clocks.clock_cause, name="clock_cause"),
    path("clocks/<uuid:public_id>/excuse/", clocks.clock_excuse, name="clock_excuse"),
]
