"""From a version's rows to canonical JSON and its hash, and back to terms the system runs on."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Any

from config.web.prepared import fetch_one
from sla.models import Version, term_models
from sla.models.agreement import VersionState
from sla.terms import Terms

FORMAT = 1
CACHE_SIZE = 256

_cache: OrderedDict[str, Terms] = OrderedDict()
_signed: dict[int, Terms] = {}  # by version: what nobody can change any more. A proposal may be reopened and edited.
_lock = Lock()


def compile_content(version: Version) -> dict[str, Any]:
    """Everything the parties agree on, as plain JSON values; nothing else, so that nothing else moves the hash.

    Order carries meaning (routes, definitions, clauses), row numbers do not: positions become places in a list.
    """
    content: dict[str, Any] = {
        "format": FORMAT,
        "agreement": version.agreement.name,
        "segment": {"key": version.agreement.segment.key, "name": version.agreement.segment.name},
        "number": version.number,
        "title": version.title,
        "summary": version.summary,
        "takes_effect": version.planned_at.isoformat() if version.planned_at else "with the last signature",
        "review_every_months": version.review_every_months,
        "fiscal_year_start_month": version.fiscal_year_start_month,
        "currency": version.currency,
        "settles_contests": version.settles_contests,
        "reject_alarm_percent": version.reject_alarm_percent,
        "admission_per_day": version.admission_per_day,
    }
    for model in term_models():
        rows = (
            model._default_manager.filter(version=version).select_related(*_relations(model)).order_by("position", "id")
        )
        terms = []
        for row in rows:
            row.version = version
            term = row.to_term()
            del term["position"]
            terms.append(term)
        content[model.section] = terms
    return content


def _relations(model: Any) -> list[str]:
    return [f.name for f in model._meta.concrete_fields if f.is_relation and f.name != "version"]


def canonical(content: dict[str, Any]) -> str:
    """One spelling for one content: sorted keys, no blanks, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def draft_terms(version: Version) -> Terms:
    """The terms a version would have if it were proposed now; for previews, differences and checks."""
    content = json.loads(canonical(compile_content(version)))
    return Terms(version_id=version.pk or 0, content_hash=content_hash(content), content=content)


def terms_of(version: Version) -> Terms:
    """The compiled terms of a proposed or signed version; a draft is compiled on the spot."""
    if not version.content_hash or version.compiled is None:
        return draft_terms(version)
    return _remember(version.pk, version.content_hash, version.compiled)


def terms_by_id(version_id: int) -> Terms:
    """The terms of a version that has been compiled; at most one query, none when cached.

    Raises Version.DoesNotExist for a version that has never been proposed.
    """
    with _lock:
        if version_id in _signed:
            return _signed[version_id]
    version = Version.objects.only("compiled", "content_hash", "state").exclude(content_hash="").get(pk=version_id)
    return _remember(version.pk, version.content_hash, version.compiled, signed=version.state == VersionState.SIGNED)


def _recall(version_id: int, digest: str) -> Terms | None:
    with _lock:
        key = f"{version_id}:{digest}"
        if key in _cache:
            _cache.move_to_end(key)
        return _cache.get(key)


def _remember(version_id: int, digest: str, content: Any, *, signed: bool = False) -> Terms:
    terms = _recall(version_id, digest) or Terms(version_id=version_id, content_hash=digest, content=content)
    with _lock:
        if signed:
            if len(_signed) >= CACHE_SIZE:
                _signed.clear()
            _signed[version_id] = terms
        _cache[f"{version_id}:{digest}"] = terms
        while len(_cache) > CACHE_SIZE:
            _cache.popitem(last=False)
    return terms


class InForce:
    """The versions in force at one instant, by segment, in the order in which segments are tried."""

    def __init__(self, rows: list[tuple[int, dict[str, Any], Terms]]):
        self.rows = rows

    @property
    def segment_ids(self) -> list[int]:
        return [segment_id for segment_id, _, _ in self.rows]

    def terms_for(self, segment_id: int) -> Terms | None:
        return next((terms for found, _, terms in self.rows if found == segment_id), None)

    def __bool__(self) -> bool:
        return bool(self.rows)


# What is in force at `at`, as one JSON value, for a query that has other things to ask too.
IN_FORCE = """
    SELECT coalesce(json_agg(json_build_array(id, content_hash, segment_id, criteria)
                             ORDER BY is_default, position, segment_id), '[]')
    FROM (
        SELECT DISTINCT ON (v.agreement_id) v.id, v.content_hash, s.id AS segment_id, s.criteria, s.is_default, s.position
        FROM sla_version v JOIN sla_agreement a ON a.id = v.agreement_id JOIN sla_segment s ON s.id = a.segment_id
        WHERE v.state = 'signed' AND v.effective_at <= %(at)s AND s.is_active
        ORDER BY v.agreement_id, v.effective_at DESC
    ) AS latest
"""


def in_force(at: datetime) -> InForce:
    """What is in force at `at`: one query, plus one for terms this process has not seen yet.

    Asked anew each time, so that a version runs from its effective moment on, whatever any worker announces.
    """
    return in_force_from(fetch_one(IN_FORCE, {"at": at})[0])


def in_force_from(found: list[Any]) -> InForce:
    """What `IN_FORCE` answered, with the terms."""
    known = {pk: _recall(pk, digest) for pk, digest, *_ in found}
    missing = [pk for pk, terms in known.items() if terms is None]
    if missing:
        for version in Version.objects.only("compiled", "content_hash").filter(pk__in=missing):
            known[version.pk] = _remember(version.pk, version.content_hash, version.compiled, signed=True)
    return InForce([(segment, criteria, known[pk]) for pk, _, segment, criteria in found])  # type: ignore[misc]
