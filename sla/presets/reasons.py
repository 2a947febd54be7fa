"""Default reasons, with where each sends the lead and whose quality it counts for."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def _reject(key: str, label: str, goes_to: str = "nurture", days: int | None = 90, **more: Any) -> Row:
    return {"key": key, "kind": "reject", "label": label, "goes_to": goes_to, "return_after_days": days} | more


REJECT: list[Row] = [
    _reject("outside-territory", "Outside territory or segment", "reroute", None, counts_for="marketing"),
    _reject(
        "outside-icp", "Outside the ideal customer profile", days=180, counts_for="marketing", needs_attribute=True
    ),
    _reject("duplicate", "Duplicate or already owned", "closed", None, counts_for="marketing"),
    _reject("existing-customer", "Existing customer or open opportunity", "closed", None, counts_for="marketing"),
    _reject("contact-data-invalid", "Contact data invalid", "giver", None, counts_for="marketing"),
    _reject(
        "packet-incomplete", "Packet incomplete", "giver", None, counts_for="telequalification", needs_attribute=True
    ),
    _reject("below-threshold", "Below the agreed threshold", days=60, counts_for="marketing"),
    _reject(
        "not-a-buyer", "Competitor, partner, vendor, job seeker or student", "closed", None, counts_for="marketing"
    ),
    _reject(
        "no-consent", "No consent, or do not call", "closed", None, counts_for="marketing", suppresses_contact=True
    ),
    _reject("test-or-spam", "Test or spam", "closed", None, counts_for="marketing"),
    _reject("other", "Other", needs_note=True),
]


def _disqualify(key: str, label: str, goes_to: str = "closed", days: int | None = None, **more: Any) -> Row:
    row = {"key": key, "kind": "disqualify", "label": label, "goes_to": goes_to, "return_after_days": days}
    return row | {"needs_evidence": True} | more


DISQUALIFY: list[Row] = [
    _disqualify("not-a-fit", "Not a fit"),
    _disqualify("no-budget", "No budget", "nurture", 180),
    _disqualify("no-authority", "No authority", "nurture", 120),
    _disqualify("no-need", "No need"),
    _disqualify("no-timeline", "No timeline", "nurture", 120),
    _disqualify("chose-competitor", "Chose a competitor", "nurture", 270),
    _disqualify("unreachable", "Not reachable after the full cadence", "nurture", 90, needs_evidence=False),
    _disqualify("not-interested", "Not interested", "nurture", 60, needs_evidence=False),
    _disqualify("asked-not-to-be-called", "Asked not to be called", needs_evidence=False, suppresses_contact=True),
]

RECYCLE: list[Row] = [
    {
        "key": "timing-wrong",
        "kind": "recycle",
        "label": "Timing wrong, try on a date",
        "goes_to": "nurture",
        "return_after_days": 90,
    },
    {
        "key": "needs-nurture",
        "kind": "recycle",
        "label": "Needs more nurture",
        "goes_to": "nurture",
        "return_after_days": 60,
        "counts_for": "marketing",
    },
    {
        "key": "champion-left",
        "kind": "recycle",
        "label": "Champion left",
        "goes_to": "nurture",
        "return_after_days": 120,
    },
]


def _lost(key: str, label: str, days: int | None, **more: Any) -> Row:
    goes_to = "nurture" if days else "closed"
    return {"key": key, "kind": "lost", "label": label, "goes_to": goes_to, "return_after_days": days} | more


LOST: list[Row] = [
    _lost("lost-price", "Price", 180),
    _lost("lost-competitor", "Competitor", 270),
    _lost("lost-no-budget", "No budget", 180),
    _lost("lost-missing-features", "Missing features", 180),
    _lost("lost-no-decision", "No decision", 90),
    _lost("lost-unresponsive", "Unresponsive", 90),
    _lost("lost-other", "Other", None, needs_note=True),
]

REASONS: list[Row] = [*REJECT, *DISQUALIFY, *RECYCLE, *LOST]
