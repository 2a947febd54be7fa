"""What people read for the values figures are split by: names for ids, and how the address of a filter spells them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from config.accounts.models import User
from reports.asked import Asked
from reports.queries import choices
from reports.queries.choices import NOT_GIVEN, NOT_GIVEN_LABEL, Option

DIMENSIONS: dict[str, str] = {
    "source": "Source",
    "campaign": "Campaign",
    "segment": "Segment",
    "persona": "Persona",
    "version": "Agreement version",
    "team": "Team",
    "intent": "Intent",
    "user": "Person",
    "rep": "Refused by",
    "giver": "Given by",
}
PEOPLE = ("user", "rep", "giver")
OTHERS = "others"  # in place of everybody whose own figures this reader may not see
NO_TEAM, NO_VERSION = "No team", "No agreement"


def options(split: str, asked: Asked) -> Sequence[Option]:
    """Every known value of a dimension; the page's own filter has read them already where it has one."""
    known = next((one.options for one in asked.filters if one.key == split), None)
    return known if known is not None else choices.offered([split], asked.actor, asked.now)[split]


def names_of(split: str, values: Iterable[str], asked: Asked) -> dict[str, str]:
    """The name of each value of a dimension, as the counts give it."""
    found = list(values)
    if split == "intent":
        return {value: value or NOT_GIVEN_LABEL for value in found}
    if split in PEOPLE:
        ids = [value for value in found if value != OTHERS]
        people = {str(pk): name for pk, name in User.objects.filter(pk__in=ids).values_list("pk", "name")}
        return {value: "Everybody else" if value == OTHERS else people.get(value, "Nobody") for value in found}
    named = {str(option.value): option.label for option in options(split, asked)}
    fallback = {"team": NO_TEAM, "version": NO_VERSION}.get(split, NOT_GIVEN_LABEL)
    return {value: named.get(value) or (fallback if value in ("", "0") else value) for value in found}


def code_of(split: str, value: str, asked: Asked) -> str:
    """The value as an address spells it; empty where the dimension cannot be filtered by."""
    if split in ("source", "persona"):
        return value or NOT_GIVEN
    if split not in choices.FILTERS:
        return ""
    return next((option.code for option in options(split, asked) if str(option.value) == value), "")
