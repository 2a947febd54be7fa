"""Remarks in the margin: on a clause, with answers, settled or open again."""

from __future__ import annotations

import pytest

from config.notices.models import Notice
from config.web.errors import Conflict, Forbidden, Refusal
from sla.models import Comment, Version
from sla.services import commenting, versions
from tests.cast import HOUR, MINUTE, NOW, Cast

pytestmark = pytest.mark.django_db
CLAUSE = "commitment:first-call"


def told(at) -> set[str]:
    return set(Notice.objects.filter(kind="clause_comment", created_at=at).values_list("recipient__name", flat=True))


def test_a_remark_is_told_to_the_other_managers_with_its_clause(cast: Cast, proposed: Version):
    row = commenting.comment(proposed.pk, CLAUSE, "  Sixty minutes are too long. ", by=cast.sina, at=NOW)
    assert (row.anchor, row.text, row.author) == (CLAUSE, "Sixty minutes are too long.", cast.sina)
    assert told(NOW) == {"Mara Lindt", "Tom Berger", "Priya Nair"}
    notice = Notice.objects.filter(kind="clause_comment").first()
    assert notice.url.endswith(f"{proposed.public_id}/#{CLAUSE}")
    assert "comments on clause 7." in notice.title


def test_whoever_spoke_in_a_thread_hears_the_answer(cast: Cast, proposed: Version):
    asked = commenting.comment(proposed.pk, CLAUSE, "Why sixty?", by=cast.sam, at=NOW)
    commenting.reply(asked.pk, "It was 90.", by=cast.mara, at=NOW + MINUTE)
    assert "Sam Okafor" in told(NOW + MINUTE)
    assert "Nina Keller" not in told(NOW + MINUTE)


def test_a_thread_is_settled_and_an_answer_opens_it_again(cast: Cast, proposed: Version):
    asked = commenting.comment(proposed.pk, CLAUSE, "Why?", by=cast.sam, at=NOW)
    answer = commenting.reply(asked.pk, "Because.", by=cast.mara, at=NOW)
    settled = commenting.resolve(answer.pk, by=cast.sam, at=NOW + HOUR)  # of an answer: its thread
    assert (settled.pk, settled.resolved_by, settled.resolved_at) == (asked.pk, cast.sam, NOW + HOUR)
    with pytest.raises(Conflict) as refused:
        commenting.resolve(asked.pk, by=cast.mara, at=NOW + HOUR)
    assert refused.value.message == "Sam Okafor has settled this already."
    commenting.reply(asked.pk, "Not quite.", by=cast.sina, at=NOW + 2 * HOUR)
    assert Comment.objects.get(pk=asked.pk).resolved_at is None


def test_an_answer_to_an_answer_stays_in_the_thread(cast: Cast, proposed: Version):
    asked = commenting.comment(proposed.pk, CLAUSE, "Why?", by=cast.sam, at=NOW)
    answer = commenting.reply(asked.pk, "Because.", by=cast.mara, at=NOW)
    assert commenting.reply(answer.pk, "Oh.", by=cast.sam, at=NOW).reply_to == asked


def test_a_colleague_settles_only_what_is_their_own(cast: Cast, proposed: Version):
    asked = commenting.comment(proposed.pk, CLAUSE, "Why?", by=cast.sam, at=NOW)
    with pytest.raises(Forbidden):
        commenting.resolve(asked.pk, by=cast.nina, at=NOW)
    commenting.resolve(asked.pk, by=cast.tom, at=NOW)


def test_who_may_not_read_may_not_remark(cast: Cast, draft: Version):
    with pytest.raises(Forbidden):
        commenting.comment(draft.pk, CLAUSE, "I see nothing", by=cast.sam, at=NOW)
    commenting.comment(draft.pk, CLAUSE, "I do", by=cast.sina, at=NOW)
    versions.withdraw(draft.pk, by=cast.mara, at=NOW)
    with pytest.raises(Conflict):
        commenting.comment(draft.pk, CLAUSE, "Too late", by=cast.sina, at=NOW)


@pytest.mark.parametrize(
    ("anchor", "text", "field"),
    [
        ("commitment:gone", "What?", "anchor"),
        (CLAUSE, "   ", "text"),
        (CLAUSE, "x" * 4001, "text"),
    ],
)
def test_what_cannot_be_remarked_is_refused_by_field(cast: Cast, proposed: Version, anchor, text, field):
    with pytest.raises(Refusal) as refused:
        commenting.comment(proposed.pk, anchor, text, by=cast.sina, at=NOW)
    assert field in refused.value.fields
    assert not Comment.objects.exists()


def test_a_remark_may_be_on_the_whole_and_on_a_row_of_a_table(cast: Cast, proposed: Version):
    commenting.comment(proposed.pk, commenting.WHOLE, "Good.", by=cast.sina, at=NOW)
    commenting.comment(proposed.pk, "reason:duplicate", "Rename it.", by=cast.sina, at=NOW)
    assert proposed.comments.count() == 2
