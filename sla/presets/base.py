"""What the presets share: personas, scoring, calendars, procedure, questions of the document."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
OFFICE_WEEK: dict[str, list[list[str]]] = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def calendars(time_zone: str, country: str) -> list[Row]:
    return [
        {
            "key": "office",
            "name": "Office hours",
            "time_zone": time_zone,
            "week": OFFICE_WEEK,
            "holiday_country": country,
        },
        {
            "key": "phones",
            "name": "Telephone hours",
            "time_zone": time_zone,
            "week": {day: [["08:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
            "holiday_country": country,
        },
    ]


IDEAL_CUSTOMERS: list[Row] = [
    {
        "key": "core",
        "name": "Core customer",
        "words": "A company of 50 to 5,000 people in an industry in which we have references.",
        "industries": ["Software", "Manufacturing", "Logistics", "Retail", "Finance"],
        "countries": ["DE", "AT", "CH", "FR", "GB", "NL", "US"],
        "employees_from": 50,
        "employees_to": 5000,
    }
]

PERSONAS: list[Row] = [
    {
        "key": "revenue-leader",
        "name": "Revenue leader",
        "biography": "Runs sales or revenue operations for a region; measured on pipeline and forecast.",
        "behaviour": "Reads little, decides late in the quarter, wants figures and a reference call.",
        "interests": "Forecast quality, ramp-up time of new people.",
        "needs": "Fewer, better leads, and proof that marketing's money buys pipeline.",
        "pain_points": "Reps chase leads that were never ready; nobody agrees on whose fault it is.",
        "criteria": {
            "any": [
                {"field": "person.department", "op": "in", "value": ["Sales", "Revenue operations"]},
                {"field": "person.job_title", "op": "contains", "value": "sales"},
                {"field": "person.job_title", "op": "contains", "value": "revenue"},
            ]
        },
    },
    {
        "key": "marketing-leader",
        "name": "Marketing leader",
        "biography": "Heads demand generation or marketing; measured on qualified leads and cost.",
        "behaviour": "Compares tools carefully, downloads everything, brings two colleagues to the demo.",
        "interests": "Attribution, campaign return, alignment with sales.",
        "needs": "To know what becomes of the leads handed over.",
        "pain_points": "Leads vanish; sales says they are bad and gives no reasons.",
        "criteria": {
            "any": [
                {"field": "person.department", "op": "is", "value": "Marketing"},
                {"field": "person.job_title", "op": "contains", "value": "marketing"},
                {"field": "person.job_title", "op": "contains", "value": "demand"},
            ]
        },
    },
    {
        "key": "practitioner",
        "name": "Practitioner",
        "biography": "Would work with the product every day; no budget of their own.",
        "needs": "Less typing, fewer tools.",
        "pain_points": "Has to explain the same lead three times.",
        "criteria": {"field": "person.seniority", "op": "in", "value": ["Specialist", "Junior", "Senior"]},
    },
]

SCORE_GROUPS: list[Row] = [
    {"key": "company-fit", "name": "Company", "dimension": "fit", "maximum": 40, "minimum": -40},
    {"key": "person-fit", "name": "Person", "dimension": "fit", "maximum": 30, "minimum": -30},
    {"key": "web", "name": "Website", "dimension": "engagement", "maximum": 40, "minimum": -40},
    {"key": "content", "name": "Content and events", "dimension": "engagement", "maximum": 50},
    {"key": "intent", "name": "Intent", "dimension": "engagement", "maximum": 100},
]


def _attribute(key: str, name: str, group: str, points: int, criteria: Row) -> Row:
    return {"key": key, "name": name, "kind": "attribute", "group": group, "points": points, "criteria": criteria}


def _activity(key: str, name: str, group: str, points: int, activity: str, **more: Any) -> Row:
    return {
        "key": key,
        "name": name,
        "kind": "activity",
        "group": group,
        "points": points,
        "activity_type": activity,
    } | more


def _is(field: str, value: Any) -> Row:
    return {"field": field, "op": "is", "value": value}


def score_rules(catapult_to: str) -> list[Row]:
    """Points for who the lead is and what it does; a request for a demo or a trial goes straight through."""
    return [
        _attribute(
            "size-fits",
            "Company of the right size",
            "company-fit",
            20,
            {"field": "company.employees", "op": "between", "value": [50, 5000]},
        ),
        _attribute(
            "industry-fits",
            "Industry with references",
            "company-fit",
            15,
            {"field": "company.industry", "op": "in", "value": ["Software", "Manufacturing", "Logistics", "Retail", "Finance"]},
        ),
        _attribute("decides", "Decides or leads", "person-fit", 20, {"field": "person.seniority", "op": "in", "value": ["Head", "Director", "VP", "C-level"]}),
        _attribute("company-mail", "Company address", "person-fit", 5, _is("person.mail_kind", "company")),
        _attribute("free-mail", "Free mail provider", "person-fit", -10, _is("person.mail_kind", "free")),
        _attribute("student", "Student", "person-fit", -30, {"field": "person.job_title", "op": "contains", "value": "student"}),
        _activity("page-view", "Page visited", "web", 1, "page_view", at_most=20, half_life_days=30),
        _activity("pricing-page", "Pricing page", "web", 10, "pricing_page", at_most=3, half_life_days=30),
        _activity("careers-page", "Careers page", "web", -20, "careers_page", at_most=2, half_life_days=90),
        _activity("mail-click", "Mail clicked", "content", 3, "email_click", at_most=5, half_life_days=30),
        _activity("download", "Paper downloaded", "content", 8, "content_download", at_most=4, half_life_days=60),
        _activity("webinar", "Webinar attended", "content", 10, "webinar", at_most=3, half_life_days=60),
        _activity("demo-request", "Demo requested", "intent", 60, "demo_request", at_most=1, half_life_days=90, catapult_to=catapult_to),
        _activity("trial-start", "Trial started", "intent", 50, "trial_start", at_most=1, half_life_days=90, catapult_to=catapult_to),
        _activity("contact-form", "Contact form", "intent", 30, "contact_form", at_most=1, half_life_days=60),
    ]  # fmt: skip


EXCLUSIONS: Row = {
    "any": [
        {"field": "person.mail_kind", "op": "is", "value": "disposable"},
        {"field": "person.job_title", "op": "contains", "value": "student"},
        {"field": "company.industry", "op": "in", "value": ["Competitor", "Recruiting"]},
    ]
}

FAQ: list[Row] = [
    {
        "key": "what-if-late",
        "question": "What happens when a promise is late?",
        "answer": "The breach is stored with its own time, the owner and both managers are told, and either side may "
        "name a cause. If the other side grants it, the breach is excused; figures are shown with and without.",
    },
    {
        "key": "may-i-reject",
        "question": "May I reject a lead I do not like?",
        "answer": "Only for a reason listed here, before you work it. After you have worked it, you rule it out with "
        "evidence, or give it back with a date.",
    },
    {
        "key": "i-disagree",
        "question": "I handed over a good lead and it was rejected. What now?",
        "answer": "Contest it within the agreed time. The receiver may take it back; otherwise the manager named in "
        "this agreement settles.",
    },
    {
        "key": "change",
        "question": "How do we change this agreement?",
        "answer": "Comment on the clause. Marketing drafts the next version; it takes effect when every side has signed "
        "it, and only for leads handed over from then on.",
    },
]
