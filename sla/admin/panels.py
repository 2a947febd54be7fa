"""What stands above a draft's form: its pages, what is missing, the signatures, what to do next."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from config.accounts.actor import Actor
from sla.access import may_draft
from sla.admin.inlines import terms_of_draft
from sla.links import edit_url, version_url
from sla.models import Version
from sla.reading import Reading
from sla.sections import KINDS, PARTS, part_of
from sla.services import commenting, versions


def panels(version: Version, part: str, *, actor: Actor) -> dict[str, Any]:
    """The context of `admin/sla/version/head.html`."""
    found = Reading(version, actor, timezone.now())
    missing = versions.missing_in(terms_of_draft(version)) if version.is_draft else []
    return {
        "version": version,
        "standing": found.standing,
        "parts": [_part(version, name, label, part, missing) for name, label in PARTS.items()]
        if version.is_draft
        else [],
        "part": part,
        "missing": [(gap, edit_url(version.pk, gap.anchor)) for gap in missing],
        "blocking": sum(gap.blocks for gap in missing),
        "lines": found.signature_lines() if version.state in ("proposed", "signed") else [],
        "remarks": commenting.open_remarks(version),
        "may_draft": may_draft(actor),
        "read_url": version_url(version.public_id),
        "compared": found.compared_with,
        "words_url": reverse("admin:sla_version_words", args=[version.pk]),
        "criteria_url": reverse("admin:sla_version_criteria"),
    }


def _part(version: Version, name: str, label: str, here: str, missing: list[Any]) -> dict[str, Any]:
    content = terms_of_draft(version).content
    return {
        "label": label,
        "url": f"{reverse('admin:sla_version_change', args=[version.pk])}?part={name}",
        "active": name == here,
        "count": sum(len(content[kind.section]) for kind in KINDS.values() if kind.part == name),
        "gaps": sum(gap.blocks and part_of(gap.anchor) == name for gap in missing),
    }
