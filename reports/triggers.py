"""The database notes, in the transaction of each change, whose roll-up is no longer true (`reports.models.Stale`).

Triggers see every way a row can change: services, imports in one statement, the admin, a merge. They only note an id.
Each looks at the columns that some fact counts, so that a clock's warning or a moved due date costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Watch:
    """A table, whose holders a changed row touches (in terms of `line`, the row), and which columns matter."""

    table: str
    holders: str
    columns: Sequence[str] = ()  # empty: rows of it are only ever added
    deletes: bool = True

    @property
    def function(self) -> str:
        return f"reports_note_{self.table}"


OF_CLOCK = "SELECT h.lead_id FROM leads_handoff h WHERE h.id = line.subject"
OF_CAUSE = "SELECT h.lead_id FROM sla_clock c JOIN leads_handoff h ON h.id = c.subject WHERE c.id = line.clock_id"
OF_CONTEST = "SELECT h.lead_id FROM leads_handoff h WHERE h.id = line.handoff_id"
OF_LEAD = "SELECT line.lead_id"

WATCHES: tuple[Watch, ...] = (
    Watch("leads_stageentry", OF_LEAD, deletes=False),
    Watch(
        "leads_lead",
        "SELECT line.id",
        ("segment_id", "campaign_id", "version_id", "received_at", "closed_reason"),
    ),
    Watch(
        "leads_handoff",
        OF_LEAD,
        (
            "lead_id", "state", "outcome", "reason", "from_function", "to_function", "from_team_id", "to_team_id",
            "from_user_id", "to_user_id", "decided_by_id", "offered_at", "decided_at", "closed_at", "meeting_at",
            "first_attempt_at", "first_contact_at", "imported", "version_id", "packet",
        ),
    ),
    Watch("sla_clock", OF_CLOCK, ("state", "breached_at", "breaches_at", "started_at", "imported_late", "used_seconds")),
    Watch("sla_breachcause", OF_CAUSE, ("excused",)),
    Watch("leads_contest", OF_CONTEST, ("state",)),
    Watch("leads_attempt", OF_LEAD, ("counts", "undone_at", "handoff_id", "lead_id", "real_contact")),
    Watch(
        "leads_opportunity",
        "SELECT COALESCE(line.lead_id, -line.id)",
        (
            "lead_id", "handoff_id", "stage", "base_amount", "opened_at", "closed_at", "self_sourced", "lost_reason",
            "owner_id",
        ),
    ),
)  # fmt: skip


def install() -> str:
    return "\n".join(_install(watch) for watch in WATCHES)


def remove() -> str:
    return "\n".join(
        f"DROP FUNCTION IF EXISTS {watch.function}_{when} CASCADE;"
        for watch in WATCHES
        for when in ("added", "changed")
    )


def _install(watch: Watch) -> str:
    added, changed = f"{watch.function}_added", f"{watch.function}_changed"
    parts = [
        # Rows added in one statement are noted in one.
        f"CREATE FUNCTION {added}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO reports_stale (holder) SELECT DISTINCT found.holder FROM lines line "
        f"CROSS JOIN LATERAL ({watch.holders}) found (holder) WHERE found.holder IS NOT NULL; RETURN NULL; END $$;",
        f"CREATE TRIGGER {added} AFTER INSERT ON {watch.table} REFERENCING NEW TABLE AS lines "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {added}();",
    ]
    if not watch.columns and not watch.deletes:
        return "\n".join(parts)
    noted = (
        f"INSERT INTO reports_stale (holder) SELECT found.holder FROM (SELECT ({{row}}).*) line "
        f"CROSS JOIN LATERAL ({watch.holders}) found (holder) WHERE found.holder IS NOT NULL;"
    )
    parts.append(
        f"CREATE FUNCTION {changed}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {noted.format(row='OLD')} "
        f"IF TG_OP = 'UPDATE' THEN {noted.format(row='NEW')} END IF; RETURN NULL; END $$;"
    )
    if watch.columns:
        old, new = (", ".join(f"{row}.{name}" for name in watch.columns) for row in ("OLD", "NEW"))
        parts.append(
            f"CREATE TRIGGER {changed} AFTER UPDATE ON {watch.table} FOR EACH ROW "
            f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION {changed}();"
        )
    if watch.deletes:
        parts.append(
            f"CREATE TRIGGER {watch.function}_removed AFTER DELETE ON {watch.table} FOR EACH ROW "
            f"EXECUTE FUNCTION {changed}();"
        )
    return "\n".join(parts)
