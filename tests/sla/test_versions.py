"""The life of a version: proposed, signed by every side, withdrawn, taken back; in force and superseded by time alone."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from config.accounts.choices import Function, Role
from config.notices.models import Notice
from config.web.errors import Conflict, Forbidden, Refusal
from leads.models import Handoff
from sla.metrics import EVALUATORS
from sla.models import Clock, Commitment, Definition, IdealCustomer, Party, ScoreRule, Signature, Version
from sla.services import drafting, editing, versions
from sla.services.announcing import announce
from sla.services.compiling import draft_terms, in_force, terms_of
from sla.services.readiness import gaps
from sla.standing import Code, in_force_of, standing_of
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast, assemble, make_user, sign_all
from tests.races import race, winners

pytestmark = pytest.mark.django_db
SIDES = ("marketing", "telequalification", "sales")


def signers(cast: Cast) -> dict[str, object]:
    return {"marketing": cast.mara, "telequalification": cast.tom, "sales": cast.sina}


def sign(cast: Cast, version: Version, side: str, at: datetime = NOW, **given) -> Version:
    who = given.pop("by", signers(cast)[side])
    return versions.sign(version.pk, side=side, by=who, at=at, content_hash=given.get("hash", version.content_hash))


def again(version: Version) -> Version:
    return Version.objects.get(pk=version.pk)


# --- proposing -----------------------------------------------------------------------------------------------------


def test_proposing_compiles_hashes_and_asks_every_side(cast: Cast, draft: Version):
    version = versions.propose(draft.pk, by=cast.mara, at=NOW)
    assert (version.state, version.proposed_by, version.proposed_at) == ("proposed", cast.mara, NOW)
    assert len(version.content_hash) == 64
    assert version.content_hash == terms_of(version).content_hash != cast.version.content_hash
    asked = set(
        Notice.objects.filter(kind="version_proposed", created_at=NOW).values_list("recipient__name", flat=True)
    )
    assert {"Tom Berger", "Sina Vogel"} <= asked
    assert "Mara Lindt" not in asked  # she did it herself


def test_only_marketings_managers_propose(cast: Cast, draft: Version):
    for person in (cast.jonas, cast.sina, cast.sam, cast.eva):
        with pytest.raises(Forbidden):
            versions.propose(draft.pk, by=person, at=NOW)
    assert again(draft).state == "draft"


def test_a_draft_edited_meanwhile_is_not_proposed(cast: Cast, draft: Version):
    seen = draft.revision
    with editing.edit(draft.pk, by=cast.priya, revision=seen):
        Commitment.objects.filter(version=draft, key="first-call").update(target=30)
    with pytest.raises(Conflict) as refused:
        versions.propose(draft.pk, by=cast.mara, at=NOW, revision=seen)
    assert refused.value.code == "edited"


def test_what_is_missing_is_named_with_its_clause(cast: Cast, draft: Version):
    Commitment.objects.filter(version=draft, key="first-call").update(calendar="gone")
    Party.objects.filter(version=draft, function=Function.SALES).update(signs=False)
    with pytest.raises(Refusal) as refused:
        versions.propose(draft.pk, by=cast.mara, at=NOW)
    gaps = {gap["anchor"]: gap["words"] for gap in refused.value.facts["gaps"]}
    assert gaps["commitment:first-call"] == "First call: the calendar it is counted in does not exist."
    assert gaps["parties"] == "Sales must be a party that signs."
    assert again(draft).state == "draft"


def test_figures_that_nothing_can_meet_are_named_and_deeds_nobody_did_are_warned_of(cast: Cast, draft: Version):
    IdealCustomer.objects.filter(version=draft).update(employees_from=500, employees_to=50)
    Definition.objects.filter(version=draft, stage="mql").update(minimum_score=-5)
    ScoreRule.objects.filter(version=draft, key="webinar").update(activity_type="webnar")
    Definition.objects.filter(version=draft, stage="engaged").update(criteria={"activity": ["page_view", "pagevew"]})
    found = {(gap.words, gap.blocks) for gap in gaps(draft_terms(draft), None, frozenset({"page_view"}))}
    assert any("no company has employees from 500 to 50" in words for words, blocks in found if blocks)
    assert any("asks for less than no points" in words for words, blocks in found if blocks)
    slips = {words for words, blocks in found if not blocks and "spelt right" in words}
    assert any("“webnar”" in words for words in slips)
    assert any("“pagevew”" in words for words in slips)
    assert not any("“page_view”" in words for words in slips)


def test_a_metric_without_an_evaluator_cannot_be_signed(cast: Cast, draft: Version, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(EVALUATORS.evaluators, "close_rate")
    with pytest.raises(Refusal) as refused:
        versions.propose(draft.pk, by=cast.mara, at=NOW)
    (gap,) = refused.value.facts["gaps"]
    assert gap["anchor"] == "commitment:close-rate"
    assert "has no evaluator" in gap["words"]


# --- signing -------------------------------------------------------------------------------------------------------


def test_the_last_signature_brings_it_into_force(cast: Cast, proposed: Version):
    for side in SIDES[:-1]:
        assert sign(cast, proposed, side).state == "proposed"
        assert in_force_of(cast.agreement, NOW) == cast.version
    signed = sign(cast, proposed, "sales", NOW + MINUTE)
    assert (signed.state, signed.signed_at, signed.effective_at) == ("signed", NOW + MINUTE, NOW + MINUTE)
    assert in_force_of(cast.agreement, NOW) == cast.version
    assert in_force_of(cast.agreement, NOW + MINUTE) == signed
    assert standing_of(cast.version, NOW + MINUTE).code == Code.SUPERSEDED
    for signature in signed.signatures.all():
        assert (signature.revision, signature.content_hash) == (proposed.revision, proposed.content_hash)


def test_a_side_is_signed_for_by_its_own_manager_only(cast: Cast, proposed: Version):
    for person, side in (
        (cast.mara, "sales"),
        (cast.sam, "sales"),
        (cast.eva, "sales"),
        (cast.priya, "sales"),
        (cast.sina, "marketing"),
    ):
        with pytest.raises(Forbidden):
            sign(cast, proposed, side, by=person)
    assert not proposed.signatures.exists()


def test_nobody_signs_twice_and_no_side_is_signed_twice(cast: Cast, proposed: Version):
    both = make_user("Bo Both", (Function.MARKETING, Role.MANAGER), (Function.SALES, Role.MANAGER))
    sign(cast, proposed, "marketing", by=both)
    with pytest.raises(Conflict) as refused:
        sign(cast, proposed, "sales", by=both)
    assert refused.value.code == "signed_already"
    with pytest.raises(Conflict) as refused:
        sign(cast, proposed, "marketing", by=cast.mara)
    assert refused.value.code == "side_signed"
    given = {
        "version": proposed,
        "revision": proposed.revision,
        "content_hash": proposed.content_hash,
        "signed_at": NOW,
    }
    with pytest.raises(IntegrityError), transaction.atomic():  # nor around the verb
        Signature.objects.create(side="sales", signer=both, signer_name="Bo", **given)


def test_what_is_signed_is_what_was_read(cast: Cast, proposed: Version):
    with pytest.raises(Conflict) as refused:
        sign(cast, proposed, "sales", hash="0" * 64)
    assert refused.value.code == "changed"
    given = {"side": "sales", "signer": cast.sina, "signer_name": "Sina", "signed_at": NOW}
    for wrong in ({"revision": 99, "content_hash": proposed.content_hash}, {"revision": 1, "content_hash": "0" * 64}):
        with pytest.raises(DatabaseError, match="not offered for signature in this form"), transaction.atomic():
            Signature.objects.create(version=proposed, **given, **wrong)


def test_a_draft_cannot_be_signed_and_a_stranger_to_it_neither(cast: Cast, draft: Version):
    with pytest.raises(Conflict) as refused:
        sign(cast, draft, "sales")
    assert refused.value.code == "not_proposed"
    Party.objects.filter(version=draft, function=Function.TELEQUALIFICATION).update(signs=False)
    version = versions.propose(draft.pk, by=cast.mara, at=NOW)
    with pytest.raises(Refusal) as strange:
        sign(cast, version, "telequalification")
    assert strange.value.code == "not_a_party"
    sign(cast, version, "marketing")
    assert sign(cast, version, "sales").state == "signed"  # two sides are enough where two are parties


def test_a_version_is_never_concluded_past_a_missing_signature(cast: Cast, proposed: Version):
    """Nor by raw means: the database asks for each side's signature itself."""
    sign(cast, proposed, "marketing")
    with pytest.raises(DatabaseError, match="not signed by every side"), transaction.atomic():
        Version.objects.filter(pk=proposed.pk).update(state="signed", signed_at=NOW, effective_at=NOW)


@pytest.mark.django_db(transaction=True)
def test_both_signing_at_the_same_instant_gives_one_activation():
    cast = assemble()
    version = versions.propose(drafting.draft_from_version(cast.version, by=cast.mara).pk, by=cast.mara, at=NOW)
    sign(cast, version, "telequalification")
    results = race(lambda: sign(cast, version, "marketing"), lambda: sign(cast, version, "sales"))
    assert len(winners(results)) == 2, results
    assert sorted(result.state for result in results) == ["proposed", "signed"]
    assert Version.objects.in_force(NOW).get() == again(version)
    assert version.signatures.filter(voided_at=None).count() == 3
    from config.outbox.models import Event

    assert Event.objects.filter(topic="version.concluded", subject=str(version.public_id)).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_managers_of_one_side_sign_at_once_and_one_signature_is_given():
    cast = assemble()
    other = make_user("Ola Other", (Function.SALES, Role.MANAGER))
    version = versions.propose(drafting.draft_from_version(cast.version, by=cast.mara).pk, by=cast.mara, at=NOW)
    results = race(lambda: sign(cast, version, "sales"), lambda: sign(cast, version, "sales", by=other))
    assert len(winners(results)) == 1
    (lost,) = [result for result in results if isinstance(result, Exception)]
    assert isinstance(lost, Conflict)
    assert version.signatures.count() == 1


# --- effective moments ---------------------------------------------------------------------------------------------


def planned(cast: Cast, at: datetime | None) -> Version:
    version = drafting.draft_from_version(cast.version, by=cast.mara)
    version.planned_at = at
    version.save(update_fields=["planned_at", "state"])
    return sign_all(cast, version, NOW)


def test_a_planned_version_runs_from_its_moment_on_whatever_celery_does(cast: Cast):
    version = planned(cast, NOW + DAY)
    assert version.effective_at == NOW + DAY
    assert standing_of(version, NOW).code == Code.PLANNED
    assert in_force(NOW + DAY - MINUTE).terms_for(cast.segment.pk).version_id == cast.version.pk
    assert in_force(NOW + DAY).terms_for(cast.segment.pk).version_id == version.pk  # nobody announced it


def test_a_planned_moment_that_has_passed_is_the_last_signature(cast: Cast):
    assert planned(cast, NOW - DAY).effective_at == NOW


def test_two_versions_cannot_take_effect_at_one_moment(cast: Cast):
    planned(cast, NOW + DAY)
    with pytest.raises(Conflict) as refused:
        planned(cast, NOW + DAY)
    assert refused.value.code == "moment_taken"
    assert Version.objects.signed().count() == 2


def test_coming_into_force_is_told_once(cast: Cast):
    version = planned(cast, NOW + HOUR)
    announce(NOW)
    told = Notice.objects.filter(kind="version_in_force", dedupe_key__contains=f":{version.pk}:")
    assert not told.exists()
    announce(NOW + HOUR)
    count = told.count()
    assert count == 9  # all but the executive, who is no party
    announce(NOW + 2 * HOUR)
    assert told.count() == count


# --- taking back ---------------------------------------------------------------------------------------------------


def test_taking_back_voids_signatures_and_keeps_them_on_record(cast: Cast, proposed: Version):
    sign(cast, proposed, "sales")
    version = versions.reopen(proposed.pk, by=cast.mara, at=NOW, reason="Sales wants an hour")
    assert (version.state, version.compiled, version.content_hash) == ("draft", None, "")
    assert version.revision == proposed.revision + 1
    (voided,) = version.signatures.all()
    assert (voided.voided_at, voided.void_reason) == (NOW, "Sales wants an hour")
    notice = Notice.objects.get(kind="version_changed", recipient=cast.sina, title__contains="back to the desk")
    assert "Sina Vogel's signature" in notice.body

    Commitment.objects.filter(version=version, key="first-call").update(target=45)
    offered = versions.propose(version.pk, by=cast.mara, at=NOW + HOUR)
    assert offered.content_hash != proposed.content_hash
    for side in SIDES:
        offered = sign(cast, offered, side, NOW + HOUR)  # she signs anew; the voided one does not count
    assert offered.state == "signed"


def test_an_old_fingerprint_does_not_sign_the_new_content(cast: Cast, proposed: Version):
    read = proposed.content_hash
    versions.reopen(proposed.pk, by=cast.mara, at=NOW)
    Commitment.objects.filter(version=proposed, key="first-call").update(target=45)
    versions.propose(proposed.pk, by=cast.mara, at=NOW)
    with pytest.raises(Conflict) as refused:
        sign(cast, proposed, "sales", hash=read)
    assert refused.value.code == "changed"


def test_withdrawn_is_kept_and_may_come_back(cast: Cast, proposed: Version):
    sign(cast, proposed, "marketing")
    version = versions.withdraw(proposed.pk, by=cast.mara, at=NOW)
    assert version.state == "withdrawn"
    assert version.content_hash == proposed.content_hash
    assert version.signatures.get().void_reason == "Withdrawn"
    with pytest.raises(Conflict):
        sign(cast, version, "sales")
    assert versions.reopen(version.pk, by=cast.mara, at=NOW).state == "draft"


def test_signed_is_final(cast: Cast):
    for verb in (versions.reopen, versions.withdraw, versions.propose):
        with pytest.raises(Conflict):
            verb(cast.version.pk, by=cast.mara, at=NOW)
    with pytest.raises(Conflict):
        editing.begin(cast.version.pk, by=cast.mara)
    assert cast.version.signatures.filter(voided_at=None).count() == 3


# --- pinning -------------------------------------------------------------------------------------------------------


def test_a_new_version_changes_new_handoffs_only(cast: Cast):
    old = cast.hot("old", NOW)
    before = list(
        Clock.objects.filter(subject=old.pk).order_by("pk").values("version", "due_at", "target", "commitment")
    )
    draft = drafting.draft_from_version(cast.version, by=cast.mara)
    Commitment.objects.filter(version=draft, key="first-call-hot").update(target=30)
    version = sign_all(cast, draft, NOW + MINUTE)
    new = cast.hot("new", NOW + 2 * MINUTE)
    assert Handoff.objects.get(pk=old.pk).version == cast.version
    after = list(
        Clock.objects.filter(subject=old.pk).order_by("pk").values("version", "due_at", "target", "commitment")
    )
    assert after == before
    assert new.version == version
    clock = Clock.objects.get(subject=new.pk, kind="first_attempt")
    assert (clock.version, clock.due_at) == (version, NOW + 32 * MINUTE)
