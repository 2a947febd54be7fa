"""The real data sets beside the project, brought in by the very commands that `docs/real-data.md` shows.

Report tests use these too: each function fills an empty company and says what it brought in.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.core.management import call_command

from config.accounts.choices import Function
from config.accounts.models import Team
from leads.models import CallQueue, ImportRun
from sla.models import Segment

RECIPES = Path(__file__).parents[3] / "docs" / "real-data.md"
DATA = Path(os.environ.get("HANDOFF_DATA") or Path(__file__).parents[3].parent / "shared" / "data")
ABSENT = (
    f"The real data is not here: {DATA} is missing (HANDOFF_DATA names another place), so nothing was compared with it."
)

real_data = [pytest.mark.realdata, pytest.mark.skipif(not DATA.is_dir(), reason=ABSENT)]


def need() -> None:
    """For fixtures: say plainly that the data is absent."""
    if not DATA.is_dir():
        pytest.skip(ABSENT)


@cache
def reference(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / name / "reference.json").read_text(encoding="utf-8"))
    return found


def recipe(title: str, *, rows: int | None = None, only: tuple[str, ...] = ()) -> list[ImportRun]:
    """Run the lines of a recipe; every row must go in. Files that it prepares may be cut off, or narrowed to the rows
    with one of these words as their second cell."""
    need()
    if not Segment.objects.exists():
        Segment.objects.create(key="all", name="All", is_default=True)
    before = list(ImportRun.objects.values_list("pk", flat=True))
    with TemporaryDirectory() as work:
        places = {"DATA": str(DATA), "WORK": work}
        for line in lines(title):
            if line.startswith("manage "):
                manage(shlex.split(line), places)
                continue
            subprocess.run(["sh", "-c", line], env=os.environ | places, check=True)
            if rows is not None or only:
                shorten(Path(work), rows, only)
    runs = list(ImportRun.objects.exclude(pk__in=before).order_by("pk"))
    assert all(run.state == ImportRun.State.DONE for run in runs), [run.problem for run in runs]
    return runs


def lines(title: str) -> list[str]:
    section = RECIPES.read_text(encoding="utf-8").split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    block = re.search(r"```sh\n(.*?)```", section, re.S)
    assert block is not None, f"{title} has no recipe"
    return block[1].splitlines()


def manage(words: list[str], places: dict[str, str]) -> None:
    for name, place in places.items():
        words = [word.replace(f"${name}", place) for word in words]
    said, wrong = StringIO(), StringIO()
    with pytest.raises(SystemExit) as end:
        call_command(*words[1:], stdout=said, stderr=wrong)
    assert end.value.code == 0, said.getvalue() + wrong.getvalue()


def shorten(work: Path, rows: int | None, only: tuple[str, ...]) -> None:
    for path in work.iterdir():
        heading, *kept = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in kept if not only or line.split("\t")[1] in only]
        path.write_text("".join([heading, *kept[:rows]]), encoding="utf-8")


def import_olist() -> list[ImportRun]:
    """8,000 MQLs by the day of their first contact, then 842 won deals with the SDR and SR who had them."""
    return recipe("Olist")


def import_x_education() -> list[ImportRun]:
    """9,240 leads with all 37 columns. Converted is won; not converted is an unknown outcome, for nobody says it was lost."""
    return recipe("X Education")


def import_maven() -> list[ImportRun]:
    """85 accounts, 7 products, 35 people in three regional teams, 8,800 opportunities without leads."""
    return recipe("Maven's CRM")


def import_bank(rows: int | None = None) -> list[ImportRun]:
    """Clients called in a campaign: how often, how long the last time, and whether they were qualified."""
    return recipe("Bank marketing", rows=rows)


TYPES = ("PS", "NW", "NE", "IN", "TT", "PE")


def import_calls(types: tuple[str, ...] = TYPES) -> dict[str, CallQueue]:
    """A call centre's month: each type of call in a queue of its own, which is given back. Types may be left out."""
    need()
    team, _ = Team.objects.get_or_create(
        function=Function.TELEQUALIFICATION, name="Call centre", defaults={"time_zone": "UTC"}
    )
    queues = {name: CallQueue.objects.get_or_create(team=team, name=name)[0] for name in types}
    recipe("A bank's call centre", only=types)
    return queues


def import_sessions() -> list[ImportRun]:
    """7,756 sessions of 630 anonymous visitors."""
    return recipe("Visits of a web site")


def sample(name: str) -> Path:
    return DATA / "crm_formats" / "samples" / name


def tables_of(answer: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table of a report as the API gives it, by the table's key."""
    return {
        block["key"]: block["rows"] for one in answer["sections"] for block in one["blocks"] if block["kind"] == "table"
    }
