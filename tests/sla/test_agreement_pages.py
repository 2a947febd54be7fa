"""The agreement's pages: who sees what, what each button does, and that nothing grows with the rows."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sla.models import ChangeProposal, Comment, Commitment, Version
from sla.sections import PARTS
from sla.services import acknowledging, commenting, drafting, exporting, proposals, versions
from sla.standing import in_force_of
from tests.cast import NOW, Cast, sign_all
from tests.web.conftest import assert_nothing_inline, signed_in

pytestmark = pytest.mark.django_db
CLAUSE = "commitment:first-call"


def url(name: str, version: Version, **query: str) -> str:
    found = reverse(f"agreement_{name}", args=[version.public_id])
    return found + ("?" + "&".join(f"{key}={value}" for key, value in query.items()) if query else "")


@pytest.fixture
def mara(cast: Cast) -> Client:
    return signed_in(cast.mara)


@pytest.fixture
def sina(cast: Cast) -> Client:
    return signed_in(cast.sina)


@pytest.fixture
def sam(cast: Cast) -> Client:
    return signed_in(cast.sam)


def test_every_page_opens_for_who_drafts(cast: Cast, draft: Version, mara: Client):
    agreement = cast.agreement.public_id
    pages = [
        reverse("agreements"),
        reverse("agreement_import"),
        reverse("agreement_verify"),
        reverse("agreement_history", args=[agreement]),
        reverse("agreement_proposals", args=[agreement]),
        reverse("agreement_propose_change", args=[agreement]),
        reverse("agreement_review", args=[agreement]),
        *(url(name, cast.version) for name in ("version", "handoff_meaning", "differences", "comments", "margins", "readers")),
        *(url(name, draft) for name in ("version", "differences", "propose", "withdraw")),
    ]  # fmt: skip
    for page in pages:
        answer = mara.get(page)
        assert answer.status_code == 200, page
        assert_nothing_inline(answer)


def test_drafts_are_for_managers_and_proposals_for_all(cast: Cast, draft: Version, sina: Client, sam: Client):
    assert sina.get(url("version", draft)).status_code == 200
    for name in ("version", "differences", "comments", "pdf", "markdown", "record"):
        assert sam.get(url(name, draft)).status_code == 404
    assert f"v{draft.number}" not in sam.get(reverse("agreements")).content.decode()
    versions.propose(draft.pk, by=cast.mara, at=NOW)
    assert sam.get(url("version", draft)).status_code == 200


@pytest.mark.parametrize("name", ["propose", "reopen", "withdraw"])
def test_only_marketings_managers_move_a_version(draft: Version, sina: Client, sam: Client, name: str):
    for client in (sina, sam):
        for method in (client.get, client.post):
            assert method(url(name, draft)).status_code == 403


def test_proposing_needs_what_is_missing_first(cast: Cast, draft: Version, mara: Client):
    draft.commitment_rows.filter(key="first-call").update(calendar="gone")
    answer = mara.post(url("propose", draft), {"revision": draft.revision})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "the calendar it is counted in does not exist" in page
    assert f"/admin/sla/version/{draft.pk}/change/?part=promises#{CLAUSE}" in page
    draft.commitment_rows.filter(key="first-call").update(calendar="phones")
    stale = mara.post(url("propose", draft), {"revision": draft.revision + 5})
    assert stale.status_code == 409
    assert mara.post(url("propose", draft), {"revision": draft.revision}).status_code == 302


def test_signing_names_what_is_signed(cast: Cast, proposed: Version, sina: Client, sam: Client, mara: Client):
    page = sina.get(url("sign", proposed)).content.decode()
    assert proposed.content_hash in page
    assert "Sign for Sales" in page
    assert sam.get(url("sign", proposed)).status_code == 403
    assert sina.post(url("sign", proposed), {"side": "sales", "content_hash": "0" * 64}).status_code == 409
    assert (
        sina.post(url("sign", proposed), {"side": "marketing", "content_hash": proposed.content_hash}).status_code
        == 403
    )
    given = {"side": "sales", "content_hash": proposed.content_hash}
    assert sina.post(url("sign", proposed), given).status_code == 302
    assert sina.post(url("sign", proposed), given).status_code == 409
    assert "There is nothing for you to sign" in sina.get(url("sign", proposed)).content.decode()
    document = mara.get(url("version", proposed)).content.decode()
    assert "Sina Vogel" in document


def test_taking_back_says_whose_signatures_it_voids(cast: Cast, proposed: Version, mara: Client):
    versions.sign(proposed.pk, side="sales", by=cast.sina, at=NOW, content_hash=proposed.content_hash)
    assert "Sina Vogel for Sales" in mara.get(url("reopen", proposed)).content.decode()
    answer = mara.post(url("reopen", proposed), {"why": "Sales asks for more time"})
    assert answer.headers["Location"].startswith(f"/admin/sla/version/{proposed.pk}/change/")
    assert proposed.signatures.get().void_reason == "Sales asks for more time"
    assert mara.get(url("reopen", proposed)).status_code == 409


def test_what_was_withdrawn_is_taken_back_to_the_desk(proposed: Version, mara: Client):
    assert mara.post(url("withdraw", proposed)).status_code == 302
    asked = mara.get(url("reopen", proposed))
    assert (asked.status_code, b"Back to the desk" in asked.content) == (200, True)
    assert mara.post(url("reopen", proposed)).status_code == 302
    assert Version.objects.get(pk=proposed.pk).state == "draft"


def test_a_settled_remark_is_opened_again_by_an_answer(cast: Cast, proposed: Version, sina: Client):
    asked = commenting.comment(proposed.pk, CLAUSE, "Why sixty?", by=cast.sina, at=NOW)
    commenting.resolve(asked.pk, by=cast.mara, at=NOW)
    page = sina.get(url("comments", proposed, clause=CLAUSE)).content.decode()
    assert "Answer and open again" in page
    sina.post(url("comments", proposed), {"clause": CLAUSE, "thread": str(asked.public_id), "text": "Not quite."})
    assert Comment.objects.get(pk=asked.pk).resolved_at is None


def test_a_metric_this_release_does_not_know_is_named_and_can_be_mended(draft: Version, mara: Client):
    Commitment.objects.filter(version=draft, key="first-call").update(metric="net_promoter")
    page = mara.get(url("propose", draft)).content.decode()
    assert "nothing is measured by" in page
    for part in PARTS:
        assert mara.get(reverse("admin:sla_version_change", args=[draft.pk]), {"part": part}).status_code == 200
    assert mara.get(url("version", draft)).status_code == 200
    refused = mara.post(url("propose", draft))
    assert (refused.status_code, Version.objects.get(pk=draft.pk).state) == (422, "draft")


def test_remarks_by_form_and_by_htmx(cast: Cast, proposed: Version, sina: Client, sam: Client):
    answer = sina.post(url("comments", proposed), {"clause": CLAUSE, "text": "Too long."})
    assert answer.headers["Location"] == f"{url('version', proposed)}#{CLAUSE}"
    row = Comment.objects.get()
    swapped = sam.post(
        url("comments", proposed), {"clause": CLAUSE, "thread": row.public_id, "text": "I agree."}, headers={"HX-Request": "true"}
    )  # fmt: skip
    page = swapped.content.decode()
    assert "I agree." in page
    assert 'hx-swap-oob="true"' in page  # the margin beside the clause is renewed
    alone = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{url('comments', proposed, clause=CLAUSE)}"}
    said = {"clause": CLAUSE, "thread": row.public_id, "text": "So do I."}
    assert "hx-swap-oob" not in sam.post(url("comments", proposed), said, headers=alone).content.decode()
    assert sina.post(url("comments", proposed), {"clause": CLAUSE, "text": " "}).status_code == 422
    assert sina.get(url("comments", proposed, clause="commitment:gone")).status_code == 404
    resolve = reverse("agreement_comment_resolve", args=[proposed.public_id, row.public_id])
    assert sam.post(resolve).status_code == 403
    assert sina.post(resolve).status_code == 302
    assert sina.post(resolve).status_code == 409
    other = reverse("agreement_comment_resolve", args=[cast.version.public_id, row.public_id])
    assert sina.post(other).status_code == 404  # a remark of another version


def test_confirming_and_seeing_who_has(cast: Cast, sam: Client, sina: Client, draft: Version):
    assert "Please confirm that you have read it" in sam.get(url("version", cast.version)).content.decode()
    assert sam.post(url("acknowledge", cast.version)).status_code == 302
    assert "You confirmed on" in sam.get(url("version", cast.version)).content.decode()
    assert sam.get(url("readers", cast.version)).status_code == 403
    assert "1 of 9 people" in sina.get(url("readers", cast.version)).content.decode()
    assert sina.post(url("remind", cast.version)).status_code == 302
    assert sina.post(url("acknowledge", draft)).status_code == 409


def test_whoever_works_under_it_asks_for_a_change_and_marketing_drafts_it(cast: Cast, sam: Client, mara: Client):
    ask = reverse("agreement_propose_change", args=[cast.agreement.public_id])
    assert f'value="{CLAUSE}" selected' in sam.get(f"{ask}?clause={CLAUSE}").content.decode()
    assert sam.post(ask, {"clause": CLAUSE, "words": ""}).status_code == 422
    assert sam.post(ask, {"clause": "commitment:gone", "words": "Why?"}).status_code == 422
    assert sam.post(ask, {"clause": CLAUSE, "words": "Half an hour is enough."}).status_code == 302
    row = ChangeProposal.objects.get()
    assert (row.created_by, row.origin, row.anchor) == (cast.sam, "person", CLAUSE)
    page = mara.get(reverse("agreement_proposals", args=[cast.agreement.public_id])).content.decode()
    assert "Half an hour is enough." in page
    drafted = reverse("agreement_review_draft", args=[cast.agreement.public_id])
    assert sam.post(drafted).status_code == 403
    answer = mara.post(drafted, {"chosen": "yes", "pick": str(row.public_id)})
    version = Version.objects.get(state="draft")
    assert answer.headers["Location"].startswith(f"/admin/sla/version/{version.pk}/change/")
    assert version.comments.get().text.startswith("Half an hour is enough.")


def test_declining_asks_why(cast: Cast, mara: Client, sina: Client):
    row = proposals.propose_change(cast.segment.pk, CLAUSE, "Faster", by=cast.sina, at=NOW)
    assert row is not None
    decline = reverse("agreement_decline", args=[cast.agreement.public_id, row.public_id])
    assert sina.post(decline, {"why": "No"}).status_code == 403
    assert mara.post(decline, {"why": ""}).status_code == 422
    assert mara.post(decline, {"why": "We tried"}).status_code == 302
    assert mara.post(decline, {"why": "We tried"}).status_code == 409


def test_files_to_take_away_and_to_bring(cast: Cast, mara: Client, sam: Client):
    for name, kind in (("pdf", "application/pdf"), ("markdown", "text/markdown"), ("record", "application/json")):
        answer = sam.get(url(name, cast.version))
        assert answer.headers["Content-Type"].startswith(kind)
        assert 'filename="lead-agreement-v1.' in answer.headers["Content-Disposition"]

    def file(text: str) -> Any:
        found = BytesIO(text.encode())
        found.name = "agreement.md"
        return found

    text = exporting.as_markdown(cast.version)
    assert "in force" in sam.post(reverse("agreement_verify"), {"file": file(text)}).content.decode()
    bad = sam.post(reverse("agreement_verify"), {"file": file(text.replace("95 %", "5 %", 1))}).content.decode()
    assert "It is not as it was signed" in bad or "It is not as recorded here" in bad
    assert sam.post(reverse("agreement_verify"), {"file": file("nothing")}).status_code == 422
    assert sam.get(reverse("agreement_import")).status_code == 403
    brought = mara.post(reverse("agreement_import"), {"agreement": cast.agreement.pk, "file": file(text)})
    assert brought.headers["Location"] == url("version", Version.objects.get(state="draft"))
    assert "was edited after it was exported" not in mara.get(brought.headers["Location"]).content.decode()
    edited = file(text.replace('"currency":"EUR"', '"currency":"USD"', 1))
    brought = mara.post(reverse("agreement_import"), {"agreement": cast.agreement.pk, "file": edited})
    assert "was edited after it was exported" in mara.get(brought.headers["Location"]).content.decode()


def test_the_lasting_address_leads_to_what_is_in_force(cast: Cast, sam: Client):
    assert sam.get(reverse("agreement_in_force", args=["all"])).headers["Location"] == url("version", cast.version)
    assert sam.get(reverse("agreement_in_force", args=["mars"])).status_code == 404


def test_the_number_of_queries_does_not_grow(cast: Cast, sina: Client, django_assert_max_num_queries: Any):
    for number in range(6):
        version = drafting.draft_from_version(cast.version, by=cast.mara)
        if number < 4:
            version = versions.propose(version.pk, by=cast.mara, at=NOW)
            for text in ("One", "Two", "Three"):
                commenting.comment(version.pk, CLAUSE, text, by=cast.sina, at=NOW)
    for person in (cast.sam, cast.tim, cast.mara):
        acknowledging.acknowledge(cast.version, by=person, at=NOW)
    sina.get(reverse("agreements"))  # the terms of each version are remembered by a running portal
    assert in_force_of(cast.agreement, NOW) == cast.version
    proposed = Version.objects.filter(state="proposed").first()
    assert proposed is not None
    for address, most in (
        (reverse("agreements"), 12),
        (reverse("agreement_history", args=[cast.agreement.public_id]), 12),
        (url("version", proposed), 16),
        (url("readers", cast.version), 14),
    ):
        with django_assert_max_num_queries(most):
            sina.get(address)


def test_a_superseded_version_points_to_what_holds(cast: Cast, draft: Version, sam: Client):
    newer = sign_all(cast, draft, NOW)
    page = sam.get(url("version", cast.version)).content.decode()
    assert "Superseded" in page
    assert url("version", newer) in page
