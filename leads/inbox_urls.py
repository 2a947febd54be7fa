"""The inbox, the page of a handoff with its acts, and the right of reply."""

from django.urls import path

from leads.views import contests, handoffs, handoffs_bulk, inbox

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("handoffs/many/<slug:act>/", handoffs_bulk.handoffs_bulk, name="handoffs_bulk"),
    path("handoffs/<uuid:public_id>/", handoffs.handoff, name="handoff"),
    path("handoffs/<uuid:public_id>/say/", handoffs.handoff_say, name="handoff_say"),
    path("handoffs/<uuid:public_id>/<slug:act>/", handoffs.handoff_act, name="handoff_act"),
    path("contests/", contests.contests_page, name="contests"),
    path("contests/<uuid:public_id>/", contests.contest, name="contest"),
]
