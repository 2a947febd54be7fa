"""Who started an import is told how it ended."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from config.notices.kinds import register_kind
from config.notices.services.notices import tell
from leads.models import ImportRun

KIND = "import_ended"

register_kind(KIND, "A file I brought in is done", group="Imports")


def tell_end(run: ImportRun, at: datetime) -> None:
    """A notice to whoever started it. Must run in the transaction that ends the run."""
    if run.started_by is None:
        return
    done = run.state == ImportRun.State.DONE
    tell(
        [run.started_by],
        KIND,
        f"{run.file_name}: {sentence(run)}" if done else f"{run.file_name} was not brought in",
        body=run.problem,
        url=reverse("import_run", args=[run.public_id]),
        dedupe_key=f"import:{run.public_id}:{at.isoformat()}",
        at=at,
    )


def sentence(run: ImportRun) -> str:
    """What became of the rows, in a few words."""
    parts = [(run.created, "new"), (run.updated, "changed"), (run.unchanged, "unchanged"), (run.failed, "faulty")]
    said = [f"{count:,} {word}" for count, word in parts if count]
    return ", ".join(said) or "no rows"


NOTES: dict[str, tuple[str, str]] = {
    "offered": ("1 lead was handed over", "{:,} leads were handed over"),
    "members": ("1 person was made who cannot sign in yet", "{:,} people were made who cannot sign in yet"),
    "visitors": ("1 anonymous visitor was noted", "{:,} anonymous visitors were noted"),
    "campaigns": ("1 campaign nobody knew is new", "{:,} campaigns nobody knew are new"),
    "do_not_call": ("1 person must not be called", "{:,} people must not be called"),
    "moved": (
        "1 row names an hour that did not exist, so the clock's next hour was taken",
        "{:,} rows name an hour that did not exist, so the clock's next hour was taken",
    ),
}


def said_notes(notes: dict[str, int]) -> list[str]:
    """What else an import made or changed, as sentences."""
    return [
        (one if notes[key] == 1 else many.format(notes[key])) + "."
        for key, (one, many) in NOTES.items()
        if notes.get(key)
    ]
