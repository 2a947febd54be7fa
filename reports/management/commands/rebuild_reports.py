"""manage.py rebuild_reports: make the roll-ups of the reports anew."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from reports.services import rollups


class Command(BaseCommand):
    help = "Make the roll-ups of the reports anew over all rows. Readers go on meanwhile with what was there."

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        cells = rollups.rebuild(timezone.now())
        self.stdout.write(f"{cells:,} cells in {time.monotonic() - began:.1f} s")
