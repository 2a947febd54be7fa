"""Scores after new rules took effect, and as time passes: many leads at once, set-based.

One statement reads everything without a lock; its rows are then written in batches, each in its own short transaction
that locks its leads first, as every verb does. A lead that did something meanwhile has been scored anew by that and is
left alone: its score names the version it was made by, and its total is no longer the one that was read. Runs follow
one another until no lead is left, so one may be broken off and begun again.
"""

# ruff: noqa: S608 - the statements are made here, of our own expressions; values are bound

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from config.outbox.health import Beat
from leads.models import Handoff, HandoffState, Lead, LeadScore, Rescoring
from leads.scoring_sql import Statement, scored_leads
from leads.services import admission, advancing, cases, stages
from leads.services.admission import Turns
from leads.services.cases import Case
from sla.services.compiling import in_force
from sla.stages import IN_HANDS, Stage
from sla.terms import Terms

BATCH = 2000
DECAYED_AT_ONCE = 5000
OPEN = "lead.segment_id = %(segment)s AND lead.closed_at IS NULL"
STALE = (
    f"{OPEN} AND NOT EXISTS (SELECT 1 FROM leads_leadscore s WHERE s.lead_id = lead.id AND s.version_id = %(fresh)s)"
)
WRITE = """
WITH fresh AS MATERIALIZED ({source}), turn AS (
    SELECT lead_id, %(first)s::timestamptz + (row_number() OVER (ORDER BY {order}) - 1) * %(apart)s::interval AS admit_at
    FROM fresh WHERE %(renewed)s AND reaches = ANY(%(qualifying)s::text[])
), renewed AS (
    UPDATE leads_leadscore AS held SET fit = fresh.fit, engagement = fresh.engagement,
        total = fresh.fit + fresh.engagement, points = fresh.points, times = fresh.times, version_id = %(version)s, scored_at = %(scored_at)s,
        rescore_at = fresh.rescore_at, admit_at = CASE WHEN %(renewed)s THEN turn.admit_at
            WHEN fresh.reaches = ANY(%(qualifying)s::text[]) THEN held.admit_at END
    FROM fresh LEFT JOIN turn USING (lead_id)
    WHERE held.lead_id = fresh.lead_id AND held.total = fresh.before AND {unless}
    RETURNING fresh.*, held.admit_at
), added AS (
    INSERT INTO leads_leadscore (lead_id, fit, engagement, total, points, times, version_id, scored_at, rescore_at, admit_at)
    SELECT lead_id, fit, engagement, fit + engagement, points, times, %(version)s, %(scored_at)s, rescore_at, admit_at
    FROM fresh LEFT JOIN turn USING (lead_id) WHERE before IS NULL ON CONFLICT DO NOTHING RETURNING lead_id, admit_at
), stored AS (
    SELECT * FROM renewed UNION ALL SELECT fresh.*, admit_at FROM fresh JOIN added USING (lead_id)
), noted AS (
    INSERT INTO leads_scorechange (lead_id, at, before, fit, engagement, total, cause)
    SELECT lead_id, %(scored_at)s, coalesce(before, 0), fit, engagement, fit + engagement, %(cause)s
    FROM stored WHERE fit + engagement <> coalesce(before, 0)
), named AS (
    UPDATE leads_lead AS lead SET persona = stored.persona, fit_grade = stored.fit_grade
    FROM stored WHERE lead.id = stored.lead_id AND stored.regraded
)
SELECT count(*), count(*) FILTER (WHERE fit + engagement <> coalesce(before, 0)),
    count(*) FILTER (WHERE reaches = ANY(%(qualifying)s::text[])), max(admit_at) FILTER (WHERE %(renewed)s),
    coalesce(array_agg(lead_id ORDER BY {order}) FILTER (WHERE reaches IS NOT NULL
        AND NOT (%(renewed)s AND reaches = ANY(%(qualifying)s::text[]))), '{{}}')
FROM stored
"""
WORKED_OUT = """
CREATE TEMPORARY TABLE leads_worked_out AS
SELECT source.*, row_number() OVER (
    ORDER BY CASE WHEN reaches = ANY(%(qualifying)s::text[]) THEN fit + engagement END DESC NULLS LAST, lead_id) - 1 AS place
FROM ({source}) AS source
"""
IN_PLACE = "place >= %(start)s AND place < %(stop)s"
BEST_FIRST = "fit + engagement DESC, lead_id"
LOCK = """
SELECT id FROM leads_lead WHERE id IN ({which}) AND closed_at IS NULL ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""


# --- new rules -----------------------------------------------------------------------------------------------------


def renew(at: datetime, beat: Beat | None = None) -> int:
    """Score the open leads of every segment whose version in force has not been applied yet; returns how many were."""
    beat = beat or Beat()
    scored = 0
    rows = in_force(at).rows
    done = set(Rescoring.objects.filter(finished_at__isnull=False).values_list("version_id", flat=True))
    for segment_id, _, terms in rows:
        if terms.version_id not in done:
            scored += apply(segment_id, terms, at).scored
    return scored


def apply(segment_id: int, terms: Terms, at: datetime) -> Rescoring:
    """Bring a segment's open leads under new rules: scores first, then stages, at the agreed rate where many qualify."""
    run, _ = Rescoring.objects.get_or_create(
        version_id=terms.version_id, defaults={"segment_id": segment_id, "started_at": at}
    )
    values = {"segment": segment_id, "fresh": terms.version_id}
    scores = scored_leads(terms, at, STALE, values, reaches=True, all_deeds=are_most(STALE, values))
    with _worked_out(scores, terms) as rows:
        for places in rows.batches():
            _apply_batch(run, places, terms, at)
    if not _any_stale(values):  # a lead that somebody held while its batch was written is scored by the next run
        free_stranded(run, segment_id, terms, at)
        run.finished_at = at
        run.save(update_fields=["finished_at"])
    run.refresh_from_db()
    return run


def are_most(scope: str, values: Mapping[str, Any]) -> bool:
    """Whether the leads that a scope chooses are more than half of all."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FILTER (WHERE {scope}) * 2 > count(*) FROM leads_lead lead", values)
        return bool(cursor.fetchone()[0])


def _any_stale(values: Mapping[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM leads_lead lead WHERE {STALE})", values)
        return bool(cursor.fetchone()[0])


class _worked_out:  # noqa: N801 - read as a phrase
    """The rows of a statement, kept in this session alone until they have been written.

    Those that qualify stand first, the best of them in front, so that the best are admitted first; the others by lead,
    as they lie in the tables that are written.
    """

    def __init__(self, statement: Statement, terms: Terms):
        self.sql = WORKED_OUT.format(source=statement.sql)
        self.params = {**statement.params, "qualifying": list(terms.qualifying_stages)}
        self.rows = 0

    def __enter__(self) -> _worked_out:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS leads_worked_out")
            cursor.execute(self.sql, self.params)
            self.rows = cursor.rowcount
            cursor.execute("CREATE INDEX ON leads_worked_out (place)")
            cursor.execute("ANALYZE leads_worked_out")
        return self

    def __exit__(self, *error: object) -> None:
        if connection.connection is not None and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE IF EXISTS leads_worked_out")

    def batches(self) -> list[range]:
        """The places of the rows that are written together."""
        return [range(start, min(start + BATCH, self.rows)) for start in range(0, self.rows, BATCH)]


@transaction.atomic
def _apply_batch(run: Rescoring, places: range, terms: Terms, at: datetime) -> None:
    """The rows of these places, but for those whose leads somebody holds just now or has scored anew meanwhile."""
    # Turns follow one another, whoever works on the run.
    run = Rescoring.objects.select_for_update(no_key=True).get(pk=run.pk)
    with connection.cursor() as cursor:  # a batch that a crash takes back is written again when the run goes on
        cursor.execute("SET LOCAL synchronous_commit = off")
    values: dict[str, Any] = {"start": places.start, "stop": places.stop}
    free = _locked(f"SELECT lead_id FROM leads_worked_out WHERE {IN_PLACE}", values)
    source = f"SELECT * FROM leads_worked_out WHERE {IN_PLACE}"
    if len(free) < len(places):
        source += " AND lead_id = ANY(%(free)s)"
        values["free"] = free
    turns = admission.turns(run, terms, at)
    written = _write(source, values, terms, at, cause="new rules", turns=turns)
    for lead_id in written.ahead:
        advancing.advance(cases.load(lead_id, at, terms=terms))
    run.scored += written.leads
    run.changed += written.moved
    run.lifted += written.lifted
    run.next_turn = written.last_turn + turns.apart if written.last_turn else turns.first
    run.save(update_fields=["scored", "changed", "lifted", "next_turn"])


def _locked(which: str, values: Mapping[str, Any]) -> list[int]:
    """Of the leads that a SELECT names, the open ones that nobody holds, locked."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK.format(which=which), values)
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True)
class Written:
    """What storing the scores of some leads has come to."""

    leads: int
    moved: int  # totals that are not what they were
    lifted: int  # leads that reach a qualifying stage
    last_turn: datetime | None  # of those that got one
    ahead: list[int]  # leads that reach a stage they wait for no turn to enter, the best first


def _write(
    source: str,
    params: Mapping[str, Any],
    terms: Terms,
    at: datetime,
    *,
    cause: str,
    turns: Turns | None = None,
    again: bool = False,
) -> Written:
    """Store the scores of locked leads, where they still have the total they were worked out against.

    Who reaches no qualifying stage waits for no turn. With `turns`, those that do get theirs anew, the best first; without,
    they keep the one they have. Without `again`, a lead that has a score by these rules keeps it.
    """
    unless = "held.scored_at <= %(scored_at)s" if again else "held.version_id IS DISTINCT FROM %(version)s"
    statement = WRITE.format(source=source, unless=unless, order=BEST_FIRST)
    values = {
        **params, "version": terms.version_id, "scored_at": at, "cause": cause[:80],
        "first": turns.first if turns else None, "apart": turns.apart if turns else None,
        "renewed": turns is not None, "qualifying": list(terms.qualifying_stages),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return Written(*cursor.fetchone())


# --- stages that were switched off ---------------------------------------------------------------------------------


def free_stranded(run: Rescoring, segment_id: int, terms: Terms, at: datetime) -> int:
    """Leads that stand in a stage these terms do not have, and are in nobody's hands, are judged anew from engaged on.

    Whoever is in a handoff stays there: it keeps the version it started under. Returns how many were moved.
    """
    off = [code for code in sorted(IN_HANDS) if not terms.stage_enabled(code)]
    held = Handoff.objects.filter(state__in=(HandoffState.OFFERED, HandoffState.ACCEPTED)).values("lead_id")
    stranded = Lead.objects.filter(segment_id=segment_id, closed_at=None, stage__in=off).exclude(pk__in=held)
    moved = 0
    for lead_id in list(stranded.values_list("pk", flat=True)):
        with transaction.atomic():
            moved += _free(cases.load(lead_id, at, terms=terms), off)
    Rescoring.objects.filter(pk=run.pk).update(moved=F("moved") + moved)
    return moved


def _free(case: Case, off: list[str]) -> bool:
    if case.lead.stage not in off or Handoff.objects.filter(lead=case.lead).open().exists():
        return False
    move = stages.Move(case.at, "stage switched off", case.terms, None, case.score.total)
    stages.enter(case.lead, Stage.ENGAGED, move)
    advancing.advance(case)
    return True


# --- time ----------------------------------------------------------------------------------------------------------


def decay(at: datetime, beat: Beat | None = None) -> int:
    """Score every open lead anew whose points time has changed; returns how many. What loses negative points may qualify."""
    beat = beat or Beat()
    scored = 0
    applied = set(Rescoring.objects.filter(finished_at__isnull=False).values_list("version_id", flat=True))
    for segment_id, _, terms in in_force(at).rows:
        due = LeadScore.objects.filter(rescore_at__lte=at, lead__segment_id=segment_id, lead__closed_at=None)
        if terms.version_id not in applied:  # older scores are the business of the run that applies the rules
            due = due.filter(Q(version_id=terms.version_id) | Q(version_id=None))
        ids = list(due.order_by("rescore_at").values_list("lead_id", flat=True)[:DECAYED_AT_ONCE])
        for start in range(0, len(ids), BATCH):
            scored += _decay_batch(ids[start : start + BATCH], terms, at)
    _forget_closed(at)
    return scored


@transaction.atomic
def _decay_batch(ids: list[int], terms: Terms, at: datetime) -> int:
    scope = "lead.id = ANY(%(ids)s) AND lead.closed_at IS NULL"
    ids = _locked("SELECT unnest(%(ids)s)", {"ids": ids})
    found = scored_leads(terms, at, scope, {"ids": ids}, every_lead=False, reaches=True)
    written = _write(found.sql, found.params, terms, at, cause="decay", again=True)
    for lead_id in written.ahead:
        advancing.advance(cases.load(lead_id, at, terms=terms))
    return written.leads


def _forget_closed(at: datetime) -> None:
    """A closed lead's score stands still; it comes back as a new lead, or is scored anew when it returns."""
    LeadScore.objects.filter(rescore_at__lte=at, lead__closed_at__isnull=False).update(rescore_at=None)


@transaction.atomic
def rescore(lead_id: int, *, at: datetime, cause: str) -> Handoff | None:
    """One lead anew, by the rules in force; what it reaches by that it enters. Returns the handoff that led to."""
    return advancing.add_deeds(lead_id, [], at=at, cause=cause)
