"""Remarks in the margin: on one clause of a version, with replies, settled when they are settled."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from config.accounts.actor import Actor
from config.accounts.choices import Function
from config.accounts.models import User
from config.web.errors import Conflict, Forbidden, Refusal
from sla import parties
from sla.access import negotiates, visible_to
from sla.document import compose
from sla.links import version_url
from sla.models import Comment, Version
from sla.services.compiling import terms_of
from sla.services.telling import announce_event, tell_about

WHOLE = "document"  # the anchor of remarks on the agreement as a whole
LONGEST = 4000


@transaction.atomic
def comment(version_id: int, anchor: str, text: str, *, by: User, at: datetime) -> Comment:
    """Begin a thread on a clause. The managers of all parties are told."""
    version = _commentable(version_id, by)
    said = _checked(text)
    document = compose(terms_of(version))
    if anchor != WHOLE and document.clause(anchor) is None:
        raise Refusal(
            "unknown_clause", "There is no such clause in this version.", fields={"anchor": "No such clause."}
        )
    row = Comment.objects.create(version=version, anchor=anchor, author=by, text=said, created_at=at)
    number = document.number_of(anchor)
    _tell(row, f"{by.name} comments on {f'clause {number} of ' if number else ''}{version}", by, at)
    return row


@transaction.atomic
def reply(comment_id: int, text: str, *, by: User, at: datetime) -> Comment:
    """Answer in a thread. Replying to what was settled opens it again."""
    thread = _thread(comment_id)
    version = _commentable(thread.version_id, by)
    row = Comment.objects.create(
        version=version, anchor=thread.anchor, author=by, text=_checked(text), created_at=at, reply_to=thread
    )
    if thread.resolved_at is not None:
        thread.resolved_at = thread.resolved_by = None
        thread.save(update_fields=["resolved_at", "resolved_by"])
    _tell(row, f"{by.name} answers on {version}", by, at)
    return row


@transaction.atomic
def resolve(comment_id: int, *, by: User, at: datetime) -> Comment:
    """Settled: by who began it, or by any manager."""
    thread = _thread(comment_id)
    if thread.resolved_at is not None:
        who = thread.resolved_by.name if thread.resolved_by else "Somebody"
        raise Conflict("resolved", f"{who} has settled this already.")
    if thread.author_id != by.pk and not negotiates(Actor.of(by)):
        raise Forbidden("not_yours", "Only managers, and whoever began it, settle a remark.")
    thread.resolved_at, thread.resolved_by = at, by
    thread.save(update_fields=["resolved_at", "resolved_by"])
    announce_event("version.commented", thread.version, terms_of(thread.version), at, anchor=thread.anchor)
    return thread


def _thread(comment_id: int) -> Comment:
    """The locked first remark of the thread a comment belongs to."""
    rows = Comment.objects.select_for_update(of=("self",)).select_related("version__agreement__segment", "resolved_by")
    row = rows.get(pk=comment_id)
    return row if row.reply_to_id is None else rows.get(pk=row.reply_to_id)


def _commentable(version_id: int, by: User) -> Version:
    version = (
        visible_to(Actor.of(by)).select_related("agreement__segment").filter(pk=version_id).first()
    )  # what one may read one may comment on
    if version is None:
        raise Forbidden("not_readable", "You cannot read this version.")
    if version.state == "withdrawn":
        raise Conflict("withdrawn", f"{version} has been withdrawn; nobody looks at its margin any more.")
    return version


def _checked(text: str) -> str:
    said = text.strip()
    if not said:
        raise Refusal("empty", "Write something first.", fields={"text": "Write something first."})
    if len(said) > LONGEST:
        raise Refusal("too_long", f"At most {LONGEST} characters.", fields={"text": f"At most {LONGEST} characters."})
    return said


def _tell(row: Comment, title: str, by: User, at: datetime) -> None:
    """The managers of the parties, who speaks in the thread, and marketing, who drafts."""
    terms = terms_of(row.version)
    threads = {row.pk, row.reply_to_id} - {None}
    speakers = User.objects.filter(
        pk__in=Comment.objects.filter(Q(pk__in=threads) | Q(reply_to__in=threads)).values("author_id")
    )
    people = {person.pk: person for person in speakers}
    for manager in parties.managers(terms, {*terms.signing_sides, Function.MARKETING}):
        people[manager.pk] = manager
    tell_about(
        row.version,
        people.values(),
        "clause_comment",
        title,
        body=row.text,
        url=version_url(row.version.public_id, row.anchor),
        key=f"comment {row.pk}",
        at=at,
        but=by,
    )
    announce_event("version.commented", row.version, terms, at, anchor=row.anchor)


def open_remarks(version: Version) -> list[Comment]:
    """Threads not settled yet, oldest first: on the version itself, and on the one it starts from, where people ask
    something of the next."""
    ids = [version.pk, *([version.based_on_id] if version.based_on_id else [])]
    rows = Comment.objects.filter(version_id__in=ids, reply_to=None, resolved_at=None)
    return list(rows.select_related("author", "version__agreement").order_by("created_at"))
