"""manage.py audit_leads: prove that no lead fell through the cracks."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from leads.services import audit


class Command(BaseCommand):
    help = "Check that every lead is in somebody's hands, in nurture with a date, or closed. Exits 1 when one is not."

    def handle(self, *args: Any, **options: Any) -> None:
        _, findings = audit.record(timezone.now())
        for finding in findings:
            mark = "ok  " if finding.clean else "FAIL"
            self.stdout.write(f"{mark} {finding.rule.words}")
            if not finding.clean:
                self.stdout.write(f"     {finding.count} leads, such as {', '.join(finding.examples[:5])}")
        if not all(finding.clean for finding in findings):
            sys.exit(1)
