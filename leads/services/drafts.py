"""What a rep types while calling saves itself, and is neither lost nor recorded twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from config.accounts.models import User
from config.web.errors import Conflict
from leads.models import Attempt, CallDraft, Handoff, QueueItem

LONGEST_NOTE = 4000


def of(handoff: Handoff) -> CallDraft | None:
    return CallDraft.objects.select_related("by").filter(pk=handoff.pk).first()


@transaction.atomic
def save(
    handoff_id: int, *, by: User, at: datetime, note: str | None = None, answers: dict[str, Any] | None = None,
    next_step: str | None = None,
) -> CallDraft:  # fmt: skip
    """Keep what was typed; parts that are None stay as they were. Conflict where the lead is no longer this rep's."""
    item = (
        QueueItem.objects.select_for_update(of=("self",), no_key=True)
        .select_related("claimed_by")
        .filter(pk=handoff_id)
        .first()
    )
    if item is None or item.claimed_by_id != by.pk:
        holder = item.claimed_by.name if item is not None and item.claimed_by else "Nobody"
        raise Conflict("not_yours", f"{holder} holds this lead now; your notes were not saved.", by=holder)
    draft = CallDraft.objects.filter(pk=handoff_id).first() or CallDraft(handoff_id=handoff_id)
    if note is not None:
        draft.note = note[:LONGEST_NOTE]
    if answers is not None:
        draft.answers = draft.answers | answers
    if next_step is not None:
        draft.next_step = next_step[:400]
    draft.by, draft.saved_at = by, at
    draft.save()
    return draft


def used(handoff: Handoff) -> None:
    """The note has become part of an attempt. Answers stay: the next try may have to ask the rest."""
    CallDraft.objects.filter(pk=handoff.pk).update(note="")


def restore(handoff: Handoff, attempt: Attempt, at: datetime) -> None:
    """The outcome was taken back: its note is a draft again, unless something new was typed meanwhile."""
    assert attempt.by is not None
    draft = CallDraft.objects.filter(pk=handoff.pk).first() or CallDraft(handoff=handoff)
    draft.note = draft.note or attempt.note
    draft.answers = draft.answers | attempt.details.get("answers", {})
    draft.next_step = draft.next_step or attempt.details.get("next_step", "")
    draft.by, draft.saved_at = attempt.by, at
    draft.save()
