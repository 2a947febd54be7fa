"""What people may choose from when they write a condition: fields with values that occur, ways to compare, deeds."""

from __future__ import annotations

from typing import Any

from django.db import connection

from leads.fields import catalogue
from leads.models import Company, KeyPage, Lead, Person
from sla.criteria import OPERATORS
from sla.models import ScoreRule

MOST = 60
SAMPLED = {
    "lead.source": (Lead, "source"),
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
# Jumps from value to value along an index where there is one, and never counts.
DISTINCT = "SELECT DISTINCT value FROM (SELECT {column} AS value FROM {table} ORDER BY id DESC LIMIT 5000) AS lately WHERE value <> '' ORDER BY 1 LIMIT {most}"
TYPES = "SELECT DISTINCT type FROM (SELECT type FROM leads_activity ORDER BY id DESC LIMIT 5000) AS lately ORDER BY 1"


def of_conditions() -> dict[str, Any]:
    """As plain values, for a builder in the browser."""
    values = {name: _values(model._meta.db_table, column) for name, (model, column) in SAMPLED.items()}
    fields = [
        {
            "name": spec.name,
            "label": spec.label,
            "group": spec.group,
            "kind": spec.kind,
            "values": values.get(spec.name, []),
        }
        for spec in catalogue()
    ]
    operators = [{"key": key, "words": operator.words, "takes": operator.takes} for key, operator in OPERATORS.items()]
    return {"fields": fields, "operators": operators, "deeds": deed_types()}


def deed_types() -> list[str]:
    """Types of activity that rules name, key pages stand for, or leads have done lately."""
    with connection.cursor() as cursor:
        cursor.execute(TYPES)
        done = {row[0] for row in cursor.fetchall()}
    named = set(ScoreRule.objects.exclude(activity_type="").values_list("activity_type", flat=True).distinct())
    return sorted(done | named | set(KeyPage.objects.values_list("type", flat=True)))


def _values(table: str, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(DISTINCT.format(column=column, table=table, most=MOST))
        return [row[0] for row in cursor.fetchall()]
