"""One version as a document, and what a handoff under it means."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from config.web.access import MEMBERS, allow
from config.web.http import PortalRequest
from sla import reading
from sla.promised import promised_on
from sla.reading import Reading, outline


@allow(MEMBERS)
@require_GET
def document(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The agreement to read, to discuss, to sign and to print."""
    return render(request, "sla/document.html", page_of(request, public_id))


def page_of(request: PortalRequest, public_id: UUID) -> dict[str, Any]:
    found = Reading(reading.find(public_id, request.actor), request.actor, timezone.now())
    lines, threads = found.signature_lines(), found.threads()
    return {
        "reading": found,
        "version": found.version,
        "document": found.document,
        "standing": found.standing,
        "lines": lines,
        "mine": [line for line in lines if line.mine],
        "given": sum(line.signature is not None for line in lines),
        "outline": outline(found.document, threads),
        "whole": threads.get("document", []),
        "open_threads": sum(thread.is_open for found_here in threads.values() for thread in found_here),
        "confirmed": found.confirmed if found.standing.is_in_force else None,
        "compared": found.compared_with,
        "in_force": found.in_force,
        "content_hash": found.terms.content_hash,
        "crumbs": crumbs(found.version),
    }


def crumbs(version: Any, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        ("Agreements", reverse("agreements")),
        (version.agreement.name, reverse("agreement_history", args=[version.agreement.public_id])),
        *more,
    ]


@allow(MEMBERS)
@require_GET
def handoff_meaning(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """Every promise a handoff under this version starts, and when each would fall due if it were handed over now."""
    found = Reading(reading.find(public_id, request.actor), request.actor, timezone.now())
    version = found.version
    context = {
        "version": version,
        "standing": found.standing,
        "document": found.document,
        "legs": promised_on(found.terms, found.at, found.document.number_of),
        "at": found.at,
        "reasons": found.terms.reasons_of("reject"),
        "crumbs": crumbs(version, (str(version), reverse("agreement_version", args=[version.public_id]))),
    }
    return render(request, "sla/handoff_meaning.html", context)
