"""What is known of a lead, each fact with where it came from: a system's message, an import, an answer on the phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from config.web.wording import local
from leads.fields import HOLDERS, LazyValues, Reading, label_of
from leads.models import ContactPoint, Handoff, IntakeKey, Lead
from leads.services import wordings
from leads.services.choosing import source_label
from sla.criteria import fold
from sla.services.compiling import terms_by_id

SHOWN = {
    "Person": (
        "person.email", "person.phone", "person.job_title", "person.seniority", "person.department", "person.country",
        "person.city", "person.language",
    ),
    "Company": (
        "company.name", "company.domain", "company.industry", "company.employees", "company.revenue", "company.country",
        "company.region",
    ),
    "Pursuit": ("lead.source", "lead.campaign", "lead.intent", "lead.territory"),
}  # fmt: skip
MESSAGES = 40  # of the lead, newest first: what came before them has long been replaced


@dataclass(frozen=True)
class Origin:
    """Who said it, and when."""

    words: str
    at: datetime | None = None


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    origin: Origin | None


def read(lead: Lead, points: Iterable[ContactPoint], handoffs: Iterable[Handoff]) -> dict[str, list[Fact]]:
    """Facts by heading. `lead` has person, company and campaign loaded. One query, for what systems sent."""
    points = list(points)
    addresses: dict[str, str] = {}
    for point in points:
        addresses.setdefault(point.kind, point.value)
    values = LazyValues(Reading(lead, addresses))
    told = [*_answers(handoffs), *_sent(lead)]
    found = {}
    for heading, names in SHOWN.items():
        facts = [_named(_fact(name, values.get(name), told), name, lead) for name in names]
        found[heading] = [fact for fact in facts if fact.value]
    found["Person"] += [
        _fact(f"person.{point.kind}", point.value, told, label=f"Also by {point.get_kind_display().lower()}")
        for point in points
        if addresses[point.kind] != point.value
    ]
    found["Own fields"] = _own(lead, told)
    return {heading: facts for heading, facts in found.items() if facts}


def _named(fact: Fact, name: str, lead: Lead) -> Fact:
    """A campaign is judged by its key and shown by its name."""
    if name == "lead.campaign" and lead.campaign is not None:
        return replace(fact, value=lead.campaign.name)
    return fact


Told = tuple[Origin, frozenset[str]]


def _fact(name: str, value: Any, told: list[Told], label: str = "") -> Fact:
    return Fact(label or label_of(name), _shown(name, value), _origin(value, told))


def _shown(name: str, value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    if name == "lead.source":
        return source_label(str(value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name in ("company.employees", "company.revenue"):
        return f"{value:,.0f}"
    if name == "person.phone":
        return hidden(str(value))
    return str(value)


def hidden(number: str) -> str:
    """A number as it is shown where nobody has asked whether it may be called: enough to know it again by."""
    digits = "".join(letter for letter in number if letter.isdigit() or letter == "+")
    return f"{digits[:3]} … {digits[-2:]}"


def _own(lead: Lead, told: list[Told]) -> list[Fact]:
    """The attributes that connected systems brought along."""
    found = []
    for prefix, holder in HOLDERS.items():
        owner = lead if holder == "lead" else getattr(lead, holder)
        for key, value in (owner.attributes if owner else {}).items():
            fact = _fact(f"{prefix}.{key}", value, told, label=wordings.deed(key))
            if fact.value:
                found.append(fact)
    return found


def _origin(value: Any, told: list[Told]) -> Origin | None:
    """The newest message that said just this."""
    if value in (None, "", [], {}):
        return None
    wanted = _same(value)
    return next((origin for origin, said in told if wanted in said), None)


def _same(value: Any) -> str:
    """A form in which a number is the same as its text, and a telephone number the same however it is written."""
    text = fold(str(value))
    compact = "".join(letter for letter in text if letter not in " -()/.")
    return (compact.lstrip("+0") or "0") if compact.lstrip("+").isdigit() else text


def _sent(lead: Lead) -> list[Told]:
    rows = IntakeKey.objects.filter(lead=lead).select_related("source").order_by("-received_at", "-id")[:MESSAGES]
    return [
        (Origin(f"{row.source.name}, {local(row.received_at, 'date')}", row.received_at), frozenset(_values(row.raw)))
        for row in rows
    ]


def _answers(handoffs: Iterable[Handoff]) -> list[Told]:
    """What was answered on the phone, newest first."""
    found = []
    for handoff in sorted(handoffs, key=lambda row: row.offered_at, reverse=True):
        answers = handoff.packet.get("answers") or {}
        if not answers:
            continue
        who = handoff.from_user.name if handoff.from_user else handoff.get_from_function_display()
        terms = terms_by_id(handoff.version_id) if handoff.version_id else None
        fills = {q.key for q in terms.questions if q.fills_field} if terms else set()
        said = {key: value for key, value in answers.items() if key in fills}
        words = f"Asked by {who}, {local(handoff.offered_at, 'date')}"
        found.append((Origin(words, handoff.offered_at), frozenset(_values(said))))
    return found


def _values(given: Any) -> Iterable[str]:
    """Every value in a message, however deep."""
    if isinstance(given, Mapping):
        for value in given.values():
            yield from _values(value)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from _values(value)
    elif given not in (None, ""):
        yield _same(given)
