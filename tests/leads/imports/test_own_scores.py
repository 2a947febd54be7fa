"""A scoring model over the fields that X Education brings itself: its points are what a reckoning of one's own gives."""

from __future__ import annotations

import csv
import shlex
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from leads.models import LeadScore
from leads.services import audit, rescoring
from sla.models import ScoreGroup, ScoreRule, Version
from sla.services import drafting
from tests.cast import DAY, Cast, assemble, sign_all
from tests.leads.imports import realdata

pytestmark = [*realdata.real_data, pytest.mark.django_db]

ROWS = 1500
TIME, OCCUPATION = "Total Time Spent on Website", "What is your current occupation"
IMPORT = (
    "manage import_leads $WORK/Leads.csv --source x-education --history --zone UTC --set received_at=2018-01-01 "
    "--map Country=attributes.Country --map City=attributes.City --map Converted=attributes.Converted "
    "--map 'Do Not Email=attributes.Do Not Email' --map 'Do Not Call=attributes.Do Not Call'"
)
RULES: tuple[tuple[str, str, Any, int], ...] = (
    (TIME, "at_least", 1000, 20),
    ("Lead Origin", "is", "Lead Add Form", 25),
    (OCCUPATION, "is", "Working Professional", 20),
    ("Last Activity", "in", ["Email Bounced", "Olark Chat Conversation"], -15),
    ("Do Not Email", "is", "yes", -10),
)


def points(row: dict[str, str]) -> int:
    """By the words of the model, from the file itself."""
    total = 20 if float(row[TIME] or 0) >= 1000 else 0
    total += 25 if row["Lead Origin"] == "Lead Add Form" else 0
    total += 20 if row[OCCUPATION] == "Working Professional" else 0
    total -= 15 if row["Last Activity"] in ("Email Bounced", "Olark Chat Conversation") else 0
    return total - (10 if row["Do Not Email"] == "Yes" else 0)


def agree(cast: Cast) -> Version:
    """The next version scores by these fields and by nothing else."""
    draft = drafting.draft_from_version(cast.version, by=cast.mara)
    ScoreRule.objects.filter(version=draft).delete()
    ScoreGroup.objects.create(version=draft, key="own", name="Own fields", dimension="fit")
    for number, (field, op, value, worth) in enumerate(RULES):
        ScoreRule.objects.create(
            version=draft, key=f"own-{number}", name=field, kind="attribute", group="own", points=worth,
            criteria={"field": f"attributes.{field}", "op": op, "value": value},
        )  # fmt: skip
    return sign_all(cast, Version.objects.get(pk=draft.pk), timezone.now())


def test_points_over_own_fields_tell_who_converts(tmp_path: Path):
    cast = assemble(since=timezone.now() - 30 * DAY)
    with (realdata.DATA / "x_education" / "Leads.csv").open(encoding="utf-8", newline="") as file:
        (tmp_path / "Leads.csv").write_text("".join(islice(file, ROWS + 1)), encoding="utf-8")
    realdata.manage(shlex.split(IMPORT), {"WORK": str(tmp_path)})
    agree(cast)
    assert rescoring.renew(timezone.now() + timedelta(seconds=1)) == ROWS
    with (tmp_path / "Leads.csv").open(encoding="utf-8", newline="") as file:
        known = {row["Prospect ID"]: (points(row), row["Converted"] == "1") for row in csv.DictReader(file)}
    scores = LeadScore.objects.values_list("lead__intake_keys__external_id", "total")
    assert dict(scores) == {key: total for key, (total, _) in known.items()}
    high = [won for total, won in known.values() if total >= 20]
    low = [won for total, won in known.values() if total < 0]
    assert sum(high) / len(high) > 0.7
    assert sum(low) / len(low) < 0.2
    assert all(finding.clean for finding in audit.run())
