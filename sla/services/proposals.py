"""Proposals to change a term: made by the figures or by people, taken into the next draft, or declined with a word why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from config.accounts.choices import Function
from config.accounts.models import User
from config.notices.services.notices import tell
from config.outbox.services.events import News, publish
from config.web.errors import Conflict, Refusal
from sla.access import require_drafter
from sla.links import proposals_url
from sla.models import Agreement, ChangeProposal, Version
from sla.models.proposals import ProposalOrigin, ProposalState
from sla.parties import managers_of_function

QUIET = timedelta(days=90)  # what was declined is not proposed again by the figures for so long
Change = Mapping[str, Any]


@transaction.atomic
def propose_change(
    segment_id: int,
    anchor: str,
    words: str,
    *,
    figures: Mapping[str, Any] | None = None,
    change: Iterable[Change] = (),
    origin: str = ProposalOrigin.FEEDBACK,
    dedupe_key: str = "",
    by: User | None = None,
    at: datetime,
) -> ChangeProposal | None:
    """Suggest a change of one term of the segment's agreement; marketing's managers are told once.

    `anchor` is the term's "section:key", such as "definition:marketing-qualified"; `words` say what to change and
    why; `figures` name what it rests on; `change` is what a draft may do at once, as rows of section, key, field and
    value. While a proposal with the same `dedupe_key` is open it is brought up to date instead. Returns None when
    the segment has no agreement, or when the same was declined within the last 90 days and nobody asks in person.
    """
    agreement = Agreement.objects.select_for_update().filter(segment_id=segment_id).first()
    if agreement is None:
        return None
    key = dedupe_key or f"{origin}:{anchor}:{at.timestamp():.0f}"
    said: dict[str, Any] = {"words": words, "figures": dict(figures or {}), "change": [dict(row) for row in change]}
    known = agreement.change_proposals.filter(dedupe_key=key).order_by("-changed_at").first()
    if known is not None and known.state == ProposalState.OPEN:
        return _refresh(known, said, at)
    if known is not None and by is None and _still_quiet(known, at):
        return None
    proposal = ChangeProposal.objects.create(
        agreement=agreement,
        version=Version.objects.in_force(at).filter(agreement=agreement).first(),
        anchor=anchor,
        origin=origin,
        dedupe_key=key,
        created_at=at,
        created_by=by,
        changed_at=at,
        **said,
    )
    _announce(proposal, at)
    return proposal


def _refresh(proposal: ChangeProposal, said: Mapping[str, Any], at: datetime) -> ChangeProposal:
    """The newest figures under the same proposal; nobody is told again."""
    for name, value in said.items():
        setattr(proposal, name, value)
    proposal.changed_at = at
    proposal.save(update_fields=[*said, "changed_at"])
    return proposal


def _still_quiet(proposal: ChangeProposal, at: datetime) -> bool:
    return (
        proposal.state == ProposalState.DECLINED
        and proposal.decided_at is not None
        and at - proposal.decided_at < QUIET
    )


def _announce(proposal: ChangeProposal, at: datetime) -> None:
    recipients = managers_of_function(Function.MARKETING)
    tell(
        [person for person in recipients if person.pk != proposal.created_by_id],
        kind="change_proposed",
        title=f"A change of {proposal.agreement} is proposed",
        body=proposal.words,
        url=proposals_url(proposal.agreement.public_id),
        dedupe_key=f"change-proposed:{proposal.pk}",
        at=at,
    )
    publish(
        News(
            "agreement.change_proposed",
            str(proposal.public_id),
            at,
            {"agreement": proposal.agreement.name, "anchor": proposal.anchor, "words": proposal.words},
        )
    )


@transaction.atomic
def decline(proposal_id: int, *, by: User, at: datetime, why: str) -> ChangeProposal:
    """Not to be taken up. The figures propose the same again after 90 days at the earliest."""
    require_drafter(by)
    proposal = _open_locked(proposal_id)
    if not why.strip():
        raise Refusal("why_missing", "Say in a few words why not.", fields={"why": "Say in a few words why not."})
    return _decide(proposal, ProposalState.DECLINED, by, at, decision=why.strip()[:400])


@transaction.atomic
def mark_taken(proposals: Iterable[ChangeProposal], version: Version, *, by: User, at: datetime) -> None:
    """These proposals are carried by a draft now."""
    for proposal in proposals:
        _decide(_open_locked(proposal.pk), ProposalState.TAKEN, by, at, taken_into=version)


def _decide(proposal: ChangeProposal, state: str, by: User, at: datetime, **more: Any) -> ChangeProposal:
    values: dict[str, Any] = {"state": state, "decided_by": by, "decided_at": at, "changed_at": at, **more}
    for name, value in values.items():
        setattr(proposal, name, value)
    proposal.save(update_fields=list(values))
    return proposal


def _open_locked(proposal_id: int) -> ChangeProposal:
    proposal = (
        ChangeProposal.objects.select_for_update(of=("self",))
        .select_related("agreement", "decided_by")
        .get(pk=proposal_id)
    )
    if proposal.state != ProposalState.OPEN:
        who = proposal.decided_by.name if proposal.decided_by else "somebody"
        raise Conflict("decided", f"{who} has decided this proposal: {proposal.get_state_display().lower()}.")
    return proposal
