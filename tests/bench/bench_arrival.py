"""One arriving activity costs a constant number of queries, whatever its lead did before and whoever else there is."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bench.crowd import gather
from tests.bench.report import fresh_database
from tests.cast import MINUTE, NOW, assemble

LEADS = int(os.environ.get("HANDOFF_BENCH_LEADS", 20_000))
PAST = 400


def run() -> list[dict[str, Any]]:
    fresh_database()
    from leads.models import Activity, Lead
    from leads.services.intake import Deed, receive_activity

    cast = assemble()
    gather(cast, leads=LEADS, activities=LEADS * 20)
    quiet, busy = Lead.objects.order_by("pk")[100:102]
    Activity.objects.filter(lead=quiet).delete()
    Activity.objects.bulk_create(
        Activity(lead=busy, type="email_open", occurred_at=NOW - n * MINUTE) for n in range(PAST)
    )
    number = iter(range(10_000))

    def arrive(lead: Lead) -> None:
        at = NOW + next(number) * MINUTE
        receive_activity(cast.source, lead, Deed("email_open", at), external_id=str(at), raw={}, at=at)

    def queries(lead: Lead) -> int:
        with CaptureQueriesContext(connection) as caught:
            arrive(lead)
        return len(caught)

    def seconds(lead: Lead) -> float:
        began = time.perf_counter()
        arrive(lead)
        return time.perf_counter() - began

    arrive(quiet)
    arrive(busy)
    few, many = queries(quiet), queries(busy)
    quick, slow = (statistics.median(seconds(lead) for _ in range(50)) * 1000 for lead in (quiet, busy))
    return [
        {
            "name": f"queries of an activity after {PAST} others",
            "ours": many,
            "reference": few,
            "ratio": many / few,
            "demanded": 1.0,
            "unit": "queries",
            "better": "lower",
            "note": f"{slow:.1f} ms against {quick:.1f} ms",
        }
    ]
