"""manage.py import_agreement FILE --segment emea --by mara@example.com: a draft from an exported agreement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from config.accounts.models import User, normalise_email
from config.web.errors import Refusal
from sla.models import Agreement, Segment
from sla.services.importing import draft_from_content
from sla.services.records import Unreadable, read


class Command(BaseCommand):
    help = "Make a draft from an exported agreement (Markdown, PDF or JSON). Nothing is in force before it is signed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--segment", help="Key of the segment; by default the default segment.")
        parser.add_argument("--by", required=True, help="Address of the marketing manager who drafts.")

    def handle(self, *args: Any, file: Path, segment: str | None, by: str, **options: Any) -> None:
        user = User.objects.filter(email=normalise_email(by), is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody here has the address {by}.")
        try:
            carried = read(file.read_bytes(), file.name)
            with transaction.atomic():
                version = draft_from_content(self._agreement(segment), carried.record["content"], by=user)
        except (OSError, Unreadable) as error:
            raise CommandError(f"{file}: {error}") from error
        except Refusal as refusal:
            problems = refusal.facts.get("problems") or [refusal.message]
            raise CommandError(
                "Nothing was imported:\n" + "\n".join(f"- {problem}" for problem in problems)
            ) from refusal
        self.stdout.write(f"{version} is a draft now.")
        if not carried.is_whole:
            self.stdout.write("The file was edited after it was exported: its content is not what its hash states.")

    def _agreement(self, key: str | None) -> Agreement:
        """The segment's agreement; made where the segment has none yet."""
        found = Segment.objects.filter(key=key).first() if key else Segment.objects.filter(is_default=True).first()
        if found is None:
            raise CommandError(f"There is no segment {key!r}." if key else "There is no default segment; name one.")
        return Agreement.objects.get_or_create(segment=found, defaults={"name": f"Lead agreement {found.name}"})[0]
