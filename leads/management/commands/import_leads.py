"""manage.py import_leads FILE --source KEY: bring in a file of leads."""

from __future__ import annotations

from leads.management.importing import ImportCommand
from leads.models import ImportRun


class Command(ImportCommand):
    help = "Bring in leads: as if they came in now, or with --history the past they have."
    kind = ImportRun.Kind.LEADS
