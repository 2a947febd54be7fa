"""One run of an import: checked without writing, carried out in batches, gone on with after a worker died.

The place a run has reached moves in the transaction that writes the rows up to it. So nothing is lost and nothing is
done twice, whoever carries on.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol
from uuid import UUID, uuid4

from django.db import DataError, IntegrityError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from config.accounts.models import User
from config.web.errors import Conflict, Refusal
from leads.imports.context import CREATED, UNCHANGED, UPDATED, Context
from leads.imports.kinds import importer_for
from leads.imports.layout import Layout, Row, table
from leads.imports.plan import Plan, custom_fields, problems
from leads.imports.records import Reader, Record
from leads.imports.texts import Opener
from leads.imports.vocabulary import Vocabulary
from leads.models import CustomField, ImportFault, ImportRun, IntakeSource

log = logging.getLogger(__name__)

SILENCE = timedelta(minutes=2)  # a run that has not moved for so long has lost its worker
RETRIES = 3
CHECKED_AT_ONCE = 1000

State = ImportRun.State
Now = Callable[[], datetime]


class Importer(Protocol):
    """Brings one kind of record in. `check` says what would become of each and writes nothing."""

    batch: int

    def check(self, records: list[Record]) -> None: ...
    def write(self, records: list[Record]) -> None: ...


class Taken(Exception):
    """Another worker carries this run on."""


class HasFaults(Exception):
    """All or nothing was asked for, and a row is wrong."""


@dataclass
class Tally:
    """What became of rows."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    def take(self, records: Iterable[Record]) -> None:
        for record in records:
            self.counts["failed" if record.faults else record.outcome] += 1
            self.notes["moved"] += record.moved and not record.faults

    def as_json(self) -> dict[str, Any]:
        names = (CREATED, UPDATED, UNCHANGED, "failed")
        return {"rows": self.rows, **{name: self.counts[name] for name in names}, "notes": +self.notes}


# --- reading rows and telling what they are ------------------------------------------------------------------------------


def settled(plan: Plan, layout: Layout) -> None:
    """Raises Refusal while the plan leaves something open: a column twice, a date that can be read both ways."""
    found = problems(plan, layout)
    if found:
        words = " ".join(f"{p.column}: {p.words}" if p.column else p.words for p in found)
        raise Refusal("plan_open", words, fields={p.column: p.words for p in found if p.column})


def check(
    run: ImportRun, open_file: Opener, *, at: datetime, keep: Callable[[list[Record]], None], most: int | None = None
) -> Tally:
    """A dry run: every row is read and judged against what is here; nothing is written but what `keep` keeps of faults.

    `most` looks at so many rows only.
    """
    plan, layout = Plan.from_json(run.mapping), Layout.from_json(run.layout)
    settled(plan, layout)
    context = Context(run.source, plan, at, run.started_by, dry=True)
    importer, reader = importer_for(context), _reader(plan, layout, at)
    tally = Tally()
    for rows in _batches(islice(table(open_file, layout), most), max(importer.batch, CHECKED_AT_ONCE)):
        records = list(reader.records(rows))
        importer.check(records)
        tally.take(records)
        keep([record for record in records if record.faults])
    tally.notes.update(context.notes)
    return tally


def _reader(plan: Plan, layout: Layout, at: datetime) -> Reader:
    return Reader(plan, layout, at, Vocabulary(at).stages)


def _batches(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while batch := list(islice(rows, size)):
        yield batch


def keep_faults(run: ImportRun) -> Callable[[list[Record]], None]:
    """Stores the faults of a run, each with its row as it came."""

    def keep(records: list[Record]) -> None:
        ImportFault.objects.bulk_create(
            ImportFault(run=run, line=f.line, field=f.field[:80], message=f.message[:400], raw=record.raw)
            for record in records
            for f in record.faults
        )

    return keep


# --- carrying it out -------------------------------------------------------------------------------------------------------


def bring(
    open_file: Opener,
    file_name: str,
    layout: Layout,
    plan: Plan,
    source: IntakeSource,
    *,
    by: User | None = None,
    all_or_nothing: bool = False,
    now: Now = timezone.now,
) -> ImportRun:
    """Bring a whole file in at once, in this process. Raises Refusal while the plan leaves something open."""
    settled(plan, layout)
    run = ImportRun.objects.create(
        kind=plan.kind, source=source, file_name=file_name[:200], mapping=plan.as_json(), layout=layout.as_json(),
        format=plan.format, all_or_nothing=all_or_nothing, started_at=now(), started_by=by, claim=uuid4(), beat_at=now(),
    )  # fmt: skip
    return carry_out(run, open_file, now=now)


def claim(run_id: int, at: datetime) -> ImportRun | None:
    """Take a run that waits, or whose worker has fallen silent; None where there is nothing to do on it.

    A run that goes in as a whole holds its row for as long as that takes, and looks silent: it is passed by, not waited for.
    """
    free = (
        Q(state=State.WAITING) | Q(state=State.RUNNING, beat_at__lt=at - SILENCE) | Q(state=State.RUNNING, claim=None)
    )
    with transaction.atomic():
        if ImportRun.objects.select_for_update(skip_locked=True).filter(free, pk=run_id).first() is None:
            return None
        ImportRun.objects.filter(pk=run_id).update(claim=uuid4(), state=State.RUNNING, beat_at=at)
    return ImportRun.objects.select_related("source", "started_by").get(pk=run_id)


def carry_out(
    run: ImportRun, open_file: Opener, *, now: Now = timezone.now, until: datetime | None = None
) -> ImportRun:
    """Bring the file in from where the run stands, and finish it. The run must be claimed.

    At `until` it is laid down between two batches, for whoever claims it next; what must go in as a whole is not.
    """
    assert run.claim is not None, "a run is claimed before it is carried out"
    try:
        work = Work(run, open_file, now)
        if run.all_or_nothing:
            work.all_or_nothing()
        else:
            work.in_batches(until)
    except Taken:
        log.info("Import %s is carried on by another worker.", run.public_id)
        return run
    except Refusal as refusal:
        return _end(run, State.FAILED, now(), refusal.message)
    except Exception:
        log.exception("Import %s stopped.", run.public_id)
        _end(
            run,
            State.FAILED,
            now(),
            "It stopped for a reason of its own, which is in the log. It can be started again.",
        )
        raise
    return ImportRun.objects.get(pk=run.pk)


class Work:
    """One worker's turn at a run."""

    def __init__(self, run: ImportRun, open_file: Opener, now: Now):
        self.run, self.open_file, self.now = run, open_file, now
        self.token: UUID | None = run.claim
        self.plan, self.layout = Plan.from_json(run.mapping), Layout.from_json(run.layout)
        settled(self.plan, self.layout)
        _declare_fields(self.plan, self.layout)
        self._begin()

    def _begin(self) -> None:
        """What is known in memory of the database; after a rollback it is asked anew."""
        self.context = Context(self.run.source, self.plan, self.now(), self.run.started_by)
        self.importer: Importer = importer_for(self.context)
        self.reader = _reader(self.plan, self.layout, self.context.at)

    def in_batches(self, until: datetime | None = None) -> None:
        for rows in _batches(table(self.open_file, self.layout, self.run.line), self.importer.batch):
            if until is not None and self.now() >= until:
                ImportRun.objects.filter(pk=self.run.pk, claim=self.token).update(claim=None)
                return
            for attempt in range(RETRIES):
                try:
                    with transaction.atomic():
                        self._batch(rows)
                    break
                except OperationalError:  # two imports waited for each other; the other one was let through
                    if attempt == RETRIES - 1:
                        raise
                    self._begin()
        self._finish()

    def all_or_nothing(self) -> None:
        """First a dry run over everything; only where no row is wrong the writing, in one transaction."""
        faulty: list[Record] = []

        def keep(records: list[Record]) -> None:
            faulty.extend(records)
            ImportRun.objects.filter(pk=self.run.pk, claim=self.token).update(beat_at=self.now())

        tally = check(self.run, self.open_file, at=self.now(), keep=keep)
        if not faulty:
            try:
                with transaction.atomic():
                    for rows in _batches(table(self.open_file, self.layout), self.importer.batch):
                        faulty += [record for record in self._batch(rows) if record.faults]
                    if faulty:
                        raise HasFaults
                    self._finish()
            except HasFaults:
                tally = Tally(Counter({"failed": len(faulty)}))
        if faulty:
            self._nothing(faulty, tally)

    def _nothing(self, faulty: list[Record], tally: Tally) -> None:
        with transaction.atomic():
            ImportFault.objects.filter(run=self.run).delete()
            keep_faults(self.run)(faulty)
            wrong = len(faulty)
            rows, failed = tally.rows, tally.counts["failed"]
            ImportRun.objects.filter(pk=self.run.pk).update(rows=rows, failed=failed, created=0, updated=0, unchanged=0)
            words = f"{wrong} row{' is' if wrong == 1 else 's are'} wrong, so nothing was brought in, as asked."
            _end(self.run, State.FAILED, self.now(), words)

    # --- one batch ---------------------------------------------------------------------------------------------------------
    def _batch(self, rows: list[Row]) -> list[Record]:
        self.context.at = self.now()
        records = self._written(rows)
        tally = Tally()
        tally.take(records)
        tally.notes.update(self.context.notes)
        tally.notes["members"] += self.context.members.made
        self.context.notes.clear()
        self.context.members.made = 0
        keep_faults(self.run)([record for record in records if record.faults])
        self._move(rows[-1].line, tally)
        return records

    def _written(self, rows: list[Row]) -> list[Record]:
        """Write the rows; where the database refuses some, find out which, and report just those."""
        records = list(self.reader.records(rows))
        try:
            with transaction.atomic():
                self.importer.write(records)
        except (DataError, IntegrityError) as error:
            self._begin()
            if len(rows) == 1:
                records = list(self.reader.records(rows))
                records[0].fault("", f"The database refused this row: {str(error).splitlines()[0][:200]}")
                return records
            half = len(rows) // 2
            return [*self._written(rows[:half]), *self._written(rows[half:])]
        return records

    def _move(self, line: int, tally: Tally) -> None:
        counts = tally.counts
        self.run.notes = dict(Counter(self.run.notes) + tally.notes)
        self.run.line = line
        moved = ImportRun.objects.filter(pk=self.run.pk, claim=self.token).update(
            line=line,
            beat_at=self.context.at,
            rows=F("rows") + tally.rows,
            created=F("created") + counts[CREATED],
            updated=F("updated") + counts[UPDATED],
            unchanged=F("unchanged") + counts[UNCHANGED],
            failed=F("failed") + counts["failed"],
            notes=self.run.notes,
        )
        if not moved:
            raise Taken

    def _finish(self) -> None:
        with transaction.atomic():
            if not ImportRun.objects.filter(pk=self.run.pk, claim=self.token).exists():
                raise Taken
            _end(self.run, State.DONE, self.now())
        if self.run.file:
            self.run.file.delete(save=False)
            ImportRun.objects.filter(pk=self.run.pk).update(file="")


def _declare_fields(plan: Plan, layout: Layout) -> None:
    """Own fields that nobody has declared yet become known to segments, definitions and scores."""
    CustomField.objects.bulk_create(custom_fields(plan, layout), ignore_conflicts=True)


def _end(run: ImportRun, state: str, at: datetime, problem: str = "") -> ImportRun:
    from leads.imports.telling import tell_end

    with transaction.atomic():
        ended = ImportRun.objects.filter(pk=run.pk, claim=run.claim)
        if ended.update(state=state, finished_at=at, problem=problem, claim=None, beat_at=None):
            tell_end(ImportRun.objects.get(pk=run.pk), at)
    return ImportRun.objects.get(pk=run.pk)


def start_again(run: ImportRun, at: datetime) -> ImportRun:
    """Let a run that failed go on from where it stands. Raises Conflict where it has not failed."""
    again = ImportRun.objects.filter(pk=run.pk, state=State.FAILED)
    if not again.update(state=State.WAITING, problem="", finished_at=None, claim=None, beat_at=at):
        raise Conflict("not_failed", "This import has not failed.", state=run.get_state_display())
    return ImportRun.objects.get(pk=run.pk)
