"""Tell people that a version has come into force. It runs from its effective moment whether or not this has run."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from sla import parties
from sla.models import Version
from sla.services.compiling import terms_of
from sla.services.telling import tell_about

LOOK_BACK = timedelta(days=7)


def announce(at: datetime) -> int:
    """Tell everybody who works under it, once a version, that it is in force; returns how many versions."""
    versions = list(Version.objects.in_force(at).filter(effective_at__gt=at - LOOK_BACK).select_related("agreement"))
    for version in versions:
        with transaction.atomic():
            tell_about(
                version,
                parties.people(terms_of(version)),
                "version_in_force",
                f"{version} is in force",
                body=f"{version.summary}\n\nPlease read it and confirm that you have.".strip(),
                key="announced",
                at=at,
            )
    return len(versions)
