"""The pages of leads in the navigation, and who begins the day on which."""

from __future__ import annotations

from config.accounts.choices import Function
from config.web.access import ADMINS, MANAGERS, MEMBERS, READERS, Rule, either, of
from config.web.start import AGREEMENT, NAVIGATION, SET_UP, WORK, Entry
from leads.views.callers import CALLERS, DESK_MANAGERS, LEADS_A_DESK, REPS
from leads.views.conditions import DRAFTS
from leads.views.duplicates import KEEPS_ORDER

SELLERS = (Function.SALES, Function.BUSINESS_DEVELOPMENT)
SELLS = Rule("who sells", lambda actor: bool(actor) and actor.works_in(*SELLERS))  # an admin's day begins elsewhere
HANDS_ON = of(*SELLERS, Function.TELEQUALIFICATION, Function.MARKETING)
SETTLES_OR_IS_PARTY = either(HANDS_ON, of(Function.MANAGEMENT))

NAVIGATION.add(
    Entry("Queue", "queue", "phone-call", CALLERS, order=10, section=WORK, start_for=REPS, keys="g q"),
    Entry(
        "Callbacks",
        "callbacks",
        "calendar-time",
        CALLERS,
        order=12,
        section=WORK,
        keys="g c",
        active_prefix="/queue/callbacks/",
    ),
    Entry(
        "Board",
        "queue_board",
        "layout-dashboard",
        DESK_MANAGERS,
        order=14,
        section=WORK,
        start_for=LEADS_A_DESK,
        active_prefix="/queue/board/",
        keys="g b",
    ),
    Entry("Staffing", "staffing", "users", DESK_MANAGERS, order=16, section=WORK, active_prefix="/queue/staffing/"),
    Entry(
        "Inbox",
        "inbox",
        "inbox",
        HANDS_ON,
        order=20,
        start_for=SELLS,
        section=WORK,
        keys="g i",
        active_prefix="/inbox/",
    ),
    Entry("Contests", "contests", "gavel", SETTLES_OR_IS_PARTY, order=26, section=WORK),
    Entry("Leads", "leads", "users", MEMBERS, order=40, keys="g l", active_prefix="/leads/"),
    Entry(
        "Opportunities", "opportunities", "briefcase", MEMBERS, order=45, keys="g o", active_prefix="/opportunities/"
    ),
    Entry("Nurture", "nurture", "plant-2", READERS, order=50, keys="g u", active_prefix="/nurture/"),
    Entry(
        "Taxonomy",
        "taxonomy",
        "sitemap",
        MEMBERS,
        order=72,
        section=AGREEMENT,
        active_prefix="/taxonomy/",
        keys="g t",
    ),
    Entry(
        "Try a condition",
        "definition_try",
        "zoom-question",
        DRAFTS,
        order=73,
        section=AGREEMENT,
        active_prefix="/taxonomy/try/",
    ),
    Entry(
        "Routing dry run",
        "routing_dry_run",
        "route",
        READERS,
        order=74,
        section=AGREEMENT,
        active_prefix="/taxonomy/routing/",
    ),
    Entry(
        "Duplicates", "duplicates", "copy", KEEPS_ORDER, order=88, section=SET_UP, active_prefix="/taxonomy/duplicates/"
    ),
    Entry("Calendar simulator", "simulator", "calendar-time", MEMBERS, order=75, section=AGREEMENT),
    Entry("People", "people", "users-group", MANAGERS, order=90, section=SET_UP, active_prefix="/people/"),
    Entry("Imports", "imports", "database-import", MANAGERS, order=92, section=SET_UP, active_prefix="/imports/"),
    Entry("Audit", "audit", "shield-check", ADMINS, order=96, section=SET_UP, active_prefix="/operations/audit/"),
    Entry("Operations", "operations", "activity", ADMINS, order=95, section=SET_UP),
)
