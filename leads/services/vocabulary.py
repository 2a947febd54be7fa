"""What people may choose from when they write a condition: fields with values that occur, ways to compare, deeds."""

from __future__ import annotations

from typing import Any

from django.db import connection

from leads.fields import ROADS, catalogue
from leads.models import Campaign, Company, KeyPage, Lead, Person
from sla.criteria import OPERATORS
from sla.models import ScoreRule

MOST = 60
LATELY = 20_000  # rows: what occurs is read off the latest, and never counted
SAMPLED = {
    "lead.source": (Lead, "source"),
    "lead.persona": (Lead, "persona"),
    "lead.fit_grade": (Lead, "fit_grade"),
    "lead.intent": (Lead, "intent"),
    "lead.territory": (Lead, "territory"),
    "person.seniority": (Person, "seniority"),
    "person.department": (Person, "department"),
    "person.mail_kind": (Person, "mail_kind"),
    "person.country": (Person, "country"),
    "company.industry": (Company, "industry"),
    "company.country": (Company, "country"),
    "company.region": (Company, "region"),
}
REFERENCES = (
    "company.owner",
)  # stored as somebody's number, which nobody knows by heart: there or not is what matters
DISTINCT = "SELECT DISTINCT value FROM (SELECT {column} AS value FROM {table} ORDER BY id DESC LIMIT {lately}) AS lately WHERE value <> '' ORDER BY 1 LIMIT {most}"
TYPES = f"SELECT DISTINCT type FROM (SELECT type FROM leads_activity ORDER BY id DESC LIMIT {LATELY}) AS lately"  # noqa: S608


def of_conditions() -> dict[str, Any]:
    """As plain values, for a builder in the browser."""
    values = {name: _values(model._meta.db_table, column) for name, (model, column) in SAMPLED.items()}
    values["lead.campaign"] = list(Campaign.objects.order_by("-pk").values_list("key", flat=True)[:MOST])
    values["lead.qualified_by"] = sorted(set(ROADS.values()))
    fields = [
        {
            "name": spec.name,
            "label": spec.label,
            "group": spec.group,
            "kind": "reference" if spec.name in REFERENCES else spec.kind,
            "values": values.get(spec.name, []),
        }
        for spec in catalogue()
    ]
    operators = [
        {"key": key, "words": operator.words, "takes": operator.takes, "kinds": operator.kinds}
        for key, operator in OPERATORS.items()
    ]
    return {"fields": fields, "operators": operators, "deeds": deed_types()}


def deed_types() -> list[str]:
    """Types of activity that rules name, key pages stand for, or leads have done lately."""
    named = set(ScoreRule.objects.exclude(activity_type="").values_list("activity_type", flat=True).distinct())
    return sorted(_done() | named | set(KeyPage.objects.values_list("type", flat=True)))


def deeds_done() -> frozenset[str] | None:
    """Types of activity that leads did lately, or that key pages stand for; None where nothing is on record yet."""
    done = _done()
    return frozenset(done | set(KeyPage.objects.values_list("type", flat=True))) if done else None


def _done() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(TYPES)
        return {row[0] for row in cursor.fetchall()}


def _values(table: str, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(DISTINCT.format(column=column, table=table, most=MOST, lately=LATELY))
        return [row[0] for row in cursor.fetchall()]
