"""What the agreement's pages show: read once, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Prefetch, Q
from django.http import Http404

from config.accounts.actor import Actor
from sla.access import may_draft, negotiates, sides_of, visible_to
from sla.document import Clause, Document, Section, compose
from sla.models import Acknowledgement, Agreement, Comment, Signature, Version
from sla.models.agreement import VersionState
from sla.services.compiling import terms_of
from sla.standing import Standing, standings
from sla.terms import Terms
from sla.words.basics import function_label


def find(public_id: UUID, actor: Actor) -> Version:
    """A version this person may read. Raises Http404."""
    version = (
        visible_to(actor)
        .select_related("agreement__segment", "proposed_by", "created_by", "based_on")
        .filter(public_id=public_id)
        .first()
    )
    if version is None:
        raise Http404("No such version")
    return version


def find_agreement(public_id: UUID) -> Agreement:
    agreement = Agreement.objects.select_related("segment").filter(public_id=public_id).first()
    if agreement is None:
        raise Http404("No such agreement")
    return agreement


@dataclass(frozen=True)
class SignatureLine:
    """One side that must sign, and its signature if it is given."""

    side: str
    label: str
    signature: Signature | None
    mine: bool  # whether this reader may sign here


@dataclass(frozen=True)
class Thread:
    first: Comment
    replies: list[Comment]

    @property
    def is_open(self) -> bool:
        return self.first.resolved_at is None


@dataclass
class Reading:
    """A version as one person reads it."""

    version: Version
    actor: Actor
    at: datetime
    terms: Terms = field(init=False)
    document: Document = field(init=False)
    standing: Standing = field(init=False)
    siblings: list[Version] = field(init=False)

    def __post_init__(self) -> None:
        self.terms = terms_of(self.version)
        self.document = compose(self.terms)
        self.siblings = list(
            visible_to(self.actor).filter(agreement_id=self.version.agreement_id).defer("compiled").order_by("-number")
        )
        self.standing = standings(self.siblings, self.at)[self.version.pk]
        for sibling in self.siblings:
            sibling.agreement = self.version.agreement

    @property
    def in_force(self) -> Version | None:
        found = standings(self.siblings, self.at)
        return next((sibling for sibling in self.siblings if found[sibling.pk].is_in_force), None)

    @property
    def may_draft(self) -> bool:
        return may_draft(self.actor)

    @property
    def compared_with(self) -> Version | None:
        """What a reader wants to see it against: what it is based on, else what is in force, else the one before."""
        others = [sibling for sibling in self.siblings if sibling.pk != self.version.pk]
        based = next((other for other in others if other.pk == self.version.based_on_id), None)
        force = self.in_force
        if self.version.state != VersionState.SIGNED and force is not None and force.pk != self.version.pk:
            return force
        older = [other for other in others if other.number < self.version.number and other.state == VersionState.SIGNED]
        return based or (older[0] if older else None)

    def signature_lines(self) -> list[SignatureLine]:
        given = {row.side: row for row in self.version.signatures.filter(voided_at=None)}
        signed_by_me = any(row.signer_id == self.actor.user.pk for row in given.values())
        open_to_me = sides_of(self.actor) if self.version.state == VersionState.PROPOSED and not signed_by_me else []
        return [
            SignatureLine(side, label, given.get(side), side in open_to_me and side not in given)
            for side, label in self.document.signing
        ]

    def threads(self) -> dict[str, list[Thread]]:
        """Remarks by the anchor of the clause they stand at; one query."""
        rows = list(self.version.comments.select_related("author", "resolved_by").order_by("created_at", "id"))
        return by_clause(threads_of(rows), self.document)

    @property
    def confirmed(self) -> Acknowledgement | None:
        return self.version.acknowledgements.filter(user=self.actor.user).first()


def threads_of(rows: Iterable[Comment]) -> list[Thread]:
    found: dict[int, Thread] = {}
    for row in rows:
        if row.reply_to_id is None:
            found[row.pk] = Thread(row, [])
        elif row.reply_to_id in found:
            found[row.reply_to_id].replies.append(row)
    return list(found.values())


def by_clause(threads: Iterable[Thread], document: Document) -> dict[str, list[Thread]]:
    """By the clause's own anchor; what belongs to no clause of this document stands under "document"."""
    found: dict[str, list[Thread]] = {}
    for thread in threads:
        clause = document.clause(thread.first.anchor)
        found.setdefault(clause.anchor if clause else "document", []).append(thread)
    return found


def outline(
    document: Document, threads: dict[str, list[Thread]]
) -> list[tuple[Section, list[tuple[Clause, list[Thread]]]]]:
    return [
        (section, [(clause, threads.get(clause.anchor, [])) for clause in section.clauses])
        for section in document.sections
    ]


# --- all agreements ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Overview:
    """One agreement in the list."""

    agreement: Agreement
    in_force: Version | None
    planned: list[Version]
    negotiated: list[Version]  # drafts and proposals
    confirmed: bool
    unsigned: dict[int, list[str]]  # by version: names of the sides that have not signed
    to_sign: list[Version]  # where this reader's signature is missing
    open_comments: dict[int, int]


def overviews(actor: Actor, at: datetime) -> list[Overview]:
    """Every agreement with what is in force and what is being negotiated; three queries for all."""
    versions = (
        visible_to(actor)
        .exclude(state=VersionState.WITHDRAWN)
        .order_by("-number")
        .annotate(
            open_comments=Count(
                "comments", filter=Q(comments__resolved_at=None, comments__reply_to=None), distinct=True
            )
        )
        .prefetch_related(Prefetch("signatures", Signature.objects.filter(voided_at=None), to_attr="given"))
    )
    rows = Agreement.objects.select_related("segment").prefetch_related(Prefetch("versions", versions, to_attr="seen"))
    confirmed = set(Acknowledgement.objects.filter(user=actor.user).values_list("version_id", flat=True))
    return [_overview(agreement, actor, confirmed, at) for agreement in rows]


def _overview(agreement: Agreement, actor: Actor, confirmed: set[int], at: datetime) -> Overview:
    seen: list[Version] = agreement.seen  # type: ignore[attr-defined]
    for version in seen:
        version.agreement = agreement
    where = standings(seen, at)
    in_force = next((version for version in seen if where[version.pk].is_in_force), None)
    negotiated = [version for version in seen if version.state != VersionState.SIGNED]
    unsigned = {version.pk: _missing_sides(version) for version in negotiated if version.state == VersionState.PROPOSED}
    mine = set(sides_of(actor))
    to_sign = [
        version
        for version in negotiated
        if mine.intersection(unsigned.get(version.pk, ()))
        and all(row.signer_id != actor.user.pk for row in version.given)  # type: ignore[attr-defined]
    ]
    return Overview(
        agreement=agreement,
        in_force=in_force,
        planned=[version for version in seen if where[version.pk].code == "planned"],
        negotiated=negotiated if negotiates(actor) else [v for v in negotiated if v.state == VersionState.PROPOSED],
        confirmed=in_force is not None and in_force.pk in confirmed,
        unsigned={pk: [function_label(side) for side in sides] for pk, sides in unsigned.items()},
        to_sign=to_sign,
        open_comments={version.pk: version.open_comments for version in seen},  # type: ignore[attr-defined]
    )


def _missing_sides(version: Version) -> list[str]:
    given = {row.side for row in version.given}  # type: ignore[attr-defined]
    return [side for side in terms_of(version).signing_sides if side not in given]
