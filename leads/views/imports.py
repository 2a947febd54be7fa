"""Files brought in: upload, what each column becomes, what would happen, and what happened."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.accounts.actor import Actor
from config.web.access import MANAGERS, allow
from config.web.errors import Refusal
from config.web.http import PortalRequest
from config.web.paging import keyset
from leads.imports import preparing, runs
from leads.imports.faults import fault_table
from leads.imports.formats import formats
from leads.imports.preparing import MOST_TRIED
from leads.imports.telling import said_notes
from leads.models import ImportFault, ImportRun
from leads.views.import_forms import ADMIN_KINDS, PlanForm, StartForm, UploadForm, label_for

State = ImportRun.State
STEPS = ("File", "Columns", "Trial", "Brought in")
TONES = {
    State.DRAFT: "secondary",
    State.WAITING: "azure",
    State.RUNNING: "blue",
    State.DONE: "green",
    State.FAILED: "red",
}


def visible_to(actor: Actor) -> QuerySet[ImportRun]:
    """Managers see each other's imports; those that make accounts are for admins."""
    found = ImportRun.objects.select_related("source", "started_by")
    return found if actor.is_admin else found.exclude(kind__in=ADMIN_KINDS)


def _run(request: PortalRequest, public_id: UUID, *states: str) -> ImportRun:
    found = visible_to(request.actor).filter(public_id=public_id).first()
    if found is None or (states and found.state not in states):
        raise Http404("No such import")
    return found


def steps(run: ImportRun | None, at: int) -> list[dict[str, Any]]:
    """Where one is on the way; the steps of a draft can be gone back to."""
    urls = ["", "", ""]
    if run is not None and run.state == State.DRAFT:
        urls = ["", reverse("import_columns", args=[run.public_id]), reverse("import_run", args=[run.public_id])]
    return [
        {
            "label": label,
            "state": "done" if place < at else "current" if place == at else "todo",
            "url": urls[place] if place < at and place < len(urls) else "",
        }
        for place, label in enumerate(STEPS)
    ]


# --- list and upload -----------------------------------------------------------------------------------------------------


@allow(MANAGERS)
@require_GET
def imports(request: PortalRequest) -> HttpResponse:
    """Every import, the latest first."""
    rows = visible_to(request.actor).defer("layout", "mapping")
    page = keyset(rows, descending=True, cursor=request.GET.get("cursor", ""), size=30)
    shown = [(run, TONES[State(run.state)]) for run in page.rows]
    return render(request, "leads/imports/list.html", {"page": page, "runs": shown})


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def import_new(request: PortalRequest) -> HttpResponse:
    initial = {"source": request.GET.get("source", ""), "kind": request.GET.get("kind", "")}
    form = UploadForm(request.POST or None, request.FILES or None, actor=request.actor, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            run = preparing.begin(given["file"], given["kind"], given["source"], by=request.user, at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect("import_columns", run.public_id)
    context = {"form": form, "steps": steps(None, 0), "formats": [known.name for known in formats().values()]}
    return render(request, "leads/imports/new.html", context, status=422 if form.errors else 200)


# --- columns -------------------------------------------------------------------------------------------------------------


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def import_columns(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """What each column becomes; saving tries it out."""
    run = _run(request, public_id, State.DRAFT)
    layout = preparing.layout_of(run)
    posted = request.POST if request.method == "POST" else None
    form = PlanForm(posted, run_kind=run.kind, layout=layout, before=preparing.plan_of(run))
    open_ends: list[str] = []
    if posted is not None and form.is_valid():
        open_ends = preparing.replan(run, form.plan())
        if not open_ends and _tried(request, run):
            return redirect("import_run", run.public_id)
    context = {
        "run": run,
        "layout": layout,
        "form": form,
        "known": formats()[run.format].name if run.format in formats() else "",
        "open_ends": open_ends,
        "steps": steps(run, 1),
    }
    return render(request, "leads/imports/columns.html", context, status=422 if form.errors or open_ends else 200)


def _tried(request: PortalRequest, run: ImportRun) -> bool:
    try:
        preparing.try_out(run, timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return False
    return True


# --- one import ----------------------------------------------------------------------------------------------------------


@allow(MANAGERS)
@require_GET
def import_run(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """A draft with what would happen, a run on its way, or what became of it."""
    run = _run(request, public_id)
    if run.state == State.DRAFT and run.checked_at is None:
        return redirect("import_columns", run.public_id)
    page = keyset(ImportFault.objects.filter(run=run), by="line", cursor=request.GET.get("cursor", ""), size=50)
    headings = [column["name"] for column in run.layout.get("columns", ())]
    columns = run.mapping.get("columns", {})
    counts = run.checked if run.state == State.DRAFT else vars(run)
    context = {
        "run": run,
        "tone": TONES[State(run.state)],
        "steps": steps(run, 2 if run.state == State.DRAFT else 4 if run.state == State.DONE else 3),
        "page": page,
        "tiles": _tiles(run, counts),
        "notes": said_notes(run.checked.get("notes", {}) if run.state == State.DRAFT else run.notes),
        "facts": _facts(run),
        "faults": [(fault, _in_order(fault.raw, headings)) for fault in page.rows],
        "plan": [(name, label_for(run.kind, columns.get(name, {}).get("to", ""))) for name in headings],
        "rows": run.layout.get("rows", 0),
        "is_partial": run.state == State.DRAFT and run.layout.get("rows", 0) > MOST_TRIED,
        "most": MOST_TRIED,
        "start": StartForm(initial={"where_faulty": "good"}),
        "may_retry": run.state == State.FAILED and bool(run.file),
        "nothing_went_in": preparing.nothing_went_in(run),
    }
    return render(request, "leads/imports/run.html", context)


def _in_order(raw: dict[str, str], headings: list[str]) -> list[str]:
    """The filled cells of a faulty row in the order of its file; the database keeps them in one of its own."""
    return [raw[name] for name in [*headings, *(name for name in raw if name not in headings)] if raw.get(name)]


def _tiles(run: ImportRun, counts: dict[str, Any]) -> list[dict[str, Any]]:
    said = [("created", "New"), ("updated", "Changed"), ("unchanged", "Unchanged"), ("failed", "Faulty rows")]
    whole = counts.get("rows", 0)
    return [{"label": label, "figure": f"{counts.get(name, 0):,}", "sub": f"of {whole:,} rows"} for name, label in said]


def _facts(run: ImportRun) -> list[tuple[str, str]]:
    layout, options = run.layout, run.mapping.get("options", {})
    how = "Excel workbook"
    if layout.get("file_type") != "xlsx":
        names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
        how = f"{layout.get('encoding', '')}, separated by {names.get(layout.get('separator', ''), '?')}"
    found = [("File", run.file_name), ("Read as", how), ("Rows", f"{layout.get('rows', 0):,}")]
    for place in ("above", "below"):
        if layout.get(place):
            found.append((f"Left out {place} the table", " / ".join(layout[place])))
    if options.get("history"):
        found.append(("Dates", "of the past: they become the ledger's"))
    found += [(f"{label_for(run.kind, to)}, for all rows", value) for to, value in run.mapping.get("fixed", {}).items()]
    return found


@allow(MANAGERS)
@require_POST
def import_start(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Let a worker bring the file in."""
    run = _run(request, public_id)
    form = StartForm(request.POST)
    if form.is_valid():
        preparing.start(
            run, all_or_nothing=form.cleaned_data["where_faulty"] == "nothing", by=request.user, at=timezone.now()
        )
        messages.success(request, f"{run.file_name} is being brought in. You will be told when it is done.")
    return redirect("import_run", run.public_id)


@allow(MANAGERS)
@require_POST
def import_again(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """A run that stopped goes on from where it stands."""
    run = _run(request, public_id)
    runs.start_again(run, timezone.now())
    messages.success(request, "It goes on from where it stopped.")
    return redirect("import_run", run.public_id)


@allow(MANAGERS)
@require_POST
def import_reopen(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Back to the columns of a run of which nothing went in."""
    run = preparing.reopen(_run(request, public_id))
    return redirect("import_columns", run.public_id)


@allow(MANAGERS)
@require_POST
def import_discard(request: PortalRequest, public_id: UUID) -> HttpResponse:
    run = _run(request, public_id)
    preparing.discard(run)
    messages.success(request, f"{run.file_name} was thrown away.")
    return redirect("imports")


class _Lines:
    """What a csv writer writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


@allow(MANAGERS)
@require_GET
def import_faults(request: PortalRequest, public_id: UUID) -> StreamingHttpResponse:
    """The faulty rows as a file, to be repaired and brought in again."""
    run = _run(request, public_id)
    faults = ImportFault.objects.filter(run=run).values_list("line", "field", "message", "raw").iterator(1000)
    headers = [column["name"] for column in run.layout.get("columns", ())]
    writer = csv.writer(_Lines())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in fault_table(faults, headers):
            yield writer.writerow(row)

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="faults-{slugify(run.file_name) or "import"}.csv"'
    return response
