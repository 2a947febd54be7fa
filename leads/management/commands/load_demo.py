"""manage.py load_demo: fill an empty database with the demo company."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.accounts.models import User
from leads.demo import loading
from leads.demo.people import MAIL, PASSWORD

SHOWN = (
    ("tim", "calls leads all day"),
    ("sam", "decides on leads in the inbox"),
    ("mara", "heads marketing, edits the agreement"),
    ("tom", "heads telequalification"),
    ("sina", "heads sales"),
    ("eva", "reads one page"),
    ("priya", "runs the portal: revenue operations"),
)


class Command(BaseCommand):
    help = "Make the demo company: a dozen people, six months of leads, open work due now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="Do nothing when there are users already.")

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            if options["if_empty"]:
                self._introduce()
                return
            raise CommandError("There are users here already; the demo company needs an empty database.")
        started = time.monotonic()
        self.stdout.write("Making the demo company:")
        loading.load(timezone.now(), lambda words: self.stdout.write(f"  {words}"))
        self.stdout.write(f"  ready in {time.monotonic() - started:.0f} s")
        self._introduce()

    def _introduce(self) -> None:
        if not User.objects.filter(email=f"tim@{MAIL}").exists():
            return
        self.stdout.write(f"Demo users, all with the password {PASSWORD}:")
        for name, does in SHOWN:
            self.stdout.write(f"  {name}@{MAIL:<20} {does}")
