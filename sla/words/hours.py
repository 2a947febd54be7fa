"""Working hours in words: "Mon to Fri 9:00 to 17:00, Berlin time, public holidays of Germany excluded"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files

import holidays as public_holidays

from sla.terms import CalendarTerms
from sla.words.basics import listed

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPOKEN = {"GB": "the United Kingdom", "US": "the United States", "NL": "the Netherlands", "CZ": "the Czech Republic"}
WHOLE_DAY = ("00:00", "24:00")

Ranges = Sequence[Sequence[str]]


@cache
def _country_names() -> Mapping[str, str]:
    """Code and English name, from the table that comes with the IANA time-zone data."""
    table = (files("tzdata.zoneinfo") / "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[0]: row[1] for row in rows if len(row) == 2} | SPOKEN


def country_words(code: str) -> str:
    return _country_names().get(code, code)


@cache
def region_words(country: str, region: str) -> str:
    """A part of a country by its name where the holiday tables know one: "Bayern"."""
    if country not in public_holidays.list_supported_countries():
        return region
    aliases: Mapping[str, str] = getattr(public_holidays.country_holidays(country), "subdivisions_aliases", {})
    return next((name for name, code in aliases.items() if code == region), region)


def zone_words(zone: str) -> str:
    """ "Europe/Berlin" is "Berlin time"; a zone without a place keeps its name."""
    area, _, place = zone.rpartition("/")
    return f"{place.replace('_', ' ')} time" if area and area != "Etc" else zone


def clock_words(time: str) -> str:
    """ "09:00" is "9:00"."""
    return time[1:5] if time.startswith("0") and len(time) >= 5 else time[:5]


def ranges_words(ranges: Ranges) -> str:
    """ "9:00 to 12:30 and 13:30 to 18:00", "all day", "closed"."""
    if not ranges:
        return "closed"
    if len(ranges) == 1 and tuple(ranges[0]) in (WHOLE_DAY, ("00:00", "00:00")):
        return "all day"
    return listed(f"{clock_words(start)} to {clock_words(end)}" for start, end in ranges)


def week_words(week: Mapping[str, Ranges]) -> str:
    """The open days, neighbours with the same hours together: "Mon to Fri 9:00 to 17:00, Sat 10:00 to 13:00"."""
    groups: list[tuple[list[str], str]] = []
    for day in DAYS:
        hours = ranges_words(week.get(day) or ())
        if groups and groups[-1][1] == hours:
            groups[-1][0].append(day)
        else:
            groups.append(([day], hours))
    return ", ".join(f"{_days_words(days)} {hours}" for days, hours in groups if hours != "closed")


def _days_words(days: list[str]) -> str:
    if len(days) == 7:
        return "every day"
    first, last = days[0].title(), days[-1].title()
    if len(days) == 1:
        return first
    return f"{first} {'and' if len(days) == 2 else 'to'} {last}"


def holiday_words(country: str, region: str) -> str:
    """ "public holidays of Germany excluded"; empty where none are kept."""
    if not country:
        return ""
    place = country_words(country)
    return f"public holidays of {place}{f' ({region_words(country, region)})' if region else ''} excluded"


def calendar_words(calendar: CalendarTerms) -> str:
    """The whole calendar in one phrase."""
    parts = [week_words(calendar.week), zone_words(calendar.time_zone)]
    holidays = holiday_words(calendar.holiday_country, calendar.holiday_region)
    return ", ".join([*parts, holidays] if holidays else parts)


def day_words(day: str) -> str:
    """ "2026-12-24" is "Thu 24 Dec 2026"."""
    when = date.fromisoformat(day)
    return f"{when:%a} {when.day} {when:%b} {when.year}"


def exception_words(exceptions: Mapping[str, Ranges]) -> list[str]:
    """Dates with hours of their own, in order: "Thu 24 Dec 2026: 9:00 to 12:00"."""
    return [f"{day_words(day)}: {ranges_words(hours)}" for day, hours in sorted(exceptions.items())]
