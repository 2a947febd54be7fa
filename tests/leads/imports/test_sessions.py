"""Sessions of visitors who are nobody yet."""

from __future__ import annotations

import pytest

from leads.models import Activity, Lead, Visitor
from tests.leads.imports import realdata

pytestmark = [*realdata.real_data, pytest.mark.django_db]


def test_visits_wait_for_a_name():
    [run] = realdata.import_sessions()
    assert (run.rows, run.failed) == (7756, 0)
    assert Visitor.objects.count() == 630
    assert Activity.objects.filter(lead=None, type="visit").count() == 7756
    assert not Lead.objects.exists()
    first = Visitor.objects.order_by("first_seen_at").first()
    assert first is not None
    assert first.first_seen_at == Activity.objects.earliest("occurred_at").occurred_at
