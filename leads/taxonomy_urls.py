"""The agreed words at work: overview, conditions, routes, missing details, duplicates, scores."""

from django.urls import path

from leads.views import conditions, duplicates, routes, scores, taxonomy

urlpatterns = [
    path("", taxonomy.taxonomy, name="taxonomy"),
    path("missing/", taxonomy.missing, name="profiling"),
    path("versions/<uuid:public_id>/impact/", taxonomy.version_impact, name="version_impact"),
    path("try/", conditions.definition_try, name="definition_try"),
    path("try/words/", conditions.condition_vocabulary, name="condition_vocabulary"),
    path("try/count/", conditions.condition_count, name="condition_count"),
    path("routing/", routes.routing_dry_run, name="routing_dry_run"),
    path("duplicates/", duplicates.duplicates, name="duplicates"),
    path("duplicates/find/", duplicates.duplicates_find, name="duplicates_find"),
    path("duplicates/propose/", duplicates.duplicates_propose, name="duplicates_propose"),
    path("duplicates/<uuid:public_id>/", duplicates.duplicate, name="duplicate"),
    path("duplicates/<uuid:public_id>/merge/", duplicates.duplicate_merge, name="duplicate_merge"),
    path("duplicates/<uuid:public_id>/apart/", duplicates.duplicate_apart, name="duplicate_apart"),
    path("leads/<uuid:public_id>/score/", scores.lead_score, name="lead_score"),
    path("leads/<uuid:public_id>/score/watch/", scores.lead_watch, name="lead_watch"),
    path("watches/", scores.watches, name="watches"),
    path("watches/<int:watch>/remove/", scores.watch_remove, name="watch_remove"),
]
