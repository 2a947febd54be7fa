"""The life of a version: proposed, signed by every side, withdrawn, reopened. One verb, one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction
from django_fsm import TransitionNotAllowed

from config.accounts.choices import Function
from config.accounts.models import User
from config.web.errors import Conflict, Refusal
from sla import parties
from sla.access import require_drafter, require_signer
from sla.history import recorded
from sla.links import version_url
from sla.models import Signature, Version
from sla.services import compiling
from sla.services.readiness import Gap, gaps
from sla.services.telling import announce_event, tell_about
from sla.terms import Terms
from sla.words.basics import listed

# Apps above say which fields leads can have; without them every well-formed field is accepted.
known_fields: Callable[[], frozenset[str] | None] = lambda: None  # noqa: E731 - replaced at start-up
# And which types of activity leads have done lately.
deeds_done: Callable[[], frozenset[str] | None] = lambda: None  # noqa: E731 - replaced at start-up


STANDING = {"draft": "a draft", "proposed": "proposed", "signed": "signed", "withdrawn": "withdrawn"}


def locked(version_id: int) -> Version:
    return Version.objects.select_for_update(of=("self",)).select_related("agreement__segment").get(pk=version_id)


def missing(version: Version, at: datetime) -> list[Gap]:
    """What stands between a draft and its proposal at `at`."""
    found = missing_in(compiling.draft_terms(version))
    if version.planned_at is not None and version.planned_at <= at:
        words = "The moment planned for it has passed: it will take effect with the last signature."
        found.append(Gap("effect", words, blocks=False))
    return found


def missing_in(terms: Terms) -> list[Gap]:
    """The same for terms at hand, judged by the fields leads can have and by what they have done lately."""
    return gaps(terms, known_fields(), deeds_done())


@transaction.atomic
@recorded
def propose(version_id: int, *, by: User, at: datetime, revision: int | None = None) -> Version:
    """Compile, hash and offer a draft for signature. Refused with every gap named; a conflict if edited meanwhile."""
    require_drafter(by)
    version = locked(version_id)
    _check_revision(version, revision)
    found = [gap for gap in missing(version, at) if gap.blocks]
    if found:
        raise Refusal(
            "incomplete",
            "This draft cannot be proposed yet: " + " ".join(gap.words for gap in found),
            gaps=[{"anchor": gap.anchor, "words": gap.words} for gap in found],
        )
    _move(version, version.propose)
    version.proposed_at, version.proposed_by = at, by
    terms = compiling.draft_terms(version)
    version.compiled, version.content_hash = dict(terms.content), terms.content_hash
    version.save(update_fields=["state", "proposed_at", "proposed_by", "compiled", "content_hash"])
    signers = parties.managers(terms, terms.signing_sides)
    title = f"{version} waits for your signature"
    tell_about(
        version, signers, "version_proposed", title, body=version.summary, key=version.content_hash, at=at, but=by
    )
    announce_event("version.proposed", version, terms, at)
    return version


@transaction.atomic
@recorded
def reopen(version_id: int, *, by: User, at: datetime, reason: str = "Reopened for changes") -> Version:
    """Back to draft. Signatures given so far are void, and stay on record."""
    require_drafter(by)
    version = locked(version_id)
    terms = compiling.terms_of(version)
    voided = _void_signatures(version, at, reason)
    _move(version, version.reopen)
    version.compiled, version.content_hash, version.proposed_at, version.proposed_by = None, "", None, None
    version.revision += 1
    version.save(update_fields=["state", "compiled", "content_hash", "proposed_at", "proposed_by", "revision"])
    body = f"{reason}. No longer valid: {voided}." if voided else f"{reason}."
    _tell_signers(version, terms, f"{by.name} has taken {version} back to the desk", body, at, by)
    announce_event("version.reopened", version, terms, at)
    return version


@transaction.atomic
@recorded
def withdraw(version_id: int, *, by: User, at: datetime) -> Version:
    """No longer offered. Signatures given so far are void."""
    require_drafter(by)
    version = locked(version_id)
    terms = compiling.terms_of(version)
    was_proposed = version.state == "proposed"
    _void_signatures(version, at, "Withdrawn")
    _move(version, version.withdraw)
    version.save(update_fields=["state"])
    if was_proposed:
        _tell_signers(version, terms, f"{by.name} has withdrawn {version}", "", at, by)
    announce_event("version.withdrawn", version, terms, at)
    return version


@transaction.atomic
@recorded
def sign(version_id: int, *, side: str, by: User, at: datetime, content_hash: str) -> Version:
    """Sign for one side exactly what was read: `content_hash` must be that of the proposal.

    The last signature brings the version into force at its planned moment, or now. Both signing at the same instant
    is one activation: the row lock puts them in order, and only the last finds all sides signed.
    """
    version = locked(version_id)
    require_signer(by, side)
    if version.state != "proposed":
        raise Conflict(
            "not_proposed",
            f"{version} is not offered for signature: it is {STANDING[version.state]}.",
            url=version_url(version.public_id),
        )
    if content_hash != version.content_hash:
        raise Conflict(
            "changed",
            "The proposal has changed since you read it. Read it again before you sign.",
            url=version_url(version.public_id),
            label="Read it again",
        )
    terms = compiling.terms_of(version)
    if side not in terms.signing_sides:
        raise Refusal("not_a_party", f"{Function(side).label} is not a party that signs this agreement.")
    _write_signature(version, side, by, at)
    announce_event("version.signed", version, terms, at, side=side)
    waiting = unsigned_sides(version, terms)
    label = Function(side).label
    if waiting:
        names = listed(Function(one).label for one in waiting)
        _tell_signers(version, terms, f"{by.name} has signed {version} for {label}", f"Still to sign: {names}.", at, by)
    else:
        _conclude(version, terms, at)
        title = f"{by.name} has signed {version} for {label}: it is concluded"
        _tell_signers(version, terms, title, _effect_words(version, at), at, by)
    return version


def unsigned_sides(version: Version, terms: Terms) -> list[str]:
    """The sides whose signature is still missing, in the order of the parties."""
    given = set(version.signatures.filter(voided_at=None).values_list("side", flat=True))
    return [side for side in terms.signing_sides if side not in given]


def _write_signature(version: Version, side: str, by: User, at: datetime) -> None:
    for signature in version.signatures.filter(voided_at=None):
        if signature.signer_id == by.pk:
            raise Conflict(
                "signed_already", "You have signed this version; another person must sign for the other side."
            )
        if signature.side == side:
            raise Conflict(
                "side_signed", f"{signature.signer_name} has already signed for {signature.get_side_display()}."
            )
    Signature.objects.create(
        version=version,
        side=side,
        signer=by,
        signer_name=by.name,
        revision=version.revision,
        content_hash=version.content_hash,
        signed_at=at,
    )


def _conclude(version: Version, terms: Terms, at: datetime) -> None:
    _move(version, version.conclude)
    version.signed_at = at
    version.effective_at = max(version.planned_at, at) if version.planned_at else at
    try:
        with transaction.atomic():
            version.save(update_fields=["state", "signed_at", "effective_at"])
    except IntegrityError as error:
        raise Conflict("moment_taken", "Another version takes effect at the same moment; plan another one.") from error
    announce_event("version.concluded", version, terms, at)


def _effect_words(version: Version, at: datetime) -> str:
    assert version.effective_at is not None
    if version.effective_at <= at:
        return "It is in force from now on, for every lead handed over from now on."
    return f"It takes effect on {version.effective_at:%d %B %Y at %H:%M} UTC."


# --- what stands in the way, and who is told ---------------------------------------------------------------------


def _tell_signers(version: Version, terms: Terms, title: str, body: str, at: datetime, by: User) -> None:
    """Whoever was asked to sign, and marketing's managers who drafted it."""
    people = parties.managers(terms, {*terms.signing_sides, Function.MARKETING})
    tell_about(
        version, people, "version_changed", title, body=body, key=f"{version.revision}:{title}"[:60], at=at, but=by
    )


def _check_revision(version: Version, revision: int | None) -> None:
    if revision is not None and revision != version.revision:
        raise Conflict("edited", "Somebody has edited this draft since you opened it.", revision=version.revision)


def _move(version: Version, transition: Callable[[], None]) -> None:
    try:
        transition()
    except TransitionNotAllowed as error:
        raise Conflict("wrong_state", f"{version} is {STANDING[version.state]} by now.") from error


def _void_signatures(version: Version, at: datetime, reason: str) -> str:
    """Voids them and says whose they were; of a signed version none can be."""
    if version.state == "signed":
        return ""
    given = version.signatures.filter(voided_at=None)
    names = [f"{signature.signer_name}'s signature" for signature in given]
    given.update(voided_at=at, void_reason=reason[:120])
    return listed(names)
