"""What the fault test needs done in another process, on a database server that it is about to kill.

python -m tests.faults.scene assemble 300     clocks that fall due over the next seconds
python -m tests.faults.scene report           what became of them, as JSON
"""

from __future__ import annotations

import sys
from datetime import timedelta

SPREAD_SECONDS = 24


def assemble(count: int, *, spread: float = SPREAD_SECONDS, first_in: float = 1) -> None:
    """A cast at work right now, and `count` leads whose first call is due one after the other over `spread` seconds."""
    from django.utils import timezone

    from config.outbox.models import Event
    from sla.models import CalendarTerm, Clock
    from sla.services import drafting
    from tests import cast

    now = timezone.now()
    people = cast.assemble(since=now - timedelta(days=30))
    draft = drafting.draft_from_version(people.version, by=people.mara)
    week = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    CalendarTerm.objects.filter(version=draft).update(week=week, holiday_country="", exceptions={})
    people.version = cast.sign_all(people, draft, now - timedelta(days=1))
    for number in range(count):
        people.hot(f"lead{number}", now)
    Clock.objects.exclude(kind="first_attempt").delete()
    Event.objects.update(handled_at=now)
    assert Clock.objects.count() == count
    shift(count, spread, first_in)


SHIFTED = """
UPDATE sla_clock SET started_at = started_at + moved.by, due_at = due_at + moved.by, breaches_at = breaches_at + moved.by,
    next_at = next_at + moved.by, steps_at = ARRAY(SELECT step + moved.by FROM unnest(steps_at) step)
FROM (
    SELECT id, %(first)s::timestamptz + make_interval(secs => %(spread)s::float * row_number() OVER (ORDER BY id) / %(count)s)
        - breaches_at AS by FROM sla_clock
) AS moved WHERE moved.id = sla_clock.id
"""


def shift(count: int, spread: float, first_in: float) -> None:
    """Counted from this moment: making the leads took a while."""
    from django.db import connection
    from django.utils import timezone

    first = timezone.now() + timedelta(seconds=first_in)
    with connection.cursor() as cursor:
        cursor.execute(SHIFTED, {"first": first, "spread": spread, "count": count})


if __name__ == "__main__":
    import django

    django.setup()
    assemble(int(sys.argv[1]))
