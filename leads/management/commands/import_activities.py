"""manage.py import_activities FILE --source KEY: bring in a file of activities."""

from __future__ import annotations

from leads.management.importing import ImportCommand
from leads.models import ImportRun


class Command(ImportCommand):
    help = "Bring in activities of leads and sessions of anonymous visitors."
    kind = ImportRun.Kind.ACTIVITIES
