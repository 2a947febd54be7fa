"""What can be done about a gate: keep its refusals, ask a manager, override with a reason, note consent, wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from config.accounts.models import User
from config.notices.kinds import register_kind
from config.notices.models import Urgency
from config.notices.services.notices import tell
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Forbidden, Refusal
from leads.models import CallRefusal, Consent, ContactKind, ContactPoint, Handoff, QueueItem
from leads.normalise import phone as normalised_phone
from leads.services import cases, claiming, gates, queueing
from leads.services.cases import Case
from leads.services.escalation import managers_of
from leads.services.gates import Clearance

OVERRIDE_HOLDS = timedelta(hours=1)
SAID_AGAIN = timedelta(minutes=15)  # the same refusal to the same rep is kept once in this time
KIND_ASKED = "call_override_asked"
register_kind(KIND_ASKED, "A rep asks to be allowed a call", group="Calls")


def clearance_of(handoff: Handoff, case: Case) -> Clearance:
    return gates.examine(
        handoff, case.lead, case.terms,
        email=case.addresses.get(ContactKind.EMAIL, ""), phone=case.addresses.get(ContactKind.PHONE, ""), at=case.at,
    )  # fmt: skip


def ask_for_number(handoff: Handoff, case: Case, *, by: User) -> Clearance:
    """The number, if nothing stops the call; each refusal is kept."""
    found = clearance_of(handoff, case)
    keep(handoff, found, by=by)
    return found


def keep(handoff: Handoff, found: Clearance, *, by: User) -> None:
    """Record what was refused to whom, by which rule; a page that asks again is not a new refusal."""
    if not found.stops:
        return
    since = found.at - SAID_AGAIN
    said = CallRefusal.objects.filter(handoff=handoff, asked_by=by, at__gt=since, overridden_by=None)
    known = set(said.values_list("rule", flat=True))
    CallRefusal.objects.bulk_create(
        CallRefusal(
            handoff=handoff, person_id=handoff.lead.person_id, rule=stop.code, words=stop.words[:200], asked_by=by,
            at=found.at,
        )
        for stop in {stop.code: stop for stop in found.stops}.values()
        if stop.code not in known
    )  # fmt: skip


@transaction.atomic
def override(handoff_id: int, *, by: User, at: datetime, reason: str) -> Clearance:
    """A manager lets the call be made all the same, for an hour, where the country's rule allows; kept with the reason."""
    if not reason.strip():
        raise Refusal("reason_needed", "Say why the call may be made.", fields={"reason": "A few words."})
    handoff, case = cases.load_handoff(handoff_id, at)
    found = clearance_of(handoff, case)
    if found.is_clear:
        return found
    if found.final:
        raise Refusal("not_overridable", f"Nobody may override this: {gates.ending(found.final)}")
    CallRefusal.objects.bulk_create(
        CallRefusal(
            handoff=handoff, person_id=handoff.lead.person_id, rule=stop.code, words=stop.words[:200], asked_by=None,
            at=at, overridden_by=by, override_reason=reason.strip()[:200], override_until=at + OVERRIDE_HOLDS,
        )
        for stop in found.stops
    )  # fmt: skip
    publish(
        News(
            "call.override", str(handoff.public_id), at,
            {"lead": str(case.lead.public_id), "rules": [stop.code for stop in found.stops], "by": by.name,
             "reason": reason.strip()},
            teams=[handoff.to_team_id],
        )
    )  # fmt: skip
    return clearance_of(handoff, case)


@transaction.atomic
def ask_manager(handoff_id: int, *, by: User, at: datetime, url: str) -> int:
    """Ask the team's managers to let the call be made. Returns how many are told; once a quarter of an hour."""
    handoff, case = cases.load_handoff(handoff_id, at)
    found = clearance_of(handoff, case)
    if not found.can_be_overridden:
        raise Refusal("not_overridable", "No manager may override this.")
    who = case.lead.person.name
    quarter = int(at.timestamp() // SAID_AGAIN.total_seconds())
    told = tell(
        managers_of([handoff.to_team_id]),
        kind=KIND_ASKED,
        title=f"{by.name} asks to call {who} all the same",
        body=gates.ending(found.stops),
        url=url,
        urgency=Urgency.NOW,
        dedupe_key=f"override:{handoff.pk}:{by.pk}:{quarter}",
        subject=str(case.lead.public_id),
        at=at,
    )
    return len(told)


@transaction.atomic
def note_consent(handoff_id: int, *, by: User, at: datetime, source: str) -> Consent:
    """The person has said that they may be called; where and how is kept."""
    if not source.strip():
        raise Refusal("source_needed", "Say how they consented.", fields={"source": "Such as: by mail, today."})
    case = cases.load_handoff(handoff_id, at)[1]
    return Consent.objects.create(
        person=case.lead.person,
        channel=ContactKind.PHONE,
        basis="consent",
        granted=True,
        source=f"{source.strip()[:80]} ({by.name})"[:120],
        at=at,
    )


@transaction.atomic
def add_number(handoff_id: int, *, by: User, at: datetime, number: str) -> ContactPoint:
    """Another number for the person, called first from now on."""
    return add_number_locked(cases.load_handoff(handoff_id, at)[1], number)


def add_number_locked(case: Case, number: str) -> ContactPoint:
    """`number` as given; raises Refusal where it cannot be one. An unworkable one that is given again works again."""
    from django.core.exceptions import ValidationError

    person = case.lead.person
    try:
        found = normalised_phone(number, person.country)
    except ValidationError as error:
        raise Refusal("bad_number", str(error.messages[0]), fields={"number": str(error.messages[0])}) from error
    if not found:
        raise Refusal("bad_number", "Type the number.", fields={"number": "Type the number."})
    ContactPoint.objects.filter(person=person, kind=ContactKind.PHONE).update(is_primary=False)
    point, _ = ContactPoint.objects.update_or_create(
        person=person,
        kind=ContactKind.PHONE,
        normalised=found,
        defaults={"value": number.strip()[:254], "is_primary": True, "is_workable": True, "unworkable_reason": ""},
    )
    case.addresses[ContactKind.PHONE] = found
    return point


@transaction.atomic
def wait(handoff_id: int, *, by: User, at: datetime) -> QueueItem:
    """Put the lead back until nothing stops the call any more; no attempt, no reason asked: the rule is the reason."""
    handoff, case = cases.load_handoff(handoff_id, at)
    item = claiming.locked(handoff.pk)
    if item is None:
        raise Conflict("not_waiting", "This lead is no longer waiting in the queue.")
    if item.claimed_by_id != by.pk:
        raise Forbidden("not_yours", "Take the lead first.")
    found = clearance_of(handoff, case)
    until = found.free_again_at
    if until is None:
        raise Refusal("no_end", "This does not end by itself; choose what becomes of the lead.")
    label = found.stops[0].label.lower()
    return queueing.requeue(handoff, case, not_before=until, why=f"Waited: {label}")
