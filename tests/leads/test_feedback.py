"""What rejections teach: an agreed share of one reason from one source drafts a change, with the figures and the leads."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from leads.models import Handoff
from leads.services import contests, feedback, handoffs
from sla.models import ChangeProposal, Definition
from sla.services import reviewing
from tests.cast import DAY, HOUR, NOW, Cast
from tests.web.conftest import signed_in

pytestmark = pytest.mark.django_db


def decided(cast: Cast, source: str, reasons: dict[str, int], accepted: int, **more: Any) -> list[Handoff]:
    """Handoffs to sales, decided: so many rejected for each reason, so many accepted."""
    wishes = [reason for reason, count in reasons.items() for _ in range(count)] + [""] * accepted
    made = []
    for number, reason in enumerate(wishes):
        handoff = cast.with_sales(f"{source}{number}", source=source, company=f"C{source}{number}")
        if reason:
            handoffs.reject(handoff.pk, by=cast.sam, at=NOW + HOUR, reason=reason, **more)
        else:
            handoffs.accept(handoff.pk, by=cast.sam, at=NOW + HOUR)
        made.append(handoff)
    return made


def test_the_agreed_share_drafts_a_change_once_with_figures_and_leads(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "FEWEST", 8)
    decided(cast, "fair", {"below-threshold": 3, "duplicate": 1}, 1)
    decided(cast, "webinar", {"below-threshold": 1}, 4)
    assert feedback.propose(NOW + DAY) == 1
    row = ChangeProposal.objects.get()
    assert row.anchor == "definition:marketing-qualified"
    assert "3 of 10" in row.words  # each lead was decided on twice: by telequalification, by sales
    assert row.figures["Agreed alarm"] == "30 %"
    assert row.change[0]["field"] == "minimum_score"
    listed = signed_in(cast.mara).get(row.figures["Leads behind"]).context["lines"]
    assert len(listed) == 3
    assert feedback.propose(NOW + 2 * DAY) == 1
    assert ChangeProposal.objects.count() == 1
    draft = reviewing.draft_with(cast.agreement, [row], by=cast.mara, at=NOW + 2 * DAY)
    definition = Definition.objects.get(version=draft, key="marketing-qualified")
    assert definition.minimum_score == row.change[0]["value"]


def test_few_or_overturned_rejections_raise_no_alarm(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = decided(cast, "fair", {"below-threshold": 2}, 1)
    assert feedback.propose(NOW + DAY) == 0  # six decisions say nothing
    monkeypatch.setattr(feedback, "FEWEST", 6)
    assert feedback.propose(NOW + DAY) == 1
    ChangeProposal.objects.all().delete()
    contest = contests.contest(made[0].pk, by=cast.tim, at=NOW + 2 * HOUR, comment="They reached it")
    contests.settle(contest.pk, upheld=False, by=cast.eva, at=NOW + 3 * HOUR, note="So it is")
    found = feedback.shares(cast.segment.pk, NOW - DAY, NOW + DAY)
    assert [(share.reason, share.count) for share in found] == [("below-threshold", 1)]
    assert feedback.propose(NOW + DAY) == 0


def test_a_missing_field_is_asked_for_and_other_reasons_are_left_to_people(cast: Cast) -> None:
    definition = next(d for d in cast.terms.definitions if d.key == "marketing-qualified")
    share = feedback.Share("fair", "packet-incomplete", 9, 20, definition.key, "company.employees")
    assert feedback.change_of(share, definition)[0]["value"][-1] == "company.employees"
    assert "Require Employees." in feedback.words_for(share, definition, cast.terms)
    for reason, attribute in (
        ("packet-incomplete", "question.budget"),
        ("duplicate", ""),
        ("packet-incomplete", "person.email"),
    ):
        share = feedback.Share("fair", reason, 9, 20, definition.key, attribute)
        assert feedback.change_of(share, definition) == []


def test_the_review_shows_rejections_with_the_leads_behind(cast: Cast) -> None:
    decided(cast, "fair", {"duplicate": 1}, 0)
    review = reviewing.review_of(cast.agreement, at=NOW + DAY)
    assert review is not None
    group = next(group for group in review.groups if group.title == "Rejections")
    assert (group.figures[0].count, group.figures[0].whole) == (1, 2)
    assert group.figures[0].url.startswith(reverse("leads"))
