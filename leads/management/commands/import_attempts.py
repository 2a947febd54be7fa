"""manage.py import_attempts FILE --source KEY: bring in a file of attempts."""

from __future__ import annotations

from leads.management.importing import ImportCommand
from leads.models import ImportRun


class Command(ImportCommand):
    help = "Bring in calls and other attempts to reach leads."
    kind = ImportRun.Kind.ATTEMPTS
