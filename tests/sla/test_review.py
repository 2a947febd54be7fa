"""The regular review: what happened since, when it is due, and a draft that carries the proposals."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction

from config.notices.models import Notice
from config.web.errors import Conflict, Forbidden, Refusal
from leads.services import handoffs
from sla.models import ChangeProposal, Definition, StageTerm, Version
from sla.services import commenting, drafting, proposals, reviewing
from sla.services.compiling import terms_of
from tests.cast import DAY, HOUR, NOW, Cast, sign_all

pytestmark = pytest.mark.django_db
THRESHOLD = "definition:marketing-qualified"
LATER = NOW + 92 * DAY


def propose(cast: Cast, at=NOW, **given) -> ChangeProposal | None:
    values = {
        "anchor": THRESHOLD,
        "words": "Ask for 50 points: a third of the leads from fairs are below the bar.",
        "figures": {"Rejected": "12 of 36"},
        "change": [{"section": "definitions", "key": "marketing-qualified", "field": "minimum_score", "value": 50}],
        "dedupe_key": "fairs-below",
    } | given
    return proposals.propose_change(cast.segment.pk, at=at, **values)


# --- what happened -------------------------------------------------------------------------------------------------


def test_it_shows_rejections_by_reason_drop_off_and_broken_promises(cast: Cast):
    for name, reason in (("a", "duplicate"), ("b", "duplicate"), ("c", "below-threshold"), ("d", "")):
        handoff = cast.with_sales(name, NOW)
        if reason:
            handoffs.reject(handoff.pk, reason=reason, by=cast.sam, at=NOW + HOUR)
    cast.hot("late", NOW)
    review = reviewing.review_of(cast.agreement, at=NOW + 30 * DAY)
    assert review is not None
    groups = {group.title: group for group in review.groups}
    rejected = [(item.label, item.count, item.whole) for item in groups["Rejections by reason"].figures]
    assert rejected == [("Duplicate or already owned", 2, 7), ("Below the agreed threshold", 1, 7)]
    assert "of=rejection&key=duplicate" in groups["Rejections by reason"].figures[0].url
    steps = {item.label: (item.count, item.whole) for item in groups["Drop-off between stages"].figures}
    assert steps["MQL to TAL"] == (4, 5)
    assert steps["TQL to SAL"] == (0, 4)
    broken = {item.label: (item.count, item.whole) for item in groups["Broken promises"].figures}
    assert broken["First call to high intent (Telequalification)"] == (1, 1)  # the others were spoken with
    assert broken["Accept or reject (Sales)"] == (1, 4)


def test_there_is_nothing_to_review_where_nothing_is_in_force(cast: Cast):
    assert cast.version.effective_at is not None
    assert reviewing.review_of(cast.agreement, at=cast.version.effective_at - HOUR) is None


def test_it_is_due_every_quarter_until_a_new_version_answers(cast: Cast):
    terms = terms_of(cast.version)
    first = date(2026, 5, 2)  # three months after 2 February
    assert reviewing.due_on(cast.version, terms, NOW) == first
    assert reviewing.due_on(cast.version, terms, NOW + 100 * DAY) == first  # still unanswered
    assert reviewing.due_on(cast.version, terms, NOW + 160 * DAY) == date(2026, 8, 2)
    newer = sign_all(cast, drafting.draft_from_version(cast.version, by=cast.mara), NOW)
    assert reviewing.due_on(newer, terms_of(newer), NOW + 80 * DAY) == date(2026, 6, 4)


def test_the_managers_of_all_sides_are_told_once_with_what_happened(cast: Cast):
    reviewing.remind(NOW)
    assert not Notice.objects.filter(kind="agreement_review", title__contains="is due for review").exists()
    propose(cast)
    for day in (0, 1, 2):
        reviewing.remind(LATER + day * DAY)
    told = Notice.objects.filter(kind="agreement_review", title="Lead agreement is due for review")
    assert sorted(told.values_list("recipient__name", flat=True)) == [
        "Mara Lindt",
        "Priya Nair",
        "Sina Vogel",
        "Tom Berger",
    ]
    notice = told.first()
    assert "Proposed changes that wait: 1." in notice.body
    assert notice.url == f"/agreement/{cast.agreement.public_id}/review/"


def test_the_owner_of_a_definition_is_told_when_its_day_has_come(cast: Cast, draft: Version):
    StageTerm.objects.filter(version=draft).update(review_on=None)
    StageTerm.objects.filter(version=draft, key="tql").update(review_on=date(2026, 4, 1))
    version = sign_all(cast, draft, NOW)
    reviewing.remind(NOW)
    title = "Look again at what TQL means"
    assert not Notice.objects.filter(title=title).exists()
    reviewing.remind(NOW + 30 * DAY)
    reviewing.remind(NOW + 31 * DAY)
    assert Notice.objects.get(title=title).recipient == cast.tom
    assert reviewing.stages_due(terms_of(version), NOW + 30 * DAY) == [("TQL", date(2026, 4, 1))]


# --- proposals -----------------------------------------------------------------------------------------------------


def test_marketing_is_told_of_a_proposal_once_while_it_is_open(cast: Cast):
    first = propose(cast)
    again = propose(cast, at=NOW + DAY, figures={"Rejected": "20 of 40"})
    assert first is not None
    assert again is not None
    assert again.pk == first.pk
    assert again.figures == {"Rejected": "20 of 40"}
    told = Notice.objects.filter(kind="change_proposed")
    assert sorted(told.values_list("recipient__name", flat=True)) == ["Mara Lindt", "Priya Nair"]


def test_what_was_declined_rests_for_90_days_unless_a_person_asks(cast: Cast):
    row = propose(cast)
    assert row is not None
    with pytest.raises(Refusal) as refused:
        proposals.decline(row.pk, by=cast.mara, at=NOW, why=" ")
    assert "why" in refused.value.fields
    with pytest.raises(Forbidden):
        proposals.decline(row.pk, by=cast.sina, at=NOW, why="No")
    proposals.decline(row.pk, by=cast.mara, at=NOW, why="The fair was an exception.")
    assert propose(cast, at=NOW + 89 * DAY) is None
    assert propose(cast, at=NOW + 89 * DAY, by=cast.sina) is not None
    with pytest.raises(Conflict):
        proposals.decline(row.pk, by=cast.mara, at=NOW, why="Again")


def test_the_figures_may_propose_it_again_later(cast: Cast):
    row = propose(cast)
    assert row is not None
    proposals.decline(row.pk, by=cast.mara, at=NOW, why="Not now")
    later = propose(cast, at=NOW + timedelta(days=90))
    assert later is not None
    assert later.pk != row.pk


def test_one_click_drafts_the_next_version_with_the_proposals(cast: Cast):
    mechanical = propose(cast)
    spoken = propose(cast, words="Call within the hour.", change=(), anchor="commitment:first-call", dedupe_key="words")
    assert mechanical is not None
    assert spoken is not None
    version = reviewing.draft_with(cast.agreement, [mechanical, spoken], by=cast.mara, at=LATER)
    assert (version.state, version.based_on) == ("draft", cast.version)
    assert Definition.objects.get(version=version, key="marketing-qualified").minimum_score == 50
    assert Definition.objects.get(version=cast.version, key="marketing-qualified").minimum_score == 40
    remarks = {row.anchor: row for row in version.comments.all()}
    assert remarks[THRESHOLD].resolved_at == LATER  # done
    assert "Rejected: 12 of 36" in remarks[THRESHOLD].text
    assert remarks["commitment:first-call"].resolved_at is None  # somebody must decide how
    for row in ChangeProposal.objects.all():
        assert (row.state, row.taken_into, row.decided_by) == ("taken", version, cast.mara)
    with pytest.raises(Conflict), transaction.atomic():
        reviewing.draft_with(cast.agreement, [mechanical], by=cast.mara, at=LATER)
    assert Version.objects.filter(state="draft").count() == 1


def test_the_draft_moves_review_days_on_that_have_come(cast: Cast, draft: Version):
    StageTerm.objects.filter(version=draft).update(review_on=date(2027, 1, 1))
    StageTerm.objects.filter(version=draft, key="mql").update(review_on=date(2026, 4, 1))
    sign_all(cast, draft, NOW)
    version = reviewing.draft_with(cast.agreement, [], by=cast.mara, at=LATER)
    days = dict(StageTerm.objects.filter(version=version).values_list("key", "review_on"))
    assert days["mql"] == date(2026, 9, 4)  # three months after 4 June
    assert days["tql"] == date(2027, 1, 1)


def test_a_change_that_no_longer_fits_is_left_to_people(cast: Cast):
    wrong = [
        {"section": "definitions", "key": "gone", "field": "minimum_score", "value": 5},
        {"section": "definitions", "key": "marketing-qualified", "field": "version", "value": 1},
        {"section": "commitments", "key": "first-call", "field": "must_meet_percent", "value": 400},
    ]
    row = propose(cast, change=wrong)
    assert row is not None
    version = reviewing.draft_with(cast.agreement, [row], by=cast.mara, at=NOW)
    (remark,) = version.comments.all()
    assert remark.resolved_at is None
    assert "Not changed yet" in remark.text


def test_open_remarks_of_what_is_in_force_stand_in_the_review(cast: Cast):
    commenting.comment(cast.version.pk, THRESHOLD, "40 is low.", by=cast.sina, at=NOW)
    done = commenting.comment(cast.version.pk, THRESHOLD, "Typo.", by=cast.sina, at=NOW)
    commenting.resolve(done.pk, by=cast.mara, at=NOW)
    review = reviewing.review_of(cast.agreement, at=NOW)
    assert review is not None
    assert [row.text for row in review.remarks] == ["40 is low."]
