from django.urls import path

from leads.api import calls, costs, intake, leads, queue, usage, work

urlpatterns = [
    path("leads", leads.Leads.as_view(), name="api_leads"),
    path("leads/<uuid:public_id>", leads.OneLead.as_view(), name="api_lead"),
    path("activities", intake.Activities.as_view(), name="api_activities"),
    path("campaigns/costs", costs.CampaignCosts.as_view(), name="api_campaign_costs"),
    path("usage", usage.Usage.as_view(), name="api_usage"),
    path("visits", usage.Visits.as_view(), name="api_visits"),
    path("queue/claim", queue.ClaimNext.as_view(), name="api_claim_next"),
    path("calls/events", calls.CallEvents.as_view(), name="api_call_events"),
    path("handoffs/<uuid:public_id>", work.OneHandoff.as_view(), name="api_handoff"),
    path("handoffs/<uuid:public_id>/claim", queue.Claim.as_view(), name="api_claim"),
    path("handoffs/<uuid:public_id>/hold", queue.Hold.as_view(), name="api_hold"),
    path("handoffs/<uuid:public_id>/number", queue.Number.as_view(), name="api_number"),
    path("handoffs/<uuid:public_id>/accept", work.Accept.as_view(), name="api_accept"),
    path("handoffs/<uuid:public_id>/reject", work.Reject.as_view(), name="api_reject"),
    path("handoffs/<uuid:public_id>/attempts", queue.Attempts.as_view(), name="api_attempts"),
    path("attempts/<uuid:public_id>/undo", queue.UndoAttempt.as_view(), name="api_undo"),
]
