"""The desk's pages: queue, console, board, callbacks, staffing."""

from django.urls import path

from leads.views import board, callbacks, console, console_outcomes, dialler, queue, staffing

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("live/", queue.queue_live, name="queue_live"),
    path("next/", queue.queue_next, name="queue_next"),
    path("undo/<uuid:public_id>/", queue.queue_undo, name="queue_undo"),
    path("board/", board.board, name="queue_board"),
    path("board/live/", board.board_live, name="queue_board_live"),
    path("board/move/", board.board_move, name="queue_board_move"),
    path("callbacks/", callbacks.callbacks_page, name="callbacks"),
    path("callbacks/feed/", callbacks.feed_change, name="callbacks_feed_change"),
    path("callbacks/feed/<str:token>.ics", callbacks.feed, name="callbacks_feed"),
    path("callbacks/<uuid:public_id>/", callbacks.callback_change, name="callback_change"),
    path("incoming/", dialler.incoming_call, name="incoming_call"),
    path("staffing/", staffing.staffing, name="staffing"),
    path("staffing/plan/", staffing.staffing_plan, name="staffing_plan"),
    path("<uuid:public_id>/", console.console_page, name="console"),
    path("<uuid:public_id>/take/", console.console_take, name="console_take"),
    path("<uuid:public_id>/hold/", console.console_hold, name="console_hold"),
    path("<uuid:public_id>/leave/", console.console_leave, name="console_leave"),
    path("<uuid:public_id>/draft/", console.console_draft, name="console_draft"),
    path("<uuid:public_id>/dial/", dialler.console_dial, name="console_dial"),
    path("<uuid:public_id>/line/", dialler.console_line, name="console_line"),
    path("<uuid:public_id>/when/", console_outcomes.console_when, name="console_when"),
    path("<uuid:public_id>/override/", console.console_override, name="console_override"),
    path("<uuid:public_id>/ask/", console.console_ask, name="console_ask"),
    path("<uuid:public_id>/consent/", console.console_consent, name="console_consent"),
    path("<uuid:public_id>/number/", console.console_number, name="console_number"),
    path("<uuid:public_id>/wait/", console.console_wait, name="console_wait"),
    path("<uuid:public_id>/outcome/<slug:disposition>/", console_outcomes.console_outcome, name="console_outcome"),
]
