"""manage.py verify_agreement FILE: is an exported document what was signed here?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from sla.services.records import Unreadable, read
from sla.services.verifying import Outcome, verify

SAID = {
    Outcome.IN_FORCE: "It is what was signed, and in force.",
    Outcome.NOT_IN_FORCE: "It is as recorded here, but not in force.",
    Outcome.ALTERED: "It is NOT as recorded here.",
}


class Command(BaseCommand):
    help = (
        "Check an exported agreement (Markdown, PDF or JSON) against the record: content, signatures, words. Exits 0 "
        "when it is as recorded and in force, 3 when it is as recorded but not in force, 1 when anything was altered, "
        "2 when the file carries no record."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            carried = read(file.read_bytes(), file.name)
        except (OSError, Unreadable) as error:
            self.stderr.write(f"{file}: {error}")
            sys.exit(Outcome.UNREADABLE)
        verdict = verify(carried, at=timezone.now())
        for finding in verdict.findings:
            self.stdout.write(f"{'ok  ' if finding.holds else 'FAIL'} {finding.words}")
        if verdict.not_checked:
            self.stdout.write(f"note {verdict.not_checked}")
        self.stdout.write(SAID[verdict.outcome])
        if verdict.outcome:
            sys.exit(verdict.outcome)
