"""A past whose dates are out of order keeps every date, and its ledger has no gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from leads.models import Lead, LeadScore, Person, ScoreChange, StageEntry
from leads.services import audit, chronicle
from leads.services.chronicle import OUTCOME_UNKNOWN, Chronicle
from sla.models import Segment
from sla.services.compiling import terms_by_id
from sla.stages import Stage
from tests.cast import DAY, NOW, Cast, assemble

CONTACT = datetime(2018, 3, 8, tzinfo=UTC)
WON = datetime(2018, 3, 6, 19, 38, 55, tzinfo=UTC)


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


def begin(segment_id: int = 0) -> Chronicle:
    return Chronicle.begin(person=Person(), company=None, segment_id=segment_id, terms=None, received_at=CONTACT)


def ledger(life: Chronicle) -> list[tuple[str, datetime, datetime | None, bool]]:
    return [(entry.stage, entry.entered_at, entry.left_at, entry.is_first) for entry in life.entries]


def test_won_before_its_first_contact_keeps_both_dates():
    life = begin()
    life.enter(Stage.MQL, CONTACT, cause="imported")
    life.enter(Stage.WON, WON, cause="won")
    life.finish(NOW)
    assert ledger(life) == [
        (Stage.WON, WON, CONTACT, True),
        (Stage.MQL, CONTACT, CONTACT, True),
        (Stage.WON, CONTACT, None, False),
    ]
    assert life.lead.stage == Stage.WON
    assert life.lead.closed_reason == "won"


@pytest.mark.django_db
def test_it_is_written_without_a_gap():
    segment = Segment.objects.create(key="all", name="All", is_default=True)
    life = begin(segment.pk)
    life.enter(Stage.KNOWN, WON - timedelta(days=3), cause="imported")
    life.enter(Stage.MQL, CONTACT, cause="imported")
    life.enter(Stage.OPPORTUNITY, WON, cause="imported")
    life.enter(Stage.WON, WON, cause="won")
    with transaction.atomic():
        chronicle.write([life.finish(NOW)])
    assert not [finding.rule.key for finding in audit.run() if not finding.clean]
    first = dict(StageEntry.objects.filter(is_first=True).values_list("stage", "entered_at"))
    assert first[Stage.WON] == WON
    assert first[Stage.MQL] == CONTACT
    assert Lead.objects.get().stage == Stage.WON


@pytest.mark.django_db
def test_an_end_that_nobody_told_is_not_a_loss():
    segment = Segment.objects.create(key="all", name="All", is_default=True)
    life = begin(segment.pk)
    life.enter(Stage.MQL, CONTACT, cause="imported")
    with transaction.atomic():
        chronicle.write([life.finish(NOW, unknown_end=True)])
    lead = Lead.objects.get()
    assert (lead.stage, lead.closed_reason) == (Stage.MQL, OUTCOME_UNKNOWN)
    assert not StageEntry.objects.filter(stage=Stage.LOST).exists()
    assert all(finding.clean for finding in audit.run())


PASSED = (Stage.KNOWN, Stage.MQL, Stage.TQL, Stage.SQL, Stage.OPPORTUNITY, Stage.WON)


@given(st.lists(st.integers(min_value=0, max_value=5), min_size=1, max_size=len(PASSED)))
def test_whatever_the_order_of_the_dates(days: list[int]):
    """Every stage is first entered on the source's own date, in a ledger without gaps that ends in the last stage."""
    life = begin()
    told = [(stage, CONTACT + timedelta(days=day)) for stage, day in zip(PASSED, days, strict=False)]
    for stage, at in told:
        life.enter(stage, at, cause="imported")
    life.finish(NOW)
    entries = life.entries
    assert [entry.entered_at for entry in entries] == sorted(entry.entered_at for entry in entries)
    for entry, following in pairwise(entries):
        assert (entry.left_at, entry.left_to) == (following.entered_at, following.stage)
    assert {entry.stage: entry.entered_at for entry in entries if entry.is_first} == dict(told)
    assert (entries[-1].stage, entries[-1].left_at) == (told[-1][0], None)


def told(cast: Cast, *, closed: bool) -> tuple[LeadScore, list[ScoreChange]]:
    """A lead of two deeds, half a year on: its score and the course of it."""
    terms = terms_by_id(cast.version.pk)
    life = Chronicle.begin(
        person=Person(), company=None, segment_id=cast.segment.pk, terms=terms, received_at=NOW - 200 * DAY
    )
    life.enter(Stage.KNOWN, NOW - 200 * DAY, cause="intake")
    life.did("webinar", NOW - 200 * DAY)
    life.did("pricing_page", NOW - 20 * DAY)
    if closed:
        life.enter(Stage.LOST, NOW - 10 * DAY, cause="lost:price")
    rows = life.finish(NOW)
    changes = [row for row in rows if isinstance(row, ScoreChange)]
    return next(row for row in rows if isinstance(row, LeadScore)), sorted(changes, key=lambda row: row.at)


def test_the_course_of_the_points_ends_where_the_score_stands(cast: Cast):
    score, changes = told(cast, closed=False)
    assert [change.cause for change in changes] == ["webinar", "decay", "decay", "pricing_page"]
    assert [change.before for change in changes[1:]] == [change.total for change in changes[:-1]]
    assert changes[-1].total == score.total
    assert score.rescore_at is not None
    assert score.rescore_at > NOW


def test_the_score_of_a_closed_lead_stands_still(cast: Cast):
    score, changes = told(cast, closed=True)
    assert (score.scored_at, score.rescore_at) == (NOW - 10 * DAY, None)
    assert changes[-1].total == score.total
