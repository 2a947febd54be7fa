"""manage.py import_deals FILE --source KEY: bring in a file of deals."""

from __future__ import annotations

from leads.management.importing import ImportCommand
from leads.models import ImportRun


class Command(ImportCommand):
    help = "Bring in opportunities and deals, with or without the leads they came from."
    kind = ImportRun.Kind.DEALS
