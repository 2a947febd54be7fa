"""When a lead may be called: the country's window in the lead's own time, met with the desk's hours.

Country data is editable (`CallingRule`), with its source; nothing here is legal advice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import phonenumbers

from leads.countries import zone_of_country
from leads.models import CallingRule, Person, ZoneOrigin
from leads.normalise import zone_of_phone
from sla import businesstime
from sla.calendars import holiday_dates
from sla.openhours import Calendar, Hours, intersect
from sla.words.hours import country_words, week_words, zone_words

ALL_DAY: dict[str, list[list[str]]] = {
    day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
}
FAR = timedelta(days=365)
LOOKED_BACK = timedelta(days=8)  # a longer stretch without an open minute is looked through to the beginning


@dataclass(frozen=True)
class LeadWindow:
    """The hours in which this person may be called, in which zone, where that zone came from, by which country's rule."""

    terms: dict[str, Any]
    zone: str
    origin: str
    country: str = ""

    @property
    def calendar(self) -> Calendar:
        return _calendar(json.dumps(self.terms, sort_keys=True))

    @property
    def origin_words(self) -> str:
        """Where the zone was taken from: "from the phone number"."""
        return ZoneOrigin(self.origin).label

    @property
    def in_words(self) -> str:
        """ "Mon to Fri 10:00 to 13:00 and 14:00 to 20:00, Paris time, not on public holidays of France"."""
        if self.terms["week"] == ALL_DAY:
            return f"at any time, {zone_words(self.zone)}"
        holidays = f", not on public holidays of {country_words(self.country)}" if self.terms["holidays"] else ""
        return f"{week_words(self.terms['week'])}, {zone_words(self.zone)}{holidays}"


@lru_cache(maxsize=512)
def _calendar(terms: str) -> Calendar:
    return Calendar.from_terms(json.loads(terms))


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> tuple[str, ...]:
    """The public holidays of a year and the one after, as ISO dates; none for a country the library does not know."""
    try:
        return tuple(sorted(holiday_dates(country, "", (year, year + 1))))
    except NotImplementedError:
        return ()


def zone_of(person: Person, phone: str, team_zone: str) -> tuple[str, str]:
    """The person's time zone and its origin: stated, from the number, from the country, else the team's."""
    if person.time_zone:
        return person.time_zone, person.time_zone_origin or ZoneOrigin.STATED
    if zone := zone_of_phone(phone):
        return zone, ZoneOrigin.PHONE
    if zone := zone_of_country(person.country):
        return zone, ZoneOrigin.COUNTRY
    return team_zone, ZoneOrigin.TEAM


@lru_cache(maxsize=4096)
def country_of_phone(phone: str) -> str:
    """The country of an E.164 number; "" where there is none, or the number belongs to none."""
    if not phone:
        return ""
    return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or ""


def country_of(person: Person, phone: str) -> str:
    """Whose rules hold: the country the person is known to be in, else that of their number."""
    return person.country or country_of_phone(phone)


def window_of(person: Person, phone: str, team_zone: str, rule: CallingRule | None, at: datetime) -> LeadWindow:
    """The person's calling window by the rule of their country; without a rule, the whole day."""
    zone, origin = zone_of(person, phone, team_zone)
    return window_in(country_of(person, phone), zone, rule, at, origin)


def window_in(
    country: str, zone: str, rule: CallingRule | None, at: datetime, origin: str = ZoneOrigin.STATED
) -> LeadWindow:
    """The window of everybody in a country and zone. The rule for all other countries keeps each one's holidays."""
    holidays: list[str] = []
    if rule is not None and rule.holidays_closed and country:
        holidays = list(_holidays(country, at.year))
    week = rule.window if rule is not None and rule.window else ALL_DAY
    return LeadWindow({"timezone": zone, "week": week, "holidays": holidays}, zone, origin, country)


def callable_hours(desk: Hours, window: LeadWindow, at: datetime) -> Hours:
    """When calls may be made: the desk is open, and so is the lead's own window.

    Where the two never meet, the desk's hours stand alone: the lead keeps its place in the queue, and the gate before
    its number names what is in the way.
    """
    hours = intersect(desk, window.calendar)
    try:
        businesstime.next_opening(hours, at)
    except businesstime.NeverOpen:
        return desk
    return hours


def next_window(hours: Hours, at: datetime) -> tuple[datetime, datetime]:
    """The next span, from `at` on, in which calls may be made; one that nothing ends is given a year."""
    opens = businesstime.next_opening(hours, at)
    return opens, businesstime.closing_after(hours, opens) or opens + FAR


def last_call(hours: Hours, due: datetime, opens: datetime) -> datetime:
    """The last instant at which a call still keeps a promise due at `due`, calls being possible from `opens` on.

    That is `due` itself where calls are possible then, else the closing before it. A promise that falls due before
    calls are possible keeps its own instant: it will be late, and has waited longest.
    """
    if due <= opens or businesstime.is_open(hours, due):
        return due
    for since in (max(opens, due - LOOKED_BACK), opens):
        spans = list(businesstime.openings(hours, since, due))
        if spans:
            return spans[-1][1]
    return due
