"""manage.py import_costs FILE --source KEY: bring in a file of costs."""

from __future__ import annotations

from leads.management.importing import ImportCommand
from leads.models import ImportRun


class Command(ImportCommand):
    help = "Bring in what campaigns cost: campaign, month, amount, currency."
    kind = ImportRun.Kind.COSTS
