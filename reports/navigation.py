"""The reports in the navigation, and who begins the day on which."""

from __future__ import annotations

from config.accounts.choices import Function
from config.web.access import ADMINS, MANAGERS, MEMBERS, Rule
from config.web.start import NAVIGATION, SEE, SET_UP, Entry
from leads.views.costs import KEEPERS

EXECUTIVES = Rule("executives", lambda actor: bool(actor) and actor.functions == {Function.MANAGEMENT})

NAVIGATION.add(
    Entry("One page", "reports_brief", "file-text", MEMBERS, order=40, start_for=EXECUTIVES, section=SEE),
    Entry("Scoreboard", "reports_scoreboard", "target", MEMBERS, order=41, start_for=MANAGERS, section=SEE, keys="g s"),
    Entry("Funnel", "reports_funnel", "chart-funnel", MEMBERS, order=42, section=SEE, keys="g f"),
    Entry("Speed", "reports_speed", "bolt", MEMBERS, order=43, section=SEE),
    Entry("Rejections", "reports_rejections", "thumb-down", MEMBERS, order=44, section=SEE),
    Entry("Cost and return", "reports_returns", "coin", MEMBERS, order=45, section=SEE),
    Entry("Deals", "reports_deals", "trophy", MEMBERS, order=45, section=SEE),
    Entry("Capacity", "reports_capacity", "users", MEMBERS, order=46, section=SEE),
    Entry("Report settings", "reports_settings", "adjustments", ADMINS, order=93, section=SET_UP),
    Entry("Campaign costs", "campaign_costs", "coin", KEEPERS, order=91, section=SET_UP),
)
