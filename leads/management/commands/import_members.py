"""manage.py import_members FILE --source KEY: bring in a file of members."""

from __future__ import annotations

from leads.management.importing import ImportCommand
from leads.models import ImportRun


class Command(ImportCommand):
    help = "Bring in who works here, by team; they cannot sign in until an admin switches them on."
    kind = ImportRun.Kind.MEMBERS
