"""Addresses of the agreement's pages, for notices and for the apps above."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from sla.sections import FIRST_PART, part_of


def version_url(public_id: UUID | str, anchor: str = "") -> str:
    """The document of a version; with an anchor ("commitment:first-call"), at that clause."""
    return reverse("agreement_version", args=[public_id]) + (f"#{anchor}" if anchor else "")


def proposals_url(agreement_id: UUID | str) -> str:
    return reverse("agreement_proposals", args=[agreement_id])


def review_url(agreement_id: UUID | str) -> str:
    return reverse("agreement_review", args=[agreement_id])


def edit_url(version_pk: int, anchor: str = "") -> str:
    """The draft's form in the admin, at the page on which the term is edited."""
    part = part_of(anchor) if anchor else FIRST_PART
    return f"{reverse('admin:sla_version_change', args=[version_pk])}?part={part}" + (f"#{anchor}" if anchor else "")
