"""A call centre's month as arrivals in call queues: how many came, how long they waited, how long a call took."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import pytest
from django.db import connection

from leads.models import Handoff
from leads.services import audit, staffing
from leads.services.staffing import Period, Spread
from tests.leads.imports import realdata
from tests.leads.imports.realdata import reference

pytestmark = [*realdata.real_data, pytest.mark.django_db]

FEBRUARY = Period(date(1999, 2, 1), date(1999, 3, 1), "UTC")
SMALL = ("IN", "NE", "PE", "TT")  # 4,233 calls; all 33,043 with HANDOFF_WHOLE_DATA set


def the_same(found: Spread, known: dict[str, float]) -> None:
    assert (found.count, found.least, found.most) == (known["n"], known["min"], known["max"])
    for ours, name in (
        (found.quarter, "p25"), (found.median, "median"), (found.mean, "mean"),
        (found.three_quarters, "p75"), (found.ninetieth, "p90"),
    ):  # fmt: skip
        assert ours == pytest.approx(known[name], abs=1e-3), name


def the_same_queues(queues: list[int], known: dict[str, Any]) -> None:
    """Waits and handling of some queues, as the staffing page shows them."""
    within_20, within_60 = staffing.waits(queues, FEBRUARY, 20), staffing.waits(queues, FEBRUARY, 60)
    assert within_20.arrived == known["calls"]
    assert (within_20.called, within_20.never_called) == (known["answered"], known["hung_up"])
    assert within_20.called_in_time == known["answered_queue_le_20s"]
    assert within_20.level == pytest.approx(known["service_level_20s_of_all_calls"], abs=1e-6)
    assert within_60.level == pytest.approx(known["service_level_60s_of_all_calls"], abs=1e-6)
    assert within_20.mean_to_call == pytest.approx(known["average_speed_of_answer_s"], abs=1e-3)
    assert within_20.never_called / within_20.arrived == pytest.approx(known["abandon_rate"], abs=1e-6)
    the_same(within_20.waited, known["queue_seconds_queued_only"])
    the_same(staffing.handling(queues, FEBRUARY), known["service_seconds"])


def test_arrivals_waits_and_handling():
    """One test, for every process that has a share of the tests would bring the file in anew."""
    known = reference("anonymous_bank")
    whole = bool(os.environ.get("HANDOFF_WHOLE_DATA"))
    queues = realdata.import_calls(realdata.TYPES if whole else SMALL)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for name, queue in queues.items():
        the_same_queues([queue.pk], known["by_type"][name])
    if whole:
        the_same_queues([queue.pk for queue in queues.values()], known["total"])
        days: dict[str, int] = {}
        for queue in queues.values():
            for day, count in staffing.arrivals_by_day(queue.pk, FEBRUARY).items():
                days[day.isoformat()] = days.get(day.isoformat(), 0) + count
        assert days == known["calls_by_day"]
    assert not Handoff.objects.exclude(imported=True).exists()
    assert not [finding.rule.key for finding in audit.run() if not finding.clean]
