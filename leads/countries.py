"""Countries by code and by name, and their time zones, from the tables that come with the IANA time-zone data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

# Names that exports use and the table does not; the rest comes from iso3166.tab.
ALSO_CALLED = {
    "uk": "GB",
    "great britain": "GB",
    "united kingdom": "GB",
    "england": "GB",
    "scotland": "GB",
    "usa": "US",
    "u.s.a.": "US",
    "u.s.": "US",
    "united states of america": "US",
    "deutschland": "DE",
    "germany": "DE",
    "österreich": "AT",
    "schweiz": "CH",
    "suisse": "CH",
    "españa": "ES",
    "italia": "IT",
    "brasil": "BR",
    "holland": "NL",
    "the netherlands": "NL",
    "south korea": "KR",
    "republic of korea": "KR",
    "korea": "KR",
    "russia": "RU",
    "russian federation": "RU",
    "czechia": "CZ",
    "uae": "AE",
    "viet nam": "VN",
    "hong kong": "HK",
    "macedonia": "MK",
}


def _rows(name: str) -> list[list[str]]:
    lines = files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@cache
def names() -> dict[str, str]:
    """ISO 3166 code to English name."""
    return {row[0]: row[1] for row in _rows("iso3166.tab")}


@cache
def _codes() -> dict[str, str]:
    return {name.lower(): code for code, name in names().items()} | ALSO_CALLED


@cache
def _zones() -> dict[str, list[str]]:
    zones: dict[str, list[str]] = {}
    for row in _rows("zone1970.tab"):
        for code in row[0].split(","):
            zones.setdefault(code, []).append(row[2])
    return zones


def country_code(value: object) -> str:
    """The two-letter code of a country given by code or name; "" when it is none we know."""
    found = " ".join(str(value or "").split())
    if len(found) == 2 and found.upper() in names():
        return found.upper()
    return _codes().get(found.lower(), "")


def zone_of_country(code: str) -> str:
    """The country's time zone where it has one; for a country with several, none: guessing calls people at night."""
    zones = _zones().get(code, [])
    return zones[0] if len(zones) == 1 else ""
