"""`manage.py draw_machines`: the states of every machine and the ways between them, into docs/machines.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from leads.machines import page

PLACE = Path("docs") / "machines.md"


class Command(BaseCommand):
    help = "Draw every state machine into docs/machines.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether the page is current")

    def handle(self, *args: Any, **options: Any) -> None:
        place = settings.BASE_DIR / PLACE
        current = place.read_text(encoding="utf-8") if place.exists() else ""
        if current == page():
            self.stdout.write(f"{PLACE} is current.")
        elif options["check"]:
            raise SystemExit(f"{PLACE} is out of date: run manage.py draw_machines")
        else:
            place.write_text(page(), encoding="utf-8")
            self.stdout.write(f"{PLACE} is written.")
