"""The part of a lead's history that teams made: calls, handoffs with their decisions and questions, promises."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from config.web.wording import duration, local
from leads.models import (
    Attempt,
    Callback,
    Contest,
    Handoff,
    HandoffMessage,
    HandoffState,
    OwnerSpell,
)
from leads.services import wordings
from leads.services.timeline_page import Asked, Entry
from sla.models import ClockEvent
from sla.terms import Terms


def calls(asked: Asked) -> list[Entry]:
    tries = asked.cut(
        Attempt.objects.filter(lead__in=asked.leads).select_related("by", "handoff", "contact_point"), "at"
    )
    promised = asked.cut(
        Callback.objects.filter(handoff__lead__in=asked.leads).select_related("owner"), "created_at"
    )  # fmt: skip
    return [_try(asked, row) for row in tries] + [
        {
            "at": row.created_at,
            "title": f"Callback promised for {local(row.due_at, 'short')}",
            "text": f"{row.note} {row.get_state_display()}.".strip(),
            "by": row.owner.name,
            "icon": "calendar-time",
            "tone": "indigo",
        }
        for row in promised
    ]


def _try(asked: Asked, row: Attempt) -> Entry:
    said = [row.note] if row.note else []
    if row.talk_seconds:
        said.append(f"Spoke {duration(row.talk_seconds)}.")
    if not row.counts:
        said.append(f"Does not count: {row.why_not_counted or 'by the agreement'}.")
    if row.undone_at:
        said.append("Taken back.")
    return {
        "at": row.at,
        "title": f"{row.get_channel_display()}: {wordings.disposition(asked.terms_of(row.handoff), row.disposition)}",
        "text": " ".join(said),
        "by": row.by.name if row.by else "",
        "icon": "phone-call" if row.real_contact else "phone",
        "tone": "green" if row.real_contact else "secondary",
    }


# --- handoffs, their promises and questions ------------------------------------------------------------------------


def handoffs(asked: Asked) -> list[Entry]:
    rows = Handoff.objects.filter(lead__in=asked.leads).defer("packet")
    people = (
        "to_team",
        "from_team",
        "to_user",
        "from_user",
        "decided_by",
        "contest__contested_by",
        "contest__settled_by",
    )
    found: list[Entry] = []
    for row in rows.select_related(*people).order_by("id"):
        found += _handoff(asked, row)
    spells = OwnerSpell.objects.filter(
        handoff__lead__in=asked.leads, cause__in=("reassigned", "escalated")
    ).select_related("user", "handoff")
    found += [
        {
            "at": spell.from_at,
            "title": f"Given to {spell.user}",
            "url": _url(spell.handoff),
            "icon": "arrows-exchange",
            "tone": "blue",
        }
        for spell in spells
    ]
    messages = HandoffMessage.objects.filter(handoff__lead__in=asked.leads).select_related("author", "handoff")
    return found + [
        {
            "at": row.at,
            "title": "Asked what is missing" if row.asks else "Wrote about the handoff",
            "text": row.text,
            "by": row.author.name,
            "url": _url(row.handoff),
            "icon": "message-question" if row.asks else "message",
            "tone": "yellow",
        }
        for row in asked.cut(messages, "at")
    ]


def _url(handoff: Handoff) -> str:
    return reverse("handoff", args=[handoff.public_id])


def _handoff(asked: Asked, row: Handoff) -> Iterable[Entry]:
    terms, url = asked.terms_of(row), _url(row)
    giver = row.from_user or row.from_team or row.get_from_function_display()
    kind = "" if row.kind == "standard" else f" {row.get_kind_display()}."
    yield {
        "at": row.offered_at,
        "title": f"Handed to {row.to_user or row.to_team}",
        "text": f"By {giver}.{kind} {wordings.sentences(row.route_why[:2])}".strip(),
        "url": url,
        "icon": "send",
        "tone": "azure",
    }
    if row.decided_at is not None:
        yield _decision(row, terms, url)
    if row.closed_at is not None:
        reason = wordings.reason(terms, row.reason)
        yield {
            "at": row.closed_at,
            "title": row.get_outcome_display(),
            "text": " ".join(part for part in (f"{reason}." if reason else "", row.note) if part),
            "url": url,
            "icon": "circle-check",
            "tone": "green",
        }
    contest: Contest | None = getattr(row, "contest", None)
    if contest is not None:
        yield from _contest(contest, url)


def _decision(row: Handoff, terms: Terms | None, url: str) -> Entry:
    words = {
        HandoffState.REJECTED: ("Rejected", "thumb-down", "red"),
        HandoffState.WITHDRAWN: ("Taken back by its giver", "arrow-back-up", "secondary"),
        HandoffState.EXPIRED: ("Pulled back, nobody decided in time", "alarm", "orange"),
    }
    title, icon, tone = words.get(HandoffState(row.state), ("Accepted", "check", "blue"))
    text = ""
    if row.state == HandoffState.REJECTED:
        title = f"Rejected: {wordings.rejection(terms, row.reason, row.reason_attribute)}"
    if row.state not in (HandoffState.ACCEPTED, HandoffState.CLOSED):
        text = row.note
    elif row.meeting_at:
        text = f"Meeting on {local(row.meeting_at, 'short')}."
    by = row.decided_by.name if row.decided_by else "The agreement"
    return {"at": row.decided_at, "title": title, "text": text, "by": by, "url": url, "icon": icon, "tone": tone}


def _contest(contest: Contest, url: str) -> Iterable[Entry]:
    yield {
        "at": contest.contested_at,
        "title": "Contested the rejection",
        "text": contest.comment,
        "by": contest.contested_by.name,
        "url": url,
        "icon": "scale",
        "tone": "orange",
    }
    if contest.settled_at is not None:
        yield {
            "at": contest.settled_at,
            "title": contest.get_state_display(),
            "text": contest.settled_note,
            "by": contest.settled_by.name if contest.settled_by else "The agreement",
            "url": url,
            "icon": "gavel",
            "tone": "orange",
        }


SHOWN_STEPS = (
    ClockEvent.Kind.BREACHED,
    ClockEvent.Kind.ESCALATED,
    ClockEvent.Kind.PAUSED,
    ClockEvent.Kind.RESUMED,
    ClockEvent.Kind.MET,
    ClockEvent.Kind.MET_LATE,
    ClockEvent.Kind.AMENDED,
)


def promises(asked: Asked) -> list[Entry]:
    subjects = Handoff.objects.filter(lead__in=asked.leads).values("pk")
    events = ClockEvent.objects.filter(clock__subject__in=subjects, kind__in=SHOWN_STEPS).select_related("clock")
    return [_step(asked, row) for row in asked.cut(events, "at")]


def _step(asked: Asked, row: ClockEvent) -> Entry:
    kept = row.kind in (ClockEvent.Kind.MET, ClockEvent.Kind.MET_LATE)
    broken = row.kind in (ClockEvent.Kind.BREACHED, ClockEvent.Kind.ESCALATED)
    promise = wordings.commitment(asked.terms_of(row.clock), row.clock.commitment, row.clock.kind)
    text = str(row.data.get("reason") or "")
    return {
        "at": row.at,
        "title": f"{promise}: {row.get_kind_display().lower()}",
        "text": f"{text[0].upper()}{text[1:]}." if text else "",
        "url": reverse("clock", args=[row.clock.public_id]),
        "icon": "alarm" if broken else "circle-check" if kept else "clock",
        "tone": "red" if broken or row.kind == ClockEvent.Kind.MET_LATE else "green" if kept else "secondary",
    }
