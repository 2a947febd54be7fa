"""The roll-ups made and kept: by one command from nothing, and every minute for the leads that have changed.

Each lead's part stands beside the sums (`Holding`), so that it can be taken out exactly when the lead changes. One
transaction moves both; whoever writes meanwhile leaves a note (`Stale`) that this transaction does not see and keeps.
"""

# ruff: noqa: S608 - the statements are made here, of the facts' own expressions; values are bound

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection, transaction

from reports.company import company_zone
from reports.facts import ALL, ROLLED, Fact, select
from reports.models import RollupState
from reports.queries.rolled import COLUMNS, HELD, facts_hash
from reports.queries.tally import named, parameters
from reports.scope import Scope

LOCK = 0x48414E44  # one roller at a time
BATCH = 2000
FRESH = "reports_fresh"
NAMES = ", ".join(COLUMNS)
KEEP = (
    f"INSERT INTO reports_cell ({NAMES}, n, part, whole) SELECT {NAMES}, sum(n), sum(part), sum(whole) FROM ({{rows}}) moved "
    f"GROUP BY {NAMES} HAVING sum(n) <> 0 OR sum(part) <> 0 OR sum(whole) <> 0 "
    f"ON CONFLICT ({NAMES}) DO UPDATE SET n = reports_cell.n + EXCLUDED.n, part = reports_cell.part + EXCLUDED.part, "
    "whole = reports_cell.whole + EXCLUDED.whole"
)
HOLD = (
    f"INSERT INTO reports_holding (holder, cells) "
    f"SELECT holder, jsonb_agg(jsonb_build_array({NAMES}, n, part, whole)) FROM {FRESH} GROUP BY holder"
)
TAKEN_BACK = (
    f"SELECT {NAMES}, -n AS n, -part AS part, -whole AS whole FROM (SELECT {HELD} FROM reports_holding held "
    "CROSS JOIN LATERAL jsonb_array_elements(held.cells) cell WHERE held.holder = ANY(%(holders)s)) held"
)


def fits() -> bool:
    """Whether the roll-ups were made for this zone and for what is counted today."""
    state = RollupState.objects.first()
    return state is not None and (state.zone, state.facts) == (company_zone().key, facts_hash())


def rebuild(at: datetime) -> int:
    """Make the roll-ups anew over all rows; returns how many cells there are. Readers go on with what was there."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        # First the notes: what is written from here on leaves new ones.
        cursor.execute("DELETE FROM reports_stale")
        cursor.execute("DELETE FROM reports_holding")
        cursor.execute("DELETE FROM reports_cell")
        _freshly(None, at)
        cursor.execute(KEEP.format(rows=f"SELECT * FROM {FRESH}"))
        cells = cursor.rowcount
        cursor.execute(HOLD)
        cursor.execute(f"DROP TABLE {FRESH}")
        _note(at)
    return int(cells)


def renew(at: datetime, batch: int = BATCH) -> int:
    """Bring the roll-ups up to date for the leads that have changed; returns how many. Made anew where they do not fit."""
    if not fits():
        rebuild(at)
        return 0
    done = 0
    while True:
        moved = _renew_some(at, batch)
        done += moved
        if moved < batch:
            return done


def _renew_some(at: datetime, batch: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0  # another is at it
        cursor.execute("SELECT DISTINCT holder FROM reports_stale LIMIT %s", [batch])
        holders = [holder for (holder,) in cursor.fetchall()]
        if not holders:
            return 0
        cursor.execute("DELETE FROM reports_stale WHERE holder = ANY(%s)", [holders])
        _freshly(holders, at)
        both = f"SELECT {NAMES}, n, part, whole FROM {FRESH} UNION ALL {TAKEN_BACK}"
        cursor.execute(KEEP.format(rows=both), named(holders))
        cursor.execute("DELETE FROM reports_holding WHERE holder = ANY(%s)", [holders])
        cursor.execute(HOLD)
        cursor.execute(f"DROP TABLE {FRESH}")
        _note(at)
    return len(holders)


def _note(at: datetime) -> None:
    RollupState.objects.update_or_create(
        pk=1, defaults={"zone": company_zone().key, "facts": facts_hash(), "built_at": at}
    )


def _freshly(holders: Sequence[int] | None, at: datetime) -> None:
    """Count the rows of some leads, or of all, into a table of this transaction, by lead and day."""
    values = {**parameters(Scope(), ALL, at), **named(holders or ())}
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {FRESH} (holder bigint, fact text, day date, segment bigint, team bigint, "
            "version bigint, key text, mark text, state text, n bigint, part numeric, whole numeric) ON COMMIT DROP"
        )
        for statement in _statements(holders is not None):
            cursor.execute(f"INSERT INTO {FRESH} {statement}", values)
        cursor.execute(f"ANALYZE {FRESH}")


def _statements(of_holders: bool) -> Iterator[str]:
    for fact in ROLLED:
        if fact.team_join:
            yield _rows(fact, "0::bigint", of_holders)
            yield _rows(fact, "handed.to_team_id", of_holders)
        else:
            yield _rows(fact, f"COALESCE({fact.team}, 0)", of_holders)


def _rows(fact: Fact, team: str, of_holders: bool) -> str:
    columns = {
        "holder": fact.holder or fact.lead,
        "day": f"({fact.at} AT TIME ZONE %(zone)s)::date",
        "segment": f"COALESCE({fact.segment}, 0)",
        "team": team,
        "version": f"COALESCE({fact.version}, 0)",
        "key": fact.key,
        "mark": fact.mark,
        "state": fact.state,
        "part": fact.part,
        "whole": fact.whole,
    }
    extra = [f"{fact.at} IS NOT NULL"]
    if of_holders:
        extra.append(fact.of_holders())
    counted = select(fact, columns, Scope(), ALL, *extra)
    return (
        f"SELECT holder, '{fact.name}', day, segment, team, version, COALESCE(key, ''), COALESCE(mark, ''), "
        f"COALESCE(state, ''), count(*), sum(part), sum(whole) FROM ({counted}) counted "
        "GROUP BY 1, 3, 4, 5, 6, 7, 8, 9"
    )
