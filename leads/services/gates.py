"""What stands between a rep and a number: do-not-call, consent, the lead's own hours, how often, rest after a refusal.

A gate on the server, not a label: the number leaves it only when nothing stops the call. Each stop is named, kept, and
says what can be done instead. A manager may override the hours and the limits with a reason, where the country's rule
allows; never do-not-call, never missing consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import phonenumbers
from django.conf import settings
from django.db import connection

from config.web.wording import local
from leads import calling
from leads.calling import LeadWindow
from leads.models import CallingRule, Handoff, Lead
from leads.services.desk import rule_from
from sla import businesstime
from sla.terms import Terms
from sla.words.hours import country_words

NO_NUMBER, DO_NOT_CALL, NO_CONSENT = "no_number", "do_not_call", "no_consent"
OUTSIDE_HOURS, TOO_OFTEN, RESTING = "outside_hours", "too_often", "resting"
LABELS = {
    NO_NUMBER: "No number",
    DO_NOT_CALL: "Do not call",
    NO_CONSENT: "No consent to calls",
    OUTSIDE_HOURS: "Outside their hours",
    TOO_OFTEN: "Called too often",
    RESTING: "Resting after a refusal",
}
AS_AGREED = timedelta(minutes=30)  # a callback may be made this much before and after the time the lead named
REFUSING = ("disqualify", "suppress")  # effects of outcomes by which a person has refused

FACTS = """
WITH rule AS (
    SELECT r.* FROM leads_callingrule r WHERE r.country IN (%(country)s, '') ORDER BY r.country DESC LIMIT 1
), numbers AS (
    SELECT id, value, normalised, is_primary FROM leads_contactpoint
    WHERE person_id = %(person)s AND kind = 'phone' AND is_workable
), calls AS (
    SELECT a.at, a.disposition FROM leads_attempt a JOIN leads_lead l ON l.id = a.lead_id
    WHERE l.person_id = %(person)s AND a.channel = 'call' AND a.undone_at IS NULL AND a.at <= %(at)s
)
SELECT
    (SELECT to_json(rule) FROM rule),
    (SELECT coalesce(json_agg(json_build_object('id', id, 'value', value, 'number', normalised)
                              ORDER BY is_primary DESC, id), '[]') FROM numbers),
    (SELECT coalesce(json_agg(json_build_object('kind', d.kind, 'value', d.value, 'reason', d.reason)), '[]')
     FROM leads_donotcall d
     WHERE d.lifted_at IS NULL
       AND (d.kind, d.value) IN (SELECT 'person', %(person_id)s UNION SELECT 'phone', normalised FROM numbers
                                 UNION SELECT 'domain', unnest(%(domains)s::text[]))),
    (SELECT json_build_object('granted', c.granted, 'basis', c.basis) FROM leads_consent c
     WHERE c.person_id = %(person)s AND c.channel = 'phone' ORDER BY c.at DESC, c.id DESC LIMIT 1),
    (SELECT coalesce(array_agg(calls.at ORDER BY calls.at), '{}') FROM calls, rule
     WHERE NOT calls.disposition = ANY(%(not_calls)s)
       AND calls.at > %(at)s::timestamptz - make_interval(days => rule.attempts_within_days)),
    (SELECT max(calls.at) FROM calls WHERE calls.disposition = ANY(%(refusals)s)),
    (SELECT coalesce(array_agg(r.rule), '{}') FROM leads_callrefusal r
     WHERE r.handoff_id = %(handoff)s AND r.overridden_by_id IS NOT NULL AND r.override_until > %(at)s),
    (SELECT k.due_at FROM leads_callback k
     WHERE k.handoff_id = %(handoff)s AND k.state IN ('waiting', 'opened') LIMIT 1),
    (SELECT q.needs_consent FROM leads_queueitem i JOIN leads_callqueue q ON q.id = i.queue_id
     WHERE i.handoff_id = %(handoff)s),
    (SELECT t.time_zone FROM accounts_team t WHERE t.id = %(team)s)
"""


@dataclass(frozen=True)
class Stop:
    """One rule that says no: its code, in words, until when (None: for good), and whether a manager may override it."""

    code: str
    words: str
    until: datetime | None = None
    overridable: bool = False

    @property
    def label(self) -> str:
        return LABELS[self.code]


@dataclass(frozen=True)
class Number:
    id: int
    value: str
    normalised: str

    @property
    def shown(self) -> str:
        """As people write it: "+49 30 123456"."""
        return phonenumbers.format_number(
            phonenumbers.parse(self.normalised), phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )

    @property
    def sip(self) -> str:
        """As a softphone takes it: with the company's own domain, where one is set."""
        return f"{self.normalised}@{settings.SIP_DOMAIN}" if settings.SIP_DOMAIN else self.normalised


@dataclass(frozen=True)
class Clearance:
    """What the gate says at one instant. `number` is empty while anything stops the call."""

    number: Number | None
    stops: tuple[Stop, ...]
    overridden: tuple[Stop, ...]
    window: LeadWindow
    at: datetime
    agreed_at: datetime | None = None
    has_number: bool = True
    others: tuple[Number, ...] = ()
    banned: frozenset[str] = frozenset()  # numbers on the do-not-call list, beside others that are not

    @property
    def is_clear(self) -> bool:
        return not self.stops

    @property
    def final(self) -> tuple[Stop, ...]:
        """What nobody may override."""
        return tuple(stop for stop in self.stops if not stop.overridable)

    @property
    def can_be_overridden(self) -> bool:
        return bool(self.stops) and not self.final

    @property
    def free_again_at(self) -> datetime | None:
        """When the last stop ends, if all of them do."""
        ends = [stop.until for stop in self.stops]
        return max(end for end in ends if end) if ends and all(ends) else None


@dataclass(frozen=True)
class Known:
    """The facts a gate judges by, as read from the database in one query."""

    rule: CallingRule | None
    numbers: tuple[Number, ...]
    listed: tuple[tuple[str, str, str], ...]  # kind, value, reason
    consent: bool | None
    calls: tuple[datetime, ...]
    refused_at: datetime | None
    overridden: frozenset[str]
    agreed_at: datetime | None
    needs_consent: bool
    window: LeadWindow


def examine(handoff: Handoff, lead: Lead, terms: Terms, *, email: str, phone: str, at: datetime) -> Clearance:
    """What stands in the way of a call now. `lead` comes with person and company; `email` and `phone` normalised."""
    return judge(_known(handoff, lead, terms, email, phone, at), at)


def _known(handoff: Handoff, lead: Lead, terms: Terms, email: str, phone: str, at: datetime) -> Known:
    person, company = lead.person, lead.company
    country = calling.country_of(person, phone)
    domains = {domain for domain in (company.domain if company else "", email.rpartition("@")[2]) if domain}
    values: dict[str, Any] = {
        "at": at,
        "handoff": handoff.pk,
        "person": person.pk,
        "person_id": str(person.public_id),
        "country": country,
        "domains": sorted(domains),
        "team": handoff.to_team_id,
        "not_calls": [term.key for term in terms.dispositions.values() if term.effect == "skip"],
        "refusals": [t.key for t in terms.dispositions.values() if t.effect in REFUSING and t.human_answered],
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, values)
        row: Any = cursor.fetchone()
    rule = rule_from(row[0])
    return Known(
        rule=rule,
        numbers=tuple(Number(n["id"], n["value"], n["number"]) for n in row[1]),
        listed=tuple((d["kind"], d["value"], d["reason"]) for d in row[2]),
        consent=row[3]["granted"] if row[3] else None,
        calls=tuple(row[4]),
        refused_at=row[5],
        overridden=frozenset(row[6]),
        agreed_at=row[7],
        needs_consent=bool(row[8]) or bool(rule and rule.needs_consent),
        window=calling.window_of(person, phone, row[9] or settings.COMPANY_TIME_ZONE, rule, at),
    )


# --- judging: no database ----------------------------------------------------------------------------------------------


def judge(known: Known, at: datetime) -> Clearance:
    """Every stop that holds at `at`, the final ones first; an overridden one is shown but does not stop."""
    banned = frozenset(value for kind, value, _ in known.listed if kind == "phone")
    usable = [number for number in known.numbers if number.normalised not in banned]
    found = [*_without_number(known), *_listed(known, bool(usable)), *_consent(known)]
    found += [*_hours(known, at), *_often(known, at), *_rest(known, at)]
    stops = tuple(stop for stop in found if stop.code not in known.overridden or not stop.overridable)
    return Clearance(
        number=usable[0] if usable and not stops else None,
        stops=stops,
        overridden=tuple(stop for stop in found if stop not in stops),
        window=known.window,
        at=at,
        agreed_at=known.agreed_at,
        has_number=bool(known.numbers),
        others=tuple(usable[1:]) if not stops else (),
        banned=banned,
    )


def _without_number(known: Known) -> Iterable[Stop]:
    if not known.numbers:
        yield Stop(NO_NUMBER, "No working telephone number is known.")


def _listed(known: Known, has_usable: bool) -> Iterable[Stop]:
    for kind, value, reason in known.listed:
        why = f": {reason}" if reason else ""
        if kind == "person":
            yield Stop(DO_NOT_CALL, f"This person must not be called{why}.")
        elif kind == "domain":
            yield Stop(DO_NOT_CALL, f"Nobody at {value} may be called{why}.")
        elif not has_usable:
            yield Stop(DO_NOT_CALL, f"This number must not be called{why}.")
            return


def _consent(known: Known) -> Iterable[Stop]:
    if known.consent is False:
        yield Stop(NO_CONSENT, "They have withdrawn their consent to calls.")
    elif known.needs_consent and known.consent is None:
        yield Stop(NO_CONSENT, "A call needs their consent, and none is on record.")


def _hours(known: Known, at: datetime) -> Iterable[Stop]:
    """The country's window in the lead's own zone. What the lead asked for itself is no intrusion, where a manager could
    allow as much."""
    hours = known.window.calendar
    if businesstime.is_open(hours, at):
        return
    may = _may_override(known)
    if known.agreed_at and abs(known.agreed_at - at) <= AS_AGREED and may:
        return
    opens = businesstime.next_opening(hours, at)
    place = country_words(known.window.country) if known.window.country else "this number"
    yield Stop(OUTSIDE_HOURS, f"Calls to {place} are made {known.window.in_words}.", opens, may)


def _often(known: Known, at: datetime) -> Iterable[Stop]:
    rule = known.rule
    if rule is None or rule.most_attempts is None or len(known.calls) < rule.most_attempts:
        return
    days = timedelta(days=rule.attempts_within_days)
    free = known.calls[len(known.calls) - rule.most_attempts] + days
    words = f"{len(known.calls)} calls in {rule.attempts_within_days} days; at most {rule.most_attempts} are allowed."
    yield Stop(TOO_OFTEN, words, free, _may_override(known))


def _rest(known: Known, at: datetime) -> Iterable[Stop]:
    rule = known.rule
    if rule is None or known.refused_at is None or not rule.rest_days_after_refusal:
        return
    until = known.refused_at + timedelta(days=rule.rest_days_after_refusal)
    if until > at:
        words = f"They refused on {local(known.refused_at, 'date')}; {rule.rest_days_after_refusal} days' rest follow."
        yield Stop(RESTING, words, until, _may_override(known))


def _may_override(known: Known) -> bool:
    return known.rule is None or known.rule.may_override


def ending(stops: Sequence[Stop]) -> str:
    """All stops in one sentence, for a notice or a log."""
    return " ".join(stop.words for stop in stops)
