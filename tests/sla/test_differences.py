"""What two versions say differently, in words and numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db.models import F

from sla.differences import Differences, TermChange, compare
from sla.models import Commitment, Definition, Faq, Reason, Route, ScoreRule, Version
from sla.services.compiling import draft_terms, terms_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def between(cast: Cast, draft: Version) -> Differences:
    return compare(terms_of(cast.version), draft_terms(Version.objects.get(pk=draft.pk)))


def change(cast: Cast, draft: Version) -> TermChange:
    (found,) = between(cast, draft).changes
    return found


def test_a_copy_differs_in_nothing_that_is_agreed(cast: Cast, draft: Version):
    found = between(cast, draft)
    assert found.changes == []
    assert {item.name for item in found.header} <= {"title", "summary"}


@pytest.mark.parametrize(
    ("key", "values", "headline", "stricter"),
    [
        ("first-call", {"target": 30}, "60 → 30 working minutes", True),
        ("first-call", {"target": 90}, "60 → 90 working minutes", False),
        ("qualified-volume", {"target": 150}, "at least 120 → 150 leads a month", True),
        ("qualified-volume", {"target": 100}, "at least 120 → 100 leads a month", False),
        ("cost-per-lead", {"target": 200}, "at most 250 → 200 EUR a month", True),
    ],
)
def test_a_promise_says_before_and_after_and_whether_it_is_stricter(
    cast: Cast, draft: Version, key: str, values: dict[str, int], headline: str, stricter: bool
):
    Commitment.objects.filter(version=draft, key=key).update(**values)
    found = change(cast, draft)
    assert (found.headline, found.stricter, found.kind) == (headline, stricter, "changed")
    (item,) = found.fields
    assert item.label == "Target"


def test_a_change_of_unit_is_said_whole(cast: Cast, draft: Version):
    Commitment.objects.filter(version=draft, key="first-call").update(target=2, unit="working_hours")
    found = change(cast, draft)
    assert "60 working minutes" in found.headline
    assert "2 working hours" in found.headline


def test_more_that_must_keep_it_is_stricter(cast: Cast, draft: Version):
    Commitment.objects.filter(version=draft, key="first-call").update(must_meet_percent=Decimal(99))
    found = change(cast, draft)
    assert found.stricter is True
    assert [(item.before, item.after) for item in found.fields] == [("95 %", "99 %")]


def test_changes_stand_under_the_side_they_bind(cast: Cast, draft: Version):
    Commitment.objects.filter(version=draft, key="first-call").update(target=30)
    Commitment.objects.filter(version=draft, key="sales-decision").update(target=4)
    Reason.objects.filter(version=draft, key="duplicate").update(label="A duplicate")
    sides = {side: [item.key for item in found] for side, found in between(cast, draft).by_side()}
    # a rejection as a duplicate counts for marketing
    assert sides == {"Marketing": ["duplicate"], "Telequalification": ["first-call"], "Sales": ["sales-decision"]}


def test_what_is_new_and_what_is_gone_is_said_with_its_words(cast: Cast, draft: Version):
    Reason.objects.filter(version=draft, key="below-threshold").delete()
    Faq.objects.create(version=draft, key="fairs", question="And fairs?", answer="They count.", position=9)
    kinds = {(item.key, item.kind) for item in between(cast, draft).changes}
    assert kinds == {("below-threshold", "removed"), ("fairs", "added")}
    by_key = {item.key: item for item in between(cast, draft).changes}
    assert by_key["fairs"].after_number
    assert not by_key["fairs"].before
    assert by_key["below-threshold"].before_number
    assert not by_key["below-threshold"].after


def test_another_order_of_routes_is_a_change_of_its_own(cast: Cast, draft: Version):
    Route.objects.filter(version=draft).update(position=10 - F("position"))
    found = between(cast, draft)
    assert found.changes == []
    (section,) = found.changed
    assert section.kind.section == "routes"
    assert section.order_after == tuple(reversed(section.order_before))
    assert found.count == 1 + len(found.header)


def test_renumbering_alone_is_no_change(cast: Cast, draft: Version):
    ScoreRule.objects.filter(version=draft).update(position=F("position") * 7)
    assert between(cast, draft).changes == []


def test_thresholds_and_conditions_are_said_in_words(cast: Cast, draft: Version):
    condition = {"field": "company.employees", "op": "at_least", "value": 200}
    Definition.objects.filter(version=draft, key="marketing-qualified").update(minimum_score=55, criteria=condition)
    found = change(cast, draft)
    fields = {item.label: (item.before, item.after) for item in found.fields}
    assert ("40", "55") in fields.values()
    assert any("employees is at least 200" in after for _, after in fields.values())


def test_the_head_of_the_version_is_compared_too(cast: Cast, draft: Version):
    Version.objects.filter(pk=draft.pk).update(review_every_months=6, currency="USD", settles_contests="sales")
    said = {item.name: (item.before, item.after) for item in between(cast, draft).header}
    assert said["currency"] == ("EUR", "USD")
    assert said["settles_contests"] == ("Management", "Sales")
    assert "review_every_months" in said


def test_it_reads_the_same_in_both_directions(cast: Cast, draft: Version):
    Commitment.objects.filter(version=draft, key="first-call").update(target=30)
    there, back = draft_terms(draft), terms_of(cast.version)
    (found,) = compare(there, back).changes
    assert (found.headline, found.stricter) == ("30 → 60 working minutes", False)
