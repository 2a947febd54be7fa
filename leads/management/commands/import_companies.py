"""manage.py import_companies FILE --source KEY: bring in a file of companies."""

from __future__ import annotations

from leads.management.importing import ImportCommand
from leads.models import ImportRun


class Command(ImportCommand):
    help = "Bring in companies with their size, industry and owner."
    kind = ImportRun.Kind.COMPANIES
