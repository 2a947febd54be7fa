"""Everything that happened to a lead, in one line of time: deeds, points, stages, calls, handoffs, promises, decisions,
the opportunity, nurture, who was told, what was said.

Each kind is read by an index and cut at a page's length before all are merged, so that a page costs the same number of
queries whether the lead did ten things or ten thousand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.urls import reverse

from config.notices.models import Notice
from config.web.wording import local, money
from leads.models import (
    Activity,
    Lead,
    LeadComment,
    LeadFile,
    NurtureSpell,
    Opportunity,
    OpportunityChange,
    ScoreChange,
    StageEntry,
)
from leads.services import timeline_work, wordings
from leads.services.timeline_page import SIZE, Asked, Entry
from sla.services.compiling import terms_by_id

KINDS: dict[str, str] = {
    "deeds": "What they did",
    "points": "Points",
    "stages": "Stages",
    "calls": "Calls",
    "handoffs": "Handoffs",
    "promises": "Promises",
    "deals": "Opportunity",
    "nurture": "Nurture",
    "notices": "Who was told",
    "said": "Comments and files",
}
ORDER = {kind: place for place, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Timeline:
    """Entries, newest first. `older` is the moment to go on from, "" at the beginning of it all."""

    entries: list[Entry]
    older: str = ""


def read(lead: Lead, *, before: datetime | None = None, kind: str = "") -> Timeline:
    asked = Asked(lead, terms_by_id(lead.version_id) if lead.version_id else None, before, kind)
    wanted = [kind] if kind in READERS else list(READERS)
    found: list[Entry] = []
    for name in wanted:
        found += [entry | {"kind": name} for entry in READERS[name](asked)]
    if before is not None:
        found = [entry for entry in found if entry["at"] < before]
    found.sort(key=lambda entry: (entry["at"], ORDER[entry["kind"]]), reverse=True)
    if len(found) <= SIZE:
        return Timeline(found)
    last = found[SIZE - 1]["at"]
    shown = [entry for entry in found if entry["at"] >= last]  # what shares the last moment comes along
    return Timeline(shown, last.isoformat() if len(shown) < len(found) else "")


# --- what they did -------------------------------------------------------------------------------------------------


def _deeds(asked: Asked) -> list[Entry]:
    rows = asked.cut(Activity.objects.filter(lead__in=asked.leads), "occurred_at")
    return [
        {
            "at": row.occurred_at,
            "title": wordings.deed(row.type),
            "text": wordings.properties(row.properties),
            "by": wordings.source(row.source) if row.source else "",
            "icon": "world",
            "tone": "cyan",
        }
        for row in rows
    ]


def _points(asked: Asked) -> list[Entry]:
    rows = asked.cut(ScoreChange.objects.filter(lead__in=asked.leads), "at")
    return [
        {
            "at": row.at,
            "title": f"{row.before} to {row.total} points",
            "text": f"Fit {row.fit}, engagement {row.engagement}. {wordings.score_cause(row.cause)}".strip(),
            "icon": "trending-up" if row.total >= row.before else "trending-down",
            "tone": "cyan" if row.total >= row.before else "secondary",
        }
        for row in rows
    ]


def _stages(asked: Asked) -> list[Entry]:
    rows = asked.cut(StageEntry.objects.filter(lead__in=asked.leads).select_related("by"), "entered_at")
    return [
        {
            "at": row.entered_at,
            "title": f"Became {wordings.stage(asked.terms_of(row), row.stage)}",
            "text": wordings.cause(asked.terms_of(row), row.cause),
            "by": row.by.name if row.by else "",
            "icon": "flag",
            "tone": wordings.stage_tone(row.stage),
        }
        for row in rows
    ]


# --- opportunity and nurture ---------------------------------------------------------------------------------------


def _deals(asked: Asked) -> list[Entry]:
    changes = OpportunityChange.objects.filter(opportunity__lead__in=asked.leads).select_related("opportunity", "by")
    rows = asked.cut(changes, "at")
    names = wordings.names_in(rows)
    opened = _as_opened(changes)
    return [
        {
            "at": row.at,
            "title": wordings.change(row, names),
            "text": _sum(row.opportunity, opened.get(row.opportunity_id, {})) if row.field == "opened" else "",
            "by": row.by.name if row.by else "",
            "url": reverse("opportunity", args=[row.opportunity.public_id]),
            "icon": "trophy" if row.after == "won" else "circle-x" if row.after == "lost" else "briefcase",
            "tone": "green" if row.after == "won" else "red" if row.after == "lost" else "orange",
        }
        for row in rows
    ]


def _as_opened(changes: QuerySet[OpportunityChange]) -> dict[int, dict[str, str]]:
    """For each opportunity, what its name, amount and currency were before they were first changed."""
    found: dict[int, dict[str, str]] = {}
    first = changes.filter(field__in=("name", "amount", "currency")).order_by("at", "id")
    for opportunity, name, before in first.values_list("opportunity_id", "field", "before"):
        found.setdefault(opportunity, {}).setdefault(name, before)
    return found


def _sum(opportunity: Opportunity, opened: dict[str, str]) -> str:
    """Name and amount as they were when it was opened."""
    said = opened.get("name", opportunity.name)
    amount = opened.get("amount", opportunity.amount)
    if amount in (None, ""):
        return said
    return f"{said}, {money(Decimal(str(amount)), opened.get('currency', opportunity.currency))}"


def _nurture(asked: Asked) -> list[Entry]:
    found: list[Entry] = []
    for spell in (
        NurtureSpell.objects.filter(lead__in=asked.leads).select_related("entered_by", "handoff").order_by("id")
    ):
        reason = wordings.reason(asked.terms_of(spell.handoff), spell.reason)
        found.append(
            {
                "at": spell.entered_at,
                "title": f"Into nurture until {local(spell.return_on)}",
                "text": " ".join(part for part in (f"{reason}." if reason else "", spell.note) if part),
                "by": spell.entered_by.name if spell.entered_by else "",
                "icon": "plant-2",
                "tone": "lime",
            }
        )
        if spell.left_at is not None:
            found.append(
                {
                    "at": spell.left_at,
                    "title": f"Out of nurture: {wordings.left_cause(spell.left_cause)}",
                    "icon": "arrow-right",
                    "tone": "lime",
                }
            )
    return found


# --- who was told, what was said -----------------------------------------------------------------------------------


def _notices(asked: Asked) -> list[Entry]:
    rows = asked.cut(
        Notice.objects.filter(subject__in=[str(lead.public_id) for lead in asked.leads]).select_related("recipient"),
        "created_at",
    )
    told: dict[tuple[datetime, str], list[str]] = {}
    for row in rows:
        told.setdefault((row.created_at, row.title), []).append(row.recipient.name)
    return [
        {"at": at, "title": f"Told {_names(people)}", "text": title, "icon": "bell", "tone": "secondary"}
        for (at, title), people in told.items()
    ]


def _names(people: list[str]) -> str:
    shown = sorted(people)
    if len(shown) > 3:
        return f"{', '.join(shown[:2])} and {len(shown) - 2} others"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _said(asked: Asked) -> list[Entry]:
    comments = asked.cut(LeadComment.objects.filter(lead__in=asked.leads).select_related("author"), "at")
    files = asked.cut(LeadFile.objects.filter(lead__in=asked.leads).select_related("added_by"), "added_at")
    return [
        {
            "at": row.at,
            "title": f"{row.author.name} commented",
            "text": row.text,
            "url": f"#comment-{row.pk}",
            "icon": "message",
            "tone": "yellow",
        }
        for row in comments
    ] + [
        {
            "at": row.added_at,
            "title": f"{row.added_by.name} added {row.name}",
            "url": reverse("lead_file", args=[row.public_id]),
            "icon": "paperclip",
            "tone": "yellow",
        }
        for row in files
    ]


READERS: dict[str, Callable[[Asked], list[Entry]]] = {
    "deeds": _deeds,
    "points": _points,
    "stages": _stages,
    "calls": timeline_work.calls,
    "handoffs": timeline_work.handoffs,
    "promises": timeline_work.promises,
    "deals": _deals,
    "nurture": _nurture,
    "notices": _notices,
    "said": _said,
}
