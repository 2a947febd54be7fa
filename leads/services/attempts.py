"""Tries to reach a lead: recorded at once, undoable for a few seconds, then settled with the time of the try.

Only an attempt that counts stops a clock: its disposition counts, it is not too close to the one before, and a human
made it. Settling late changes nothing, for every effect carries the attempt's own instant.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from config.accounts.models import User
from config.notices.kinds import register_kind
from config.notices.services.notices import tell
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Forbidden, Refusal
from config.web.prepared import fetch_one, one_row
from leads.models import Attempt, AttemptChannel, Handoff, QueueItem
from leads.services import (
    cases,
    claiming,
    clearing,
    clockwork,
    details,
    dialling,
    drafts,
    effects,
    gates,
    handoffs,
    late,
)
from leads.services.cases import Case
from leads.services.details import Details
from sla.services import clocks
from sla.terms import DispositionTerms

log = logging.getLogger(__name__)
register_kind("outcome_stuck", "What I recorded could not take effect", group="Calls")

UNDO = timedelta(seconds=10)
AGAIN = timedelta(minutes=5)  # an outcome that could not take effect is tried again so much later
AT_ONCE = 500

__all__ = ["UNDO", "Details", "record", "settle", "settle_due", "undo", "undoable_of"]


@transaction.atomic
def record(
    handoff_id: int,
    *,
    by: User,
    at: datetime,
    disposition: str,
    details: Details | None = None,
    channel: str = AttemptChannel.CALL,
    undo: timedelta = timedelta(0),
) -> Attempt:
    """Record a try and its outcome. With `undo` its effects wait that long; without, they happen now."""
    handoff, case = cases.load_handoff(handoff_id, at)
    if not handoff.is_open:
        raise late.over(handoff)
    item = _claimed(handoff, by, at)
    term = _disposition(case, disposition)
    given = _completed(details or Details(), handoff, item, by, at)
    _check(term, given, case, item)
    counts, why_not = _counts(handoff, case, term, channel)
    # Who has really spoken with the lead may have been called by it.
    if counts and channel == AttemptChannel.CALL and not term.real_contact:
        shut = gate_shut(handoff, case, item, by)
        counts, why_not = not shut, f"No call could be made: {shut}"[:120] if shut else ""
    attempt = Attempt.objects.create(
        lead=case.lead,
        handoff=handoff,
        by=by,
        at=at,
        channel=channel,
        contact_point_id=given.contact_point,
        disposition=term.key,
        human_answered=term.human_answered,
        real_contact=term.real_contact,
        counts=counts,
        why_not_counted=why_not,
        talk_seconds=given.talk_seconds,
        handling_seconds=given.handling_seconds,
        note=given.note,
        details=given.stored(),
        settles_at=at + undo,
        settled_at=None if undo else at,
    )
    if channel == AttemptChannel.CALL:
        dialling.belongs_to(attempt)
    drafts.used(handoff)
    if not undo:
        _settle(attempt, handoff, case, term, given)
    return attempt


PENDING = (
    "SELECT 1 FROM leads_attempt WHERE handoff_id = %(handoff)s AND settled_at IS NULL AND undone_at IS NULL LIMIT 1"
)


def _claimed(handoff: Handoff, by: User, at: datetime) -> QueueItem | None:
    """A lead in a queue may be worked only by who holds its lease, and one outcome at a time."""
    item = one_row(QueueItem, "WHERE row.handoff_id = %(id)s", {"id": handoff.pk}, ("claimed_by",))
    if item is None:
        return None
    if item.claimed_by is not None and item.claimed_by_id != by.pk and item.lease_until and item.lease_until > at:
        raise Conflict("claimed", f"{item.claimed_by.name} is working on this lead.", by=item.claimed_by.name)
    if fetch_one(PENDING, {"handoff": handoff.pk}) is not None:
        raise Conflict("recorded", "An outcome was recorded a moment ago; take it back first.")
    return item


def _completed(given: Details, handoff: Handoff, item: QueueItem | None, by: User, at: datetime) -> Details:
    """With what was typed while calling, how long it took, and how long they talked."""
    draft = drafts.of(handoff) if item is not None else None
    if draft is not None:
        given = replace(given, note=given.note or draft.note)
    if given.handling_seconds is None and item is not None and item.claimed_by_id == by.pk and item.claimed_at:
        given = replace(given, handling_seconds=max(0, int((at - item.claimed_at).total_seconds())))
    if given.talk_seconds is None:
        given = replace(given, talk_seconds=dialling.talked(handoff, by, since=item.claimed_at if item else None))
    return given


def _disposition(case: Case, key: str) -> DispositionTerms:
    term = case.terms.dispositions.get(key)
    if term is None or not term.is_active:
        raise Refusal("unknown_disposition", f"There is no outcome {key!r} in this agreement.")
    return term


def _check(term: DispositionTerms, given: Details, case: Case, item: QueueItem | None) -> None:
    details.check(term, given, case, queued=item is not None)


def _counts(handoff: Handoff, case: Case, term: DispositionTerms, channel: str) -> tuple[bool, str]:
    """Whether this try counts, and why not."""
    if not term.counts_as_attempt:
        return False, f"“{term.label}” does not count as an attempt."
    cadence = case.terms.cadence_for(handoff.to_function)
    if cadence is None:
        return True, ""
    gap = timedelta(minutes=cadence.minimum_gap_minutes)
    close = Attempt.objects.filter(
        handoff=handoff, counts=True, undone_at=None, at__gt=case.at - gap, at__lte=case.at, channel=channel
    ).exists()
    if close and not term.real_contact:
        return False, f"Less than {cadence.minimum_gap_minutes} minutes after the one before."
    return True, ""


def gate_shut(handoff: Handoff, case: Case, item: QueueItem | None, by: User) -> str:
    """Why no call can have been made, in words; "" where one can: the gate is open now, or was when the lead was taken in
    hand, or a call is on record since. Outside a queue only do-not-call and missing consent count."""
    found = clearing.clearance_of(handoff, case)
    stops = found.stops if item is not None else found.final
    if not stops:
        return ""
    since = item.claimed_at if item is not None and item.claimed_by_id == by.pk else None
    if since is not None and dialling.called(handoff, by, since):
        return ""
    if since is not None and all(stop.overridable for stop in stops):
        stops = clearing.clearance_of(handoff, replace(case, at=since)).stops
    return gates.ending(stops)


# --- undoing -------------------------------------------------------------------------------------------------------


@transaction.atomic
def undo(attempt_id: int, *, by: User, at: datetime) -> Attempt:
    """Take back an outcome whose effects have not happened yet. Who recorded it has the lead again, with the notes."""
    handoff_id = Attempt.objects.values_list("handoff_id", flat=True).get(pk=attempt_id)
    assert handoff_id is not None
    handoff, _case = cases.load_handoff(handoff_id, at)
    attempt = Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    if attempt.by_id != by.pk:
        raise Forbidden("not_yours", "Only who recorded an outcome may take it back.")
    if attempt.undone_at is not None:
        return attempt
    if attempt.settled_at is not None or (attempt.settles_at and attempt.settles_at <= at):
        raise Conflict("settled", "It is too late to take this back: its effects have happened.")
    attempt.undone_at = at
    attempt.save(update_fields=["undone_at"])
    if QueueItem.objects.filter(pk=handoff.pk).exists():
        claiming.claim(handoff.pk, by=by, at=at)
        drafts.restore(handoff, attempt, at)
    dialling.no_longer_belongs_to(attempt)
    return attempt


def undoable_of(user: User, at: datetime) -> Attempt | None:
    """The outcome this person can still take back: the latest, for some seconds."""
    return (
        Attempt.objects.filter(by=user, settled_at=None, undone_at=None, settles_at__gt=at, handoff__isnull=False)
        .select_related("handoff", "lead__person")
        .order_by("-id")
        .first()
    )


# --- settling ------------------------------------------------------------------------------------------------------


def settle_due(at: datetime) -> int:
    """Let the effects happen of every outcome that can no longer be taken back. Returns how many.

    One that cannot take effect is put off, and who recorded it is told; the others go on.
    """
    due = Attempt.objects.filter(settled_at=None, undone_at=None, settles_at__lte=at).order_by("settles_at", "id")
    settled = 0
    for attempt_id in list(due.values_list("pk", flat=True)[:AT_ONCE]):
        try:
            settled += settle(attempt_id)
        except Refusal as refusal:
            _put_off(attempt_id, refusal, at)
    return settled


@transaction.atomic
def settle(attempt_id: int) -> bool:
    """Apply one outcome's effects with the time of the try; False when somebody already has."""
    found = Attempt.objects.values_list("handoff_id", "at").get(pk=attempt_id)
    handoff, case = cases.load_handoff(found[0], found[1])
    attempt = Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    if attempt.settled_at is not None or attempt.undone_at is not None:
        return False
    attempt.settled_at = attempt.settles_at or found[1]
    attempt.save(update_fields=["settled_at"])
    _settle(attempt, handoff, case, case.terms.dispositions[attempt.disposition], Details.restored(attempt))
    return True


@transaction.atomic
def _put_off(attempt_id: int, refusal: Refusal, at: datetime) -> None:
    log.warning("Attempt %s cannot take effect: %s", attempt_id, refusal.message)
    attempt = Attempt.objects.select_related("by", "lead__person", "handoff").get(pk=attempt_id)
    Attempt.objects.filter(pk=attempt_id).update(settles_at=at + AGAIN)
    if attempt.by is None or attempt.handoff is None:
        return
    tell(
        [attempt.by],
        kind="outcome_stuck",
        title=f"What you recorded for {attempt.lead.person.name} could not take effect",
        body=refusal.message,
        url=f"/handoffs/{attempt.handoff.public_id}/",
        dedupe_key=f"outcome-stuck:{attempt_id}",
        subject=str(attempt.lead.public_id),
        at=at,
    )


def _settle(attempt: Attempt, handoff: Handoff, case: Case, term: DispositionTerms, given: Details) -> None:
    if not handoff.is_open:
        return  # closed meanwhile by somebody else: the try stays on record, and has nothing left to move
    if attempt.counts:
        _count(attempt, handoff, case)
    effects.happen(effects.Result(attempt, handoff, case, term, given))
    if handoff.is_open:
        clockwork.refresh_due(handoff)
    assert attempt.by is not None
    payload = {
        "lead": str(case.lead.public_id),
        "disposition": term.key,
        "by": attempt.by.name,
        "counts": attempt.counts,
    }
    publish(
        News("attempt.recorded", str(handoff.public_id), case.at, payload, teams=[handoff.to_team_id], users=[attempt.by.pk])
    )  # fmt: skip


def _count(attempt: Attempt, handoff: Handoff, case: Case) -> None:
    """A counting attempt is evidence: it stops the first-attempt clock, counts, and accepts what was only offered."""
    assert attempt.by is not None
    evidence = {"act": "attempt", "attempt": attempt.pk, "disposition": attempt.disposition, "by": attempt.by_id}
    if handoff.first_attempt_at is None:
        handoff.first_attempt_at = case.at
    if attempt.real_contact and handoff.first_contact_at is None:
        handoff.first_contact_at = case.at
    handoff.save(update_fields=["first_attempt_at", "first_contact_at", "state"])
    if handoff.state == "offered":
        handoffs.accept_locked(handoff, case, by=attempt.by)
    for clock in clocks.lock_open(handoff.pk):
        if clock.kind in ("first_attempt", "next_step"):
            clocks.stop(clock, at=case.at, evidence=evidence)
        elif clock.kind == "attempts":
            (clocks.stop if attempt.real_contact else clocks.count)(clock, at=case.at, evidence=evidence)
        elif clock.kind == "first_contact" and attempt.real_contact:
            clocks.stop(clock, at=case.at, evidence=evidence)
