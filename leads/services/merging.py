"""Duplicates: proposed by what two people share, looked at side by side, and merged only by a person's decision.

Merging keeps both histories: everything of the one who goes hangs on the one who stays, and a lead that cannot go on
beside another is closed as merged, its own ledger untouched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from config.accounts.models import User
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Refusal
from leads.models import (
    Activity,
    Consent,
    ContactKind,
    ContactPoint,
    Handoff,
    IntakeKey,
    Lead,
    LeadComment,
    LeadFile,
    MergeProposal,
    Person,
    ScoreWatch,
    Visitor,
)
from leads.services import admission, advancing, cases, handoffs, nurture, stages
from leads.services.identify import SHARED_BY_MOST
from sla.services.compiling import terms_by_id
from sla.stages import CLOSED, RANK, Stage

FIELDS = ("first_name", "last_name", "job_title", "seniority", "department", "country", "city", "language", "time_zone")
MERGED = "merged"

# The same name at the same company, or the same number unless it is a switchboard's: worth a look, never certain.
LIKELY = """
WITH people AS (
    SELECT id, leads_fold(first_name) || ' ' || leads_fold(last_name) AS name, company_id, first_name, last_name
    FROM leads_person WHERE merged_into_id IS NULL AND erased_at IS NULL
), pairs AS (
    SELECT min(id) OVER same AS keep, id AS drop, 'The same name at the same company.' AS why, 1 AS sharing
    FROM people WHERE company_id IS NOT NULL AND first_name <> '' AND last_name <> ''
    WINDOW same AS (PARTITION BY company_id, name)
    UNION ALL
    SELECT min(people.id) OVER same, people.id, 'The same phone number with another e-mail address.', count(*) OVER same
    FROM leads_contactpoint point JOIN people ON people.id = point.person_id
    WHERE point.kind = 'phone' WINDOW same AS (PARTITION BY point.normalised)
)
INSERT INTO leads_mergeproposal (public_id, keep_id, drop_id, why, state, proposed_at, record)
SELECT gen_random_uuid(), keep, drop, min(why), 'open', %(at)s, '{}' FROM pairs
WHERE drop > keep AND sharing <= %(most)s AND NOT EXISTS (
    SELECT 1 FROM leads_mergeproposal m WHERE (m.keep_id, m.drop_id) IN ((pairs.keep, pairs.drop), (pairs.drop, pairs.keep))
)
GROUP BY keep, drop
ON CONFLICT DO NOTHING
"""


def propose_likely(at: datetime) -> int:
    """Propose every pair that looks like one person and has not been looked at; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(LIKELY, {"at": at, "most": SHARED_BY_MOST + 1})
        return int(cursor.rowcount)


@transaction.atomic
def propose(one: Person, other: Person, *, by: User, at: datetime, why: str = "") -> MergeProposal:
    """Somebody thinks that two are one. A pair that was found to be two people may be proposed again."""
    if one.pk == other.pk:
        raise Refusal("same", "That is one person already.", fields={"other": "Choose somebody else."})
    if one.merged_into_id or other.merged_into_id:
        raise Conflict("merged", "One of them has been merged already.")
    found = MergeProposal.objects.filter(Q(keep=one, drop=other) | Q(keep=other, drop=one)).first()
    reason = (why.strip() or f"Proposed by {by.name}.")[:200]
    if found is None:
        return MergeProposal.objects.create(keep=one, drop=other, why=reason, proposed_at=at)
    if found.state == MergeProposal.State.APART:
        found.state, found.why, found.proposed_at, found.decided_by, found.decided_at = "open", reason, at, None, None
        found.save()
    return found


@dataclass(frozen=True)
class Row:
    """A field of both, and which value the merged person gets."""

    name: str
    keep: str
    drop: str
    differs: bool
    result: str


@dataclass(frozen=True)
class Clash:
    """Two open leads in one segment, of which one goes on."""

    goes_on: Lead
    ends: Lead
    why: str


@dataclass
class Preview:
    """`shown` are rows that are not chosen between: where they work, and addresses, of which all are kept."""

    proposal: MergeProposal
    keep: Person
    drop: Person
    shown: list[Row]
    rows: list[Row]
    points: list[ContactPoint]
    leads: list[Lead]
    clashes: list[Clash]
    counts: list[tuple[str, int]]
    problems: list[str] = field(default_factory=list)


def preview(proposal: MergeProposal, *, swap: bool = False, take: Iterable[str] = ()) -> Preview:
    """What merging would make of both. `swap` keeps the other one; `take` names fields whose value comes from who goes."""
    keep, drop = (proposal.drop, proposal.keep) if swap else (proposal.keep, proposal.drop)
    take = set(take)
    rows = [_row(name, keep, drop, take) for name in FIELDS]
    leads = list(
        Lead.objects.filter(person__in=(keep, drop)).select_related("segment", "person", "score").order_by("pk")
    )
    clashes, problems = _clashes(leads, drop)
    points = list(ContactPoint.objects.filter(person__in=(keep, drop)).order_by("kind", "id"))
    shown = _shown(keep, drop, points)
    seen: set[tuple[str, str]] = set()
    points = [p for p in points if (p.kind, p.normalised) not in seen and not seen.add((p.kind, p.normalised))]  # type: ignore[func-returns-value]
    ids = [lead.pk for lead in leads]
    counts = [
        ("Deeds", Activity.objects.filter(lead__in=ids).count()),
        ("Handoffs", Handoff.objects.filter(lead__in=ids).count()),
        (
            "Remarks and files",
            LeadComment.objects.filter(lead__in=ids).count() + LeadFile.objects.filter(lead__in=ids).count(),
        ),
    ]
    return Preview(proposal, keep, drop, shown, rows, points, leads, clashes, counts, problems)


def _row(name: str, keep: Person, drop: Person, take: set[str]) -> Row:
    mine, theirs = str(getattr(keep, name)), str(getattr(drop, name))
    result = theirs if theirs and (name in take or not mine) else mine
    return Row(name, mine, theirs, bool(mine and theirs and mine != theirs), result)


def _shown(keep: Person, drop: Person, points: list[ContactPoint]) -> list[Row]:
    kept = keep.company or drop.company
    rows = [Row("company", str(keep.company or ""), str(drop.company or ""), False, str(kept or ""))]
    for kind in ContactKind:
        held = {p.pk: [x.value for x in points if x.person_id == p.pk and x.kind == kind] for p in (keep, drop)}
        mine, theirs = held[keep.pk], held[drop.pk]
        both = ", ".join(dict.fromkeys([*mine, *theirs]))
        rows.append(Row(kind.value, ", ".join(mine), ", ".join(theirs), False, both))
    return rows


def _clashes(leads: list[Lead], drop: Person) -> tuple[list[Clash], list[str]]:
    by_segment: dict[int, list[Lead]] = {}
    for lead in leads:
        if lead.closed_at is None:
            by_segment.setdefault(lead.segment_id, []).append(lead)
    held = {h.lead_id: h for h in Handoff.objects.open().filter(lead__in=[lead.pk for lead in leads])}
    clashes, problems = [], []
    for pair in by_segment.values():
        if len(pair) < 2:
            continue
        first, second = sorted(pair, key=lambda lead: _standing(lead, held.get(lead.pk)))
        clashes.append(Clash(first, second, _why(first, held.get(first.pk))))
        if {first.stage, second.stage} == {Stage.OPPORTUNITY}:
            problems.append("Both have an open opportunity. Win, lose or give back one of them first.")
    return clashes, problems


def _standing(lead: Lead, handoff: Handoff | None) -> tuple[Any, ...]:
    """The lead that goes on comes first: an opportunity, then what is in somebody's hands for longest, so that the earliest
    promise is the one that stays."""
    worked = 2 if handoff is None else 0 if handoff.state == "accepted" else 1
    since = handoff.offered_at if handoff else lead.created_at
    return (
        lead.stage != Stage.OPPORTUNITY,
        worked,
        since if handoff else datetime.max.replace(tzinfo=since.tzinfo),
        -RANK.get(lead.stage, -1),
        lead.pk,
    )


def _why(lead: Lead, handoff: Handoff | None) -> str:
    if lead.stage == Stage.OPPORTUNITY:
        return "it is an opportunity"
    if handoff is not None:
        return "it is in somebody's hands" if handoff.state == "accepted" else "it was offered first"
    return "it is further on, or was here first"


@transaction.atomic
def merge(proposal_id: int, *, by: User, at: datetime, swap: bool = False, take: Iterable[str] = ()) -> Person:
    """Make two people one. Returns the one who stays. Raises Conflict when it has been decided, or cannot be done now."""
    proposal = MergeProposal.objects.select_for_update(no_key=True).get(pk=proposal_id)
    _must_be_open(proposal)
    people = {
        p.pk: p
        for p in Person.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=(proposal.keep_id, proposal.drop_id))
        .order_by("pk")
    }
    proposal.keep, proposal.drop = people[proposal.keep_id], people[proposal.drop_id]
    if any(person.merged_into_id for person in people.values()):
        raise Conflict("merged", "One of them has been merged with somebody else meanwhile.")
    locked = [
        cases.locked_lead(pk)
        for pk in Lead.objects.filter(person__in=people).order_by("pk").values_list("pk", flat=True)
    ]
    seen = preview(proposal, swap=swap, take=take)
    if seen.problems:
        raise Conflict("not_now", " ".join(seen.problems))
    record: dict[str, Any] = {"kept": seen.keep.pk, "gone": seen.drop.pk, "fields": {}, "leads": [], "closed": []}
    for clash in seen.clashes:
        record["closed"].append(_end(clash, by=by, at=at))
    record["points"] = _move_points(seen.keep, seen.drop)
    _fill(seen, record)
    moved = Lead.objects.filter(person=seen.drop)
    record["leads"] = list(moved.values_list("pk", flat=True))
    moved.update(person=seen.keep)
    Consent.objects.filter(person=seen.drop).update(person=seen.keep)
    seen.drop.call_refusals.update(person=seen.keep)
    seen.drop.merged_into = seen.keep
    seen.drop.save(update_fields=["merged_into"])
    Person.objects.filter(merged_into=seen.drop).update(merged_into=seen.keep)
    _settle_other_proposals(proposal, seen, by, at)
    proposal.state, proposal.decided_by, proposal.decided_at, proposal.record = "merged", by, at, record
    proposal.save()
    for lead in locked:
        if lead.pk not in record["closed"] and lead.closed_at is None:
            advancing.add_deeds(lead.pk, [], at=at, cause="merged")
    publish(News("people.merged", str(seen.keep.public_id), at, {"gone": str(seen.drop.public_id)} | cases.signed(by)))
    return seen.keep


def _must_be_open(proposal: MergeProposal) -> None:
    if proposal.state != MergeProposal.State.OPEN:
        who = cases.who(proposal.decided_by)
        done = "merged them" if proposal.state == MergeProposal.State.MERGED else "found that they are two people"
        raise Conflict("decided", f"{who} has {done} already.")


def _end(clash: Clash, *, by: User, at: datetime) -> int:
    """Close the lead that does not go on; what it did counts for the other one from now on."""
    ends, goes_on = clash.ends, clash.goes_on
    note = "Merged with another lead of the same person"
    open_handoff = Handoff.objects.open().filter(lead=ends).values_list("pk", flat=True).first()
    if open_handoff is not None:
        handoff, case = cases.load_handoff(open_handoff, at)
        if handoff.state == "accepted":
            raise Conflict("worked", "Both leads are being worked. Bring one of them to an outcome first.")
        handoffs.withdraw_locked(handoff, case, by=by, note=note, park=False)
    else:
        terms = terms_by_id(ends.version_id) if ends.version_id else cases.terms_for(ends, at)
        case = cases.load(ends.pk, at, terms=terms)
    nurture.leave(case.lead, at, MERGED)
    if case.lead.stage not in CLOSED:
        stages.enter(case.lead, Stage.DISQUALIFIED, stages.Move(at, MERGED, case.terms, by, case.score.total))
    case.lead.closed_at, case.lead.closed_reason, case.lead.merged_into = at, MERGED, goes_on
    case.lead.save(update_fields=["closed_at", "closed_reason", "merged_into", "stage"])
    admission.forget(ends.pk)
    Activity.objects.filter(lead=ends).update(lead=goes_on)
    Visitor.objects.filter(lead=ends).update(lead=goes_on)
    IntakeKey.objects.filter(lead=ends).update(lead=goes_on)
    LeadComment.objects.filter(lead=ends).update(lead=goes_on)
    LeadFile.objects.filter(lead=ends).update(lead=goes_on)
    watched = ScoreWatch.objects.filter(lead=goes_on).values("user")
    ScoreWatch.objects.filter(lead=ends).exclude(user__in=watched).update(lead=goes_on)
    return ends.pk


def _move_points(keep: Person, drop: Person) -> list[int]:
    """Every address and number of both; those of who stays come first."""
    known = set(keep.contact_points.values_list("kind", "normalised"))
    moved = []
    for point in drop.contact_points.all():
        if (point.kind, point.normalised) in known:
            point.delete()
            continue
        point.person, point.is_primary = keep, point.kind not in {kind for kind, _ in known} and point.is_primary
        point.save(update_fields=["person", "is_primary"])
        moved.append(point.pk)
    return moved


def _fill(seen: Preview, record: dict[str, Any]) -> None:
    keep, drop = seen.keep, seen.drop
    for row in seen.rows:
        if row.result != row.keep:
            record["fields"][row.name] = True  # which, not what: values stand with the person alone
            setattr(keep, row.name, row.result)
    keep.attributes = drop.attributes | keep.attributes
    keep.company = keep.company or drop.company
    keep.mail_kind = keep.mail_kind or drop.mail_kind
    keep.save()


def _settle_other_proposals(proposal: MergeProposal, seen: Preview, by: User, at: datetime) -> None:
    """Pairs with the one who is gone are pairs with the one who stays, or settled by this."""
    others = MergeProposal.objects.filter(Q(keep=seen.drop) | Q(drop=seen.drop), state="open").exclude(pk=proposal.pk)
    for other in others:
        keep = seen.keep.pk if other.keep_id == seen.drop.pk else other.keep_id
        drop = seen.keep.pk if other.drop_id == seen.drop.pk else other.drop_id
        taken = Q(keep=keep, drop=drop) | Q(keep=drop, drop=keep)
        if keep == drop or MergeProposal.objects.filter(taken).exclude(pk=other.pk).exists():
            other.delete()
            continue
        MergeProposal.objects.filter(pk=other.pk).update(keep=keep, drop=drop)


@transaction.atomic
def keep_apart(proposal_id: int, *, by: User, at: datetime) -> MergeProposal:
    """They are two people; the pair is not proposed again by itself."""
    proposal = MergeProposal.objects.select_for_update(no_key=True).get(pk=proposal_id)
    _must_be_open(proposal)
    proposal.state, proposal.decided_by, proposal.decided_at = "apart", by, at
    proposal.save(update_fields=["state", "decided_by", "decided_at"])
    return proposal
