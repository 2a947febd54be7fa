"""Working calendars of a version: their hours, written-out public holidays, and the exact calendar a clock runs on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import holidays as public_holidays

from sla.openhours import BadCalendar, Calendar

if TYPE_CHECKING:
    from sla.models import Version

YEARS_WRITTEN_OUT = 5


def week_problems(value: object) -> list[str]:
    """Faults of a week's hours as sentences, from the same parser the clocks use."""
    if not isinstance(value, Mapping):
        return ["The week must name its days, each with its hours."]
    try:
        Calendar.from_terms({"timezone": "UTC", "week": dict(value)})
    except BadCalendar as error:
        return [str(error)]
    return []


def exception_problems(value: object) -> list[str]:
    """Faults of dates with hours of their own, from the same parser the clocks use."""
    if not isinstance(value, Mapping):
        return ["Exceptions name dates, each with its hours."]
    always = {"mon": [["00:00", "24:00"]]}
    try:
        Calendar.from_terms({"timezone": "UTC", "week": always, "overrides": dict(value)})
    except BadCalendar as error:
        return [str(error)]
    return []


def holiday_dates(country: str, region: str, years: Iterable[int]) -> dict[str, str]:
    """Public holidays as {"2026-12-25": "Christmas Day"}, in English where the library speaks it."""
    if not country:
        return {}
    found = public_holidays.country_holidays(
        country, subdiv=region or None, years=list(years), language=_language(country)
    )
    return {day.isoformat(): name for day, name in sorted(found.items())}


def _language(country: str) -> str | None:
    supported: list[str] = public_holidays.list_localized_countries().get(country, [])
    return next((code for code in ("en_GB", "en_US", "en") if code in supported), None)


def holiday_problems(country: str, region: str) -> list[str]:
    if not country:
        return []
    supported = public_holidays.list_supported_countries()
    if country not in supported:
        return [f"No public holidays are known for country {country!r}."]
    if region and region not in supported[country]:
        return [f"{country} has no region {region!r}; known are {', '.join(supported[country]) or 'none'}."]
    return []


def listed_holidays(country: str, region: str, version: Version) -> dict[str, str]:
    """The holidays a version writes out: from the year before it takes effect, so that past work can be rehearsed."""
    first = (version.planned_at or version.proposed_at or version.created_at).year - 1
    return holiday_dates(country, region, range(first, first + YEARS_WRITTEN_OUT + 1))


def calendar_from_term(term: Mapping[str, Any], closed_spans: Iterable[tuple[datetime, datetime]] = ()) -> Calendar:
    """The calendar of a compiled term, less exceptional closings and absences."""
    return Calendar.from_terms(
        {
            "timezone": term["time_zone"],
            "week": term["week"],
            "holidays": sorted(term["holidays"]),
            "overrides": term["exceptions"],
            "closed_spans": [[start.isoformat(), end.isoformat()] for start, end in closed_spans],
        }
    )


def next_review(start: date, months: int) -> date:
    """The same day `months` later, or the month's last day where it has fewer days."""
    from calendar import monthrange

    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))
