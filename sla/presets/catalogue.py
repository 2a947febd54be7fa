"""The five presets: how far a lead travels, and what its stages are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sla.presets import base, calling
from sla.presets.reasons import REASONS
from sla.stages import LABELS, Stage

Row = dict[str, Any]
ASKED: Row = {"field": "lead.intent", "op": "in", "value": ["Demo", "Trial", "Pricing"]}
# What the lead says it wants, or has just done: a connected system need not say both.
HIGH_INTENT: Row = {"any": [ASKED, {"activity": ["demo_request", "trial_start"], "at_least": 1, "within_days": 7}]}


@dataclass(frozen=True)
class Preset:
    """`off` are the stages switched off; `desk` says whether telequalification stands between marketing and sales."""

    key: str
    name: str
    words: str
    off: frozenset[str]
    desk: bool
    labels: dict[str, str] = field(default_factory=dict)
    threshold: int = 40
    product: bool = False
    behaviour_only: bool = False

    def label(self, stage: str) -> str:
        return self.labels.get(stage, LABELS[stage])

    @property
    def qualified(self) -> str:
        """The stage that marketing's qualification leads to."""
        return Stage.PQL if self.product else Stage.MQL

    def sections(self, *, time_zone: str, country: str) -> dict[str, list[Row]]:
        """Every section of a draft as rows; routes and parties name functions, for teams are the company's own."""
        return {name: make(self) for name, make in SECTIONS.items()} | {"calendars": base.calendars(time_zone, country)}


WORDS: dict[str, tuple[str, str, str]] = {
    Stage.ANONYMOUS: ("A visitor whose name we do not know.", "Someone reads three pages of the site.", "marketing"),
    Stage.KNOWN: ("Has given an address, and nothing more.", "Signed up for the newsletter.", "marketing"),
    Stage.ENGAGED: (
        "Has shown interest of their own accord.",
        "Opened a mail and read the pricing page.",
        "marketing",
    ),
    Stage.MQL: (
        "Fits our customers and has shown enough interest for a call, by the score both sides agreed.",
        "A head of marketing at a manufacturer of 400 people who attended a webinar and read the pricing page.",
        "marketing",
    ),
    Stage.PQL: (
        "Has used the product in a way that both sides agree shows a buyer.",
        "Invited two colleagues and came back in a second week.",
        "marketing",
    ),
    Stage.TAL: ("Taken on by telequalification.", "The desk has opened the lead and will call.", "telequalification"),
    Stage.TQL: (
        "Spoken with, and found to have need, budget, authority and a time.",
        "Needs it this quarter; the caller decides with one colleague.",
        "telequalification",
    ),
    Stage.SAL: ("Taken on by sales: nothing listed speaks against it.", "Accepted from the inbox.", "sales"),
    Stage.SQL: ("Found by sales to be worth an opportunity.", "A first meeting took place.", "sales"),
    Stage.OPPORTUNITY: ("A deal with an expected amount and date.", "Proposal sent over 24,000 for March.", "sales"),
    Stage.WON: ("Became a customer.", "Order signed.", "sales"),
    Stage.LOST: ("The deal was lost, for a listed reason.", "Chose a competitor.", "sales"),
    Stage.NURTURE: ("Waits in marketing's care until a date.", "Budget only next year.", "marketing"),
    Stage.DISQUALIFIED: ("Ruled out, for a listed reason.", "A student writing a thesis.", "marketing"),
}


def _stages(preset: Preset) -> list[Row]:
    return [
        {
            "key": code.value,
            "label": preset.label(code),
            "is_enabled": code not in preset.off,
            "words": WORDS[code][0],
            "examples": WORDS[code][1],
            "owner": WORDS[code][2] if preset.desk or WORDS[code][2] != "telequalification" else "sales",
        }
        for code in Stage
    ]


def _definitions(preset: Preset) -> list[Row]:
    engaged: Row = {
        "key": "engaged",
        "stage": Stage.ENGAGED.value,
        "name": f"{preset.label(Stage.ENGAGED)} lead",
        "words": "Did something of their own accord that shows interest.",
        "criteria": {"activity": ["page_view", "pricing_page", "email_click", "content_download", "webinar",
                                  "demo_request", "trial_start", "contact_form", "product_login"]},
    }  # fmt: skip
    if preset.product:
        return [engaged, PRODUCT_DEFINITION]
    name = preset.label(preset.qualified)
    qualified: Row = {
        "key": "marketing-qualified",
        "stage": preset.qualified,
        "name": name,
        "words": f"Reaches {preset.threshold} points, can be reached, and nothing excludes it.",
        "criteria": {},
        "required_fields": ["person.email"],
        "exclusions": base.EXCLUSIONS,
        "minimum_score": preset.threshold,
    }
    if preset.behaviour_only:
        qualified |= {
            "words": f"Has asked for a demo or a trial, or read pricing and a paper within 30 days, and reaches {preset.threshold} points.",
            "criteria": {
                "any": [
                    {"activity": ["demo_request", "trial_start", "contact_form"], "within_days": 30},
                    {
                        "all": [
                            {"activity": "pricing_page", "within_days": 30},
                            {"activity": ["content_download", "webinar"], "within_days": 30},
                        ]
                    },
                ]
            },
        }
    return [engaged, qualified]


PRODUCT_DEFINITION: Row = {
    "key": "product-qualified",
    "stage": Stage.PQL.value,
    "name": "Product-qualified lead",
    "words": "Has activated the product and either invited colleagues or come back on three days within two weeks.",
    "criteria": {
        "all": [
            {"activity": "product_activated", "within_days": 60},
            {
                "any": [
                    {"activity": "product_invited", "within_days": 30},
                    {"activity": "product_login", "at_least": 3, "within_days": 14},
                    {"activity": "product_limit_reached", "within_days": 30},
                ]
            },
        ]
    },
    "required_fields": ["person.email"],
    "exclusions": {"field": "person.mail_kind", "op": "is", "value": "disposable"},
    "minimum_score": None,
}


def _routes(preset: Preset) -> list[Row]:
    to_sales = [
        {"key": "account-owner", "name": "The account's owner", "to": "account_owner", "function": "sales",
         "criteria": {"field": "company.owner", "op": "present"}},
        {"key": "sales-team", "name": "The sales team in turn", "to": "round_robin", "function": "sales", "criteria": {}},
    ]  # fmt: skip
    if not preset.desk:
        return [row | {"leg": "qualified"} for row in to_sales]
    straight: Row = {
        "key": "known-account",
        "name": "Known account asks for a demo: straight to its owner",
        "leg": "qualified",
        "to": "account_owner",
        "function": "sales",
        "goes_around": True,
        "criteria": {"all": [{"field": "company.owner", "op": "present"}, HIGH_INTENT]},
    }
    desk: Row = {
        "key": "telequalification",
        "name": "Telequalification calls first",
        "leg": "qualified",
        "to": "queue",
        "function": "telequalification",
        "criteria": {},
    }
    return [straight, desk, *(row | {"leg": "telequalified"} for row in to_sales)]


def _timed(key: str, name: str, side: str, metric: str, target: float, unit: str, **more: Any) -> Row:
    row: Row = {
        "key": key, "name": name, "side": side, "metric": metric, "target": target, "unit": unit,
        "calendar": "phones" if side == "telequalification" else "office", "to_function": side, "must_meet_percent": 95,
    }  # fmt: skip
    return row | more


DESK_COMMITMENTS: list[Row] = [
    _timed("first-call-hot", "First call to high intent", "telequalification", "first_attempt", 5, "working_minutes",
           scope=HIGH_INTENT, must_meet_percent=90),
    _timed("first-call", "First call", "telequalification", "first_attempt", 60, "working_minutes"),
    _timed("desk-decision", "Accept or return", "telequalification", "decision", 4, "working_hours", pausable=True),
    _timed("desk-attempts", "Full cadence", "telequalification", "attempts", 10, "working_days", count=6, pausable=True,
           must_meet_percent=90),
    _timed("desk-outcome", "Bring to an outcome", "telequalification", "disposition", 15, "working_days", pausable=True,
           must_meet_percent=90),
]  # fmt: skip
SALES_COMMITMENTS: list[Row] = [
    _timed("sales-decision", "Accept or reject", "sales", "decision", 8, "working_hours", pausable=True),
    _timed("first-contact", "First contact after acceptance", "sales", "first_contact", 24, "rolled_hours",
           must_meet_percent=90),
    _timed("sales-outcome", "Bring to an outcome", "sales", "disposition", 20, "working_days", pausable=True,
           must_meet_percent=85),
]  # fmt: skip


def _commitments(preset: Preset) -> list[Row]:
    giver = "telequalification" if preset.desk else "marketing"
    volume = {"key": "qualified-volume", "name": f"{preset.label(preset.qualified)} supplied", "side": "marketing",
              "metric": "qualified_leads", "stage": preset.qualified, "comparison": "at_least", "target": 120,
              "unit": "count", "period": "month"}  # fmt: skip
    rows: list[Row] = [
        volume,
        {"key": "pipeline-share", "name": "Share of pipeline", "side": "marketing", "metric": "pipeline_share",
         "comparison": "at_least", "target": 40, "unit": "percent", "period": "quarter"},
        {"key": "cost-per-lead", "name": f"Cost per {preset.label(preset.qualified)}", "side": "marketing",
         "metric": "cost_per_stage", "stage": preset.qualified, "comparison": "at_most", "target": 250,
         "unit": "money", "period": "month"},
        {"key": "completeness", "name": "Complete data", "side": giver, "metric": "completeness",
         "comparison": "at_least", "target": 90, "unit": "percent", "period": "month"},
        {"key": "contest-time", "name": "Contest a rejection", "side": giver, "metric": "contest", "target": 2,
         "unit": "working_days", "calendar": "office", "to_function": "sales", "must_meet_percent": 100},
    ]  # fmt: skip
    if preset.desk:
        rows += DESK_COMMITMENTS
        rows.append(
            {"key": "desk-contest-time", "name": "Contest a return", "side": "marketing", "metric": "contest", "target": 2,
             "unit": "working_days", "calendar": "office", "to_function": "telequalification", "must_meet_percent": 100}
        )  # fmt: skip
    else:
        rows.append(SALES_FIRST_ATTEMPT)
    return [*rows, *SALES_COMMITMENTS, *SALES_FIGURES]


SALES_FIRST_ATTEMPT: Row = _timed("first-call", "First attempt", "sales", "first_attempt", 8, "working_hours")
SALES_FIGURES: list[Row] = [
    {"key": "acceptance", "name": "Acceptance", "side": "sales", "metric": "acceptance_rate", "comparison": "at_least",
     "target": 70, "unit": "percent", "period": "month"},
    {"key": "meetings", "name": "Meetings", "side": "sales", "metric": "meetings_booked", "comparison": "at_least",
     "target": 30, "unit": "meetings", "period": "month"},
    {"key": "close-rate", "name": "Leads won", "side": "sales", "metric": "close_rate", "comparison": "at_least",
     "target": 5, "unit": "percent", "period": "quarter"},
]  # fmt: skip

STEPS = ((50, "tell_owner"), (75, "tell_owner"), (100, "tell_manager"), (150, "reassign"))


def _escalations(preset: Preset) -> list[Row]:
    """Owner at half and at three quarters of the time, manager when it is up, a colleague at half as much again.

    An offer nobody decides on is pulled back at twice its time instead.
    """
    rows: list[Row] = []
    for commitment in _commitments(preset):
        if commitment["metric"] not in ("decision", "first_attempt", "first_contact", "disposition", "contest"):
            continue
        steps: tuple[tuple[int, str], ...] = (
            STEPS if commitment["metric"] in ("decision", "first_attempt", "first_contact") else STEPS[1:3]
        )
        if commitment["metric"] == "decision":
            steps = (*STEPS, (200, "pull_back"))
        if commitment["metric"] == "contest":  # its silence is no lateness: the rejection stands then
            steps = ((75, "tell_giver"),)
        rows += [
            {"key": f"{commitment['key']}-{percent}-{action.replace('_', '-')}", "commitment": commitment["key"],
             "at_percent": percent, "action": action}
            for percent, action in steps
        ]  # fmt: skip
    return rows


def _parties(preset: Preset) -> list[Row]:
    rows = [
        {"key": "marketing", "function": "marketing", "signs": True,
         "responsibilities": "Finds and warms leads, keeps the definitions and the score, hands over complete data, "
                             "takes back what is not ready, and pays for the campaigns."},
        {"key": "telequalification", "function": "telequalification", "signs": True,
         "responsibilities": "Calls each lead in the agreed time and number of tries, asks the agreed questions, and "
                             "hands over with a complete packet."},
        {"key": "sales", "function": "sales", "signs": True,
         "responsibilities": "Decides on each lead in the agreed time, gives a listed reason when it refuses, speaks "
                             "with each lead it accepts, and keeps amount, date and next step of each opportunity true."},
    ]  # fmt: skip
    return [row for row in rows if preset.desk or row["function"] != "telequalification"]


def _procedure(preset: Preset) -> list[Row]:
    name = preset.label(preset.qualified)
    desk = [
        ("desk-takes", "telequalification", "The desk takes the lead from its queue, soonest promise first, and calls."),
        ("desk-qualifies", "telequalification", "When the lead is qualified the desk completes the packet and hands it to sales."),
    ]  # fmt: skip
    steps = [
        ("qualifies", "marketing", f"A lead that meets the definition becomes {name} and is handed over at once, with its score explained."),
        *(desk if preset.desk else []),
        ("decides", "sales", "Sales accepts, asks what is missing, or rejects with a listed reason."),
        ("contests", "marketing", "Who handed it over may contest a rejection in the agreed time."),
        ("works", "sales", "Sales speaks with the lead and opens an opportunity, rules it out with evidence, or gives it back with a date."),
        ("returns", "marketing", "What comes back waits in nurture with a reason and a date, and returns with its history."),
    ]  # fmt: skip
    return [{"key": key, "who": who, "text": text} for key, who, text in steps]


def _messages(preset: Preset) -> list[Row]:
    return [
        {"key": "everybody", "text": "We make the agreement between your teams run by itself, and show both the same numbers."},
        {"key": "to-revenue", "persona": "revenue-leader", "text": "Your reps get fewer, better leads, each with its reason."},
        {"key": "to-marketing", "persona": "marketing-leader", "text": "You see what becomes of every lead you hand over."},
    ]  # fmt: skip


SECTIONS: dict[str, Callable[[Preset], list[Row]]] = {
    "parties": _parties,
    "stages": _stages,
    "definitions": _definitions,
    "ideal_customers": lambda preset: base.IDEAL_CUSTOMERS,
    "personas": lambda preset: base.PERSONAS,
    "score_groups": lambda preset: base.SCORE_GROUPS,
    "score_rules": lambda preset: base.score_rules("" if preset.product or preset.behaviour_only else preset.qualified),
    "routes": _routes,
    "procedure": _procedure,
    "commitments": _commitments,
    "escalations": _escalations,
    "cadences": lambda preset: [calling.CADENCE] if preset.desk else [calling.SALES_CADENCE],
    "dispositions": lambda preset: calling.DISPOSITIONS,
    "reasons": lambda preset: REASONS,
    "questions": lambda preset: calling.QUESTIONS,
    "scripts": lambda preset: calling.SCRIPTS if preset.desk else [s | {"function": "sales"} for s in calling.SCRIPTS],
    "messages": _messages,
    "clauses": lambda preset: [],
    "faq": lambda preset: base.FAQ,
}

PRESETS: dict[str, Preset] = {
    preset.key: preset
    for preset in (
        Preset(
            "three-in-a-box",
            "Three in a box",
            "Marketing qualifies, telequalification calls, sales decides: MQL, TAL, TQL, SAL, opportunity.",
            off=frozenset({Stage.PQL, Stage.SQL}),
            desk=True,
        ),
        Preset(
            "mql-to-sql",
            "MQL to SQL",
            "Marketing hands straight to sales, which qualifies: MQL, SQL, opportunity.",
            off=frozenset({Stage.PQL, Stage.TAL, Stage.TQL, Stage.SAL}),
            desk=False,
        ),
        Preset(
            "mql-to-sal-to-sql",
            "MQL to SAL to SQL",
            "Sales first accepts, then qualifies: MQL, SAL, SQL, opportunity.",
            off=frozenset({Stage.PQL, Stage.TAL, Stage.TQL}),
            desk=False,
        ),
        Preset(
            "product-led",
            "Product-led",
            "Use of the product qualifies a lead for sales: PQL, SQL, opportunity.",
            off=frozenset({Stage.MQL, Stage.TAL, Stage.TQL, Stage.SAL}),
            desk=False,
            product=True,
        ),
        Preset(
            "behaviour-only",
            "Behaviour only",
            "No letters: an agreed behaviour and a threshold pass the lead to sales.",
            off=frozenset({Stage.PQL, Stage.TAL, Stage.TQL, Stage.SAL, Stage.SQL}),
            desk=False,
            labels={Stage.MQL: "Ready for sales", Stage.OPPORTUNITY: "Deal", Stage.NURTURE: "In our care"},
            behaviour_only=True,
        ),
    )
}
