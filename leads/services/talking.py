"""What colleagues say to each other about a lead: comments with @mentions, and files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse

from config.accounts.actor import Actor
from config.accounts.models import User
from config.notices.kinds import register_kind
from config.notices.services.notices import tell
from config.outbox.services.events import News, publish
from config.web.errors import Forbidden, Refusal
from leads.models import Lead, LeadComment, LeadFile
from leads.services import cases

LONGEST = 4000
MOST_MENTIONS = 20
MOST_BYTES = 10 * 1024 * 1024
MOST_FILES = 50
KIND = "lead_mention"
register_kind(KIND, "Somebody mentions me about a lead", group="Leads")


def mentioned_in(text: str) -> list[User]:
    """The people a text calls with @: by their whole name, or by what stands before the @ of their e-mail.

    "@Tim Novak" and "@tim.novak" are both Tim; the longest name that fits is meant. Two people of one name are both.
    """
    calls = [text[found.end() :].casefold() for found in re.finditer(r"(?<![\w.])@", text)]
    if not calls:
        return []
    people = []
    names = User.objects.filter(is_active=True).only("pk", "name", "email", "public_id")
    known = [(name, user) for user in names.iterator() for name in _called(user)]
    for call in calls[:MOST_MENTIONS]:
        fitting = [(len(name), user) for name, user in known if _begins(call, name)]
        longest = max((length for length, _ in fitting), default=0)
        people += [user for length, user in fitting if length == longest]
    return list({user.pk: user for user in people}.values())


def _called(user: User) -> list[str]:
    return [name.casefold() for name in (user.name, user.email.partition("@")[0]) if name]


def _begins(call: str, name: str) -> bool:
    """The name stands there whole: no further letter follows it."""
    return call.startswith(name) and not call[len(name) : len(name) + 1].isalnum()


@transaction.atomic
def comment(lead_id: int, text: str, *, by: User, at: datetime) -> LeadComment:
    """Say something about a lead; who is mentioned is told. Refusal names those who may not see the lead."""
    said = text.strip()
    if not said:
        raise Refusal("empty", "Write something first.", fields={"text": "Write something first."})
    if len(said) > LONGEST:
        raise Refusal("too_long", f"At most {LONGEST} characters.", fields={"text": f"At most {LONGEST} characters."})
    lead = Lead.objects.select_related("person", "company").get(pk=lead_id)
    people = mentioned_in(said)
    blind = [person.name for person in people if not may_see(person, lead)]
    if blind:
        words = f"{' and '.join(blind)} may not open this lead, so a mention would lead nowhere."
        raise Refusal("cannot_see", words, fields={"text": words})
    row = LeadComment.objects.create(lead=lead, author=by, text=said, at=at)
    row.mentions.set(people)
    company = f", {lead.company.name}" if lead.company else ""
    tell(
        [person for person in people if person.pk != by.pk],
        kind=KIND,
        title=f"{by.name} mentions you: {lead.person.name}{company}",
        body=said,
        url=f"{reverse('lead', args=[lead.public_id])}#comment-{row.pk}",
        dedupe_key=f"lead-comment:{row.pk}",
        subject=str(lead.public_id),
        at=at,
    )
    _publish("lead.commented", lead, by, at)
    return row


def may_see(user: User, lead: Lead) -> bool:
    return Lead.objects.visible_to(Actor.of(user)).filter(pk=lead.pk).exists()


@transaction.atomic
def attach(lead_id: int, files: Iterable[UploadedFile[Any]], *, by: User, at: datetime) -> list[LeadFile]:
    """Keep files with a lead: all of them, or none where one is too large."""
    given = list(files)
    if not given:
        raise Refusal("no_file", "Choose a file first.", fields={"upload": "Choose a file first."})
    for file in given:
        if (file.size or 0) > MOST_BYTES:
            words = f"{file.name} is larger than {MOST_BYTES // 1024 // 1024} MB."
            raise Refusal("too_large", words, fields={"upload": words})
        if not file.size:
            raise Refusal("empty_file", f"{file.name} is empty.", fields={"upload": f"{file.name} is empty."})
    lead = cases.locked_lead(lead_id)
    if lead.files.count() + len(given) > MOST_FILES:
        words = f"At most {MOST_FILES} files are kept with a lead."
        raise Refusal("too_many", words, fields={"upload": words})
    rows = [
        LeadFile.objects.create(
            lead=lead, file=file, name=(file.name or "file")[-160:], size=file.size or 0, added_by=by, added_at=at
        )
        for file in given
    ]
    _publish("lead.file_added", lead, by, at)
    return rows


@transaction.atomic
def remove_file(file_id: int, *, by: User, at: datetime) -> None:
    """Take a file away again: who added it may, and managers. Its bytes go once that is certain."""
    row = LeadFile.objects.select_for_update(of=("self",), no_key=True).select_related("lead").get(pk=file_id)
    if row.added_by_id != by.pk and not Actor.of(by).is_manager:
        raise Forbidden("not_yours", "Who added a file may take it away, and managers.")
    storage, name = row.file.storage, str(row.file.name)
    row.delete()
    transaction.on_commit(lambda: storage.delete(name))
    _publish("lead.file_removed", row.lead, by, at)


def _publish(topic: str, lead: Lead, by: User, at: datetime) -> None:
    publish(News(topic, str(lead.public_id), at, cases.signed(by), users=[lead.owner_id] if lead.owner_id else []))
