"""An import on its pages: the file is kept, its plan proposed, changed and tried out, then started or thrown away.

A draft writes nothing but itself and the faults its last trial found. From the start on, a worker carries the run.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, BinaryIO

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from config.accounts.models import User
from config.web.errors import Conflict, Refusal
from leads.imports import runs
from leads.imports.layout import Layout, survey
from leads.imports.plan import Plan, earlier, problems, propose
from leads.imports.texts import Opener
from leads.models import ImportFault, ImportRun, IntakeSource

MOST_BYTES = 100 * 2**20
MOST_TRIED = 5000  # rows of a trial: its page is waited for
DRAFTS_KEPT = timedelta(days=7)
State = ImportRun.State


def begin(file: UploadedFile[Any], kind: str, source: IntakeSource, *, by: User, at: datetime) -> ImportRun:
    """Keep an uploaded file with the plan its headings suggest, or by which this source's last such file was read.

    Raises Refusal where it is too large, of no declared type, empty, or has no headings.
    """
    if (file.size or 0) > MOST_BYTES:
        words = f"It is larger than {MOST_BYTES // 2**20} MB. Split it, or bring it in by the command."
        raise Refusal("file_too_large", "This file is too large.", fields={"file": words})

    name = file.name or "file"
    run = ImportRun(kind=kind, file_name=name[:200], state=State.DRAFT, started_at=at, started_by=by)
    run.file.save(name, file, save=False)
    try:
        return _begun(run, source, name)
    except BaseException:
        run.file.delete(save=False)
        raise


def _begun(run: ImportRun, source: IntakeSource, name: str) -> ImportRun:
    layout = survey(opener(run), name)
    plan = earlier(source.pk, layout, run.kind) if source.pk else None
    plan = plan or propose(layout, run.kind)
    with transaction.atomic():
        if source.pk is None:
            source.save()
        run.source, run.layout, run.mapping, run.format = source, layout.as_json(), plan.as_json(), plan.format
        run.save()
    return run


def opener(run: ImportRun) -> Opener:
    """Opens the kept file, as often as asked. Raises Refusal where it is gone."""

    def open_file() -> BinaryIO:
        try:
            found: BinaryIO = run.file.storage.open(str(run.file.name), "rb").file  # type: ignore[assignment]
        except (OSError, ValueError) as error:
            raise Refusal("file_gone", "The file is no longer here. Upload it again.") from error
        return found

    return open_file


def plan_of(run: ImportRun) -> Plan:
    return Plan.from_json(run.mapping)


def layout_of(run: ImportRun) -> Layout:
    return Layout.from_json(run.layout)


def replan(run: ImportRun, plan: Plan) -> list[str]:
    """Store another plan; what was tried by the old one no longer counts. What the plan still leaves open, in words."""
    with transaction.atomic():
        changed = ImportRun.objects.filter(pk=run.pk, state=State.DRAFT)
        if not changed.update(mapping=plan.as_json(), format=plan.format, checked={}, checked_at=None):
            raise _no_draft(run)
        ImportFault.objects.filter(run=run).delete()
    run.mapping = plan.as_json()
    return [f"{p.column}: {p.words}" if p.column else p.words for p in problems(plan, layout_of(run))]


def try_out(run: ImportRun, at: datetime) -> ImportRun:
    """Say what would become of the first rows, and keep their faults. Raises Refusal while the plan is open."""
    with transaction.atomic():
        draft = ImportRun.objects.select_for_update(of=("self",)).filter(pk=run.pk, state=State.DRAFT)
        found = draft.select_related("source", "started_by").first()
        if found is None:
            raise _no_draft(run)
        ImportFault.objects.filter(run=run).delete()
        tally = runs.check(found, opener(found), at=at, keep=runs.keep_faults(found), most=MOST_TRIED)
        found.checked, found.checked_at = tally.as_json(), at
        found.save(update_fields=["checked", "checked_at"])
    return found


def start(run: ImportRun, *, all_or_nothing: bool, by: User, at: datetime) -> ImportRun:
    """Let a worker bring the file in: a draft, or a run of which nothing went in. Raises Refusal or Conflict."""
    _still_free(run)
    runs.settled(plan_of(run), layout_of(run))
    with transaction.atomic():
        found = _still_free(ImportRun.objects.select_for_update().get(pk=run.pk))
        ImportFault.objects.filter(run=found).delete()
        found.state, found.all_or_nothing, found.problem = State.WAITING, all_or_nothing, ""
        found.started_at, found.started_by, found.finished_at = at, by, None
        found.rows = found.failed = found.created = found.updated = found.unchanged = found.line = 0
        found.claim, found.beat_at, found.notes = None, at, {}
        found.save()
    return found


def _still_free(run: ImportRun) -> ImportRun:
    """Asked before the row is locked as well: a run that goes in as a whole is locked for as long as that takes."""
    if run.state != State.DRAFT and not nothing_went_in(run):
        raise _no_draft(run)
    return run


def nothing_went_in(run: ImportRun) -> bool:
    return run.state == State.FAILED and not run.line and bool(run.file)


def reopen(run: ImportRun) -> ImportRun:
    """Back to the columns, for a run that failed before anything went in."""
    if not nothing_went_in(run):
        raise _no_draft(run)
    with transaction.atomic():
        found = ImportRun.objects.select_for_update().get(pk=run.pk)
        if not nothing_went_in(found):
            raise _no_draft(found)
        found.state, found.problem, found.finished_at = State.DRAFT, "", None
        found.save(update_fields=["state", "problem", "finished_at"])
    return found


def discard(run: ImportRun) -> None:
    """Throw a draft away, with its file. Raises Conflict where it has been started."""
    _still_free(run)
    with transaction.atomic():
        found = ImportRun.objects.select_for_update().filter(pk=run.pk).first()
        if found is None:
            raise _no_draft(run)
        _still_free(found).delete()
    if run.file:
        run.file.delete(save=False)


def _no_draft(run: ImportRun) -> Conflict:
    state = ImportRun.objects.filter(pk=run.pk).values_list("state", flat=True).first()
    label = State(state).label.lower() if state else "thrown away"
    return Conflict("import_started", f"This import is {label} already.", state=label)


# --- for the worker ----------------------------------------------------------------------------------------------------


def carry_on(at: datetime, until: datetime | None = None) -> int:
    """Take up the oldest run that waits or whose worker fell silent, and work on it until `until`. How many there were."""
    unfinished = ImportRun.objects.filter(state__in=(State.WAITING, State.RUNNING)).order_by("id")
    if unfinished.filter(beat_at__gte=at - runs.SILENCE).exclude(claim=None).exists():
        return 0  # one at a time, so that imports never keep all workers from what is due
    for pk in unfinished.values_list("pk", flat=True):
        run = runs.claim(pk, at)
        if run is not None:
            runs.carry_out(run, opener(run), until=until)
            return 1
    return 0


def tidy(at: datetime) -> int:
    """Throw away drafts that nobody came back to."""
    old = ImportRun.objects.filter(state=State.DRAFT, started_at__lt=at - DRAFTS_KEPT)
    gone = 0
    for run in old:
        discard(run)
        gone += 1
    return gone
