"""manage.py import_products FILE --source KEY: bring in a file of products."""

from __future__ import annotations

from leads.management.importing import ImportCommand
from leads.models import ImportRun


class Command(ImportCommand):
    help = "Bring in products and their other spellings."
    kind = ImportRun.Kind.PRODUCTS
