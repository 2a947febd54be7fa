from django.urls import path

from sla.views import agreements, comments, comparing, documents, files, lifecycle, reviews, simulator

VERSION = "versions/<uuid:public_id>/"

urlpatterns = [
    path("", agreements.agreements, name="agreements"),
    path("simulator/", simulator.simulator, name="simulator"),
    path("import/", files.import_draft, name="agreement_import"),
    path("verify/", files.verify, name="agreement_verify"),
    path("in-force/<slug:segment>/", agreements.in_force, name="agreement_in_force"),
    path(VERSION, documents.document, name="agreement_version"),
    path(VERSION + "handoff/", documents.handoff_meaning, name="agreement_handoff_meaning"),
    path(VERSION + "differences/", comparing.differences, name="agreement_differences"),
    path(VERSION + "comments/", comments.comments, name="agreement_comments"),
    path(VERSION + "comments/<uuid:comment_id>/resolve/", comments.resolve, name="agreement_comment_resolve"),
    path(VERSION + "margins/", comments.margins, name="agreement_margins"),
    path(VERSION + "propose/", lifecycle.propose, name="agreement_propose"),
    path(VERSION + "sign/", lifecycle.sign, name="agreement_sign"),
    path(VERSION + "reopen/", lifecycle.reopen, name="agreement_reopen"),
    path(VERSION + "withdraw/", lifecycle.withdraw, name="agreement_withdraw"),
    path(VERSION + "acknowledge/", lifecycle.acknowledge, name="agreement_acknowledge"),
    path(VERSION + "readers/", lifecycle.readers, name="agreement_readers"),
    path(VERSION + "readers/remind/", lifecycle.remind_readers, name="agreement_remind"),
    path(VERSION + "agreement.pdf", files.pdf, name="agreement_pdf"),
    path(VERSION + "agreement.md", files.markdown, name="agreement_markdown"),
    path(VERSION + "agreement.json", files.record, name="agreement_record"),
    path("<uuid:public_id>/", agreements.history, name="agreement_history"),
    path("<uuid:public_id>/proposals/", reviews.proposals, name="agreement_proposals"),
    path("<uuid:public_id>/proposals/new/", reviews.propose_change, name="agreement_propose_change"),
    path("<uuid:public_id>/proposals/draft/", reviews.draft, name="agreement_review_draft"),
    path("<uuid:public_id>/proposals/<uuid:proposal_id>/decline/", reviews.decline, name="agreement_decline"),
    path("<uuid:public_id>/review/", reviews.review, name="agreement_review"),
]
