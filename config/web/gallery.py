"""Example data for the page that shows every component in every state. All names are invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from config.web.charts import Chart, Series
from config.web.errors import Conflict
from config.web.forms import Form
from config.web.icons import ICONS
from config.web.paging import Page
from config.web.tables import Choice, Column, Day, Flag, Table, TableView, Text

STAGES = (
    "anonymous", "known", "engaged", "mql", "pql", "tal", "tql", "sal", "sql", "opportunity", "won", "lost", "nurture", "disqualified",
)  # fmt: skip
SECTIONS = (
    ("page", "Page header"), ("badges", "Badges and people"), ("clocks", "Clocks and times"), ("figures", "Figures"),
    ("messages", "Messages"), ("forms", "Forms and buttons"), ("lists", "Lists"), ("panes", "List and detail"),
    ("tabs", "Tabs, steps, history"), ("dialogs", "Dialogs and menus"), ("charts", "Charts"), ("icons", "Icons"),
)  # fmt: skip
TONES = ("secondary", "blue", "azure", "indigo", "purple", "cyan", "green", "lime", "yellow", "orange", "red")
SOURCES = (("webinar", "Webinar"), ("pricing", "Pricing page"), ("fair", "Trade fair"), ("referral", "Referral"))
REASONS = (("territory", "Outside our territory"), ("duplicate", "Duplicate or already owned"), ("other", "Other"))


class ExampleForm(Form):
    """One field of every kind."""

    name = forms.CharField(max_length=80, help_text="As they introduced themselves on the phone.")
    email = forms.EmailField(label="E-mail")
    employees = forms.IntegerField(min_value=1, required=False)
    source = forms.ChoiceField(choices=[("", "Choose one"), *SOURCES])
    personas = forms.MultipleChoiceField(choices=SOURCES, required=False, label="Campaigns")
    reason = forms.ChoiceField(choices=REASONS, widget=forms.RadioSelect, label="Why is it rejected?")
    topics = forms.MultipleChoiceField(
        choices=SOURCES, required=False, widget=forms.CheckboxSelectMultiple, help_text="What was spoken about."
    )
    call_on = forms.DateField(label="Call back on", required=False)
    meeting_at = forms.DateTimeField(label="Meeting", required=False)
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    call_list = forms.FileField(label="Call list", required=False, help_text="CSV or XLSX, up to 5 MB.")
    urgent = forms.BooleanField(label="Call within five working minutes", required=False)
    version = forms.CharField(widget=forms.HiddenInput, initial="7")


@dataclass(frozen=True)
class Lead:
    id: int
    name: str
    company: str
    stage: str
    points: int
    grade: str
    due_at: datetime
    started_at: datetime
    owner: str
    value: int


LEADS = Table(
    columns=(
        Column("name", "Lead", sort="name"),
        Column("stage", "Stage"),
        Column(
            "score", "Score", sort="points", align="end", newest_first=True, hint="Points of the agreement in force"
        ),
        Column("due", "Decision due", sort="due_at"),
        Column("owner", "Owner"),
        Column("value", "Value", sort="value", align="end", newest_first=True),
    ),
    filters=(
        Text("q", "Name or company", "name__icontains", placeholder="Kowalska"),
        Choice("source", "Source", "source", options=SOURCES),
        Choice("stage", "Stages", "stage", options=[(code, code.upper()) for code in STAGES[3:9]], many=True),
        Day("since", "Offered since", "offered_at__date__gte"),
        Flag("late", "Late only", "is_late"),
    ),
    sort="due",
    selectable=True,
)


def examples(now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "sections": SECTIONS,
        "stages": STAGES,
        "tones": TONES,
        "icons": ICONS,
        "clocks": _clocks(now),
        "clock_now": now - timedelta(minutes=20),
        "presence_codes": ("available", "in_call", "wrap_up", "break", "offline"),
        "handoff_codes": ("offered", "accepted", "rejected", "withdrawn", "expired", "closed"),
        "by_hand": ExampleForm(auto_id="hand_%s"),
        "in_dialog": ExampleForm(auto_id="asked_%s"),
        "form": ExampleForm(initial={"name": "Ines Kowalska", "call_on": date(2026, 3, 31), "urgent": True}),
        "wrong_form": _wrong_form(),
        "leads": _leads(now),
        "refusal": _refusal(now),
        "charts": _charts(),
        **_lists(now),
    }


def _clocks(now: datetime) -> list[dict[str, Any]]:
    def span(start: float, due: float, **more: Any) -> dict[str, Any]:
        clock = {
            "state": "running",
            "started_at": now - timedelta(minutes=start),
            "due_at": now + timedelta(minutes=due),
        }
        return clock | more

    return [
        {"name": "days left", "clock": span(600, 4000)},
        {"name": "hours left", "clock": span(60, 320)},
        {"name": "minutes left", "clock": span(20, 42)},
        {"name": "three quarters used", "clock": span(190, 50)},
        {"name": "warned by the agreement", "clock": span(20, 42, warn_at=now - timedelta(minutes=1))},
        {"name": "seconds left", "clock": span(4, 0.9)},
        {"name": "at its closing time, not yet late", "clock": span(60, -5, breaches_at=now + timedelta(hours=14))},
        {"name": "breached", "clock": span(60, -12)},
        {"name": "breached days ago", "clock": span(6000, -4320)},
        {"name": "paused", "clock": span(60, 5, state="paused", due_at=None)},
        {"name": "paused until a date", "clock": span(60, 5, state="paused", resumes_at=now + timedelta(days=3))},
        {"name": "met", "clock": span(60, -5, state="met", used_seconds=2520, stopped_at=now)},
        {"name": "met late", "clock": span(60, -30, state="met_late", stopped_at=now - timedelta(minutes=4))},
        {"name": "cancelled", "clock": span(60, 5, state="cancelled", stopped_at=now)},
    ]


def _wrong_form() -> ExampleForm:
    form = ExampleForm(
        {"name": "", "email": "ines(at)kowalska", "employees": "0", "source": "fax", "version": "7"}, auto_id="wrong_%s"
    )
    form.add_error(None, "Tom Adeyemi accepted this lead at 14:05; your changes were not saved.")
    return form


def _leads(now: datetime) -> dict[str, Any]:
    def lead(
        id: int, name: str, company: str, stage: str, points: int, grade: str, due: float, owner: str, value: int
    ) -> Lead:
        return Lead(
            id,
            name,
            company,
            stage,
            points,
            grade,
            now + timedelta(minutes=due),
            now - timedelta(minutes=45),
            owner,
            value,
        )

    rows = [
        lead(1, "Ines Kowalska", "Brightwater Logistics", "mql", 92, "A1", 4.2, "Tom Adeyemi", 48_000),
        lead(2, "Jean-Baptiste Étienne de la Rochefoucauld", "Société Générale des Emballages Industriels", "tql", 71, "B1", 38, "Mira Sandoval", 125_000),
        lead(3, "Bo Li", "Zhu & Partner", "tal", 66, "A3", 300, "", 9_500),
        lead(4, "Priya Raman", "Northwind Robotics", "sal", 58, "B2", -12, "Tom Adeyemi", 310_000),
    ]  # fmt: skip
    asked = LEADS.read(QueryDict("sort=due&stage=mql&stage=tql&source=webinar"))
    wrong = LEADS.read(QueryDict("sort=password&since=tomorrow"))
    none: Page[Any] = Page([])
    return {
        "view": asked,
        "page": Page(rows, newer="", older="next"),
        "last_page": Page(rows, newer="before", older="", is_first=False),
        "wrong": wrong,
        "no_rows": none,
        "plain": TableView(LEADS, "due", [], []),
    }


def _refusal(now: datetime) -> Conflict:
    return Conflict(
        "already_accepted",
        "Tom Adeyemi has already accepted this lead.",
        by="Tom Adeyemi",
        at=now - timedelta(minutes=3),
        state="Accepted",
        url="/design/",
        label="Show the lead",
    )


def _charts() -> list[tuple[str, Chart]]:
    weeks = [f"Week {number}" for number in range(31, 39)]
    return [
        ("chart-line", Chart("line", "Handoffs accepted in time", weeks, [
            Series("Telequalification", [82, 85, 79, 88, 91, 90, 94, 93]),
            Series("Sales", [74, 71, 76, 80, 78, 83, None, 86]),
        ], unit="%", target=90, note="240 handoffs; the last week is not over.")),
        ("chart-bar", Chart("stacked", "Rejections by reason", weeks[:6], [
            Series("Outside territory", [4, 6, 3, 5, 2, 1]),
            Series("Packet incomplete", [7, 5, 8, 4, 3, 2]),
            Series("Duplicate", [1, 2, 1, 0, 1, 1]),
        ])),
        ("chart-funnel", Chart("funnel", "Funnel of August's leads", ["Engaged", "MQL", "TAL", "TQL", "SAL", "Opportunity"], [
            Series("Leads", [1840, 412, 366, 171, 152, 61]),
        ], urls=["/design/#charts"] * 6)),
        ("chart-area", Chart("area", "Contact rate by minutes to the first attempt", ["5", "15", "30", "60", "120", "240"], [
            Series("Reached", [61, 48, 37, 29, 22, 18]),
            Series("Qualified", [34, 25, 17, 12, 9, 6], dashed=True),
        ], unit="%", x_title="Minutes")),
    ]  # fmt: skip


def _lists(now: datetime) -> dict[str, Any]:
    return {
        "crumbs": [("Leads", "/design/#page"), ("EMEA enterprise", "/design/#page")],
        "tabs": [
            {"label": "To decide", "url": "/design/#tabs", "active": True, "count": 7},
            {"label": "Accepted", "url": "/design/#tabs", "active": False, "count": 23},
            {"label": "Rejected", "url": "/design/#tabs", "active": False, "count": 0},
            {"label": "Team", "url": "/design/#tabs", "active": False, "icon": "users"},
        ],
        "facts": [
            ("Company", "Brightwater Logistics"),
            ("Role", "Head of operations"),
            ("Employees", "1,200"),
            ("Phone", ""),
            ("Time zone", "Europe/Warsaw"),
            ("Source", "Webinar: “Warehouse planning in a week”"),
        ],
        "history": [
            {"at": now - timedelta(minutes=4), "title": "Offered to sales", "by": "the route “DACH enterprise”", "icon": "arrows-exchange", "tone": "azure"},
            {"at": now - timedelta(hours=1), "title": "Qualified by phone", "text": "Budget for this year; wants a price for 40 users.", "by": "Mira Sandoval", "icon": "phone-call", "tone": "green"},
            {"at": now - timedelta(hours=5), "title": "Call without answer", "by": "Mira Sandoval", "icon": "phone-off"},
            {"at": now - timedelta(days=9), "title": "Registered for the webinar", "icon": "calendar-event", "tone": "cyan"},
        ],
        "steps": [
            {"label": "Draft", "state": "done", "sub": "3 March"},
            {"label": "Proposed", "state": "done", "sub": "by Mira Sandoval"},
            {"label": "Signed", "state": "current", "sub": "1 of 3 signatures"},
            {"label": "In force", "state": "todo", "sub": "from 1 April"},
        ],
        "before": "Sales accepts or rejects each lead within 8 working hours. A rejection names one of the agreed reasons.",
        "after": "Sales accepts or rejects each lead within 4 working hours, in the lead's own time zone. A rejection names one of the agreed reasons.",
        "course": [12, 14, 11, 15, 18, 17, 21, 19, 24],
    }  # fmt: skip
